"""What the rows of some nodes rest on, in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from kubectl_calico_nic.diagnosis.report import FamilyReport, NodeReport
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.choice import ANNOTATION, ENV, INVENTORY, LOG, PREVIOUS_LOG

_SOURCES = {
    LOG: "log",
    PREVIOUS_LOG: "log of the container before",
    ANNOTATION: "annotation",
    INVENTORY: "ip addr",
    ENV: "the pod's own environment",
}
_NO_TIME = "annotation alone, which says neither when nor how it was chosen"
_MOST_KINDS = 3


class Grounds:
    """The evidence behind the rows of a report."""

    def __init__(self, nodes: Iterable[NodeReport]) -> None:
        self._rows: dict[str, tuple[FamilyReport, ...]] = {
            node.name: node.families for node in nodes
        }

    def of(self, nodes: Sequence[str], family: Family | None) -> str:
        """Say what the choices of ``nodes`` in ``family`` rest on, and since when they stand.

        Empty where nothing of a single family is known about them.
        """
        rows = [
            (name, row)
            for name in nodes
            for row in self._rows.get(name, ())
            if row.family is family and row.evidence
        ]
        if not rows:
            return ""
        since = _since(rows)
        return f"{_kinds([row for _, row in rows])}{f'; {since}' if since else ''}"


def _kinds(rows: Sequence[FamilyReport]) -> str:
    counted = Counter(evidence_words(row) for row in rows)
    if len(counted) == 1:
        (words,) = counted
        return words
    kinds = [f"{words} ({count})" for words, count in counted.most_common(_MOST_KINDS)]
    more = sum(counted.values()) - sum(count for _, count in counted.most_common(_MOST_KINDS))
    return ", ".join([*kinds, *([f"other ({more})"] if more else [])])


def evidence_words(row: FamilyReport) -> str:
    """What one choice rests on; says so where the order of two pieces cannot be known."""
    if row.contradicted_by is not None:
        return f"log against annotation ({row.contradicted_by}): which is newer is not known"
    if row.evidence == (ANNOTATION,):
        return _NO_TIME
    words = [_SOURCES.get(source, source) for source in row.evidence]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]} agree"


def _since(rows: Sequence[tuple[str, FamilyReport]]) -> str:
    """When the first and the last of them chose so; RFC 3339 texts in UTC sort by time."""
    times = sorted((row.since, name) for name, row in rows if row.since)
    if not times:
        return ""
    (first, first_node), (last, last_node) = times[0], times[-1]
    if first == last:
        return f"since {first}"
    return f"since {first} ({first_node}) to {last} ({last_node})"
