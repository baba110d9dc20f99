"""The report of ``inspect`` for people: headline, table with problems first, causes, command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_calico_nic.diagnosis.report import (
    DaemonSetReport,
    FamilyReport,
    NodeReport,
    Recommendation,
    Report,
)
from kubectl_calico_nic.diagnosis.stories import Story, stories
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.findings.nothing_to_choose import NOTHING_TO_CHOOSE
from kubectl_calico_nic.output.explanation_table import explanation
from kubectl_calico_nic.output.screen import (
    DOUBTFUL,
    GOOD,
    STRONG,
    Line,
    Span,
    line,
    table,
)
from kubectl_calico_nic.output.story_lines import STYLES, paragraphs
from kubectl_calico_nic.snapshot.snapshot import Gap

_FIRST_FOUND = "first-found"
_WORDS = {True: "yes", False: "no", None: ""}
_OWNERS = {"manifest": "plain manifest"}
_NO_METHOD = {
    "explicit": "address set by hand ({variable})",
    "none": "detection off ({variable}=none)",
    "unset": "not enabled ({variable} is not set)",
}
Row = tuple[NodeReport, FamilyReport | None]


def inspection(report: Report, *, wide: bool = False, height: int | None = None) -> list[Line]:
    """The whole report; ok rows become one line when they would fill more than ``height``."""
    told = stories(report)
    return [
        *_headline(report, told),
        *(_daemon_set(report)),
        line(),
        *_table(report, wide=wide, height=height),
        *(part for found in report.explanations for part in explanation(found)),
        *_paragraphs(told, report),
        *_recommendations(report),
    ]


def rows(report: Report, *, wide: bool = False) -> list[Line]:
    """The rows alone, for ``--no-headers``."""
    return table(None, _cells(report, _sorted(report), wide=wide))


def _headline(report: Report, told: Sequence[Story]) -> list[Line]:
    worst = next((story for story in told if story.severity is not Severity.INFORMATION), None)
    if worst is None:
        return [_all_well(report)]
    others = sum(story.severity is not Severity.INFORMATION for story in told) - 1
    more = f" (and {others} more)" if others else ""
    return [line(Span("PROBLEM:", STYLES[worst.severity]), f" {worst.message}{more}")]


def _all_well(report: Report) -> Line:
    judged = [family for node in report.nodes for family in node.families]
    good = sum(family.verdict == "ok" for family in judged)
    if judged and all(NOTHING_TO_CHOOSE.id in family.findings for family in judged):
        nodes = "this node" if len(report.nodes) == 1 else f"these {len(report.nodes)} nodes"
        text = f" nothing to choose: Calico does no networking on {nodes}"
        return line(Span("OK:", GOOD), text)
    if judged and good == len(judged):
        sources = sorted({found.expectation.source for found in judged if found.expectation})
        by = f" ({', '.join(sources)})" if sources else ""
        what = "the expected address" if sources else "an address nothing speaks against"
        count = sum(bool(node.families) for node in report.nodes)
        idle = len(report.nodes) - count
        text = f" all {count} nodes use {what}{by}" if count != 1 else f" the node uses {what}{by}"
        text += f"; {idle} run no calico-node" if idle else ""
        return line(Span("OK:", GOOD), text)
    return line(
        Span("UNKNOWN:", DOUBTFUL),
        f" nothing wrong was found; {good} of {len(judged)} choices could be judged",
    )


def _daemon_set(report: Report) -> list[Line]:
    lines = []
    for found in report.daemon_sets:
        methods = [_method(found, family) for family in found.method]
        owner = _OWNERS.get(found.owner or "", found.owner)
        words = [f"Calico {found.version or 'of unknown version'}", found.name, owner, *methods]
        lines.append(line(", ".join(word for word in words if word)))
    return lines


def _method(found: DaemonSetReport, family: Family) -> str:
    """The method in force, or why there is none."""
    method, mode = found.method[family], found.mode.get(family, "unknown")
    several = len(found.method) > 1
    if method is None:
        words = _NO_METHOD.get(mode, "method not known").format(variable=family.ip_variable)
        return f"{family.label} {words}" if several else words
    name = f"{family.label} method" if several else "method"
    return f"{name} {method} (default)" if method == _FIRST_FOUND else f"{name} {method}"


def _sorted(report: Report) -> list[Row]:
    """Problems first, then by name; a node without any family keeps one row."""
    severity = {finding.id: place for place, finding in enumerate(_by_severity(report))}
    found: list[Row] = []
    for node in report.nodes:
        found += [(node, family) for family in node.families] or [(node, None)]

    def key(row: Row) -> tuple[int, str]:
        verdict = row[1].verdict if row[1] else "ok"
        return (severity.get(verdict, len(severity) + (verdict == "ok")), row[0].name)

    return sorted(found, key=key)


def _by_severity(report: Report) -> list[Story]:
    return list(stories(report))


def _table(report: Report, *, wide: bool, height: int | None) -> list[Line]:
    found = _sorted(report)
    good = [row for row in found if row[1] and row[1].verdict == "ok"]
    folds = height is not None and len(found) > height - 8 and len(good) > 1
    shown = [row for row in found if row not in good] if folds else found
    folded = [line(Span(f"{len(good)} ok", GOOD), "  (--all shows them)")] if folds else []
    header = _header(report, wide=wide)
    return [*(table(header, _cells(report, shown, wide=wide)) if shown else []), *folded]


def _two_families(report: Report) -> bool:
    return len({family.family for node in report.nodes for family in node.families}) > 1


def _header(report: Report, *, wide: bool) -> list[str]:
    family = ["FAMILY"] if _two_families(report) else []
    more = ["METHOD", "EVIDENCE", "SINCE", "INTERNAL-IP", "VERSION"] if wide else []
    shown = ["READY", "INTERFACE", "ADDRESS", "EXPECTED", "BGP", "VERDICT"]
    return ["NODE", *family, *shown, *more]


def _cells(report: Report, found: Iterable[Row], *, wide: bool) -> list[list[Span]]:
    severities = {finding.id: finding.severity for finding in report.findings}
    two_families = _two_families(report)
    return [
        [
            Span(node.name),
            *([Span(family.family.label if family else "")] if two_families else []),
            Span(_WORDS[node.ready]),
            *_choice(family, severities),
            *(_more(node, family) if wide else []),
        ]
        for node, family in found
    ]


def _choice(family: FamilyReport | None, severities: dict[str, Severity]) -> list[Span]:
    if family is None:
        return [Span("")] * 5
    expectation, bgp = family.expectation, family.bgp
    expected = (expectation.address or expectation.network or "") if expectation else ""
    style = GOOD if family.verdict == "ok" else DOUBTFUL
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
        Span(",".join(family.evidence) if family else ""),
        Span((family.since or "") if family else ""),
        Span(",".join(node.internal_ips)),
        Span(node.version or ""),
    ]


def _paragraphs(told: Sequence[Story], report: Report) -> list[Line]:
    """One paragraph a cause: what, and what to do next.

    The headline is not told again where all that is left to say is the recommended command.
    """
    commands = {found.command for found in report.recommendations}
    is_told = bool(told) and told[0].next in commands
    return paragraphs(told[is_told:])


def _recommendations(report: Report) -> list[Line]:
    lines: list[Line] = []
    for found in report.recommendations:
        lines += [line(), line(_promise(found)), line("  ", Span(found.command, STRONG))]
    return [*lines, *(part for text in report.advice for part in (line(), line(text)))]


def _promise(found: Recommendation) -> str:
    covered = (
        f"all {found.nodes} nodes their"
        if found.nodes == found.total
        else (f"{found.nodes} of {found.total} nodes their")
    )
    pairs = zip(found.uncovered[:6], found.why_uncovered[:6], strict=True)
    named = ", ".join(f"{node} ({why})" for node, why in pairs)
    left_out = f"; not {named}" if named else ""
    more = f" and {len(found.uncovered) - 6} more" if len(found.uncovered) > 6 else ""
    changes = "1 changes" if found.changes == 1 else f"{found.changes} change"
    note = f" ({found.note})" if found.note else ""
    return (
        f"{found.method} gives {covered} expected address{left_out}{more}{note}: {changes}"
        f"{_restarts(found)}."
    )


def _restarts(found: Recommendation) -> str:
    if not found.restarts:
        return ""
    pods = "1 pod restarts" if found.restarts == 1 else f"{found.restarts} pods restart"
    if not found.at_once or found.restarts == 1:
        return f", {pods}"
    return f", {pods} {'one' if found.at_once == 1 else found.at_once} at a time"


def gap_lines(gaps: Iterable[Gap]) -> list[Line]:
    """What could not be read, one line for each permission or reason, for stderr."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for gap in gaps:
        reason = "" if gap.forbidden else gap.reason
        grouped.setdefault((gap.verb, gap.resource, reason), []).append(gap.node or "")
    lines = []
    for (verb, resource, reason), nodes in grouped.items():
        named = sorted({node for node in nodes if node})
        where = f" ({len(named)} nodes)" if len(named) > 3 else f" ({', '.join(named)})"
        text = reason or f"no permission to {verb} {resource}"
        lines.append(line(Span("Warning:", DOUBTFUL), f" {text}{where if named else ''}"))
    return lines
