"""The one JSON Patch (RFC 6902) that a change sends, and the object it leads to."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet

Operation = Mapping[str, Any]


def replace_env(
    daemon_set: DaemonSet, env: Sequence[Mapping[str, Any]], annotations: Mapping[str, str]
) -> tuple[tuple[Operation, ...], dict[str, Any]]:
    """Replace the env list of the calico-node container and set ``annotations`` on the DaemonSet.

    Returns:
        The patch, which fails as a whole unless the object is still the one that was read, and
        the object as it will be.
    """
    index = daemon_set.container_index
    container = f"/spec/template/spec/containers/{index}"
    verb = "replace" if "env" in daemon_set.container else "add"
    patch: list[Operation] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": daemon_set.resource_version},
        {"op": "test", "path": f"{container}/name", "value": CONTAINER},
        {"op": verb, "path": f"{container}/env", "value": [dict(entry) for entry in env]},
        *_annotate(daemon_set, annotations),
    ]
    after = copy.deepcopy(dict(daemon_set.object))
    after["spec"]["template"]["spec"]["containers"][index]["env"] = copy.deepcopy(list(env))
    metadata = after["metadata"]
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **annotations}
    return tuple(patch), after


def _annotate(daemon_set: DaemonSet, annotations: Mapping[str, str]) -> list[Operation]:
    if not daemon_set.metadata.get("annotations"):
        return [{"op": "add", "path": "/metadata/annotations", "value": dict(annotations)}]
    return [
        {"op": "add", "path": f"/metadata/annotations/{_escaped(key)}", "value": text}
        for key, text in annotations.items()
    ]


def _escaped(key: str) -> str:
    """``key`` as one token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
