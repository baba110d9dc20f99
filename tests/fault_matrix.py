"""The fault matrix: what may happen to an answer, and what each command then has to say.

The outcomes of reading:

- ``whole``: the report of an undisturbed cluster, as if nothing had been.
- ``part``: exit status 2; what is missing is said, the rows of all other nodes are complete.
- ``as is``: an answer about the one node, which a report without that answer may rest on.
- ``fails``: exit status 1, one line that names the cause, nothing on stdout.

The outcomes of writing:

- ``made``: exit status 0, the object is as announced.
- ``not made``: exit status 1, the object is untouched, and nothing else is claimed.
- ``unknown``: exit status 1, and it is said that nobody knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .fault_proxy import (
    Fault,
    closed_without_answer,
    html,
    length_too_long,
    length_too_short,
    lost_answer,
    refusal,
    reset_before_last_chunk,
    reset_in_headers,
    reset_mid_chunk,
    silence,
    slow_loris,
    truncated_gzip,
)

THROTTLED = "TooManyRequests", "the server has received too many requests"
FAULTS: dict[str, Fault] = {
    "reset in the headers": reset_in_headers,
    "reset mid-chunk": reset_mid_chunk,
    "reset before the last chunk": reset_before_last_chunk,
    "closed without an answer": closed_without_answer,
    "done, its answer lost": lost_answer,
    "silence": silence,
    "slow loris": slow_loris,
    "content length too long": length_too_long,
    "content length too short": length_too_short,
    "truncated gzip": truncated_gzip,
    "200 and HTML": html(200),
    "401": refusal(401, "Unauthorized", "Unauthorized"),
    "403": refusal(403, "Forbidden", "forbidden: no"),
    "404": refusal(404, "NotFound", "not found"),
    "409": refusal(409, "Conflict", "the object has been modified"),
    "410": refusal(410, "Expired", "too old resource version"),
    "422": refusal(422, "Invalid", "is invalid"),
    "429": refusal(429, *THROTTLED),
    "429, Retry-After": refusal(429, *THROTTLED, "Retry-After: 1"),
    "500": refusal(500, "InternalError", "etcdserver: leader changed"),
    "502 and HTML": html(502),
    "503": refusal(503, "ServiceUnavailable", "shutting down", "Retry-After: 1"),
    "504": refusal(504, "Timeout", "request did not complete in time"),
}
TAKES_ITS_TIME = frozenset({"silence", "slow loris"})
"""What ends with a deadline of ours, and so is worth a short one."""

# The columns: what is struck, once or always.
#   pods     the list of the pods                 log    the log of node-3's calico-node
#   nodes    the list of the Nodes                exec   every exec in it
MATRIX = """
                            | inspect                                             | set
fault                       | pods once  pods   nodes  log once  log    exec once | PATCH once  PATCH
----------------------------+-----------------------------------------------------+----------------------
reset in the headers        | whole      fails  part   whole     part   part      | made        not made
reset mid-chunk             | whole      fails  part   whole     part   part      | made        made
reset before the last chunk | whole      fails  part   whole     part   part      | made        made
closed without an answer    | whole      fails  part   whole     part   part      | made        not made
done, its answer lost       | whole      fails  part   whole     part   part      | made        made
silence                     | fails      fails  part   part      part   part      | made        not made
slow loris                  | fails      fails  part   part      part   part      | made        made
content length too long     | whole      fails  part   whole     part   part      | made        made
content length too short    | fails      fails  part   as is     as is  part      | made        made
truncated gzip              | whole      fails  part   whole     part   part      | made        made
200 and HTML                | fails      fails  part   part      part   part      | made        not made
401                         | fails      fails  part   part      part   part      | not made    not made
403                         | fails      fails  part   part      part   part      | not made    not made
404                         | fails      fails  part   part      part   part      | not made    not made
409                         | fails      fails  part   part      part   part      | made        not made
410                         | fails      fails  part   part      part   part      | not made    not made
422                         | fails      fails  part   part      part   part      | not made    not made
429                         | whole      fails  part   whole     part   whole     | made        not made
429, Retry-After            | whole      fails  part   whole     part   whole     | made        not made
500                         | whole      fails  part   whole     part   whole     | not made    not made
502 and HTML                | whole      fails  part   whole     part   whole     | not made    not made
503                         | whole      fails  part   whole     part   whole     | not made    not made
504                         | whole      fails  part   whole     part   whole     | not made    not made
"""


@dataclass(frozen=True)
class Cell:
    """One cell: ``place`` is what is struck, ``always`` says how often."""

    fault: str
    place: str
    always: bool
    outcome: str

    def __str__(self) -> str:
        return f"{self.fault}-{self.place}-{'always' if self.always else 'once'}"


def cells(command: str) -> list[Cell]:
    """The cells of the columns of one command; two blanks stand between two of them."""
    commands, names, _, *rows = (line.split("|") for line in MATRIX.strip("\n").splitlines())
    group = [title.strip() for title in commands].index(command)
    columns = re.split("  +", names[group].strip())
    return [
        Cell(row[0].strip(), column.removesuffix(" once"), column[-5:] != " once", outcome)
        for row in rows
        for column, outcome in zip(columns, re.split("  +", row[group].strip()), strict=True)
    ]
