"""Finds the owner of a DaemonSet: each owner in a file of its own, asked in this order."""

from __future__ import annotations

from kubectl_calico_nic.owners import (
    addon_manager,
    argocd,
    controller,
    flux,
    helm,
    k0s,
    kops,
    operator,
)
from kubectl_calico_nic.owners.manifest import MANIFEST
from kubectl_calico_nic.owners.owner import Owner
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_RECOGNISERS = (
    operator.recognise,
    controller.recognise,
    argocd.recognise,
    flux.recognise,
    kops.recognise,
    k0s.recognise,
    addon_manager.recognise,
    helm.recognise,
)
"""Whoever acts by itself comes first: Argo CD and Flux install Helm charts, too."""


def owner_of(daemon_set: DaemonSet) -> Owner:
    """Return the first owner that is recognised, else the plain manifest."""
    found = (recognise(daemon_set) for recognise in _RECOGNISERS)
    return next((owner for owner in found if owner is not None), MANIFEST)
