"""Everything about one node, for people."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.calico.inventory import Interface
from kubectl_calico_nic.calico.log.reading import Decision, Outcome, Stage
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
    prose_table,
    wrapped,
)
from kubectl_calico_nic.snapshot.event import PodEvent

_STATES = {True: "up", False: "down", None: ""}
_STAGES = {Stage.STARTUP: "start-up", Stage.MONITOR: "re-detection"}
_MOST_ROWS = 30
"""More interfaces or decisions than this are counted, not shown."""
_MOST_PEERS = 12
_MOST_EVENTS = 5


def explanation(found: Explanation, width: int | None = None) -> list[Line]:
    """What was read about it and how fresh that is, what was decided, and why the winner wins."""
    return [
        line(),
        line(Span(found.node, STRONG)),
        *_statements(found.statements, width),
        *_variables(found.variables, width),
        *_interfaces(found.interfaces, width),
        *_timeline(found.timeline, found.omitted, width),
        *_peerings(found, width),
        *_events(found.events, width),
        *(part for reasoning in found.reasonings for part in _reasoning(reasoning, width)),
    ]


def _statements(statements: Sequence[Statement], width: int | None) -> list[Line]:
    rows = [[Span(item.source), Span(item.as_of or ""), Span(_says(item))] for item in statements]
    return prose_table(["EVIDENCE", "AS OF", "SAYS"], rows, width)


def _says(item: Statement) -> str:
    return f"{item.says} ({item.freshness})" if item.freshness else item.says


def _variables(variables: Sequence[Variable], width: int | None) -> list[Line]:
    if not variables:
        return []
    rows = [
        [
            Span(item.name),
            Span(_value(item)),
            Span(item.template or "", DOUBTFUL),
            Span(item.source),
        ]
        for item in variables
    ]
    header = ["VARIABLE", "VALUE", "NEW PODS GET", "FROM"]
    if all(item.template is None for item in variables):
        del header[2]
        rows = [[*row[:2], row[3]] for row in rows]
    return [line(), *prose_table(header, rows, width)]


def _value(item: Variable) -> str:
    if not item.is_known:
        return "not known"
    return '""' if item.value == "" else item.value or ""


def _interfaces(interfaces: Sequence[Interface], width: int | None) -> list[Line]:
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
        *prose_table(["INTERFACE", "STATE", "MTU", "MASTER", "ADDRESSES"], rows, width),
        *_more(len(interfaces) - _MOST_ROWS, "interfaces"),
    ]


def _more(count: int, what: str) -> list[Line]:
    return [line(Span(f"and {count} more {what}", QUIET))] if count > 0 else []


def _timeline(choosings: Sequence[Choosing], omitted: int, width: int | None) -> list[Line]:
    if not choosings:
        return []
    shown = choosings[-_MOST_ROWS:]
    two_families = len({item.decision.family for item in shown}) > 1
    gives_reasons = any(item.decision.reason for item in shown)
    family = ["FAMILY"] if two_families else []
    reason = ["REASON"] if gives_reasons else []
    header = ["DECIDED AT", "TIMES", "UNTIL", *family, "STAGE", "CHOICE", *reason]
    rows = [
        [
            Span(_to_the_second(item.decision.first)),
            Span(str(item.decision.count)),
            Span(_until(item.decision)),
            *([Span(item.decision.family.label)] if two_families else []),
            Span(_STAGES[item.decision.stage] + (" (previous)" if item.is_previous else "")),
            Span(_choice(item.decision)),
            *([Span(item.decision.reason or "")] if gives_reasons else []),
        ]
        for item in shown
    ]
    return [
        line(),
        *_more(len(choosings) - _MOST_ROWS, "earlier decisions"),
        *prose_table(header, rows, width),
        *_more(omitted, "decisions that are not kept: the choice changed that often"),
    ]


def _until(decision: Decision) -> str:
    """When it was last decided so: the time of day where that is the same day."""
    first, last = _to_the_second(decision.first), _to_the_second(decision.last)
    if decision.count == 1:
        return ""
    return last[11:] if first[:10] == last[:10] else last


def _choice(decision: Decision) -> str:
    """The NIC and address, and how it came about where no method found it."""
    outcome = "" if decision.outcome is Outcome.DETECTED else decision.outcome.value
    return " ".join(filter(None, (outcome, decision.interface, decision.address)))


def _to_the_second(logged: str | None) -> str:
    return (logged or "").partition(".")[0]


def _peerings(found: Explanation, width: int | None) -> list[Line]:
    if found.peerings_source is None:
        return []
    as_of = f", as of {found.peerings_as_of}" if found.peerings_as_of else ""
    good = sum(item.session.is_established for item in found.peerings)
    count = f"{good} of {len(found.peerings)} established" if found.peerings else "no peers"
    title = line(f"BGP sessions ({found.peerings_source}{as_of}): {count}")
    if not found.peerings:
        return [line(), title]
    ordered = sorted(found.peerings, key=lambda item: item.session.is_established)
    rows = [_peering(item) for item in ordered[:_MOST_PEERS]]
    return [
        line(),
        title,
        *prose_table(["PEER", "NODE", "KIND", "STATE", "SINCE", "INFO"], rows, width),
        *_more(len(ordered) - _MOST_PEERS, "sessions"),
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
        said = line(
            f"event {seen}{times} ", Span(event.reason, STRONG), f": {brief(event.message)}"
        )
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
