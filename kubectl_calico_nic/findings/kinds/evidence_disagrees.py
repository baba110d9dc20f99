"""``evidence-disagrees``: the newest log line and the stored address differ, and no order explains.

What does explain it: an annotation that re-detection wrote after the last line that is seen, or a
line so new that the Node was read before it. ``diagnosis.evidence`` decides that.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        stored = member.choice.contradicted_by
        if stored is not None:
            yield EVIDENCE_DISAGREES.about(
                member,
                f"{member.name}: its log says {member.nic_and_address}, the annotation on its Node "
                f"says {stored}",
                "ask again in a minute, re-detection writes the annotation; if it stays, restart "
                f"calico-node on {member.name}",
            )


EVIDENCE_DISAGREES = Kind("evidence-disagrees", Severity.WARNING, _find)
"""The catalogue's entry."""
