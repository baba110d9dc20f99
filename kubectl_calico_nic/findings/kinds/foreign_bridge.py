"""``foreign-bridge``: the NIC is named as another program's bridge or tunnel: a hint at the cause.

A name alone proves nothing. It is told where something else speaks against the choice as well: the
address is not the expected one, or nothing says what is right and nodes (or NICs) differ.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.autodetection.name_filter import default_filter
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.findings.case.agreement import judged_groups
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import ENDED
from kubectl_calico_nic.findings.case.devices import maker_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for group, agreed in judged_groups(case):
        if agreed is None:
            several = len({member.choice.interface for member in group if member.choice.address})
            for member in group:
                maker = maker_of(member.choice.interface or "")
                if maker and _is_doubtful(member, several > 1):
                    yield _words(member, maker)


def _is_doubtful(member: Member, nodes_differ: bool) -> bool:
    """Whether more than the name speaks against the choice."""
    choice, expected = member.choice, member.expected
    if choice.address is None or choice.outcome in ENDED - {Outcome.CONFLICT}:
        return False
    if expected is not None:
        allowed = expected.allows(choice.address, choice.interface)
        if allowed is not None:
            return not allowed
    return nodes_differ or _has_other_nics(member)


def _has_other_nics(member: Member) -> bool:
    """Whether the node has an address on a NIC that nobody's name is on."""
    return any(maker_of(name) is None for name in member.nic_names)


def _words(member: Member, maker: str) -> Finding:
    name = member.choice.interface or ""
    newer = default_filter(NEWEST_KNOWN, windows=False)(name) is not None
    older = newer and default_filter(member.version, windows=False)(name) is None
    passed_over = "; first-found of Calico v3.25.0 and newer passes it over" if older else ""
    return FOREIGN_BRIDGE.about(
        member,
        f"{member.name} chose {member.nic_and_address}: {name} is the name of {maker}",
        "if that is what it is, name the nodes' own NIC or network instead (kubectl calico-nic "
        f"set){passed_over}",
        f"chose {name}, the name of {maker}",
        why="the name alone, beside what speaks against the address",
    )


FOREIGN_BRIDGE = Kind("foreign-bridge", Severity.WARNING, _find, is_mended_by_method=True)
"""The catalogue's entry."""
