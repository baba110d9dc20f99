"""``differs-from-internal-ip``: all nodes agree on another network; that is how it was built."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.agreement import judged_groups, strayed
from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for group, agreed in judged_groups(case):
        if agreed is None:
            continue
        count = sum(member.choice.address is not None for member in group)
        for member in group:
            if strayed(member) and member.expected is not None:
                yield DIFFERS_FROM_INTERNAL_IP.about(
                    member,
                    f"{member.name} uses {member.nic_and_address}, not its "
                    f"{member.expected.words}; all {count} nodes share {agreed}: probably meant",
                    "change nothing; --expect-cidr judges by another network",
                    f"share {agreed}, not InternalIP's network: probably meant",
                )


DIFFERS_FROM_INTERNAL_IP = Kind("differs-from-internal-ip", Severity.INFORMATION, _find)
"""The catalogue's entry."""
