"""Every kind of finding, in the order that decides a verdict between equals.

To add one: a file beside this one with its ``Kind``, an entry here at its place in the list of
docs/findings.md, and a section there.
"""

from __future__ import annotations

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.kinds.address_conflict import ADDRESS_CONFLICT
from kubectl_calico_nic.findings.kinds.address_not_on_host import ADDRESS_NOT_ON_HOST
from kubectl_calico_nic.findings.kinds.bgp_down import BGP_DOWN
from kubectl_calico_nic.findings.kinds.detection_failed import DETECTION_FAILED
from kubectl_calico_nic.findings.kinds.differs_from_internal_ip import DIFFERS_FROM_INTERNAL_IP
from kubectl_calico_nic.findings.kinds.duplicate_internal_ip import DUPLICATE_INTERNAL_IP
from kubectl_calico_nic.findings.kinds.evidence_disagrees import EVIDENCE_DISAGREES
from kubectl_calico_nic.findings.kinds.flapping import FLAPPING
from kubectl_calico_nic.findings.kinds.foreign_bridge import FOREIGN_BRIDGE
from kubectl_calico_nic.findings.kinds.ipv6_clears_ipv4 import IPV6_CLEARS_IPV4
from kubectl_calico_nic.findings.kinds.ipv6_not_enabled import IPV6_NOT_ENABLED
from kubectl_calico_nic.findings.kinds.kept_stale_address import KEPT_STALE_ADDRESS
from kubectl_calico_nic.findings.kinds.known_bug import KNOWN_BUG
from kubectl_calico_nic.findings.kinds.latent import LATENT
from kubectl_calico_nic.findings.kinds.method_ambiguous import METHOD_AMBIGUOUS
from kubectl_calico_nic.findings.kinds.method_invalid import METHOD_INVALID
from kubectl_calico_nic.findings.kinds.method_no_effect import METHOD_NO_EFFECT
from kubectl_calico_nic.findings.kinds.method_too_new import METHOD_TOO_NEW
from kubectl_calico_nic.findings.kinds.mixed_versions import MIXED_VERSIONS
from kubectl_calico_nic.findings.kinds.no_evidence import NO_EVIDENCE
from kubectl_calico_nic.findings.kinds.no_expectation import NO_EXPECTATION
from kubectl_calico_nic.findings.kinds.no_pod import NO_POD
from kubectl_calico_nic.findings.kinds.nodes_disagree import NODES_DISAGREE
from kubectl_calico_nic.findings.kinds.not_the_nic import NOT_THE_NIC
from kubectl_calico_nic.findings.kinds.nothing_to_choose import NOTHING_TO_CHOOSE
from kubectl_calico_nic.findings.kinds.old_template import OLD_TEMPLATE
from kubectl_calico_nic.findings.kinds.owner_reverts import OWNER_REVERTS
from kubectl_calico_nic.findings.kinds.rollout_blocked import ROLLOUT_BLOCKED
from kubectl_calico_nic.findings.kinds.staged import STAGED
from kubectl_calico_nic.findings.kinds.vip_chosen import VIP_CHOSEN
from kubectl_calico_nic.findings.kinds.wrong_interface import WRONG_INTERFACE
from kubectl_calico_nic.findings.kinds.wrong_network import WRONG_NETWORK

CATALOGUE: tuple[Kind, ...] = (
    ADDRESS_CONFLICT,
    DETECTION_FAILED,
    METHOD_INVALID,
    KEPT_STALE_ADDRESS,
    ADDRESS_NOT_ON_HOST,
    WRONG_NETWORK,
    WRONG_INTERFACE,
    VIP_CHOSEN,
    BGP_DOWN,
    NOT_THE_NIC,
    IPV6_CLEARS_IPV4,
    ROLLOUT_BLOCKED,
    NO_POD,
    NO_EVIDENCE,
    NODES_DISAGREE,
    EVIDENCE_DISAGREES,
    FLAPPING,
    FOREIGN_BRIDGE,
    KNOWN_BUG,
    METHOD_TOO_NEW,
    METHOD_AMBIGUOUS,
    METHOD_NO_EFFECT,
    IPV6_NOT_ENABLED,
    DUPLICATE_INTERNAL_IP,
    OLD_TEMPLATE,
    MIXED_VERSIONS,
    STAGED,
    OWNER_REVERTS,
    DIFFERS_FROM_INTERNAL_IP,
    LATENT,
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
