"""``wrong-network``: the address is outside the expected network."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.agreement import judged_groups, strayed
from kubectl_calico_nic.findings.case import Case, Member
from kubectl_calico_nic.findings.expected import Expected
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for group, agreed in judged_groups(case):
        for member in group:
            if agreed is None and strayed(member) and member.expected is not None:
                yield _words(member, member.expected)


def _words(member: Member, expected: Expected) -> Finding:
    message = f"{member.name} uses {member.nic_and_address}; expected {expected.words}"
    advice = "change the method; one that suits every node is recommended where there is one"
    if expected.is_lost:
        message += f", which no NIC of {member.name} has now"
        advice = f"bring {expected.address} back on {member.name}; no method selects it before that"
        return WRONG_NETWORK.about(member, message, advice)
    together = f"are on {_place(member)}; expected {_wanted(expected)}"
    return WRONG_NETWORK.about(member, message, advice, together)


def _wanted(expected: Expected) -> str:
    if expected.cidrs:
        return expected.words
    if expected.network is None:
        return f"that of their {expected.source}"
    return f"{expected.network} ({expected.source})"


def _place(member: Member) -> str:
    words = (member.choice.interface, member.network)
    return " ".join(word for word in words if word) or "another network"


WRONG_NETWORK = Kind("wrong-network", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
