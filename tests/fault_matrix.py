"""The fault matrix: what may happen to an answer, and what each command then has to say.

The outcomes of reading:

- ``whole``: the report of an undisturbed cluster, as if nothing had been.
- ``part``: exit status 2; what is missing is said, the rows of all other nodes are complete.
- ``as is``: an answer about the one node, which a report without that answer may rest on.
- ``fails``: exit status 1, one line that names the cause, nothing on stdout.

The outcomes of writing:

- ``made``: exit status 0, the object is as announced.
- ``not``: exit status 1, the object is untouched, and nothing else is claimed.

The outcome of following is ``proven``: exit status 0, no node is missed. ``-`` stands where the
fault makes no sense.
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
    "reset before the end": reset_before_last_chunk,
    "closed unanswered": closed_without_answer,
    "done, answer lost": lost_answer,
    "silence": silence,
    "slow loris": slow_loris,
    "length too long": length_too_long,
    "length too short": length_too_short,
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

# The columns: what is struck, always, or with -1 once.
#   pods    the list of the pods                 nodes   the list of the Nodes
#   log     the log of node-3's calico-node      exec    every command in it
#   PATCH   the change of the DaemonSet, and nothing else
#   list    the list of the pods of a rollout that is followed; watch: a watch of it
MATRIX = """
                     | inspect                                    | set            | rollout-check
fault                | pods-1  pods   nodes  log-1  log    exec-1 | PATCH-1  PATCH | list-1  watch-1
---------------------+--------------------------------------------+----------------+----------------
reset in the headers | whole   fails  part   whole  part   part   | made     not   | proven  proven
reset mid-chunk      | whole   fails  part   whole  part   part   | made     made  | proven  -
reset before the end | whole   fails  part   whole  part   part   | made     made  | proven  -
closed unanswered    | whole   fails  part   whole  part   part   | made     not   | proven  proven
done, answer lost    | whole   fails  part   whole  part   part   | made     made  | proven  -
silence              | fails   fails  part   part   part   part   | made     not   | proven  proven
slow loris           | fails   fails  part   part   part   part   | made     made  | proven  -
length too long      | whole   fails  part   whole  part   part   | made     made  | proven  -
length too short     | fails   fails  part   as is  as is  part   | made     made  | proven  -
truncated gzip       | whole   fails  part   whole  part   part   | made     made  | proven  -
200 and HTML         | fails   fails  part   part   part   part   | made     not   | proven  proven
401                  | fails   fails  part   part   part   part   | not      not   | proven  proven
403                  | fails   fails  part   part   part   part   | not      not   | proven  proven
404                  | fails   fails  part   part   part   part   | not      not   | proven  proven
409                  | fails   fails  part   part   part   part   | made     not   | proven  proven
410                  | fails   fails  part   part   part   part   | not      not   | proven  proven
422                  | fails   fails  part   part   part   part   | not      not   | proven  proven
429                  | whole   fails  part   whole  part   whole  | made     not   | proven  proven
429, Retry-After     | whole   fails  part   whole  part   whole  | made     not   | proven  proven
500                  | whole   fails  part   whole  part   part   | not      not   | proven  proven
502 and HTML         | whole   fails  part   whole  part   part   | not      not   | proven  proven
503                  | whole   fails  part   whole  part   part   | not      not   | proven  proven
504                  | whole   fails  part   whole  part   part   | not      not   | proven  proven
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
        Cell(row[0].strip(), column.removesuffix("-1"), column[-2:] != "-1", outcome)
        for row in rows
        for column, outcome in zip(columns, re.split("  +", row[group].strip()), strict=True)
        if outcome != "-"
    ]
