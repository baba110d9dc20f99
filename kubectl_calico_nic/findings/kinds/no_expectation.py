"""``no-expectation``: nothing says which address would be right."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        if member.why_unjudged and member.choice.address is not None:
            yield NO_EXPECTATION.about(
                member,
                f"{member.name} uses {member.nic_and_address}; nothing says whether that is "
                f"right: {member.why_unjudged}",
                "--expect-cidr or --expect-interface says what is right",
                f"cannot be judged: {member.why_unjudged}",
            )


NO_EXPECTATION = Kind("no-expectation", Severity.INFORMATION, _find)
"""The catalogue's entry."""
