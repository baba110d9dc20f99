"""``duplicate-internal-ip``: several Nodes have the same InternalIP, so it says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import bare, is_address
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.snapshot import NodeFacts

_SHOWN = 3


def _find(case: Case) -> Iterator[Finding]:
    holders = {
        family: _by_internal_ip(case.snapshot.nodes, family)
        for family in {member.family for member in case.members}
    }
    for member in case.networked():
        if member.expected is not None and member.expected.is_asked_for:
            continue
        own = _internal_ip(member.facts, member.family)
        sharing = holders[member.family].get(own, ()) if own else ()
        if len(sharing) > 1:
            yield _words(member, own, sharing)


def _internal_ip(facts: NodeFacts, family: Family) -> str:
    """The InternalIP that Calico's kubernetes-internal-ip would take; empty without one."""
    addresses = facts.node.internal_ips if facts.node else ()
    return next((bare(text) for text in addresses if is_address(text, family)), "")


def _by_internal_ip(nodes: Sequence[NodeFacts], family: Family) -> dict[str, list[NodeFacts]]:
    found: dict[str, list[NodeFacts]] = {}
    for facts in nodes:
        found.setdefault(_internal_ip(facts, family), []).append(facts)
    return found


def _words(member: Member, address: str, sharing: Sequence[NodeFacts]) -> Finding:
    others = [found for found in sharing[: _SHOWN + 1] if found.name != member.name][:_SHOWN]
    names = ", ".join(found.name for found in others)
    count = len(sharing) - 1 - len(others)
    more = f" and {count} more" if count else ""
    advice = (
        "give each kubelet its own --node-ip (a NAT address as Vagrant's 10.0.2.15 is every "
        "node's); until then --expect-cidr says what is right"
    )
    if not count and all(found.node is not None and found.node.ready is False for found in others):
        advice = f"{names} not Ready: if gone for good, delete the Node"
    return DUPLICATE_INTERNAL_IP.about(
        member,
        f"{member.name} has InternalIP {address}, and so has {names}{more}: it says nothing about "
        "which address is right",
        advice,
        f"share InternalIP {address}: it says nothing about which addresses are right",
        why="the Nodes' status.addresses",
    )


DUPLICATE_INTERNAL_IP = Kind("duplicate-internal-ip", Severity.WARNING, _find)
"""The catalogue's entry."""
