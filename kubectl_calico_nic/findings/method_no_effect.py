"""``method-no-effect``: somebody chose a method that calico-node never reads."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        by_method = member.choice.outcome in (Outcome.DETECTED, Outcome.FAILED, Outcome.KEPT)
        if member.setting.variable_is_idle and not by_method:
            idle = f"{member.setting.written} is never read"
            yield METHOD_NO_EFFECT.about(
                member,
                f"{member.name}: {_why(member)}, so {idle}",
                "addresses are right: leave it; kubectl calico-nic set would make a method count",
                f"never read the method {member.setting.written}: {_why(member)}",
            )


def _why(member: Member) -> str:
    variable = member.family.ip_variable
    if member.setting.mode is Mode.EXPLICIT:
        return f"{variable} is set by hand"
    if member.setting.mode is Mode.NONE:
        return f"{variable} is none"
    return f"{variable} is not autodetect and an address is stored"


METHOD_NO_EFFECT = Kind("method-no-effect", Severity.WARNING, _find)
"""The catalogue's entry."""
