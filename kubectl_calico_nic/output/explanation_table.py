"""Everything about one node, for people."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.calico.inventory import Interface
from kubectl_calico_nic.calico.log.reading import Stage
from kubectl_calico_nic.diagnosis.node_story import (
    Choosing,
    Explanation,
    Peering,
    Reasoning,
    Statement,
    Variable,
)
from kubectl_calico_nic.output.escape import brief
from kubectl_calico_nic.output.screen import (
    DOUBTFUL,
    GOOD,
    QUIET,
    STRONG,
    Line,
    Span,
    line,
    table,
    wrapped,
)
from kubectl_calico_nic.snapshot.event import PodEvent

_STATES = {True: "up", False: "down", None: ""}
_STAGES = {Stage.STARTUP: "start-up", Stage.MONITOR: "re-detection"}
_MOST_ROWS = 30
"""More interfaces, decisions or sessions than this are counted, not shown."""
_MOST_EVENTS = 5


def explanation(found: Explanation, width: int | None = None) -> list[Line]:
    """What was read about it and how fresh that is, what was decided, and why the winner wins."""
    return [
        line(),
        line(Span(found.node, STRONG)),
        *_statements(found.statements),
        *_variables(found.variables),
        *_interfaces(found.interfaces),
        *_timeline(found.timeline, found.omitted),
        *_peerings(found),
        *_events(found.events, width),
        *(part for reasoning in found.reasonings for part in _reasoning(reasoning, width)),
    ]


def _statements(statements: Sequence[Statement]) -> list[Line]:
    rows = [
        [Span(item.source), Span(item.says), Span(item.as_of or ""), Span(item.freshness, QUIET)]
        for item in statements
    ]
    return table(["EVIDENCE", "SAYS", "AS OF", "HOW FRESH"], rows) if rows else []


def _variables(variables: Sequence[Variable]) -> list[Line]:
    if not variables:
        return []
    rows = [
        [
            Span(item.name),
            Span(_value(item)),
            Span(item.source),
            Span(item.template or "", DOUBTFUL),
        ]
        for item in variables
    ]
    header = ["VARIABLE", "VALUE", "FROM", "NEW PODS GET"]
    if all(item.template is None for item in variables):
        header, rows = header[:-1], [row[:-1] for row in rows]
    return [line(), *table(header, rows)]


def _value(item: Variable) -> str:
    if not item.is_known:
        return "not known"
    return '""' if item.value == "" else item.value or ""


def _interfaces(interfaces: Sequence[Interface]) -> list[Line]:
    """Those with addresses first: on a node with many pods most have none."""
    if not interfaces:
        return []
    ordered = sorted(interfaces, key=lambda item: not item.addresses)
    rows = [
        [
            Span(item.name),
            Span(_STATES[item.is_up], DOUBTFUL if item.is_up is False else ""),
            Span("" if item.mtu is None else str(item.mtu)),
            Span(item.master or ""),
            Span(", ".join(address.cidr for address in item.addresses)),
        ]
        for item in ordered[:_MOST_ROWS]
    ]
    return [
        line(),
        *table(["INTERFACE", "STATE", "MTU", "MASTER", "ADDRESSES"], rows),
        *_more(len(interfaces) - _MOST_ROWS, "interfaces"),
    ]


def _more(count: int, what: str) -> list[Line]:
    return [line(Span(f"and {count} more {what}", QUIET))] if count > 0 else []


def _timeline(choosings: Sequence[Choosing], omitted: int) -> list[Line]:
    if not choosings:
        return []
    rows = [
        [
            Span(item.decision.first or ""),
            Span(_again(item)),
            Span(_STAGES[item.decision.stage] + (" (previous)" if item.is_previous else "")),
            Span(item.decision.outcome.value),
            Span(" ".join(filter(None, (item.decision.interface, item.decision.address)))),
            Span(item.decision.reason or ""),
        ]
        for item in choosings[-_MOST_ROWS:]
    ]
    header = ["DECIDED AT", "AGAIN", "STAGE", "OUTCOME", "CHOICE", "REASON"]
    if all(not item.decision.reason for item in choosings[-_MOST_ROWS:]):
        header, rows = header[:-1], [row[:-1] for row in rows]
    return [
        line(),
        *_more(len(choosings) - _MOST_ROWS, "earlier decisions"),
        *table(header, rows),
        *_more(omitted, "decisions that are not kept: the choice changed that often"),
    ]


def _again(item: Choosing) -> str:
    decision = item.decision
    return "" if decision.count == 1 else f"{decision.count}x until {decision.last}"


def _peerings(found: Explanation) -> list[Line]:
    if found.peerings_source is None:
        return []
    as_of = f", as of {found.peerings_as_of}" if found.peerings_as_of else ""
    title = line(f"BGP sessions ({found.peerings_source}{as_of})")
    if not found.peerings:
        return [line(), title, line("  no peers")]
    ordered = sorted(found.peerings, key=lambda item: item.session.is_established)
    rows = [_peering(item) for item in ordered[:_MOST_ROWS]]
    return [
        line(),
        title,
        *table(["PEER", "NODE", "KIND", "STATE", "SINCE", "INFO"], rows),
        *_more(len(ordered) - _MOST_ROWS, "sessions"),
    ]


def _peering(item: Peering) -> list[Span]:
    session = item.session
    return [
        Span(session.peer),
        Span(item.node or ""),
        Span(session.kind.value),
        Span(session.state, GOOD if session.is_established else DOUBTFUL),
        Span(session.since),
        Span(session.info),
    ]


def _events(events: Sequence[PodEvent], width: int | None) -> list[Line]:
    """The last ones; a message may be long, so each is a line of prose."""
    if not events:
        return []
    lines = [line(), *_more(len(events) - _MOST_EVENTS, "earlier events")]
    for event in events[-_MOST_EVENTS:]:
        seen = f"{event.last_seen or 'at an unknown time'}"
        times = f" ({event.count}x)" if event.count > 1 else ""
        said = line(f"event {seen}{times} ", Span(event.reason, STRONG), f": {brief(event.message)}")
        lines += wrapped(said, width, "      ")
    return lines


def _reasoning(reasoning: Reasoning, width: int | None) -> list[Line]:
    role = "in force" if reasoning.is_in_force else "recommended"
    title = Span(f"{reasoning.family.label} {brief(reasoning.method)}", STRONG)
    lines = [line(), line(title, f" ({role}) gives: {_outcome(reasoning)}")]
    for reason in reasoning.reasons[:_MOST_ROWS]:
        lines += wrapped(line("  ", Span(brief(reason), QUIET)), width, "    ")
    lines += _more(len(reasoning.reasons) - _MOST_ROWS, "interfaces")
    if reasoning.candidates:
        what = "next in line" if reasoning.is_decided else "one of"
        listed = f"  {what}: {', '.join(reasoning.candidates)}"
        lines += wrapped(line(Span(listed, QUIET)), width, "    ")
    return lines


def _outcome(reasoning: Reasoning) -> str:
    if not reasoning.is_decided:
        return "not known"
    return " ".join(filter(None, (reasoning.interface, reasoning.address))) or "no address"
