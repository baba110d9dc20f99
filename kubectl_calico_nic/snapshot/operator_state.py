"""Whether the Tigera operator would carry a change over."""

from __future__ import annotations

from dataclasses import dataclass

_REJECTIONS = ("Invalid Installation", "Invalid computed config")
"""The second is of ``default`` with ``overlay`` over it (core_controller.go)."""


@dataclass(frozen=True, slots=True)
class OperatorState:
    """What was read about the operator.

    ``is_running`` is None where its Deployment may not be read. ``degraded`` is what
    TigeraStatus/calico says while it is Degraded, empty while it is not, None where it may not be
    read. ``is_progressing`` says that it is rolling something out.
    """

    is_running: bool | None = None
    degraded: str | None = None
    is_progressing: bool = False

    @property
    def rejects(self) -> bool:
        """Whether it does not accept the Installation as it is."""
        return bool(self.degraded) and str(self.degraded).startswith(_REJECTIONS)
