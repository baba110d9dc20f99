"""What one node chose in one family, and what we know it from."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.calico.log.reading import Outcome

LOG = "log"
PREVIOUS_LOG = "previous-log"
ANNOTATION = "annotation"
INVENTORY = "inventory"
ENV = "env"

ENDED = frozenset(
    {Outcome.FAILED, Outcome.INVALID_METHOD, Outcome.INVALID_ADDRESS, Outcome.CONFLICT}
)
"""Outcomes after which the process ends; what is stored then tells nothing about the choice."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice of one node in one family.

    ``decided`` says that the choice is known; ``address`` is None then when it chose nothing.
    ``outcome`` is what the log says of it, None where it rests on the annotation alone.
    ``evidence`` names what the row rests on. ``since`` is RFC 3339. ``reason`` and ``other_node``
    are Calico's own words. ``method_word`` is the kind of method that the log line belongs to.
    ``contradicted_by`` is the stored address where it differs and no order explains it; ``note`` a
    sentence for people where an order does.
    """

    decided: bool = False
    outcome: Outcome | None = None
    address: str | None = None
    interface: str | None = None
    evidence: tuple[str, ...] = ()
    since: str | None = None
    reason: str | None = None
    other_node: str | None = None
    method_word: str | None = None
    contradicted_by: str | None = None
    note: str = ""
