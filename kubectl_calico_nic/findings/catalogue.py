"""Every kind of finding, in the order that decides a verdict between equals.

To add one: a file beside this one with its ``Kind``, an entry here at its place in the list of
docs/findings.md, and a section there.
"""

from __future__ import annotations

from kubectl_calico_nic.findings.address_conflict import ADDRESS_CONFLICT
from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.detection_failed import DETECTION_FAILED
from kubectl_calico_nic.findings.differs_from_internal_ip import DIFFERS_FROM_INTERNAL_IP
from kubectl_calico_nic.findings.evidence_disagrees import EVIDENCE_DISAGREES
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.findings.kept_stale_address import KEPT_STALE_ADDRESS
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.method_invalid import METHOD_INVALID
from kubectl_calico_nic.findings.method_no_effect import METHOD_NO_EFFECT
from kubectl_calico_nic.findings.no_evidence import NO_EVIDENCE
from kubectl_calico_nic.findings.no_expectation import NO_EXPECTATION
from kubectl_calico_nic.findings.no_pod import NO_POD
from kubectl_calico_nic.findings.nodes_disagree import NODES_DISAGREE
from kubectl_calico_nic.findings.nothing_to_choose import NOTHING_TO_CHOOSE
from kubectl_calico_nic.findings.wrong_interface import WRONG_INTERFACE
from kubectl_calico_nic.findings.wrong_network import WRONG_NETWORK

CATALOGUE: tuple[Kind, ...] = (
    ADDRESS_CONFLICT,
    DETECTION_FAILED,
    METHOD_INVALID,
    KEPT_STALE_ADDRESS,
    WRONG_NETWORK,
    WRONG_INTERFACE,
    NO_POD,
    NO_EVIDENCE,
    NODES_DISAGREE,
    EVIDENCE_DISAGREES,
    METHOD_NO_EFFECT,
    DIFFERS_FROM_INTERNAL_IP,
    NOTHING_TO_CHOOSE,
    NO_EXPECTATION,
)

MENDED_BY_METHOD = frozenset(kind.id for kind in CATALOGUE if kind.is_mended_by_method)
"""The ids that another method can cure."""


def find(case: Case) -> tuple[Finding, ...]:
    """Ask every kind; most severe first (the catalogue is in that order), then by node."""
    return tuple(
        finding
        for kind in CATALOGUE
        for finding in sorted(kind.condition(case), key=lambda found: found.node or "")
    )
