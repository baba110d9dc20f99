"""``address-conflict``: two nodes claim one address; the one that complains is often innocent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.findings.case.addresses import bare, same_address
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import LOG
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.kinds.vip_chosen import cure_of, is_virtual

_SHOWN = 3


def _find(case: Case) -> Iterator[Finding]:
    refused = [member for member in case.members if member.choice.outcome is Outcome.CONFLICT]
    by_name = {(member.name, member.family): member for member in case.members} if refused else {}
    known = {facts.name for facts in case.snapshot.nodes} if refused else set()
    for member in refused:
        name = member.choice.other_node or "another node"
        other = by_name.get((name, member.family))
        if other is None:
            yield _refused_by_stranger(member, name, name in known)
        else:
            yield _refused(member, other)
    for members in _sharing(case):
        stale = _names(
            [found for found in members if _lacks(found, bare(found.choice.address or ""))]
        )
        for member in members:
            first = [other for other in members[: _SHOWN + 1] if other is not member][:_SHOWN]
            yield _shared(member, _names(first, len(members) - 1), stale)


def _refused(member: Member, other: Member) -> Finding:
    """Calico refused to start ``member`` because ``other`` has its address on record."""
    address = bare(member.choice.address or "its address")
    clear = _clear(member, other.name)
    lacks = _lacks(other, address)
    runs = other.facts.pod is not None and not other.node_is_down
    if lacks:
        what = f"its own {address} is still recorded on {other.name}, {lacks}"
        cure = f"restart calico-node on {other.name}" if runs else f"it is not running: {clear}"
        advice = f"{cure}; leave {member.name} alone"
    elif _has(other, address):
        nics = f"({_nic(other, address)} there, {_nic(member, address)} here)"
        what = f"{other.name} has {address} too {nics}"
        advice = "an address that two nodes have serves neither: choose another NIC, or change it"
        if is_virtual(member) or is_virtual(other):
            advice = f"a virtual address is no node's own: {cure_of(member)}"
    else:
        what = f"{address} is also recorded on {other.name}; which of the two is stale is not known"
        advice = (
            f"see which node has {address} (ip addr): {other.name} alive without it: restart its "
            f"calico-node; gone: {clear}"
        )
    return ADDRESS_CONFLICT.about(member, f"{_begin(member)}: {what}", advice)


def _refused_by_stranger(member: Member, name: str, is_known: bool) -> Finding:
    """The same for a node where no calico-node runs, or that was not read at all."""
    address = bare(member.choice.address or "its address")
    where = "where no calico-node runs" if is_known else "which is not among the nodes read"
    cure = _clear(member, name) if is_known else f"if {name} is gone, delete its Node"
    return ADDRESS_CONFLICT.about(
        member,
        f"{_begin(member)}: its own {address} is still recorded on {name}, {where}",
        f"{cure}; leave {member.name} alone",
    )


def _begin(member: Member) -> str:
    return f"{member.name} lost its address" if member.is_ready else f"{member.name} cannot start"


def _clear(member: Member, name: str) -> str:
    return f"kubectl annotate node {name} {member.family.address_annotation}-"


def _lacks(other: Member, address: str) -> str:
    """Say why the record on ``other`` must be stale; empty when it is not known to be."""
    choice = other.choice
    if choice.address and LOG in choice.evidence and not same_address(choice.address, address):
        return f"which chose {bare(choice.address)} since"
    inventory = other.facts.inventory
    if inventory is not None and inventory.complete and not inventory.interface_with(address):
        return "which has no such address"
    return ""


def _has(member: Member, address: str) -> bool:
    """Whether a NIC of the node is known to have the address, from its inventory or its log."""
    choice, inventory = member.choice, member.facts.inventory
    if inventory is not None and inventory.interface_with(address) is not None:
        return True
    logged = choice.outcome is Outcome.DETECTED and LOG in choice.evidence
    return logged and choice.address is not None and same_address(choice.address, address)


def _nic(member: Member, address: str) -> str:
    inventory = member.facts.inventory
    found = inventory.interface_with(address) if inventory else None
    return (found.name if found else member.choice.interface) or "a NIC"


def _sharing(case: Case) -> Iterator[Sequence[Member]]:
    """The members that use one address together without a complaint in a log."""
    found: dict[tuple[int, str], list[Member]] = {}
    for member in case.networked():
        if member.choice.address is not None and member.choice.outcome is not Outcome.CONFLICT:
            found.setdefault((member.family, bare(member.choice.address)), []).append(member)
    return (members for members in found.values() if len(members) > 1)


def _names(members: Sequence[Member], count: int | None = None) -> str:
    """The first few of ``members`` for people, of ``count`` in all."""
    count = len(members) if count is None else count
    more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
    return ", ".join(member.name for member in members[:_SHOWN]) + more


def _shared(member: Member, others: str, stale: str) -> Finding:
    known = f"; the record on {stale} is stale" if stale else ""
    return ADDRESS_CONFLICT.about(
        member,
        f"{member.name} uses {member.nic_and_address}, and so does {others}{known}",
        "one address serves one node: choose another NIC where it is wrong; where a record is "
        "stale, restart calico-node there, or delete the Node if it is gone",
    )


ADDRESS_CONFLICT = Kind("address-conflict", Severity.ERROR, _find)
"""The catalogue's entry."""
