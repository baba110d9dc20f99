"""Whether the Tigera operator would carry a change over."""

from __future__ import annotations

from dataclasses import dataclass


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
