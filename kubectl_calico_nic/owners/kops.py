"""kOps: it applies its networking addon anew when the cluster is updated."""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_ADDON = "addon.kops.k8s.io/name"
_MANAGED_BY = "app.kubernetes.io/managed-by"


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """The kOps addon, by the labels of its objects."""
    labels = daemon_set.labels
    if _ADDON not in labels and labels.get(_MANAGED_BY) != "kops":
        return None
    addon = f"kOps addon {labels[_ADDON]}" if labels.get(_ADDON) else "a kOps addon"
    return Owner(
        "kops",
        restores=f"{addon}: the next time it is applied, the old value comes back",
        advice="kops edit cluster: spec.networking.calico.ipv4AutoDetectionMethod "
        "(ipv6AutoDetectionMethod)",
    )
