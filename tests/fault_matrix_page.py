"""The fault matrix as a page: ``python -m tests.fault_matrix_page > docs/faults.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from .fault_matrix import FAULTS, Cell, cells

_COMMANDS = {
    "inspect": (
        "What `inspect` says, where the fault strikes the list of the pods, the list of the Nodes, "
        "or the log or every exec of one node."
    ),
    "set": "What `set` does and says, where it strikes the patch of the DaemonSet.",
    "rollout-check": (
        "How `rollout-check` ends, where it strikes the list or the watch of the pods of a rollout."
    ),
}
_OUTCOMES = {
    "whole": "the report of an undisturbed cluster, as if nothing had been",
    "part": "exit status 2; what is missing is said, the rows of all other nodes are complete",
    "as is": "an answer about the one node, which a report without that answer may rest on",
    "fails": "exit status 1, one line that names the cause, nothing on stdout",
    "made": "exit status 0, the object is as announced",
    "not": "exit status 1, the object is untouched, and nothing else is claimed",
    "proven": "exit status 0, no node is missed",
    "-": "the fault makes no sense there",
}
_MORE = (
    ("the watches of a rollout", "tests/test_faults_rollout.py"),
    ("logs that are huge, never end, lie, or hold what is no text", "tests/test_faults_logs.py"),
    ("refusals by rights, push-back, restarts and deadlines", "tests/test_faults_limits.py"),
    ("every fault at every request of `set`, and random schedules", "tests/test_faults_set.py"),
    ("one of each kind on a real API server, and schedules of `set`", "tests/e2e/test_faults.py"),
)


def page() -> str:
    """The whole page."""
    lines = [
        "# Faults",
        "",
        "<!-- Made by `make docs` from the matrix that the tests go through. -->",
        "",
        "What happens to an answer, and what each command then says. The outcomes were written",
        "down first; every cell is a test (`tests/test_faults_*.py`), so that each of them holds.",
        "`once` is a fault that strikes one request, `always` one that strikes each.",
        "",
        *_table(("outcome", "what it means"), _OUTCOMES.items()),
    ]
    for command, about in _COMMANDS.items():
        lines += ["", f"## {command}", "", about, "", *_matrix(cells(command))]
    lines += ["", "## Beside the matrix", "", *_table(("what", "where it is tried"), _MORE)]
    return "\n".join([*lines, ""])


def _matrix(found: list[Cell]) -> Iterator[str]:
    outcomes = {(cell.fault, _column(cell)): cell.outcome for cell in found}
    columns = [*dict.fromkeys(_column(cell) for cell in found)]
    rows = ((fault, *(outcomes.get((fault, name), "-") for name in columns)) for fault in FAULTS)
    return _table(("fault", *columns), rows)


def _column(cell: Cell) -> str:
    return f"{cell.place}, {'always' if cell.always else 'once'}"


def _table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    titles = [*heading]
    for row in (titles, ["---"] * len(titles), *rows):
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
