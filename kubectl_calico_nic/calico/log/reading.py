"""What a calico-node log says about the address that was chosen: values only."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family

INFORMED = frozenset({"TRACE", "DEBUG", "INFO"})
"""Levels of a log that a good detection shows in."""


class Stage(enum.Enum):
    """Which part of calico-node decided; the value is what reports call it."""

    STARTUP = "startup"
    MONITOR = "monitor"


class Outcome(enum.Enum):
    """How one decision about a family's address ended."""

    DETECTED = "detected"
    """A method found ``address``, and it was stored."""
    EXPLICIT = "explicit"
    """``IP`` names the address; no method was consulted."""
    KEPT = "kept"
    """Detection failed and the old ``address`` stays: the pod becomes Ready all the same."""
    DISABLED = "disabled"
    """No detection (``IP=none``, or ``IP`` unset with an address stored): ``address`` stays."""
    FAILED = "failed"
    """Detection failed with nothing to keep: the annotation is cleared, the process ends."""
    INVALID_METHOD = "invalid-method"
    """Calico does not know the method: the process ends, the stored address stays as it was.

    The message (``reason``) names no family: it is IPv6's where IPv4 was decided before it, and
    taken as IPv4's otherwise."""
    INVALID_ADDRESS = "invalid-address"
    """``IP`` is no address: the process ends."""
    CONFLICT = "conflict"
    """``address`` is recorded on ``other_node``: the process ends, and a detected address is
    cleared from the annotation."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One unbroken run of equal decisions about one family.

    ``first`` and ``last`` are the times of its first and last line as logged
    (``YYYY-MM-DD HH:MM:SS.mmm``, the container's own clock, no zone), ``count`` how many times it
    was logged. ``address`` has a prefix length where the log says one. ``interface`` is None where
    the message does not name it (``can-reach=``, ``kubernetes-internal-ip``, explicit addresses).
    ``method`` is the grammar word (``interface``, ``first-found``, ...) that the message belongs
    to, None where it cannot be told. ``reason`` is Calico's own text of why it failed.
    ``unconfirmed`` says that Calico found the address on no interface.
    """

    family: Family
    outcome: Outcome
    stage: Stage
    first: str | None
    last: str | None
    count: int = 1
    address: str | None = None
    interface: str | None = None
    method: str | None = None
    reason: str | None = None
    other_node: str | None = None
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class LogReading:
    """What one container's log says.

    ``decisions`` are in the order logged, equal neighbours of one family merged. ``node_name`` and
    ``version`` are what calico-node itself printed. ``started`` says that ``Calico node started
    successfully`` was seen, ``terminated`` that the start-up ended the process. ``calico_lines``
    counts the lines in Calico's format, ``lines`` all of them; ``level_floor`` is the least severe
    level (``INFO``, ``WARNING``, ``ERROR``) that the newest start and its monitor logged at, None
    without any: other components have levels of their own. ``complete_start`` says that
    the first line of a start was seen, so that nothing before it is missing. ``tail`` are the last
    lines, for showing to people. ``omitted_decisions`` counts runs left out of the middle of
    ``decisions`` because an address changed without end. ``datastore_error`` is the newest start's
    own message of why the datastore cannot be reached or refuses, None once it answered.
    """

    decisions: tuple[Decision, ...] = ()
    node_name: str | None = None
    version: Version | None = None
    started: bool = False
    terminated: bool = False
    complete_start: bool = False
    level_floor: str | None = None
    lines: int = 0
    calico_lines: int = 0
    first_time: str | None = None
    last_time: str | None = None
    tail: tuple[str, ...] = ()
    omitted_decisions: int = 0
    datastore_error: str | None = None

    @property
    def is_silenced(self) -> bool:
        """Whether the log level (``CALICO_STARTUP_LOGLEVEL``) hides what a good detection says.

        The newest start is seen to have ended, without a line at INFO or below, which each start
        begins with.
        """
        return (self.started or self.terminated) and self.level_floor not in INFORMED

    def latest(self, family: Family) -> Decision | None:
        """The newest decision about ``family``; None when the log says nothing."""
        mine: Sequence[Decision] = [item for item in self.decisions if item.family is family]
        return mine[-1] if mine else None
