"""The Tigera operator: an Installation controls the DaemonSet.

Mirrors SetControllerReference in pkg/controller/utils of tigera/operator; it undoes an edit of the
DaemonSet within a second.
"""

from __future__ import annotations

from kubectl_calico_nic.owners.controller import controller_reference
from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_KIND = "Installation"


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """The operator, where an Installation is the controller."""
    reference = controller_reference(daemon_set)
    if reference is None or reference.get("kind") != _KIND:
        return None
    return Owner("operator", f"{_KIND}/{reference.get('name') or 'default'}", reverts=True)
