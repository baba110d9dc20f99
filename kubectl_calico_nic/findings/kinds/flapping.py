"""``flapping``: the address goes back and forth without a restart of calico-node.

One change is a move: a NIC was added, an address was mended. It is flapping when an address comes
back that the node had left, or after three changes; a choice that has stood for a week is over it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kubectl_calico_nic.calico.log.reading import Decision, LogReading, Outcome, Stage
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import same_address
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import TRY_METHODS, Kind

_MANY = 3
"""So many changes are flapping whatever the addresses are."""
_SHOWN = 3
_OVER = timedelta(days=7)
_GONE = frozenset({Outcome.FAILED, Outcome.CONFLICT})
"""Outcomes after which the node has no address."""
_NONE = "no address"


@dataclass(frozen=True, slots=True)
class _Flapping:
    """``places`` are the different choices in order, ``last`` began the newest one."""

    changes: int
    places: tuple[str, ...]
    last: Decision
    at_least: bool


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        found = _flapping(member.facts.log, member.family)
        if found is not None:
            yield _words(member, found)


def _flapping(log: LogReading | None, family: Family) -> _Flapping | None:
    """What the log of the running container says of changes; None where that is no flapping."""
    if log is None:
        return None
    mine = [found for found in log.decisions if found.family is family]
    changes = list(_changes(_since_start(mine)))
    is_cut = log.omitted_decisions > 0 and len(mine) > len(log.decisions) - len(mine)
    count = len(changes) - 1 + (log.omitted_decisions if is_cut else 0)
    if count < _MANY and not _comes_back(changes):
        return None
    if _is_over(changes[-1], log):
        return None
    places = tuple(dict.fromkeys(map(_place, changes)))
    return _Flapping(count, places, changes[-1], is_cut)


def _since_start(decisions: Sequence[Decision]) -> Sequence[Decision]:
    """The newest start's decision and those of its re-detections: files may hold older starts."""
    starts = (place for place, found in enumerate(decisions) if found.stage is Stage.STARTUP)
    return decisions[max(starts, default=0) :]


def _changes(decisions: Sequence[Decision]) -> Iterator[Decision]:
    """The first decision, and each that came to another address than the one before it."""
    before: Decision | None = None
    for decision in decisions:
        if decision.outcome not in _GONE and decision.address is None:
            continue
        if before is None or not _same(before, decision):
            yield decision
            before = decision


def _same(one: Decision, other: Decision) -> bool:
    if one.outcome in _GONE or other.outcome in _GONE:
        return one.outcome in _GONE and other.outcome in _GONE
    return same_address(one.address or "", other.address or "")


def _comes_back(changes: Sequence[Decision]) -> bool:
    """Whether one of the first changes is undone later; two that follow each other differ."""
    return any(
        _same(one, other) for place, one in enumerate(changes) for other in changes[place + 2 :]
    )


def _is_over(last: Decision, log: LogReading) -> bool:
    began, ended = _time(last.first), _time(log.last_time)
    return began is not None and ended is not None and ended - began > _OVER


def _time(logged: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(logged or "")
    except ValueError:
        return None


def _place(decision: Decision) -> str:
    if decision.outcome in _GONE:
        return _NONE
    return " ".join(word for word in (decision.interface, decision.address) if word)


def _words(member: Member, found: _Flapping) -> Finding:
    shown = list(found.places[:_SHOWN])
    if len(found.places) > _SHOWN:
        shown.append(f"{len(found.places) - _SHOWN} more")
    places = f"{', '.join(shown[:-1])} and {shown[-1]}"
    times = f"{'at least ' if found.at_least else ''}{found.changes} times"
    when = f", last at {found.last.first[:16]}" if found.last.first else ""
    return FLAPPING.about(
        member,
        f"{member.name} went between {places} {times}{when} by re-detection, without a restart",
        f"name the NIC or the network, so that nothing else can win; {TRY_METHODS}",
        why="the log of the running calico-node container",
    )


FLAPPING = Kind("flapping", Severity.WARNING, _find)
"""The catalogue's entry."""
