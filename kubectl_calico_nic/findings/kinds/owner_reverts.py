"""``owner-reverts``: somebody puts an edit of the DaemonSet back, and the setting lives there."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.kinds.detection_failed import DETECTION_FAILED
from kubectl_calico_nic.findings.kinds.kept_stale_address import KEPT_STALE_ADDRESS
from kubectl_calico_nic.findings.kinds.method_invalid import METHOD_INVALID
from kubectl_calico_nic.findings.kinds.wrong_interface import WRONG_INTERFACE
from kubectl_calico_nic.findings.kinds.wrong_network import WRONG_NETWORK

_WANT_A_CHANGE = (
    DETECTION_FAILED,
    METHOD_INVALID,
    KEPT_STALE_ADDRESS,
    WRONG_NETWORK,
    WRONG_INTERFACE,
)
"""Where nothing wants another method, nobody needs to know who would undo the edit."""


def _find(case: Case) -> Iterator[Finding]:
    if not case.keepers or not any(_finds(kind, case) for kind in _WANT_A_CHANGE):
        return
    for key, keeper in case.keepers.items():
        yield OWNER_REVERTS.about_node(
            None,
            f"daemonset {key} belongs to {keeper.suffers}",
            f"change {keeper.where}; kubectl calico-nic set prints it ready to paste",
            why=keeper.evidence,
        )


def _finds(kind: Kind, case: Case) -> bool:
    return next(kind.condition(case), None) is not None


OWNER_REVERTS = Kind("owner-reverts", Severity.INFORMATION, _find)
"""The catalogue's entry."""
