"""The BGP sessions of Calico's node-to-node mesh, as BIRD has them.

Two nodes see each other when the addresses that their calico-nodes chose share a network, or
where the networks are routed (with a strict reverse-path filter they are not).
The texts are those of BIRD 1.6.8, which Calico ships a fork of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import netaddr

_OWN_PROTOCOLS = ("kernel", "device", "direct")

CONVERGED = 30.0
"""How long after its start calico-node wants every session established, in seconds."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session, from the view of one node; ``info`` is BIRD's last column."""

    peer: str
    established: bool
    info: str


def sessions(
    node: str, addresses: Mapping[str, str], running: Collection[str], *, routed: bool = False
) -> tuple[Session, ...]:
    """The sessions of ``node`` with all others.

    Args:
        node: its name.
        addresses: what each node's calico-node stored (``172.16.10.21/24``), by node; of one
            family.
        running: the nodes whose calico-node runs.
        routed: whether the networks of the nodes route to each other.

    Returns:
        One session for each other node with an address, by address; none without an own one.
    """
    if node not in addresses:
        return ()
    mine = netaddr.IPNetwork(addresses[node])
    peers = sorted(
        (netaddr.IPNetwork(cidr), name) for name, cidr in addresses.items() if name != node
    )
    return tuple(_session(mine, peer, routed, name in running) for peer, name in peers)


def _session(mine: netaddr.IPNetwork, peer: netaddr.IPNetwork, routed: bool, runs: bool) -> Session:
    near = routed or (peer.ip in mine and mine.ip in peer)
    if near and runs:
        return Session(str(peer.ip), True, "Established   ")
    # The template makes each node passive towards higher addresses, as texts: those connect.
    if str(mine.ip) < str(peer.ip):
        return Session(str(peer.ip), False, "Passive       ")
    why = "Connection refused" if near else "No route to host"
    return Session(str(peer.ip), False, f"Active        Socket: {why}")


def is_ready(found: tuple[Session, ...], seconds: float) -> bool:
    """Whether ``calico-node -bird-ready`` says so, ``seconds`` after the start.

    Mirrors checkBIRDReady of node/pkg/health/health.go: at first all sessions must be
    established, later one is enough; a node without peers is ready.
    """
    up = [session.established for session in found]
    return all(up) or (seconds >= CONVERGED and any(up))


def not_ready_text(found: tuple[Session, ...]) -> str:
    """What ``calico-node -bird-ready`` prints when it is not ready."""
    missing = ",".join(session.peer for session in found if not session.established)
    return f"calico/node is not ready: BIRD is not ready: BGP not established with {missing}"


def no_daemon(socket: str) -> str:
    """What ``birdcl`` prints, on stderr, when no BIRD listens on ``socket``."""
    return f"Unable to connect to server control socket ({socket}): No such file or directory\n"


def show_protocols(found: tuple[Session, ...], since: str) -> str:
    """What ``birdcl show protocols`` prints; ``since`` is when BIRD started (``HH:MM:SS``)."""
    lines = ["BIRD 1.6.8 ready.", "name     proto    table    state  since       info"]
    lines += [_line(f"{name}1", name.title(), "up", since) for name in _OWN_PROTOCOLS]
    for session in found:
        name = f"Mesh_{session.peer.replace('.', '_').replace(':', '_')}"
        state = "up" if session.established else "start"
        lines.append(_line(name, "BGP", state, since, session.info))
    return "\n".join(lines) + "\n"


def _line(name: str, protocol: str, state: str, since: str, info: str = "") -> str:
    return f"{name:<8} {protocol:<8} {'master':<8} {state:<6} {since:<11} {info}"
