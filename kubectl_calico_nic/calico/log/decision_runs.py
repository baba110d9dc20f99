"""Decisions merged to runs, in memory that does not grow with their number."""

from __future__ import annotations

import collections
import re
from dataclasses import dataclass, field, replace
from operator import attrgetter

from kubectl_calico_nic.calico.log.reading import Decision
from kubectl_calico_nic.family import Family

_LOCAL_PORT = re.compile(r":\d{1,5}->")
_FIRST_RUNS = 8
_LAST_RUNS = 64


_SAID = attrgetter(
    "outcome", "stage", "address", "interface", "method", "other_node", "unconfirmed"
)
"""What two decisions of a family must have in common, but for their reasons, to be one run."""


@dataclass(slots=True)
class _Run:
    """A run, how many runs of any family began before it, and how it went on."""

    number: int
    begun: Decision
    last: str | None
    count: int

    def says(self, decision: Decision) -> bool:
        """Whether ``decision`` says the same, whenever and however often."""
        begun = self.begun
        if _SAID(begun) != _SAID(decision):
            return False
        return begun.reason == decision.reason or _lasting(begun.reason) == _lasting(
            decision.reason
        )

    @property
    def decision(self) -> Decision:
        """The whole run as one decision."""
        return replace(self.begun, last=self.last, count=self.count)


@dataclass(slots=True)
class _FamilyRuns:
    """The runs of one family: the first few, and the last ones of those after them."""

    first: list[_Run] = field(default_factory=list)
    last: collections.deque[_Run] = field(
        default_factory=lambda: collections.deque(maxlen=_LAST_RUNS)
    )

    def copy(self) -> _FamilyRuns:
        first = [replace(run) for run in self.first]
        return _FamilyRuns(
            first, collections.deque((replace(run) for run in self.last), _LAST_RUNS)
        )

    @property
    def newest(self) -> _Run | None:
        return self.last[-1] if self.last else self.first[-1] if self.first else None


class DecisionRuns:
    """Collects decisions: equal neighbours of one family become one run.

    Of a family that changes without end, the first 8 runs and the last 64 are kept.
    """

    def __init__(self) -> None:
        self._families = {family: _FamilyRuns() for family in Family}
        self._begun = 0

    def copy(self) -> DecisionRuns:
        """The same runs, to which more can be added without changing these."""
        copied = DecisionRuns()
        copied._families = {family: runs.copy() for family, runs in self._families.items()}
        copied._begun = self._begun
        return copied

    def add(self, decision: Decision) -> None:
        """Add a decision that was logged after all those added before."""
        runs = self._families[decision.family]
        newest = runs.newest
        if newest is not None and newest.says(decision):
            newest.last = decision.last
            newest.count += decision.count
            return
        target = runs.first if len(runs.first) < _FIRST_RUNS else runs.last
        target.append(_Run(self._begun, decision, decision.last, decision.count))
        self._begun += 1

    @property
    def omitted(self) -> int:
        """How many runs are no longer kept."""
        return self._begun - len(self._kept())

    def decisions(self) -> tuple[Decision, ...]:
        """Return the kept runs in the order in which they began."""
        return tuple(run.decision for run in sorted(self._kept(), key=lambda run: run.number))

    def _kept(self) -> list[_Run]:
        return [run for runs in self._families.values() for run in (*runs.first, *runs.last)]


def _lasting(reason: str | None) -> str | None:
    """Return ``reason`` without the local port that a failed DNS query names, new each time."""
    return None if reason is None else _LOCAL_PORT.sub("->", reason)
