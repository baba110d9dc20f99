"""JSON Patch (RFC 6902), as the API server applies it (evanphx/json-patch)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any


class PatchError(ValueError):
    """The patch does not fit the document: a path that is not there, a ``test`` that fails."""


def apply_json_patch(document: Any, operations: Sequence[Any]) -> Any:
    """Apply ``operations`` to a copy of ``document`` and return it, whole or not at all.

    Raises:
        PatchError: an operation is malformed or cannot be applied.
    """
    root = [copy.deepcopy(document)]
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchError(f"no operation: {operation!r}")
        _apply(root, operation)
    return root[0]


def _apply(root: list[Any], operation: dict[str, Any]) -> None:
    path = _pointer(operation, "path")
    kind = operation.get("op")
    if kind == "add":
        _add(root, path, _value(operation))
    elif kind == "remove":
        _remove(root, path)
    elif kind == "replace":
        _replace(root, path, _value(operation))
    elif kind == "move":
        _add(root, path, _remove(root, _pointer(operation, "from")))
    elif kind == "copy":
        _add(root, path, copy.deepcopy(_child(root, _pointer(operation, "from"))))
    elif kind == "test":
        if not _same(_child(root, path), operation.get("value")):
            raise PatchError(f"testing value {operation['path']} failed")
    else:
        raise PatchError(f"unexpected kind: {kind}")


def _pointer(operation: dict[str, Any], member: str) -> list[str]:
    """The steps of a JSON Pointer, below the one-element list that holds the document."""
    text = operation.get(member)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise PatchError(f"{member} is no JSON Pointer: {text!r}")
    steps = text.split("/")[1:]
    return ["0", *(step.replace("~1", "/").replace("~0", "~") for step in steps)]


def _value(operation: dict[str, Any]) -> Any:
    if "value" not in operation:
        raise PatchError(f"{operation.get('op')} without a value")
    return copy.deepcopy(operation["value"])


def _index(container: list[Any], step: str, limit: int) -> int:
    if not (step.isascii() and step.isdigit()) or int(step) >= limit:
        raise PatchError(f"no element {step} in a list of {len(container)}")
    return int(step)


def _get(root: list[Any], path: list[str]) -> Any:
    found: Any = root
    for step in path:
        if isinstance(found, list):
            found = found[_index(found, step, len(found))]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            raise PatchError(f"nothing at {'/'.join(path[1:])}")
    return found


def _child(root: list[Any], path: list[str]) -> Any:
    """What is at ``path``; a member that its object lacks is null, for this library."""
    container = _get(root, path[:-1])
    return container.get(path[-1]) if isinstance(container, dict) else _get(root, path)


def _add(root: list[Any], path: list[str], value: Any) -> None:
    container, last = _get(root, path[:-1]), path[-1]
    if len(path) == 1:
        root[:] = [value]
    elif isinstance(container, list):
        place = len(container) if last == "-" else _index(container, last, len(container) + 1)
        container.insert(place, value)
    elif isinstance(container, dict):
        container[last] = value
    else:
        raise PatchError(f"nothing can be added below {'/'.join(path[1:-1])}")


def _replace(root: list[Any], path: list[str], value: Any) -> None:
    container = _get(root, path[:-1])
    if isinstance(container, list):
        container[_index(container, path[-1], len(container))] = value
    else:
        _add(root, path, value)


def _remove(root: list[Any], path: list[str]) -> Any:
    removed = _get(root, path)
    container = _get(root, path[:-1])
    if len(path) == 1:
        raise PatchError("the whole document cannot be removed")
    del container[int(path[-1]) if isinstance(container, list) else path[-1]]
    return removed


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values: unlike Python's, ``true`` is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
