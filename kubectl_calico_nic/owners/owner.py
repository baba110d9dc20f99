"""Who owns the setting of a calico-node DaemonSet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner.

    ``word`` is what reports call it (``manifest``, ``operator``, ``helm``, or the kind of another
    controller). ``object`` is ``Kind/name`` of the object that controls the DaemonSet, None without
    one. ``reverts`` says that it puts an edited DaemonSet back at once. Of one that does so later,
    ``restores`` names it and says when (``... belongs to`` goes before it), and ``advice`` where to
    change the setting instead; both are empty otherwise.
    """

    word: str
    object: str | None = None
    reverts: bool = False
    restores: str = ""
    advice: str = ""
