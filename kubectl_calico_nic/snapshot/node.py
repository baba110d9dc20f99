"""A Kubernetes Node: what the plugin needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_calico_nic.family import Family


@dataclass(frozen=True, slots=True)
class Node:
    """The facts of one Node object.

    ``internal_ips`` are the ``InternalIP`` entries of ``status.addresses`` in the order given.
    ``stored`` is what calico-node stored (``projectcalico.org/IPv4Address``), text as found.
    ``interfaces`` is the text of ``projectcalico.org/Interfaces`` (Calico v3.31 and later).
    ``is_route_reflector`` says that Calico is told so (``RouteReflectorClusterID``).
    ``ready`` is the Ready condition, None when it is unknown; ``unreachable`` says that it is so
    because the kubelet stopped reporting. ``ready_message`` is what the condition says.
    """

    name: str
    uid: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    internal_ips: tuple[str, ...] = ()
    stored: Mapping[Family, str] = field(default_factory=dict)
    interfaces: str | None = None
    ready: bool | None = None
    unreachable: bool = False
    ready_message: str | None = None
    os: str = "linux"
    created: str | None = None
    is_route_reflector: bool = False
