"""A Helm chart of manifests: it writes only when somebody upgrades the release."""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_RELEASE = "meta.helm.sh/release-name"
_MANAGED_BY = "app.kubernetes.io/managed-by"


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """Helm, by the annotation or the label that it puts on everything."""
    annotations = daemon_set.metadata.get("annotations") or {}
    labels = daemon_set.metadata.get("labels") or {}
    if _RELEASE in annotations or labels.get(_MANAGED_BY) == "Helm":
        return Owner("helm")
    return None
