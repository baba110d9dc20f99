"""What the user asks for, free of flags."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.family import Family


@dataclass(frozen=True, slots=True)
class Request:
    """One ``set``.

    ``method`` is the value as the user typed it (``interface=bond4``), None to remove the variable
    (``--unset``). ``force`` overrides the refusals that can be. ``max_unknown`` is on how many
    nodes the outcome may be unknown.
    """

    families: tuple[Family, ...]
    method: str | None
    force: bool = False
    max_unknown: int = 0
