"""``no-pod``: the DaemonSet wants a calico-node pod on the node and there is none."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    lacking = {member.name: member.daemon_set for member in case.members if member.lacks_pod}
    for name, daemon_set in lacking.items():
        namespace, _, short = (daemon_set or "").partition("/")
        yield NO_POD.about_node(
            name,
            f"{name} has no calico-node pod, though {daemon_set} wants one there",
            f"kubectl -n {namespace} describe daemonset {short} tells why",
            f"have no calico-node pod, though {daemon_set} wants one there",
        )


NO_POD = Kind("no-pod", Severity.ERROR, _find)
"""The catalogue's entry."""
