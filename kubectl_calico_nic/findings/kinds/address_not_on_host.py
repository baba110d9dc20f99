"""``address-not-on-host``: the node announces an address that none of its NICs has."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.known_bugs import INTERNAL_IP_STORES_NETWORK
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.findings.case.addresses import bare, same_address
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import ANNOTATION, ENDED, LOG
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.snapshot import NodeFacts

_NOT_RE_DETECTED = frozenset({Outcome.EXPLICIT, Outcome.DISABLED, Outcome.KEPT})
"""Outcomes after which an address stays, whatever happens to the NIC."""


def _find(case: Case) -> Iterator[Finding]:
    lost = [(member, why) for member in case.networked() if (why := _why_nowhere(member))]
    are_on_nics = bool(lost) and any(map(_has_internal_ip, case.snapshot.nodes))
    for member, why in lost:
        if (are_on_nics or not _is_internal_ip(member)) and not _is_known_bug(member):
            yield _words(member, why)


def _words(member: Member, why: str) -> Finding:
    address, expected = bare(member.choice.address or ""), member.expected
    is_meant = expected is None or same_address(expected.address or "", address)
    instead = "" if expected is None or is_meant else f"; expected {expected.words}"
    return ADDRESS_NOT_ON_HOST.about(
        member,
        f"{member.name} announces {address}, which {why}{instead}",
        _advice(member, address),
        why="ip addr on the node" if member.facts.inventory else "Calico's own check at its start",
    )


def _why_nowhere(member: Member) -> str:
    """Why the address is known to be on no NIC; empty when it is not."""
    choice, inventory = member.choice, member.facts.inventory
    if choice.address is None or choice.outcome in ENDED or member.node_is_down:
        return ""
    if inventory is not None and inventory.interface_with(bare(choice.address)) is not None:
        return ""
    if inventory is not None and inventory.complete:
        return f"no NIC of {member.name} has now" if _is_current(member) else ""
    return "calico-node found on no NIC when it started" if _is_unconfirmed(member) else ""


def _is_current(member: Member) -> bool:
    """Whether the choice still stands: a log line alone may have been overtaken unseen."""
    choice = member.choice
    return choice.outcome in _NOT_RE_DETECTED or ANNOTATION in choice.evidence


def _is_unconfirmed(member: Member) -> bool:
    """Whether the log says so of an address that no re-detection replaces."""
    log = member.facts.log
    latest = log.latest(member.family) if log is not None else None
    if latest is None or LOG not in member.choice.evidence:
        return False
    return latest.unconfirmed and latest.outcome in _NOT_RE_DETECTED


def _is_internal_ip(member: Member) -> bool:
    """Whether it is the InternalIP, put there without a method.

    Where no node has its InternalIP on a NIC, that is right: addresses are translated on the way.
    """
    node, address = member.facts.node, member.choice.address or ""
    if node is None or member.setting.mode is Mode.AUTODETECT:
        return False
    return any(same_address(address, own) for own in node.internal_ips)


def _has_internal_ip(facts: NodeFacts) -> bool:
    inventory = facts.inventory
    if facts.node is None or inventory is None:
        return False
    return any(inventory.interface_with(bare(own)) for own in facts.node.internal_ips)


def _is_known_bug(member: Member) -> bool:
    """Whether a bug of this version explains it, which is a finding of its own."""
    method = member.setting.method or member.choice.method_word or ""
    is_internal_ip = method.startswith("kubernetes-internal-ip")
    return is_internal_ip and INTERNAL_IP_STORES_NETWORK.is_in(member.version)


def _advice(member: Member, address: str) -> str:
    variable = member.family.ip_variable
    if member.choice.outcome is Outcome.KEPT:
        return "mend the method: nothing else replaces the address that was kept"
    if member.setting.mode is Mode.EXPLICIT:
        return f"bring {address} back on {member.name}, or correct {variable}"
    if member.setting.mode in (Mode.UNSET, Mode.NONE):
        return (
            f"bring {address} back on {member.name}, or let a method find another "
            f"({variable}=autodetect): kubectl calico-nic set"
        )
    return (
        "re-detection looks once a minute: ask again; if it stays, restart calico-node on "
        f"{member.name}"
    )


ADDRESS_NOT_ON_HOST = Kind("address-not-on-host", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
