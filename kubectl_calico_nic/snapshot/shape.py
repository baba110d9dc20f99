"""What the objects that are kept as raw JSON look like, where the plugin reads them.

The API server checks its own types, and custom resources by their schema if they have one. What
does not look like this is no such object: it counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = type | Mapping[str, Any] | list[Any]
"""A type; the shapes of some fields of an object, or with ``*`` of all; that of a list's items."""

_METADATA: Shape = {
    "name": str,
    "namespace": str,
    "uid": str,
    "resourceVersion": str,
    "generation": int,
    "labels": {},
    "annotations": {},
    "ownerReferences": [{}],
    "managedFields": [{}],
}
_REFERENCE: Shape = {"name": str, "key": str}
_CONTAINER: Shape = {
    "name": str,
    "image": str,
    "env": [
        {
            "name": str,
            "value": str,
            "valueFrom": {
                "fieldRef": {"fieldPath": str},
                "configMapKeyRef": _REFERENCE,
                "secretKeyRef": _REFERENCE,
            },
        }
    ],
    "envFrom": [{"configMapRef": _REFERENCE, "secretRef": _REFERENCE}],
    "command": [str],
    "args": [str],
    "readinessProbe": {"exec": {"command": [str]}},
    "livenessProbe": {},
    "volumeMounts": [{}],
}
_DAEMON_SET: Shape = {
    "metadata": _METADATA,
    "spec": {
        "selector": {"matchLabels": {"*": str}},
        "template": {
            "metadata": {"labels": {}, "annotations": {}},
            "spec": {
                "containers": [_CONTAINER],
                "initContainers": [_CONTAINER],
                "volumes": [{}],
                "nodeSelector": {"*": str},
                "affinity": {},
                "tolerations": [{}],
            },
        },
        "updateStrategy": {"type": str, "rollingUpdate": {}},
        "minReadySeconds": int,
    },
    "status": {
        "observedGeneration": int,
        "desiredNumberScheduled": int,
        "currentNumberScheduled": int,
        "updatedNumberScheduled": int,
        "numberReady": int,
        "numberAvailable": int,
        "numberUnavailable": int,
        "numberMisscheduled": int,
        "conditions": [{}],
    },
}
_DETECTION: Shape = {
    "firstFound": bool,
    "kubernetes": str,
    "interface": str,
    "skipInterface": str,
    "canReach": str,
    "cidrs": [str],
}
_INSTALLATION: Shape = {
    "metadata": _METADATA,
    "spec": {
        "calicoNetwork": {
            "nodeAddressAutodetectionV4": _DETECTION,
            "nodeAddressAutodetectionV6": _DETECTION,
            "ipPools": [{}],
            "bgp": str,
            "linuxDataplane": str,
            "mtu": int,
        }
    },
    "status": {"conditions": [{}]},
}


def is_daemon_set(item: object) -> bool:
    """Whether ``item`` is an apps/v1 DaemonSet as far as the plugin looks at it."""
    return isinstance(item, Mapping) and _fits(item, _DAEMON_SET)


def is_installation(item: object) -> bool:
    """Whether ``item`` is an Installation of the operator as far as the plugin looks at it."""
    return isinstance(item, Mapping) and _fits(item, _INSTALLATION)


def is_container(item: object) -> bool:
    """Whether ``item`` is a container of a pod spec as far as the plugin looks at it."""
    return isinstance(item, Mapping) and _fits(item, _CONTAINER)


def _fits(value: object, shape: Shape) -> bool:
    """Whether ``value`` has this shape; what is absent or null fits everywhere."""
    if value is None:
        return True
    if isinstance(shape, type):
        return isinstance(value, shape) and (shape is not int or not isinstance(value, bool))
    if isinstance(shape, list):
        return isinstance(value, list) and all(
            item is not None and _fits(item, shape[0]) for item in value
        )
    if not isinstance(value, Mapping):
        return False
    every = shape.get("*", object)
    return all(_fits(item, shape.get(key, every)) for key, item in value.items())
