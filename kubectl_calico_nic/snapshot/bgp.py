"""The BGP sessions of one node, and how they were read."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_calico_nic.calico.bird.session import BgpSession
from kubectl_calico_nic.family import Family


class SessionsSource(enum.Enum):
    """Who told about the sessions; the value is what reports call it."""

    BIRDCL = "birdcl"
    CALICO_NODE_STATUS = "calico-node-status"


@dataclass(frozen=True, slots=True)
class BgpSessions:
    """All sessions of one node.

    A family that is absent from ``by_family`` is not known; an empty tuple says that BIRD has no
    peers. ``as_of`` is RFC 3339: when a CalicoNodeStatus was last written; None for ``birdcl``,
    which was asked just now. ``without_daemon`` are the families whose BIRD ``birdcl`` could not
    reach: it does not run, or not yet.
    """

    source: SessionsSource
    by_family: Mapping[Family, tuple[BgpSession, ...]] = field(default_factory=dict)
    as_of: str | None = None
    without_daemon: frozenset[Family] = frozenset()
