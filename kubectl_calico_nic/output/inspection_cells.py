"""The rows of ``inspect``: problems first, one cause after the other, ok rows last or folded."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.diagnosis.report import FamilyReport, NodeReport, Report
from kubectl_calico_nic.diagnosis.stories import Story
from kubectl_calico_nic.diagnosis.verdict import OK
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.choice import ANNOTATION
from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.output.screen import DOUBTFUL, GOOD, QUIET, Line, Span, line, table
from kubectl_calico_nic.output.story_lines import STYLES

_WORDS = {True: "yes", False: "no", None: ""}
_AROUND = 8
"""Lines of a screen that the rows leave free."""
_LEAST = 3
"""Of each cause so many rows are always shown."""
_SHOW_ALL = "(--all shows them)"
Row = tuple[NodeReport, FamilyReport | None]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one cause; ``is_good`` says that nothing is wrong with them."""

    rows: tuple[Row, ...]
    is_good: bool


def row_lines(
    report: Report,
    told: Sequence[Story],
    *,
    wide: bool = False,
    headers: bool = True,
    height: int | None = None,
) -> list[Line]:
    """One row a node and family.

    Where all rows would fill more than a screen of ``height`` lines, ok rows become one line and
    each cause shows its first rows.
    """
    groups = _groups(report, told)
    shown = _folded(groups, height)
    two_families = len({row.family for node in report.nodes for row in node.families}) > 1
    severities = {finding.id: finding.severity for finding in report.findings}
    cells = [_cells(row, severities, two_families, wide) for rows in shown for row in rows]
    header = _header(two_families, wide) if headers else None
    lines = iter(table(header, cells) if cells else [])
    result = list(itertools.islice(lines, 1)) if headers else []
    for group, rows in zip(groups, shown, strict=True):
        result += itertools.islice(lines, len(rows))
        result += _left_out(group, len(group.rows) - len(rows))
    return result


def _groups(report: Report, told: Sequence[Story]) -> list[_Group]:
    """The rows by their cause, in the order the causes are told, by name in each of them."""
    places = _places(told)
    rows: list[Row] = []
    for node in report.nodes:
        rows += [(node, row) for row in node.families] or [(node, None)]

    def place(row: Row) -> int:
        node, family = row
        if family is None or family.verdict == OK:
            return len(told) + 1
        of_family = places.get((family.verdict, node.name, family.family), len(told))
        return min(of_family, places.get((family.verdict, node.name, None), len(told)))

    ordered = sorted(rows, key=lambda row: (place(row), row[1] is None, row[0].name))
    return [
        _Group(tuple(group), is_good=at > len(told))
        for at, group in itertools.groupby(ordered, key=place)
    ]


def _places(told: Sequence[Story]) -> Mapping[tuple[str, str, Family | None], int]:
    """The place of the story that tells a finding's id about a node and family."""
    places: dict[tuple[str, str, Family | None], int] = {}
    for place, story in enumerate(told):
        for part in (story, *story.effects):
            for name in part.nodes:
                places.setdefault((part.id, name, part.family), place)
    return places


def _folded(groups: Sequence[_Group], height: int | None) -> list[tuple[Row, ...]]:
    """The rows of each group that are shown."""
    count = sum(len(group.rows) for group in groups)
    if height is None or count <= height - _AROUND:
        return [group.rows for group in groups]
    bad = [group for group in groups if not group.is_good]
    space = (height - _AROUND) // max(len(bad), 1) - 1
    most = max(space, _LEAST)
    return [() if group.is_good else _first(group.rows, most) for group in groups]


def _first(rows: tuple[Row, ...], most: int) -> tuple[Row, ...]:
    """The first ``most`` rows; all where only one would be left out."""
    return rows if len(rows) <= most + 1 else rows[:most]


def _left_out(group: _Group, count: int) -> list[Line]:
    if not count:
        return []
    if group.is_good:
        good = sum(row is not None for _, row in group.rows)
        idle = len(group.rows) - good
        more = f", {idle} without calico-node" if idle else ""
        return [line(Span(f"{good} ok", GOOD), more, Span(f"  {_SHOW_ALL}", QUIET))]
    (_, row) = group.rows[-1]
    what = row.verdict if row else ""
    return [line(Span(f"and {count} more {what}  {_SHOW_ALL}", QUIET))]


def _header(two_families: bool, wide: bool) -> list[str]:
    family = ["FAMILY"] if two_families else []
    more = ["METHOD", "EVIDENCE", "SINCE", "INTERNAL-IP", "VERSION"] if wide else []
    shown = ["READY", "INTERFACE", "ADDRESS", "EXPECTED", "BGP", "VERDICT"]
    return ["NODE", *family, *shown, *more]


def _cells(
    row: Row, severities: Mapping[str, Severity], two_families: bool, wide: bool
) -> list[Span]:
    node, family = row
    return [
        Span(node.name),
        *([Span(family.family.label if family else "")] if two_families else []),
        Span(_WORDS[node.ready]),
        *_choice(family, severities),
        *(_more(node, family) if wide else []),
    ]


def _choice(family: FamilyReport | None, severities: Mapping[str, Severity]) -> list[Span]:
    if family is None:
        return [Span("")] * 5
    expectation, bgp = family.expectation, family.bgp
    expected = (expectation.address or expectation.network or "") if expectation else ""
    style = GOOD if family.verdict == OK else DOUBTFUL
    if family.verdict in severities:
        style = STYLES[severities[family.verdict]]
    return [
        Span(family.interface or ""),
        Span(family.address or " or ".join(family.candidates)),
        Span(expected),
        Span(f"{bgp.established}/{bgp.peers}" if bgp else ""),
        Span(family.verdict, style),
    ]


def _more(node: NodeReport, family: FamilyReport | None) -> list[Span]:
    return [
        Span((family.method or "") if family else ""),
        Span(_evidence(family) if family else ""),
        Span((family.since or "") if family else ""),
        Span(",".join(node.internal_ips)),
        Span(node.version or ""),
    ]


def _evidence(family: FamilyReport) -> str:
    """What the row rests on; says so where no order is known and where no time is."""
    words = ",".join(family.evidence)
    if family.contradicted_by is not None:
        return f"{words} or {ANNOTATION} (order unknown)"
    return f"{words} (no time)" if family.evidence == (ANNOTATION,) else words
