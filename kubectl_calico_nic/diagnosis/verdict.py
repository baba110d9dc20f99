"""One word for one node and family."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kinds.no_evidence import NO_EVIDENCE
from kubectl_calico_nic.findings.kinds.no_expectation import NO_EXPECTATION

OK = "ok"
UNKNOWN = "unknown"
_NOTHING_TO_JUDGE_BY = frozenset({NO_EVIDENCE.id, NO_EXPECTATION.id})


def verdict(member: Member, findings: Iterable[Finding]) -> str:
    """Return ``ok``, the id of the most severe error or warning, or ``unknown``.

    ``findings`` are those of this node and family in the catalogue's order, which is also the
    order of severity.
    """
    found = list(findings)
    for finding in found:
        if finding.severity is not Severity.INFORMATION and finding.id != NO_EVIDENCE.id:
            return finding.id
    if any(finding.id in _NOTHING_TO_JUDGE_BY for finding in found):
        return UNKNOWN
    if _cannot_be_told(member):
        return UNKNOWN
    return OK if member.choice.decided or member.backend_is_none else UNKNOWN


def _cannot_be_told(member: Member) -> bool:
    """Whether there is an expectation that cannot be held against the choice."""
    address, expected = member.choice.address, member.expected
    if address is None or expected is None or member.backend_is_none:
        return False
    return expected.allows(address, member.choice.interface) is None
