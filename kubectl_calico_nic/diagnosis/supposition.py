"""What one node would choose if a method were in force there."""

from __future__ import annotations

from kubectl_calico_nic.calico.autodetection.selection import Selection, select
from kubectl_calico_nic.findings.case.case import Member


def suppose(member: Member, method: str) -> Selection:
    """Ask the model of Calico about ``method`` on the node of ``member``."""
    facts = member.facts
    return select(
        method,
        member.family,
        facts.inventory,
        member.version,
        internal_ips=facts.node.internal_ips if facts.node else None,
        routes=facts.routes,
        windows=facts.node is not None and facts.node.os == "windows",
    )
