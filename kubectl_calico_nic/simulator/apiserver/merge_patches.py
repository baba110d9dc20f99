"""JSON Merge Patch (RFC 7386) and Kubernetes' strategic merge patch.

Mirrors apimachinery's pkg/util/strategicpatch/patch.go, as far as pod templates, Nodes and
DaemonSets need it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

_ORDER = "$setElementOrder/"
_DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"
_DIRECTIVE = "$patch"

# patchMergeKey of the lists that are merged; a list that is not here is replaced whole.
_MERGE_KEYS = {
    "addresses": "type",
    "conditions": "type",
    "containers": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "ports": "containerPort",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
_PRIMITIVE_LISTS = frozenset({"finalizers"})


def merge(document: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch to ``document`` and return the result; null deletes."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def strategic_merge(document: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Apply a strategic merge patch to a copy of ``document`` and return it."""
    return _merge_map(copy.deepcopy(document), copy.deepcopy(patch))


def _merge_map(original: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch.pop(_DIRECTIVE, None)
    if directive == "replace":
        return patch
    if directive == "delete":
        return {}
    retained = patch.pop(_RETAIN, None)
    if retained is not None:
        original = {key: value for key, value in original.items() if key in retained}
    _order_lists(original, patch)
    for key, value in patch.items():
        if key.startswith(_DELETE_PRIMITIVES):
            field = key.removeprefix(_DELETE_PRIMITIVES)
            original[field] = [item for item in original.get(field, ()) if item not in value]
        elif value is None:
            original.pop(key, None)
        else:
            original[key] = _merge_field(key, original.get(key), value)
    return original


def _merge_field(key: str, original: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return _merge_map(original if isinstance(original, dict) else {}, value)
    if isinstance(value, list):
        if key in _PRIMITIVE_LISTS:
            live = original or []
            return _in_order([*dict.fromkeys([*live, *value])], value, live, None)
        if key in _MERGE_KEYS and all(isinstance(item, dict) for item in value):
            return _merge_list(original or [], value, _MERGE_KEYS[key])
    return value


def _order_lists(original: dict[str, Any], patch: dict[str, Any]) -> None:
    """Merge the lists that come with an order, and take them out of ``patch``."""
    for directive in [key for key in patch if key.startswith(_ORDER)]:
        field = directive.removeprefix(_ORDER)
        order = patch.pop(directive)
        live = original.get(field) or []
        changed = patch.pop(field, None)
        merged = live if changed is None else _merge_field(field, live, changed)
        if merged or field in original:
            key = _MERGE_KEYS.get(field)
            original[field] = _in_order(merged, order, live, key)


def _merge_list(
    original: list[dict[str, Any]], patch: list[dict[str, Any]], key: str
) -> list[dict[str, Any]]:
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        return [item for item in patch if _DIRECTIVE not in item]
    deleted = [item.get(key) for item in patch if item.get(_DIRECTIVE) == "delete"]
    patch = [item for item in patch if item.get(_DIRECTIVE) != "delete"]
    merged = [item for item in original if item.get(key) not in deleted]
    for item in patch:
        place = next((at for at, old in enumerate(merged) if old.get(key) == item.get(key)), None)
        if place is None:
            merged.append(item)
        else:
            merged[place] = _merge_map(merged[place], dict(item))
    return _in_order(merged, patch, original, key)


def _in_order(
    merged: list[Any], order: Sequence[Any], live: Sequence[Any], key: str | None
) -> list[Any]:
    """Sort as normalizeElementOrder does.

    Items that ``order`` names stand in its order, the others in that of the ``live`` list; an
    item that is not live comes before the live ones. That is why a new env entry of ``kubectl set
    env`` is prepended.
    """
    wanted, present = [_identity(item, key) for item in order], [_identity(i, key) for i in live]
    named = [item for item in merged if _identity(item, key) in wanted]
    others = [item for item in merged if _identity(item, key) not in wanted]
    named.sort(key=lambda item: wanted.index(_identity(item, key)))
    result: list[Any] = []
    while others and named:
        left, right = _identity(others[0], key), _identity(named[0], key)
        both = left in present and right in present
        first = both and present.index(left) < present.index(right)
        result.append(others.pop(0) if first else named.pop(0))
    return [*result, *others, *named]


def _identity(item: Any, key: str | None) -> Any:
    return item.get(key) if key is not None and isinstance(item, dict) else item
