"""What is asked about one node under one method, and the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubectl_calico_nic.calico.autodetection.methods import Method
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import Stage
from kubectl_calico_nic.calico.messages import Event, Message, render
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family

NO_INVENTORY = "the node's interfaces are not known"
NO_ORDER = "the order of the interfaces is not known, and several qualify"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may come out (``A/length``, bare where the length is not known)."""

    address: str
    interface: str | None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a method chooses on a node.

    Decided: ``address`` (``A/length``, bare where the length is not known) on ``interface``, or
    None for nothing; ``exits`` says that the process ends because it does not know the method.
    Not decided: one of ``candidates`` comes out, and ``why_undecided`` says what is missing;
    ``exhaustive`` is False where something else may come out as well, also nothing.
    ``reasons`` has one sentence per interface in the order that Calico walks them, up to the
    chosen one. ``messages`` are those that Calico prints; empty when not decided.
    """

    decided: bool
    address: str | None = None
    interface: str | None = None
    exits: bool = False
    candidates: tuple[Candidate, ...] = ()
    exhaustive: bool = True
    reasons: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    why_undecided: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one node."""

    method: Method
    family: Family
    inventory: Inventory | None
    version: Version
    windows: bool = False

    def messages(self, event: Event, **fields: object) -> tuple[Message, ...]:
        """Return the message of ``event``, if this version logs it at INFO or above."""
        fields["family"] = self.family.value
        message = render(event, self.version, stage=Stage.STARTUP, **fields)
        return () if message is None or message.level == "DEBUG" else (message,)


def chosen(candidate: Candidate, reasons: Iterable[str], messages: Iterable[Message]) -> Selection:
    """Return the answer that ``candidate`` comes out."""
    return Selection(
        decided=True,
        address=candidate.address,
        interface=candidate.interface,
        reasons=tuple(reasons),
        messages=tuple(messages),
    )


def nothing(reasons: Iterable[str], messages: Iterable[Message]) -> Selection:
    """Return the answer that the method finds no address."""
    return Selection(decided=True, reasons=tuple(reasons), messages=tuple(messages))


def undecided(
    why: str,
    candidates: Iterable[Candidate] = (),
    reasons: Iterable[str] = (),
    *,
    exhaustive: bool = False,
) -> Selection:
    """Return the answer that the facts do not decide."""
    return Selection(
        decided=False,
        candidates=tuple(dict.fromkeys(candidates)),
        exhaustive=exhaustive,
        reasons=tuple(reasons),
        why_undecided=why,
    )
