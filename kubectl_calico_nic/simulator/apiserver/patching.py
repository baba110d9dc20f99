"""From the body of a PATCH request to a function of the object."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kubectl_calico_nic.simulator.apiserver.decoding import environment_values
from kubectl_calico_nic.simulator.apiserver.exchange import Request
from kubectl_calico_nic.simulator.apiserver.json_patch import PatchError, apply_json_patch
from kubectl_calico_nic.simulator.apiserver.merge_patches import merge, strategic_merge
from kubectl_calico_nic.simulator.apiserver.resources import Resource
from kubectl_calico_nic.simulator.apiserver.status_errors import (
    bad_request,
    invalid_patch,
    unprocessable_patch,
    unsupported_media_type,
)
from kubectl_calico_nic.simulator.store import Object

_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"
_DECODING = "error decoding patch: "


def patch_function(resource: Resource, request: Request) -> Callable[[Object], Any]:
    """Take a PATCH request, return what it does to an object.

    The function raises StatusError when the patch does not apply.

    Raises:
        StatusError: 415, the server does not read this kind of patch (server-side apply is for
            real API servers); 400, the body is no patch.
    """
    accepted = [_JSON_PATCH, _MERGE_PATCH, *(() if resource.custom else (_STRATEGIC,))]
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in accepted:
        raise unsupported_media_type(accepted if resource.custom else ())
    patch = request.json("invalid JSON patch")
    if kind == _JSON_PATCH:
        if not isinstance(patch, list):
            raise bad_request(_cannot_unmarshal(patch, "[]handlers.jsonPatchOp"))
        return lambda item: _json_patched(item, patch)
    if not isinstance(patch, dict):
        what = _cannot_unmarshal(patch, "map[string]interface {}")
        raise bad_request(what if kind == _MERGE_PATCH else what.removeprefix(_DECODING))
    if kind == _MERGE_PATCH:
        return lambda item: merge(item, patch)
    _require_texts(patch)
    return lambda item: strategic_merge(item, patch)


def _require_texts(patch: Object) -> None:
    """Refuse numbers in an environment, as decoding a strategic patch to Go's types does."""
    for value in environment_values(patch):
        if not isinstance(value, str):
            why = "unrecognized type: string"
            if isinstance(value, int) and not isinstance(value, bool):
                why = "cannot convert int64 to string"
            raise invalid_patch(_as_go_prints(patch), why)


def _as_go_prints(value: Any) -> str:
    """``fmt.Sprint`` of decoded JSON."""
    if isinstance(value, dict):
        pairs = (f"{key}:{_as_go_prints(value[key])}" for key in sorted(value))
        return f"map[{' '.join(pairs)}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_as_go_prints, value))}]"
    return value if isinstance(value, str) else json.dumps(value).replace("null", "<nil>")


def _json_patched(item: Object, operations: list[Any]) -> Any:
    try:
        return apply_json_patch(item, operations)
    except PatchError as error:
        raise unprocessable_patch() from error


def _cannot_unmarshal(patch: Any, target: str) -> str:
    words = {dict: "object", list: "array", str: "string", bool: "bool"}
    word = words.get(type(patch), "number")
    return f"{_DECODING}json: cannot unmarshal {word} into Go value of type {target}"
