"""``nothing-to-choose``: calico-node does no networking here, its address does not matter."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for member in case.members:
        if member.backend_is_none:
            yield NOTHING_TO_CHOOSE.about(
                member,
                f"{member.name}: CALICO_NETWORKING_BACKEND is none, so Calico's address is not "
                "used for networking",
                "change nothing here; with canal the NIC is flannel's canal_iface",
                "run with CALICO_NETWORKING_BACKEND=none: Calico's address is not used there",
            )


NOTHING_TO_CHOOSE = Kind("nothing-to-choose", Severity.INFORMATION, _find)
"""The catalogue's entry."""
