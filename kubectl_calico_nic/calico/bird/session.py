"""One BGP session of one node."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class PeerKind(enum.Enum):
    """Who configured a session; the value is how BIRD's protocol name begins.

    Mirrors confd/etc/calico/confd/templates/bird.cfg.template.
    """

    MESH = "Mesh"
    NODE = "Node"
    GLOBAL = "Global"


@dataclass(frozen=True, slots=True)
class BgpSession:
    """One session, from the view of one node.

    ``peer`` is the address of the other end. ``state`` is BGP's (``Established``, ``Active``,
    ``Connect``, ``Passive``, ``Idle`` ...; ``Down`` where it is switched off; empty where a
    CalicoNodeStatus has no word for it), ``info`` what BIRD adds (``Socket: No route to host``).
    ``since`` is BIRD's own text of when the state began: a time of day on the node's clock, or a
    date; empty where it is not known.
    """

    peer: str
    kind: PeerKind
    state: str
    info: str = ""
    since: str = ""

    @property
    def is_established(self) -> bool:
        """Whether routes can flow."""
        return self.state == "Established"
