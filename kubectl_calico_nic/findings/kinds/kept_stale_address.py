"""``kept-stale-address``: detection failed and the old address stays, with a pod that is Ready."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.kinds.detection_failed import method_of, why_nothing


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        if member.choice.outcome is not Outcome.KEPT:
            continue
        method = method_of(member)
        ready = " is Ready, but" if member.is_ready else ":"
        yield KEPT_STALE_ADDRESS.about(
            member,
            f"{member.name}{ready} {method} selects nothing{why_nothing(member)} and the old "
            f"{member.choice.address} was kept",
            "do not trust Ready; change the method",
            f"get nothing from {method} and kept their old addresses",
        )


KEPT_STALE_ADDRESS = Kind("kept-stale-address", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
