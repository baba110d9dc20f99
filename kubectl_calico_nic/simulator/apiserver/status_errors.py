"""The API server's refusals, worded as apimachinery words them (pkg/api/errors/errors.go)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.simulator.apiserver.resources import Resource

OUTDATED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason of an Invalid answer: ``kind`` is ``FieldValueInvalid`` and the like."""

    kind: str
    field: str
    message: str


class StatusError(Exception):
    """A refusal; ``status`` is the HTTP status, ``body`` the metav1.Status sent as JSON."""

    def __init__(
        self, status: int, reason: str, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
        }
        if reason:
            self.body["reason"] = reason
        if details is not None:
            self.body["details"] = dict(details)
        self.body["code"] = status


def _details(resource: Resource, name: str = "") -> dict[str, Any]:
    details = {"name": name, "group": resource.group, "kind": resource.plural}
    return {key: value for key, value in details.items() if value}


def not_found(resource: Resource, name: str) -> StatusError:
    """The object ``name`` does not exist."""
    message = f"{resource.key} {_quoted(name)} not found"
    return StatusError(404, "NotFound", message, _details(resource, name))


def already_exists(resource: Resource, name: str) -> StatusError:
    """An object ``name`` is there already."""
    message = f"{resource.key} {_quoted(name)} already exists"
    return StatusError(409, "AlreadyExists", message, _details(resource, name))


def conflict(resource: Resource, name: str, why: str = OUTDATED) -> StatusError:
    """The object is another than the writer has seen."""
    message = f"Operation cannot be fulfilled on {resource.key} {_quoted(name)}: {why}"
    return StatusError(409, "Conflict", message, _details(resource, name))


def outdated_deletion(resource: Resource, name: str, why: str) -> StatusError:
    """The object is another than the one that was to be deleted."""
    message = f"Operation cannot be fulfilled on {resource.kind} {_quoted(name)}: {why}"
    return StatusError(409, "Conflict", message, {"name": name, "kind": resource.kind})


def forbidden(resource: Resource, name: str, why: str) -> StatusError:
    """The user lacks a right."""
    what = f"{resource.key} {_quoted(name)}" if name else resource.key
    return StatusError(403, "Forbidden", f"{what} is forbidden: {why}", _details(resource, name))


def invalid(resource: Resource, name: str, causes: Iterable[Cause]) -> StatusError:
    """The object breaks the rules of its kind (field.ErrorList's aggregate)."""
    found = tuple(causes)
    texts = tuple(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in found))
    kind = resource.kind + (f".{resource.group}" if resource.group else "")
    joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details = {"name": name, "group": resource.group, "kind": resource.kind}
    return StatusError(
        422,
        "Invalid",
        f"{kind} {_quoted(name)} is invalid: {joined}",
        {
            **{key: value for key, value in details.items() if value},
            "causes": [
                {"reason": cause.kind, "message": cause.message, "field": cause.field}
                for cause in found
            ],
        },
    )


def unsupported_dry_run(verb: str, values: Iterable[str]) -> StatusError:
    """``dryRun`` knows nothing but ``All``; ``verb`` is that of RBAC (``patch``)."""
    kind = f"{verb.capitalize()}Options"
    message = f'Unsupported value: {json.dumps([*values])}: supported values: "All"'
    cause = {"reason": "FieldValueNotSupported", "message": message, "field": "dryRun"}
    details = {"group": "meta.k8s.io", "kind": kind, "causes": [cause]}
    text = f'{kind}.meta.k8s.io "" is invalid: dryRun: {message}'
    return StatusError(422, "Invalid", text, details)


def invalid_patch(patched: str, why: str) -> StatusError:
    """A patch leads to something that is no such object at all: ``patched``, as it is shown."""
    cause = f"Invalid value: {_quoted(patched)}: {why}"
    details = {"causes": [{"reason": "FieldValueInvalid", "message": cause, "field": "patch"}]}
    return StatusError(422, "Invalid", f' "" is invalid: patch: {cause}', details)


def unprocessable_patch() -> StatusError:
    """A JSON Patch that does not apply: a failed ``test`` too. The reason is not told."""
    message = "the server rejected our request due to an error in our request"
    return StatusError(422, "Invalid", message, {})


def bad_request(message: str) -> StatusError:
    """The request itself makes no sense."""
    return StatusError(400, "BadRequest", message)


def method_not_allowed() -> StatusError:
    """The resource has no such verb."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_acceptable() -> StatusError:
    """No media type that the client takes."""
    message = "406: Not Acceptable\n\nAvailable representations: application/json"
    return StatusError(406, "NotAcceptable", message, {})


def unsupported_media_type(accepted: Iterable[str] = ()) -> StatusError:
    """A body of a type that the server does not read; custom resources name the ``accepted``."""
    message = "415: Unsupported Media Type"
    if types := ", ".join(accepted):
        format_unknown = "the body of the request was in an unknown format"
        message = f"{format_unknown} - accepted media types include: {types}"
    return StatusError(415, "UnsupportedMediaType", message, None if types else {})


def expired(message: str) -> StatusError:
    """The version asked for is no longer kept."""
    return StatusError(410, "Expired", message)


def unknown_resource() -> StatusError:
    """A known group without that resource."""
    message = "the server could not find the requested resource"
    return StatusError(404, "NotFound", message, {})


def unknown_page() -> StatusError:
    """A path that no handler knows; the answer is plain text, not a Status."""
    return StatusError(404, "", "404 page not found")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
