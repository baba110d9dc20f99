"""``address-conflict``: two nodes claim one address; the one that complains is often innocent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_calico_nic.calico.log_reading import Outcome
from kubectl_calico_nic.findings.addresses import bare, same_address
from kubectl_calico_nic.findings.case import Case, Member
from kubectl_calico_nic.findings.choice import LOG
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    by_name = {(member.name, member.family): member for member in case.members}
    for member in case.members:
        if member.choice.outcome is Outcome.CONFLICT:
            name = member.choice.other_node or "another node"
            yield _refused(member, name, by_name.get((name, member.family)))
    for members in _sharing(case):
        for member in members:
            others = [other for other in members if other is not member]
            yield _shared(member, others)


def _refused(member: Member, name: str, other: Member | None) -> Finding:
    """Calico refused to start ``member`` because the node ``name`` has its address on record."""
    address = bare(member.choice.address or "its address")
    begin = f"{member.name} cannot start" if not member.is_ready else f"{member.name} lost it"
    alone = f"leave {member.name} alone"
    if other is None:
        return ADDRESS_CONFLICT.about(
            member,
            f"{begin}: {address} is still recorded on {name}, which is not among the nodes read",
            f"if {name} is gone, delete its Node; {alone}",
        )
    clear = f"kubectl annotate node {name} {member.family.address_annotation}-"
    lacks = _lacks(other, address)
    if lacks:
        cure = (
            f"restart calico-node on {name}" if _runs(other) else f"{name} is not running: {clear}"
        )
        return ADDRESS_CONFLICT.about(
            member,
            f"{begin}: its own {address} is still recorded on {name}, {lacks}",
            f"{cure}; {alone}",
        )
    if _has(other, address) and _has(member, address):
        return ADDRESS_CONFLICT.about(
            member,
            f"{begin}: {name} has {address} too ({_nic(other, address)} there, "
            f"{_nic(member, address)} here)",
            "an address that two nodes have serves neither: choose another NIC, or change it",
        )
    return ADDRESS_CONFLICT.about(
        member,
        f"{begin}: {address} is also recorded on {name}; which of the two is stale is not known",
        f"see which node has {address} (ip addr): {name} alive without it: restart its "
        f"calico-node; gone: {clear}",
    )


def _lacks(other: Member, address: str) -> str:
    """Say why the record on ``other`` must be stale; empty when it is not known to be."""
    choice = other.choice
    if choice.address and LOG in choice.evidence and not same_address(choice.address, address):
        return f"which chose {bare(choice.address)} since"
    inventory = other.facts.inventory
    if inventory is not None and inventory.complete and not inventory.interface_with(address):
        return "which has no such address"
    return ""


def _runs(member: Member) -> bool:
    return member.facts.pod is not None and not member.node_is_down


def _has(member: Member, address: str) -> bool:
    inventory = member.facts.inventory
    return inventory is not None and inventory.interface_with(address) is not None


def _nic(member: Member, address: str) -> str:
    inventory = member.facts.inventory
    found = inventory.interface_with(address) if inventory else None
    return found.name if found else "a NIC"


def _sharing(case: Case) -> Iterator[Sequence[Member]]:
    """The members that use one address together without a complaint in a log."""
    found: dict[tuple[int, str], list[Member]] = {}
    for member in case.networked():
        if member.choice.address is not None and member.choice.outcome is not Outcome.CONFLICT:
            found.setdefault((member.family, bare(member.choice.address)), []).append(member)
    return (members for members in found.values() if len(members) > 1)


def _shared(member: Member, others: Sequence[Member]) -> Finding:
    address = bare(member.choice.address or "")
    names = ", ".join(other.name for other in others[:3])
    names += f" and {len(others) - 3} more" if len(others) > 3 else ""
    stale = [other.name for other in (member, *others) if _lacks(other, address)]
    known = f"; the record on {', '.join(stale)} is stale" if stale else ""
    return ADDRESS_CONFLICT.about(
        member,
        f"{member.name} uses {member.nic_and_address}, and so does {names}{known}",
        "one address serves one node: choose another NIC where it is wrong; where a record is "
        "stale, restart calico-node there, or delete the Node if it is gone",
    )


ADDRESS_CONFLICT = Kind("address-conflict", Severity.ERROR, _find)
"""The catalogue's entry."""
