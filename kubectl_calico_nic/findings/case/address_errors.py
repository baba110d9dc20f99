"""Which nodes have a wrong address, or none: their lost sessions need no other explanation."""

from __future__ import annotations

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Case, once_for_each_case
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.kinds.address_conflict import ADDRESS_CONFLICT
from kubectl_calico_nic.findings.kinds.address_not_on_host import ADDRESS_NOT_ON_HOST
from kubectl_calico_nic.findings.kinds.detection_failed import DETECTION_FAILED
from kubectl_calico_nic.findings.kinds.ipv6_clears_ipv4 import IPV6_CLEARS_IPV4
from kubectl_calico_nic.findings.kinds.kept_stale_address import KEPT_STALE_ADDRESS
from kubectl_calico_nic.findings.kinds.method_invalid import METHOD_INVALID
from kubectl_calico_nic.findings.kinds.vip_chosen import VIP_CHOSEN
from kubectl_calico_nic.findings.kinds.wrong_interface import WRONG_INTERFACE
from kubectl_calico_nic.findings.kinds.wrong_network import WRONG_NETWORK

_KINDS: tuple[Kind, ...] = (
    ADDRESS_CONFLICT,
    DETECTION_FAILED,
    METHOD_INVALID,
    KEPT_STALE_ADDRESS,
    ADDRESS_NOT_ON_HOST,
    WRONG_NETWORK,
    WRONG_INTERFACE,
    VIP_CHOSEN,
    IPV6_CLEARS_IPV4,
)


@once_for_each_case
def address_errors(case: Case) -> frozenset[tuple[str, Family]]:
    """Return the nodes and families about whose address something is found that is an error."""
    found = (finding for kind in _KINDS for finding in kind.condition(case))
    return frozenset(
        (finding.node, family)
        for finding in found
        if finding.node is not None
        for family in Family
        if finding.family in (None, family)
    )
