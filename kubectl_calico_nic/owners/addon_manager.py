"""The addon manager of kube-up and GKE: it applies what is labelled Reconcile periodically.

Mirrors cluster/addons/addon-manager of kubernetes/kubernetes.
"""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_MODE = "addonmanager.kubernetes.io/mode"


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """The addon manager, where it reconciles (``EnsureExists`` leaves edits alone)."""
    if daemon_set.labels.get(_MODE) != "Reconcile":
        return None
    return Owner(
        "addon-manager",
        restores="the addon manager, which puts the old value back periodically",
        advice="change the addon's manifest on the control plane, or ask who provides the cluster",
    )
