"""``nothing-to-choose``: calico-node does no networking here, its address does not matter."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_FLANNEL = frozenset({"kube-flannel", "flannel"})
"""The container beside calico-node, in canal.yaml and canal-etcd.yaml."""
_RKE2_CANAL = "rke2-canal"


def _find(case: Case) -> Iterator[Finding]:
    installs = {found.key: _install(found) for found in case.snapshot.daemon_sets}
    for member in case.members:
        if member.backend_is_none:
            what, advice = installs.get(member.daemon_set or "", _UNKNOWN)
            yield NOTHING_TO_CHOOSE.about(
                member,
                f"{member.name}: {what} (CALICO_NETWORKING_BACKEND is none), so Calico's address "
                "is not used for networking",
                advice,
                f"run with CALICO_NETWORKING_BACKEND=none: {what}, Calico's address is not used",
            )


def _install(daemon_set: DaemonSet) -> tuple[str, str]:
    """Who does the networking in Calico's place, and where its NIC is chosen."""
    if not any(container.get("name") in _FLANNEL for container in daemon_set.containers):
        return _POLICY_ONLY
    where = "canal_iface in ConfigMap canal-config"
    if daemon_set.name == _RKE2_CANAL:
        where = "flannel.iface in HelmChartConfig rke2-canal"
    return (
        "canal: flannel does the networking",
        f"change nothing here; the NIC is flannel's: {where}",
    )


_POLICY_ONLY = (
    "Calico for policy alone: another network plugin does the networking",
    "change nothing here; that plugin chooses the NIC",
)
_UNKNOWN = (
    "another network plugin does the networking",
    "change nothing here; with canal the NIC is flannel's canal_iface",
)

NOTHING_TO_CHOOSE = Kind("nothing-to-choose", Severity.INFORMATION, _find)
"""The catalogue's entry."""
