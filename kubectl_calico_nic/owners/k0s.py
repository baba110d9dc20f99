"""k0s: it applies a stack anew when its configuration or version changes.

Mirrors pkg/applier/stack.go of k0sproject/k0s.
"""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_STACK = "k0s.k0sproject.io/stack"


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """The k0s stack, by the label of its objects."""
    stack = daemon_set.labels.get(_STACK)
    if stack is None:
        return None
    return Owner(
        "k0s",
        restores=f"k0s stack {stack}: the next change of its configuration or version puts the "
        "old value back",
        advice="change ClusterConfig spec.network.calico.ipAutodetectionMethod "
        "(ipV6AutodetectionMethod)",
    )
