"""The report of ``inspect`` for people: headline, table with problems first, causes, command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from kubectl_calico_nic.diagnosis.report import DaemonSetReport, Report
from kubectl_calico_nic.diagnosis.stories import Story, stories
from kubectl_calico_nic.diagnosis.verdict import OK
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.findings.kinds.differs_from_internal_ip import DIFFERS_FROM_INTERNAL_IP
from kubectl_calico_nic.findings.kinds.nothing_to_choose import NOTHING_TO_CHOOSE
from kubectl_calico_nic.output.escape import brief
from kubectl_calico_nic.output.explanation_table import explanation
from kubectl_calico_nic.output.inspection_cells import row_lines
from kubectl_calico_nic.output.recommendation_lines import recommendation_lines
from kubectl_calico_nic.output.screen import DOUBTFUL, GOOD, QUIET, Line, Span, line, wrapped
from kubectl_calico_nic.output.story_lines import STYLES, names, paragraphs
from kubectl_calico_nic.snapshot.snapshot import Gap

_FIRST_FOUND = "first-found"
_OWNERS = {"manifest": "plain manifest"}
_NO_METHOD = {
    "explicit": "address set by hand ({variable})",
    "none": "detection off ({variable}=none)",
    "unset": "not enabled ({variable} is not set)",
}
_HEADLINES = {Severity.ERROR: "PROBLEM:", Severity.WARNING: "WARNING:"}
_MEANT = frozenset({DIFFERS_FROM_INTERNAL_IP.id})
"""Information that says why addresses are right which nobody expected."""
_MOST_NOTES = 3
_MOST_REASONS = 3
"""A kubelet that fails words it with the pod's name: hundreds may fail for one cause."""


def inspection(
    report: Report, *, wide: bool = False, height: int | None = None, width: int | None = None
) -> list[Line]:
    """The whole report.

    On a terminal (``height`` lines, ``width`` columns) rows that would fill more than a screen are
    folded, and prose is wrapped; rows never are.
    """
    told = stories(report)
    worst = next((story for story in told if story.severity in _HEADLINES), None)
    headline = worst or next((story for story in told if story.id in _MEANT), None)
    commands = [found.command for found in report.recommendations]
    return [
        *wrapped(_headline(report, told, headline), width),
        *(part for found in report.daemon_sets for part in wrapped(_daemon_set(found), width)),
        *(part for words in _what_is_missing(report) for part in wrapped(words, width)),
        line(),
        *row_lines(report, told, wide=wide, height=height),
        *(part for words in _notes(report) for part in wrapped(words, width)),
        *(part for found in report.explanations for part in explanation(found, width)),
        *paragraphs(told, headline=headline, commands=commands, width=width),
        *recommendation_lines(report, width),
    ]


def rows(report: Report, *, wide: bool = False) -> list[Line]:
    """The rows alone, for ``--no-headers``."""
    return row_lines(report, stories(report), wide=wide, headers=False)


def _headline(report: Report, told: Sequence[Story], first: Story | None) -> Line:
    if first is None:
        return _all_well(report)
    if first.severity not in _HEADLINES:
        return line(Span("OK:", GOOD), f" {brief(first.message)}")
    others = sum(story.severity in _HEADLINES for story in told) - 1
    more = f" (and {others} more below)" if others else ""
    word = Span(_HEADLINES[first.severity], STYLES[first.severity])
    return line(word, f" {brief(first.message)}{more}")


def _all_well(report: Report) -> Line:
    judged = [family for node in report.nodes for family in node.families]
    good = sum(family.verdict == OK for family in judged)
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


def _daemon_set(found: DaemonSetReport) -> Line:
    methods = [_method(found, family) for family in found.method]
    owner = _OWNERS.get(found.owner or "", found.owner)
    words = [f"Calico {found.version or 'of unknown version'}", found.name, owner, *methods]
    return line(brief(", ".join(word for word in words if word)))


def _method(found: DaemonSetReport, family: Family) -> str:
    """The method in force, or why there is none."""
    method, mode = found.method[family], found.mode.get(family, "unknown")
    several = len(found.method) > 1
    if method is None:
        words = _NO_METHOD.get(mode, "method not known").format(variable=family.ip_variable)
        return f"{family.label} {words}" if several else words
    name = f"{family.label} method" if several else "method"
    return f"{name} {method} (default)" if method == _FIRST_FOUND else f"{name} {method}"


def _what_is_missing(report: Report) -> list[Line]:
    """How many nodes the report rests on, where that is not all of them."""
    if not report.unread:
        return []
    count, total = len(report.nodes) - len(report.unread), len(report.nodes)
    text = f" rests on the logs of {count} of {total} nodes; not read: {names(report.unread)}"
    return [line(Span("INCOMPLETE:", DOUBTFUL), text)]


def _notes(report: Report) -> list[Line]:
    """What is to be said about rows beside verdicts, nodes with the same words together."""
    grouped: dict[str, list[str]] = {}
    for node in report.nodes:
        for note in node.notes:
            grouped.setdefault(note, []).append(node.name)
    if not grouped:
        return []
    ordered = sorted(grouped.items(), key=lambda item: -len(item[1]))
    lines = [
        line(Span(f"{names(nodes)}: {brief(note)}", QUIET)) for note, nodes in ordered[:_MOST_NOTES]
    ]
    rest = {name for _, nodes in ordered[_MOST_NOTES:] for name in nodes}
    if rest:
        lines.append(line(Span(f"inspect NODE says more about {names(sorted(rest))}", QUIET)))
    return [line(), *lines]


def gap_lines(gaps: Iterable[Gap]) -> list[Line]:
    """What could not be read, one line for each permission or reason, for stderr."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for gap in gaps:
        reason = "" if gap.forbidden else gap.reason
        grouped.setdefault((gap.verb, gap.resource, reason), []).append(gap.node or "")
    lines = []
    like_it: Counter[str] = Counter()
    left_out: dict[str, set[str]] = {}
    for (verb, resource, reason), nodes in grouped.items():
        named = sorted({node for node in nodes if node})
        like_it[resource] += 1
        if named and like_it[resource] > _MOST_REASONS:
            left_out.setdefault(f"{verb} {resource}", set()).update(named)
            continue
        where = f" ({len(named)} nodes)" if len(named) > 3 else f" ({', '.join(named)})"
        text = brief(reason) or f"no permission to {verb} {resource}"
        lines.append(line(Span("Warning:", DOUBTFUL), f" {text}{where if named else ''}"))
    for what, missed in left_out.items():
        more = "1 more node" if len(missed) == 1 else f"{len(missed)} more nodes"
        lines.append(line(Span("Warning:", DOUBTFUL), f" could not {what} of {more} either"))
    return lines
