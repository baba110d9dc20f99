"""The recommended command for people, with what it costs."""

from __future__ import annotations

from kubectl_calico_nic.diagnosis.report import Recommendation, Report
from kubectl_calico_nic.output.durations import about
from kubectl_calico_nic.output.escape import brief
from kubectl_calico_nic.output.screen import DOUBTFUL, STRONG, Line, Span, line, wrapped
from kubectl_calico_nic.output.story_lines import names

_NAMED = 6
"""How many of the nodes that are left out are named, each with its reason."""


def recommendation_lines(report: Report, width: int | None = None) -> list[Line]:
    """For each recommendation what it gives, what it costs, and the command to copy."""
    lines: list[Line] = []
    for found in report.recommendations:
        lines += [line(), *wrapped(line(f"{_promise(found)}: {_cost(found)}."), width)]
        if found.blocked_by:
            lines += wrapped(_blocked(found), width)
        lines.append(line("  ", Span(found.command, STRONG)))
    return [*lines, *(part for text in report.advice for part in _advice(text, width))]


def _advice(text: str, width: int | None) -> list[Line]:
    return [line(), *wrapped(line(brief(text)), width)]


def _promise(found: Recommendation) -> str:
    whose = f"all {found.nodes} nodes their"
    if found.nodes != found.total:
        whose = f"{found.nodes} of {found.total} nodes their"
    elif found.nodes == 1:
        whose = "the node its"
    note = f" ({found.note})" if found.note else ""
    return f"{found.method} gives {whose} expected address{_left_out(found)}{note}"


def _left_out(found: Recommendation) -> str:
    if not found.uncovered:
        return ""
    pairs = zip(found.uncovered[:_NAMED], found.why_uncovered[:_NAMED], strict=True)
    named = ", ".join(f"{node} ({why})" for node, why in pairs)
    rest = len(found.uncovered) - _NAMED
    return f"; not {named}{f' and {rest} more' if rest > 0 else ''}"


def _cost(found: Recommendation) -> str:
    changes = "1 address changes" if found.changes == 1 else f"{found.changes} addresses change"
    return f"{changes}{_restarts(found)}"


def _restarts(found: Recommendation) -> str:
    if not found.restarts:
        return ""
    pods = "1 pod restarts" if found.restarts == 1 else f"{found.restarts} pods restart"
    time = "" if found.seconds is None else f", about {about(found.seconds)} in all"
    if not found.at_once or found.restarts == 1:
        return f", {pods}{time}"
    together = "one at a time" if found.at_once == 1 else f"up to {found.at_once} at a time"
    return f", {pods} {together}{time}"


def _blocked(found: Recommendation) -> Line:
    one = len(found.blocked_by) == 1
    whose = "whose calico-node is not Ready" if one else "where calico-node is not Ready"
    text = f"It goes no further than {names(found.blocked_by)}, {whose}, until that is mended."
    return line(Span(text, DOUBTFUL))
