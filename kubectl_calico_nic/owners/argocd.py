"""Argo CD: it syncs the DaemonSet with what is in Git.

The application's name is in the label or annotation that tracks its objects (the key
``application.resourceTrackingMethod`` of Argo CD's ConfigMap argocd-cm says which).
"""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_PREFIX = "argocd.argoproj.io/"
_INSTANCE = _PREFIX + "instance"
_TRACKING = _PREFIX + "tracking-id"
"""``APPLICATION:GROUP/KIND:NAMESPACE/NAME``."""


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """Argo CD, by any label or annotation of its own."""
    marks = {**daemon_set.annotations, **daemon_set.labels}
    if not any(key.startswith(_PREFIX) for key in marks):
        return None
    name = marks.get(_INSTANCE) or marks.get(_TRACKING, "").partition(":")[0]
    application = f"Argo CD application {name}" if name else "an Argo CD application"
    return Owner(
        "argocd",
        restores=f"{application}: its next sync puts the old value back",
        advice="change it in the application's Git repository",
    )
