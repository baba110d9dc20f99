"""Nodes with BGP sessions: a full mesh, of which some sessions are down."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.family import Family, family_of
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.snapshot import NodeFacts

TIMED_OUT = "Socket: Connection timed out"
CONFIGURED_AS = {"tor": PeerKind.GLOBAL, "bgppeer": PeerKind.NODE}


def session(
    peer: str, state: str = "Established", info: str = "", kind: PeerKind = PeerKind.MESH
) -> BgpSession:
    """One session with the address ``peer``."""
    return BgpSession(peer, kind, state, info)


def asked(facts: NodeFacts, *sessions: BgpSession, **values: object) -> NodeFacts:
    """The node with these sessions, as ``birdcl`` told them."""
    by_family = {
        family: tuple(found for found in sessions if family_of(found.peer) is family)
        for family in {family_of(found.peer) or Family.IPV4 for found in sessions}
    }
    settings = {"source": SessionsSource.BIRDCL, "by_family": by_family, **values}
    return replace(facts, sessions=BgpSessions(**settings))  # type: ignore[arg-type]


def without_bird(facts: NodeFacts) -> NodeFacts:
    """The node where ``birdcl`` finds no BIRD."""
    return asked(facts, without_daemon=frozenset(Family))


def address_of(facts: NodeFacts) -> str:
    """The IPv4 address (else IPv6) that its Node has stored."""
    assert facts.node is not None
    return facts.node.stored[min(facts.node.stored)].partition("/")[0]


def mesh(
    *nodes: NodeFacts,
    down: Collection[tuple[int, int]] = (),
    dumb: Collection[int] = (),
    info: str = "",
) -> tuple[NodeFacts, ...]:
    """A full mesh of ``nodes``, told by ``birdcl`` on each of them.

    ``down`` are pairs of places (from 1) without a session; as in Calico's template the end with
    the lower place is passive and the other one says ``info``. ``dumb`` nodes were not asked.
    """
    lost = {frozenset(pair) for pair in down}

    def view(place: int, other: int) -> BgpSession:
        peer = address_of(nodes[other - 1])
        if frozenset((place, other)) not in lost:
            return session(peer)
        return session(peer, "Passive") if place < other else session(peer, "Active", info)

    places = range(1, len(nodes) + 1)
    return tuple(
        facts
        if place in dumb
        else asked(facts, *(view(place, other) for other in places if other != place))
        for place, facts in enumerate(nodes, start=1)
    )


def alone(place: int, count: int) -> list[tuple[int, int]]:
    """Every pair of ``place`` with the others of ``count`` nodes."""
    return [(place, other) for other in range(1, count + 1) if other != place]


def unhealthy(text: str, **values: object) -> PodEvent:
    """An event of a failed readiness check."""
    message = f"Readiness probe failed: calico/node is not ready: {text}"
    return PodEvent("Unhealthy", message, **values)  # type: ignore[arg-type]


def lost(*peers: str) -> PodEvent:
    """The readiness check that names ``peers``."""
    return unhealthy(f"BIRD is not ready: BGP not established with {','.join(peers)}")
