"""What nodes would choose under other methods: one method as rows, several side by side."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.diagnosis.report import FamilyReport, NodeReport, Report
from kubectl_calico_nic.output.screen import (
    BAD,
    DOUBTFUL,
    GOOD,
    QUIET,
    Line,
    Span,
    line,
    table,
)

_GOOD, _UNKNOWN = "ok", "unknown"
Row = tuple[NodeReport, Sequence[FamilyReport]]


def comparison(report: Report, methods: Sequence[str], *, headers: bool = True) -> list[Line]:
    """One row a node and family, one column a method, and a line that sums each method up."""
    found = _rows(report, len(methods))
    families = {entries[0].family for _, entries in found}
    cells = [
        [
            Span(node.name),
            *([Span(entries[0].family.label)] if len(families) > 1 else []),
            Span(_expected(entries[0])),
            *(_cell(entry) for entry in entries),
        ]
        for node, entries in found
    ]
    if not headers:
        return table(None, cells)
    family = ["FAMILY"] if len(families) > 1 else []
    return [
        *table(["NODE", *family, "EXPECTED", *(method or '""' for method in methods)], cells),
        line(),
        *(_sum(found, place, method) for place, method in enumerate(methods)),
        *_reasons(found),
    ]


def _rows(report: Report, methods: int) -> list[Row]:
    return [
        (node, node.families[start : start + methods])
        for node in report.nodes
        for start in range(0, len(node.families), methods)
    ]


def _expected(entry: FamilyReport) -> str:
    expectation = entry.expectation
    return (expectation.address or expectation.network or "") if expectation else ""


def _cell(entry: FamilyReport) -> Span:
    style = {_GOOD: GOOD, _UNKNOWN: DOUBTFUL}.get(entry.verdict, BAD)
    if not entry.decided:
        return Span(" or ".join(entry.candidates) or "unknown", DOUBTFUL)
    if entry.address is None:
        return Span(f"nothing ({entry.verdict})", BAD)
    return Span(" ".join(filter(None, (entry.interface, entry.address))), style)


def _sum(found: Sequence[Row], place: int, method: str) -> Line:
    entries = [entries[place] for _, entries in found]
    judged = [entry for entry in entries if entry.expectation is not None]
    good = sum(entry.verdict == _GOOD for entry in judged)
    nothing = sum(entry.decided and entry.address is None for entry in entries)
    unknown = sum(not entry.decided for entry in entries)
    words = [f"{good} of {len(judged)} get their expected address"] if judged else []
    words += [f"{nothing} get no address"] if nothing else []
    words += [f"{unknown} not known"] if unknown else []
    style = GOOD if judged and good == len(entries) else BAD if nothing else DOUBTFUL
    return line(Span(method or '""', style), f": {', '.join(words) or f'{len(entries)} decided'}")


def _reasons(found: Sequence[Row]) -> list[Line]:
    """Why, interface by interface, where one node alone is asked about."""
    if len({node.name for node, _ in found}) != 1:
        return []
    lines: list[Line] = []
    for _, entries in found:
        for entry in entries:
            title = f"{entry.method or 'first-found'}, {entry.family.label}:"
            lines += [line(), line(title)]
            lines += [line("  ", Span(reason, QUIET)) for reason in entry.reasons]
    return lines
