"""A Helm chart of manifests: it writes only when somebody upgrades the release."""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_RELEASE = "meta.helm.sh/release-name"
_NAMESPACE = "meta.helm.sh/release-namespace"
_MANAGED_BY = "app.kubernetes.io/managed-by"


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """Helm, by the annotation or the label that it puts on everything."""
    annotations = daemon_set.annotations
    if _RELEASE not in annotations and daemon_set.labels.get(_MANAGED_BY) != "Helm":
        return None
    release = "a Helm release"
    if name := annotations.get(_RELEASE):
        where = annotations.get(_NAMESPACE)
        release = f"Helm release {name}" + (f" (namespace {where})" if where else "")
    return Owner(
        "helm",
        restores=f"{release}: the next helm upgrade puts the old value back",
        advice="change the chart's values",
    )
