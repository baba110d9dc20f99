"""``ipv6-clears-ipv4``: IPv6 detection failed with nothing stored, and cleared IPv4 as well."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.kinds.detection_failed import dragged_along, method_of


def _find(case: Case) -> Iterator[Finding]:
    dragged = dragged_along(case)
    ipv6 = {member.name: member for member in case.members if member.family is Family.IPV6}
    for member in case.members:
        culprit = ipv6.get(member.name)
        is_dragged = (member.name, member.family) in dragged and member.family is Family.IPV4
        if is_dragged and culprit is not None:
            method = method_of(culprit)
            yield IPV6_CLEARS_IPV4.about(
                member,
                f"{member.name}: {method} selects no IPv6 address, and that cleared its IPv4 "
                "address too",
                f"mend IPv6: an IPv6 address for {member.name}, another method, or IP6=none; the "
                "IPv4 method is not to blame",
                f"get no IPv6 address from {method}, and that cleared their IPv4 addresses too",
            )


IPV6_CLEARS_IPV4 = Kind("ipv6-clears-ipv4", Severity.ERROR, _find)
"""The catalogue's entry."""
