"""From JSON that a client sent to an object, as decoding into Go's types and encoding does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kubectl_calico_nic.simulator.apiserver.status_errors import invalid_patch
from kubectl_calico_nic.simulator.store import Object

_OMITTED_WHEN_EMPTY = frozenset(
    {
        "annotations",
        "env",
        "envFrom",
        "finalizers",
        "initContainers",
        "labels",
        "tolerations",
        "volumeMounts",
        "volumes",
    }
)
_WORDS = {bool: "bool", int: "number", float: "number", dict: "object", list: "array"}


def decode(item: Any) -> Object:
    """Take what a request made of an object, return it as the server would encode it.

    Null and, for some fields, empty mean absent; directives of patches are unknown fields.

    Raises:
        StatusError: 422, a type is wrong, worded as Go's JSON decoder words it.
    """
    if not isinstance(item, dict) or not isinstance(item.get("metadata"), dict):
        why = "json: cannot unmarshal into Go value of an API object"
        raise invalid_patch(_shown(item), why)
    for value in environment_values(item):
        if not isinstance(value, str):
            raise invalid_patch(
                _shown(item),
                f"json: cannot unmarshal {_WORDS[type(value)]} into Go struct field"
                " EnvVar.spec.template.spec.containers.env.value of type string",
            )
    encoded: Object = _encoded(item)
    return encoded


def _shown(item: Any) -> str:
    return json.dumps(item, separators=(",", ":"))


def environment_values(item: Object) -> Iterator[Any]:
    """What the environments of an object's pod template (or of a patch of one) set."""
    spec = item.get("spec") or {}
    template = (spec.get("template") or {}).get("spec") or {}
    for box in (*(template.get("initContainers") or ()), *(template.get("containers") or ())):
        for entry in box.get("env") or ():
            if entry.get("value") is not None:
                yield entry["value"]


def _encoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = ((key, _encoded(item)) for key, item in value.items() if not _is_absent(key, item))
    return dict(kept)


def _is_absent(key: str, value: Any) -> bool:
    empty = key in _OMITTED_WHEN_EMPTY and not value
    return value is None or empty or key.startswith("$")
