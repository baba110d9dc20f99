"""What the user asks for, free of flags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.undo_record import StageKind


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change and when; ``at`` has a zone, ``by`` is empty where nobody is named."""

    at: datetime
    by: str = ""

    @property
    def time(self) -> str:
        """``at`` as RFC 3339, in UTC, whole seconds."""
        return self.at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class StageRequest:
    """Which pods are to get the new value first.

    ``nodes`` are the canaries; for ``ONLY_AFFECTED`` they follow from the plan.
    """

    kind: StageKind
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One ``set``.

    ``method`` is the value as the user typed it (``interface=bond4``), None to remove the variable
    (``--unset``). ``force`` overrides the refusals that can be. ``max_unknown`` is on how many
    nodes the outcome may be unknown. ``stage`` is None for a change that reaches all nodes.
    """

    families: tuple[Family, ...]
    method: str | None
    force: bool = False
    max_unknown: int = 0
    stage: StageRequest | None = None
