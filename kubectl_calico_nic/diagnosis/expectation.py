"""Which address each node should have: the user's words, else the Node's own InternalIP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.report import Expectation
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import (
    around,
    bare,
    can_serve,
    holds,
    is_address,
    network_of,
    same_address,
)
from kubectl_calico_nic.findings.case.choice import Choice
from kubectl_calico_nic.findings.case.expected import (
    EXPECT_CIDR,
    EXPECT_INTERFACE,
    INTERNAL_IP,
    Expected,
)
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

Choices = Mapping[tuple[str, Family], Choice]
"""What every node chose, by its name and the family."""


@dataclass(frozen=True, slots=True)
class _InternalIPs:
    """What the InternalIPs of one family tell.

    ``by_node`` has the first of each node, ``shared`` those of several nodes. ``networks`` are the
    networks in which a node is known to have its own one, by prefix length. ``are_on_nics`` says
    that at least one node is known to have its InternalIP on a NIC of its own.
    """

    by_node: Mapping[str, str]
    shared: frozenset[str]
    networks: Mapping[int, frozenset[str]]
    are_on_nics: bool

    def network_around(self, address: str) -> str | None:
        """The narrowest of the known networks that holds ``address``."""
        for length in sorted(self.networks, reverse=True):
            network = around(address, length)
            if network in self.networks[length]:
                return network
        return None


class Expectations:
    """The expectations of one cluster."""

    def __init__(self, snapshot: Snapshot, question: Question, choices: Choices) -> None:
        self._question = question
        self._choices = choices
        self._internal_ips = {
            family: _internal_ips(snapshot.nodes, family, choices) for family in Family
        }

    def of(self, facts: NodeFacts, family: Family) -> tuple[Expected | None, str]:
        """Return what is expected of a node in ``family``, or why nothing is (a sentence)."""
        cidrs = tuple(text for text in self._question.expect_cidrs if is_address(text, family))
        names = self._question.expect_interfaces
        if cidrs or names:
            return _asked_for(facts, family, cidrs, names), ""
        choice = self._choices.get((facts.name, family))
        return _by_internal_ip(facts, family, self._internal_ips[family], choice)


def shown(expected: Expected | None) -> Expectation | None:
    """The expectation as reports show it."""
    if expected is None:
        return None
    return Expectation(expected.source, expected.address, expected.network, expected.interface)


def _asked_for(
    facts: NodeFacts, family: Family, cidrs: tuple[str, ...], names: tuple[str, ...]
) -> Expected:
    """The expectation of ``--expect-cidr`` and ``--expect-interface``; both together must fit."""
    source = ",".join(
        flag for flag, values in ((EXPECT_CIDR, cidrs), (EXPECT_INTERFACE, names)) if values
    )
    fitting = [
        (interface, found)
        for interface, found in _addresses(facts, family)
        if (not names or interface.name in names)
        and (not cidrs or any(holds(cidr, found.address) for cidr in cidrs))
    ]
    only = fitting[0] if len(fitting) == 1 else None
    nics = {interface.name for interface, _ in fitting} or set(names)
    return Expected(
        source,
        address=only[1].address if only else None,
        network=_one(_asked_network(found, cidrs) for _, found in fitting) or _one(cidrs),
        interface=nics.pop() if len(nics) == 1 else None,
        cidrs=cidrs,
        names=names,
    )


def _asked_network(found: InterfaceAddress, cidrs: tuple[str, ...]) -> str | None:
    if not cidrs:
        return network_of(found.cidr)
    return next(cidr for cidr in cidrs if holds(cidr, found.address))


def _one(networks: Iterable[str | None]) -> str | None:
    """The one network that all agree on; None for none or several."""
    different = set(networks)
    return different.pop() if len(different) == 1 else None


def _by_internal_ip(
    facts: NodeFacts, family: Family, known: _InternalIPs, choice: Choice | None
) -> tuple[Expected | None, str]:
    address = known.by_node.get(facts.name)
    if address is None:
        if facts.node is None:
            return None, "the Node was not read"
        return None, f"the Node has no {family.label} InternalIP"
    if address in known.shared:
        return None, f"several Nodes share InternalIP {address}"
    inventory = facts.inventory
    interface = inventory.interface_with(address) if inventory else None
    if interface is not None:
        own = network_of(_on_nic(facts, address, choice) or address)
        network = own or known.network_around(address)
        found = Expected(INTERNAL_IP, address, network, interface.name, own is not None)
        return found, ""
    is_lost = inventory is not None and inventory.complete
    if is_lost and not known.are_on_nics:
        return None, "InternalIP is on no NIC"
    network = known.network_around(address)
    return Expected(INTERNAL_IP, address, network, is_lost=is_lost), ""


def _internal_ips(nodes: Iterable[NodeFacts], family: Family, choices: Choices) -> _InternalIPs:
    by_node: dict[str, str] = {}
    networks: dict[int, set[str]] = {}
    are_on_nics = False
    for facts in nodes:
        address = _first_internal_ip(facts, family)
        if address is None:
            continue
        by_node[facts.name] = address
        on_nic = _on_nic(facts, address, choices.get((facts.name, family)))
        are_on_nics = are_on_nics or on_nic is not None
        network = network_of(on_nic) if on_nic else None
        if network:
            networks.setdefault(int(network.partition("/")[2]), set()).add(network)
    counted = Counter(by_node.values())
    return _InternalIPs(
        by_node,
        frozenset(address for address, count in counted.items() if count > 1),
        {length: frozenset(found) for length, found in networks.items()},
        are_on_nics,
    )


def _first_internal_ip(facts: NodeFacts, family: Family) -> str | None:
    """The InternalIP that Calico's kubernetes-internal-ip takes: the first of the family."""
    addresses = facts.node.internal_ips if facts.node else ()
    return next((bare(text) for text in addresses if is_address(text, family)), None)


def _on_nic(facts: NodeFacts, address: str, choice: Choice | None) -> str | None:
    """``address`` where the node is known to have it on a NIC, with its length if that is known.

    The Interfaces annotation has no lengths: what was chosen or is stored tells it then.
    """
    interface = facts.inventory.interface_with(address) if facts.inventory else None
    chosen = choice.address if choice is not None else None
    known = [] if interface is None else [_entry(interface, address).cidr]
    if chosen is not None:
        known.append(chosen)
    if interface is not None and facts.node is not None:
        known += facts.node.stored.values()
    same = [text for text in known if same_address(text, address)]
    return next((text for text in same if "/" in text), same[0] if same else None)


def _entry(interface: Interface, address: str) -> InterfaceAddress:
    return next(found for found in interface.addresses if same_address(found.address, address))


def _addresses(facts: NodeFacts, family: Family) -> Iterable[tuple[Interface, InterfaceAddress]]:
    if facts.inventory is None:
        return
    for interface in facts.inventory.interfaces:
        for found in interface.addresses:
            if is_address(found.address, family) and can_serve(found.address):
                yield interface, found
