"""``vip-chosen``: the address is a virtual one (keepalived, kube-vip) that moves between nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kubectl_calico_nic.calico.autodetection.host_addresses import PEER
from kubectl_calico_nic.calico.autodetection.methods import MethodKind
from kubectl_calico_nic.calico.inventory import InterfaceAddress
from kubectl_calico_nic.calico.known_bugs import INTERNAL_IP_STORES_NETWORK
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.findings.case.addresses import bare, can_serve, same_address
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import ENDED
from kubectl_calico_nic.findings.case.devices import is_for_single_hosts
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind

_SHOWN = 3
_FOUND = (Outcome.DETECTED, Outcome.CONFLICT)
_LEASED = "dynamic"
"""iproute2's word for an address with a lifetime: DHCP leases are of /32 and /128 in places."""


def _owners(case: Case) -> Mapping[str, Sequence[str]]:
    """The nodes that have had each address of a single host, by the bare address."""
    found: dict[str, dict[str, None]] = {}
    for member in case.networked():
        for address in _had(member):
            found.setdefault(bare(address), {})[member.name] = None
    return {address: tuple(names) for address, names in found.items()}


def _had(member: Member) -> Iterator[str]:
    """The addresses of a single host that a method found on the node, now or earlier."""
    logs = (log for log in (member.facts.log, member.facts.previous_log) if log is not None)
    for decision in (found for log in logs for found in log.decisions):
        if decision.family is not member.family or decision.outcome not in _FOUND:
            continue
        is_at_home = is_for_single_hosts(decision.interface or "")
        if decision.address and not is_at_home and _is_single_host(decision.address, member):
            yield decision.address


def _is_single_host(address: str, member: Member) -> bool:
    return address.endswith(f"/{member.family.max_prefix_length}")


def _find(case: Case) -> Iterator[Finding]:
    suspects = [member for member in case.networked() if _may_be_virtual(member)]
    owners = _owners(case) if suspects else {}
    for member in suspects:
        primary, names = _primary_beside(member), owners.get(bare(member.choice.address or ""), ())
        others = [name for name in names[: _SHOWN + 1] if name != member.name]
        if primary is not None or others:
            yield _words(member, primary, others)


def _may_be_virtual(member: Member) -> bool:
    """Whether the choice is an address of a single host, and not the node's own InternalIP."""
    choice, node = member.choice, member.facts.node
    if choice.address is None or not _is_single_host(choice.address, member):
        return False
    if choice.outcome in ENDED - {Outcome.CONFLICT} or choice.outcome is Outcome.EXPLICIT:
        return False
    if is_for_single_hosts(choice.interface or ""):
        return False
    own = node.internal_ips if node is not None else ()
    return not any(same_address(choice.address, address) for address in own)


def _primary_beside(member: Member) -> str | None:
    """The node's own address on the NIC that has the virtual one; None where that is not known.

    A lease, and the near end of a link between two, are addresses of single hosts by nature.
    """
    address, inventory = bare(member.choice.address or ""), member.facts.inventory
    interface = inventory.interface_with(address) if inventory else None
    if interface is None:
        return None
    entry = next(found for found in interface.addresses if found.address == address)
    if entry.flags & {_LEASED, PEER}:
        return None
    wider = [found.cidr for found in interface.addresses if _is_wider(found, entry)]
    return _preferred(wider, member)


def _is_wider(found: InterfaceAddress, than: InterfaceAddress) -> bool:
    if found.prefix_length is None or than.prefix_length is None or not can_serve(found.address):
        return False
    return found.family is than.family and found.prefix_length < than.prefix_length


def _preferred(addresses: Iterable[str], member: Member) -> str | None:
    """The InternalIP among ``addresses``, else the first of them."""
    texts = list(addresses)
    expected = member.expected.address if member.expected else None
    own = (text for text in texts if expected is not None and same_address(text, expected))
    return next(own, texts[0] if texts else None)


def _words(member: Member, primary: str | None, others: Sequence[str]) -> Finding:
    nic = member.choice.interface
    had = f"; {', '.join(others[:_SHOWN])} had it too" if others else ""
    return VIP_CHOSEN.about(
        member,
        f"{member.name} uses {member.nic_and_address}, a virtual address (keepalived, "
        f"kube-vip): it moves at the next failover{had}",
        cure_of(member),
        f"chose {bare(member.choice.address or '')}, a virtual address (keepalived, kube-vip) that "
        "moves between nodes",
        why=f"a single host's address on {nic}, which has {primary} too" if primary else "",
    )


def cure_of(member: Member) -> str:
    """What keeps a virtual address from being chosen on the node of ``member``."""
    rest = "cidr= and interface= do not help where they fit both addresses"
    knows = member.version >= MethodKind.KUBERNETES_INTERNAL_IP.since
    if knows and not INTERNAL_IP_STORES_NETWORK.is_in(member.version):
        flag = " --family 6" if member.family.value == 6 else ""
        return f"kubectl calico-nic set --kubernetes-internal-ip{flag}; {rest}"
    return (
        f"kubernetes-internal-ip is what helps, and Calico {member.version} has none that works: "
        f"upgrade to v3.23.2 or newer; {rest}"
    )


def is_virtual(member: Member) -> bool:
    """Whether the node's own NICs tell that its address is a virtual one."""
    return _may_be_virtual(member) and _primary_beside(member) is not None


VIP_CHOSEN = Kind("vip-chosen", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
