"""Any controller: an object that keeps the DaemonSet as it wants it.

A controller is the ownerReference with ``controller: true`` (metav1.GetControllerOf).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet


def controller_reference(daemon_set: DaemonSet) -> Mapping[str, Any] | None:
    """The ownerReference of the controller; None when nothing controls the DaemonSet."""
    owners = daemon_set.metadata.get("ownerReferences")
    listed = owners if isinstance(owners, list) else []
    controllers = (
        owner for owner in listed if isinstance(owner, Mapping) and owner.get("controller") is True
    )
    return next(controllers, None)


def recognise(daemon_set: DaemonSet) -> Owner | None:
    """The controller as an owner of its own right, called by its kind."""
    reference = controller_reference(daemon_set)
    if reference is None:
        return None
    kind = str(reference.get("kind") or "unknown")
    return Owner(kind, f"{kind}/{reference.get('name') or 'unknown'}", reverts=True)
