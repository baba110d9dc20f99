"""Who owns a calico-node DaemonSet: one word, from what the object itself carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_calico_nic.snapshot.daemonset import DaemonSet

MANIFEST = "manifest"
HELM = "helm"
_KINDS = {"Installation": "operator"}
_HELM_RELEASE = "meta.helm.sh/release-name"
_MANAGED_BY = "app.kubernetes.io/managed-by"


def owner_of(daemon_set: DaemonSet) -> str:
    """Return ``operator``, ``helm`` or ``manifest``, or the kind of another controller.

    A controller is an owner of its own right: it puts its object back. Helm only writes when
    somebody upgrades the release.
    """
    kind = _controller_kind(daemon_set.metadata)
    if kind:
        return _KINDS.get(kind, kind)
    annotations = _mapping(daemon_set.metadata.get("annotations"))
    labels = _mapping(daemon_set.metadata.get("labels"))
    if _HELM_RELEASE in annotations or labels.get(_MANAGED_BY) == "Helm":
        return HELM
    return MANIFEST


def _controller_kind(metadata: Mapping[str, Any]) -> str:
    owners = metadata.get("ownerReferences")
    listed = map(_mapping, owners) if isinstance(owners, list) else ()
    found = next((owner for owner in listed if owner.get("controller") is True), {})
    return str(found.get("kind", ""))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
