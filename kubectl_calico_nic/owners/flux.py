"""Flux: a Kustomization or HelmRelease, by the labels that its controllers put on everything."""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_KINDS = {
    "kustomize.toolkit.fluxcd.io": (
        "Kustomization",
        "its next reconciliation",
        "change it in the Git repository of the Kustomization",
    ),
    "helm.toolkit.fluxcd.io": (
        "HelmRelease",
        "its next upgrade",
        "change the values of the HelmRelease",
    ),
}


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """Flux, by the label with the name of its object."""
    labels = daemon_set.labels
    for prefix, (kind, when, advice) in _KINDS.items():
        if name := labels.get(f"{prefix}/name"):
            namespace = labels.get(f"{prefix}/namespace")
            path = f"{namespace}/{name}" if namespace else name
            restores = f"Flux {kind} {path}: {when} puts the old value back"
            return Owner("flux", restores=restores, advice=advice)
    return None
