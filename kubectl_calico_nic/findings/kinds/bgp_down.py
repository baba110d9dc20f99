"""``bgp-down``: BGP sessions are down, and what explains them: one node, one peer, the networks."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.case.lost_sessions import survey
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for lost in survey(case).told:
        if not lost.is_filtered:
            yield BGP_DOWN.about(
                lost.member,
                lost.message,
                lost.advice,
                lost.together,
                why=lost.why,
                explains=lost.explains,
            )


BGP_DOWN = Kind("bgp-down", Severity.ERROR, _find)
"""The catalogue's entry."""
