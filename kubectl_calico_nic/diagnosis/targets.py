"""The nodes that a recommended value has to suit, and what it would do to each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, parse_method
from kubectl_calico_nic.calico.autodetection.network_address_bug import stores_network_address
from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.candidates import KUBERNETES_INTERNAL_IP, anchored_interfaces
from kubectl_calico_nic.diagnosis.supposition import suppose
from kubectl_calico_nic.findings.case.addresses import (
    around,
    bare,
    can_serve,
    is_address,
    network_of,
    same_address,
)
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.findings.case.choice import LOG
from kubectl_calico_nic.findings.case.expected import Expected

PROVEN_BY_LOG = "the log of the running calico-node proves it"
"""The reason where no inventory tells."""
_FIRST_OF_ITS_NIC = frozenset({"first-found", "skip-interface", "interface"})
"""Methods whose choice is the first qualifying address of its NIC."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one node would choose under a value.

    ``is_known`` is False where nothing decides it. ``is_expected`` says that the address is the
    expected one, ``harms`` that it is known to be none or outside the expected network.
    ``is_logged`` says that the log proves it, without an inventory.
    """

    is_known: bool
    address: str | None = None
    is_expected: bool = False
    harms: bool = False
    is_logged: bool = False


_UNKNOWN = Forecast(is_known=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One node. ``nics`` are those that have an expected address, ``addresses`` those (``A/len``).

    Without an inventory they come from the log, and only where the address it names is expected.
    """

    member: Member
    nics: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @property
    def can_be_covered(self) -> bool:
        """Whether any value is known to give it its expected address."""
        return bool(self.nics) or self.forecast(KUBERNETES_INTERNAL_IP).is_expected

    def forecast(self, method: str) -> Forecast:
        """Say what ``method`` would choose, on the node's real interfaces."""
        member = self.member
        if member.facts.inventory is None:
            return self._from_log(method)
        found = suppose(member, method)
        if not found.decided:
            return _UNKNOWN
        return _judged(member, found.address, found.interface)

    def _from_log(self, method: str) -> Forecast:
        """Say what the log proves: that a NIC's first address, or InternalIP's NIC, is there."""
        member = self.member
        choice = member.choice
        if method == KUBERNETES_INTERNAL_IP:
            proven = is_safe_for(method, (member.version,)) and self._is_logged_internal_ip()
        else:
            proven = choice.interface is not None and _is_first_of_its_nic(member)
            proven = proven and method == anchored_interfaces((choice.interface or "",))
        if not proven:
            return _UNKNOWN
        return replace(_judged(member, choice.address, choice.interface), is_logged=True)

    def _is_logged_internal_ip(self) -> bool:
        """Whether the log shows that the node's InternalIP is on one of its NICs."""
        member = self.member
        if not _is_logged(member) or member.choice.address is None or member.facts.node is None:
            return False
        own = (ip for ip in member.facts.node.internal_ips if is_address(ip, member.family))
        first = next(own, None)
        return first is not None and same_address(first, member.choice.address)


def _is_logged(member: Member) -> bool:
    """Whether a method found the address in the current container: it is on a NIC."""
    return member.choice.outcome is Outcome.DETECTED and LOG in member.choice.evidence


def after_failover(member: Member) -> Member:
    """``member`` as it is when its virtual address has come back to it: first on its NIC.

    Which address of a NIC comes first changes with each failover: a method must do with either.
    """
    inventory, chosen = member.facts.inventory, member.choice.address or ""
    if inventory is None:
        return member
    length = chosen.partition("/")[2]
    virtual = InterfaceAddress(bare(chosen), int(length) if length else None)
    home = inventory.interface_with(virtual.address)
    name = home.name if home else member.choice.interface
    interfaces = tuple(
        replace(found, addresses=(virtual, *_others(found, virtual)))
        if found.name == name
        else found
        for found in inventory.interfaces
    )
    facts = replace(member.facts, inventory=replace(inventory, interfaces=interfaces))
    return replace(member, facts=facts)


def _others(interface: Interface, than: InterfaceAddress) -> tuple[InterfaceAddress, ...]:
    return tuple(found for found in interface.addresses if found.address != than.address)


def target_of(member: Member) -> Target:
    """Find the NICs on which a node has an expected address."""
    expected, inventory = member.expected, member.facts.inventory
    if expected is None:
        return Target(member)
    if inventory is None:
        return _logged_target(member, expected)
    fitting = [
        (interface.name, found.cidr)
        for interface in inventory.interfaces
        for found in interface.addresses
        if is_address(found.address, member.family)
        and can_serve(found.address)
        and expected.is_met_by(found.address, interface.name)
    ]
    return Target(
        member, frozenset(name for name, _ in fitting), frozenset(address for _, address in fitting)
    )


def _logged_target(member: Member, expected: Expected) -> Target:
    choice = member.choice
    if choice.address is None or not _is_logged(member):
        return Target(member)
    if not expected.is_met_by(choice.address, choice.interface):
        return Target(member)
    names = {choice.interface} if choice.interface and _is_first_of_its_nic(member) else set()
    return Target(member, frozenset(names), frozenset({choice.address}))


def networks_around(targets: Iterable[Target]) -> list[frozenset[str]]:
    """For each target the networks, its own and others', that hold an expected address of it.

    Masks may differ on one link, and the narrow one may be what suits all.
    """
    targets = tuple(targets)
    known = {network_of(address) for target in targets for address in target.addresses}
    lengths = {int(network.partition("/")[2]) for network in known if network}
    return [
        frozenset(
            network
            for address in target.addresses
            for length in lengths
            if (network := around(address, length)) in known and network is not None
        )
        for target in targets
    ]


def _is_first_of_its_nic(member: Member) -> bool:
    """Whether the log proves that the address is the first one of its NIC that qualifies."""
    return _is_logged(member) and member.choice.method_word in _FIRST_OF_ITS_NIC


def _judged(member: Member, address: str | None, interface: str | None) -> Forecast:
    if address is None:
        return Forecast(is_known=True, harms=True)
    expected = member.expected
    if expected is None:
        return Forecast(is_known=True, address=address)
    harms = expected.is_inside(address) is False or expected.is_on_nic(interface) is False
    met = expected.is_met_by(address, interface)
    return Forecast(is_known=True, address=address, is_expected=met, harms=harms)


def is_safe_for(method: str, versions: Iterable[Version]) -> bool:
    """Whether every version knows ``method`` and stores what it finds."""
    for version in versions:
        try:
            parse_method(method, version)
        except InvalidMethod:
            return False
        if method == KUBERNETES_INTERNAL_IP and stores_network_address(version):
            return False
    return True
