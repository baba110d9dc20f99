"""What the user asks a diagnosis, free of flags."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.family import Family


@dataclass(frozen=True, slots=True)
class Question:
    """What to judge, and by what.

    ``families`` is None for those in use. ``expect_cidrs`` and ``expect_interfaces`` (exact names)
    replace the Nodes' InternalIP as the expectation. ``nodes`` narrows the rows, not what they are
    compared with. ``daemon_set`` (``[NAMESPACE/]NAME``) chooses among several DaemonSets.
    """

    families: tuple[Family, ...] | None = None
    expect_cidrs: tuple[str, ...] = ()
    expect_interfaces: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    daemon_set: str | None = None
