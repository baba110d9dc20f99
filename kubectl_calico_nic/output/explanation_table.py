"""Everything about one node, for people."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.calico.inventory import Interface
from kubectl_calico_nic.calico.log.reading import Decision
from kubectl_calico_nic.diagnosis.report import Explanation, Reasoning
from kubectl_calico_nic.output.screen import QUIET, STRONG, Line, Span, line, table

_STATES = {True: "up", False: "down", None: ""}
_MOST_ROWS = 30
"""More interfaces or decisions than this are counted, not shown."""


def explanation(found: Explanation) -> list[Line]:
    """Its interfaces, what its logs say was decided, and why each method gives what it gives."""
    return [
        line(),
        line(Span(found.node, STRONG)),
        *_interfaces(found.interfaces),
        *_timeline(found.timeline),
        *(part for reasoning in found.reasonings for part in _reasoning(reasoning)),
    ]


def _interfaces(interfaces: Sequence[Interface]) -> list[Line]:
    shown = [item for item in interfaces if item.addresses]
    if not shown:
        return []
    rows = [
        [
            Span(item.name),
            Span(_STATES[item.is_up]),
            Span("" if item.mtu is None else str(item.mtu)),
            Span(", ".join(address.cidr for address in item.addresses)),
        ]
        for item in shown[:_MOST_ROWS]
    ]
    return [
        *table(["INTERFACE", "STATE", "MTU", "ADDRESSES"], rows),
        *_more(len(shown) - _MOST_ROWS, "interfaces"),
    ]


def _more(count: int, what: str) -> list[Line]:
    return [line(Span(f"and {count} more {what}", QUIET))] if count > 0 else []


def _timeline(decisions: Sequence[Decision]) -> list[Line]:
    if not decisions:
        return []
    rows = [
        [
            Span(found.first or ""),
            Span("" if found.count == 1 else f"{found.count}x until {found.last}"),
            Span(found.stage.value),
            Span(found.outcome.value),
            Span(" ".join(filter(None, (found.interface, found.address)))),
            Span(found.reason or ""),
        ]
        for found in decisions[-_MOST_ROWS:]
    ]
    header = ["DECIDED AT", "AGAIN", "STAGE", "OUTCOME", "CHOICE", "REASON"]
    return [
        line(),
        *_more(len(decisions) - _MOST_ROWS, "earlier decisions"),
        *table(header, rows),
    ]


def _reasoning(reasoning: Reasoning) -> list[Line]:
    role = "in force" if reasoning.is_in_force else "recommended"
    choice = " ".join(filter(None, (reasoning.interface, reasoning.address)))
    title = Span(f"{reasoning.family.label} {reasoning.method}", STRONG)
    return [
        line(),
        line(title, f" ({role}): {choice or 'no address, or not known'}"),
        *(line("  ", Span(reason, QUIET)) for reason in reasoning.reasons),
    ]
