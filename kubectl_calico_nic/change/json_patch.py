"""The one JSON Patch (RFC 6902) that a change sends, from the object before and after it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet

Operation = Mapping[str, Any]


def changed(
    daemon_set: DaemonSet,
    *,
    env: Sequence[Mapping[str, Any]] | None,
    strategy: Mapping[str, Any] | None,
    annotations: Mapping[str, str | None],
) -> dict[str, Any]:
    """A copy of ``daemon_set`` with this ``env``, update strategy and these annotations.

    ``env`` is that of the calico-node container; None stands for absent, each time.
    """
    after = copy.deepcopy(dict(daemon_set.object))
    containers = after["spec"]["template"]["spec"]["containers"]
    listed = None if env is None else copy.deepcopy(list(env))
    _put(containers[daemon_set.container_index], "env", listed)
    _put(after["spec"], "updateStrategy", copy.deepcopy(strategy))
    held = dict(daemon_set.metadata.get("annotations") or {})
    for name, text in annotations.items():
        _put(held, name, text)
    _put(after["metadata"], "annotations", held or None)
    return after


def patch_between(daemon_set: DaemonSet, after: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The patch that makes ``after`` (from ``changed``) of ``daemon_set``.

    It fails as a whole unless the object is still the one that was read. Empty when nothing
    differs.
    """
    goal = DaemonSet(after)
    container = f"/spec/template/spec/containers/{daemon_set.container_index}"
    edits = [
        *_member(f"{container}/env", daemon_set.container, goal.container, "env"),
        *_member("/spec/updateStrategy", daemon_set.spec, goal.spec, "updateStrategy"),
        *_annotations(daemon_set, goal),
    ]
    if not edits:
        return ()
    guards = (
        {"op": "test", "path": "/metadata/resourceVersion", "value": daemon_set.resource_version},
        {"op": "test", "path": f"{container}/name", "value": CONTAINER},
    )
    return (*guards, *edits)


def _put(holder: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        holder.pop(key, None)
    else:
        holder[key] = value


def _member(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], key: str
) -> Iterator[Operation]:
    """The operation on ``before[key]``, at ``path``."""
    if before.get(key) == after.get(key) and (key in before) == (key in after):
        return
    if key not in after:
        yield {"op": "remove", "path": path}
    else:
        yield {"op": "replace" if key in before else "add", "path": path, "value": after[key]}


def _annotations(before: DaemonSet, after: DaemonSet) -> Iterator[Operation]:
    """One operation for each annotation that differs, or for all where there were none."""
    old = before.metadata.get("annotations")
    new = after.metadata.get("annotations")
    if not old or not new:
        yield from _member("/metadata/annotations", before.metadata, after.metadata, "annotations")
        return
    for name in {**old, **new}:
        yield from _member(f"/metadata/annotations/{_escaped(name)}", old, new, name)


def _escaped(key: str) -> str:
    """``key`` as one token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
