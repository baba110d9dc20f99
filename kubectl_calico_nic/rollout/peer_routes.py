"""Whether the kernel's way to a node's BGP peers leaves by the NIC that was chosen."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.autodetection.kernel_route import parse_route
from kubectl_calico_nic.calico.autodetection.name_filter import default_filter
from kubectl_calico_nic.calico.inventory import Interface
from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import bare, holds, network_of
from kubectl_calico_nic.snapshot.snapshot import NodeFacts

_MOST = 3
"""How many peers are asked for: each is a command in a container, and a mesh has many."""


def peers_to_ask(facts: NodeFacts, family: Family) -> tuple[str, ...]:
    """Some of the peers in the network of a node's address; those that are down come first.

    Where a peer is in another network, any NIC may lead to it.
    """
    found = facts.sessions.by_family.get(family, ()) if facts.sessions else ()
    network = network_of(_stored(facts, family))
    near = [session for session in found if network and holds(network, session.peer)]
    down = [session.peer for session in near if not session.is_established]
    up = [session.peer for session in near if session.is_established]
    # The ends of the list are the likeliest to differ.
    ends = [*up[:1], *up[-1:], *up[1:-1]]
    return tuple(dict.fromkeys([*down, *ends]))[:_MOST]


def left_elsewhere(facts: NodeFacts, family: Family) -> str:
    """What is amiss with the way to a peer, in words; empty where nothing is known to be.

    The peer is in the network of the chosen address, and the kernel sends what comes from that
    address by another NIC, one that calico-node could have chosen and that is in other networks
    only. Tunnels and NICs of the same network are meant so.
    """
    stored, inventory = _stored(facts, family), facts.inventory
    own = inventory.interface_with(bare(stored)) if inventory else None
    if inventory is None or own is None:
        return ""
    others = {nic.name: nic for nic in inventory.interfaces if nic.name != own.name}
    for peer in peers_to_ask(facts, family):
        route = parse_route(facts.peer_routes.get(peer, ""))
        other = others.get(route.device or "")
        if other is not None and _is_elsewhere(other, peer, family):
            return (
                f"{peer} is in the network of {own.name}, but the kernel's route to it leaves by "
                f"{other.name}"
            )
    return ""


def are_unknown(facts: NodeFacts, family: Family) -> bool:
    """Whether there are peers to ask for, and the kernel told of the way to none of them."""
    answers = [parse_route(facts.peer_routes.get(peer, "")) for peer in peers_to_ask(facts, family)]
    return bool(answers) and not any(route.device or route.error for route in answers)


def _stored(facts: NodeFacts, family: Family) -> str:
    return facts.node.stored.get(family, "") if facts.node else ""


def _is_elsewhere(nic: Interface, peer: str, family: Family) -> bool:
    """Whether a NIC is one for nodes' addresses, and none of its networks has ``peer``."""
    networks = list(_networks(nic, family))
    is_excluded = default_filter(NEWEST_KNOWN, windows=False)(nic.name) is not None
    return bool(networks) and not is_excluded and not any(holds(each, peer) for each in networks)


def _networks(nic: Interface, family: Family) -> Iterator[str]:
    for address in nic.addresses:
        if address.family is family and address.scope in (None, "global"):
            network = network_of(address.cidr)
            if network is not None:
                yield network
