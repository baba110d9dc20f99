"""Answers get and list requests."""

from __future__ import annotations

import base64
import json
from typing import Any

from kubectl_calico_nic.simulator.apiserver.exchange import Answer, Request, json_answer
from kubectl_calico_nic.simulator.apiserver.representation import Representation
from kubectl_calico_nic.simulator.apiserver.resources import Resource
from kubectl_calico_nic.simulator.apiserver.selectors import (
    Predicate,
    field_predicate,
    label_predicate,
)
from kubectl_calico_nic.simulator.apiserver.status_errors import (
    StatusError,
    bad_request,
    expired,
    not_found,
)
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.store import Expired, Object, Store

_CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You must start a new list without the continue parameter."
)


class Reading:
    """Reads objects for clients."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def one(self, resource: Resource, namespace: str, name: str, request: Request) -> Answer:
        """Answer with one object."""
        form = Representation(resource, request, self._clock.now())
        item = self._store.get(resource.key, namespace, name)
        if item is None:
            raise not_found(resource, name)
        return json_answer(form.one(item))

    def many(self, resource: Resource, namespace: str | None, request: Request) -> Answer:
        """Answer with a list, or a page of it (``limit``, ``continue``)."""
        form = Representation(resource, request, self._clock.now())
        wanted = selection(resource, request)
        with self._store.changed:
            version, start = self._position(request)
            items = self._items(resource, namespace, version)
        found = [item for item in items if _place(item) >= start and wanted(item)]
        metadata: Object = {"resourceVersion": str(version)}
        limit = request.number("limit") or 0
        if limit and len(found) > limit:
            metadata["continue"] = _token(version, found[limit])
            if not (request.parameter("labelSelector") or request.parameter("fieldSelector")):
                metadata["remainingItemCount"] = len(found) - limit
            found = found[:limit]
        return json_answer(form.many(found, metadata))

    def _items(self, resource: Resource, namespace: str | None, version: int) -> list[Object]:
        try:
            return self._store.objects_at(resource.key, namespace, version)
        except Expired as error:
            raise expired(_CONTINUE_EXPIRED) from error

    def _position(self, request: Request) -> tuple[int, tuple[str, str]]:
        """The version to read at, and the first (namespace, name) of the page."""
        token = request.parameter("continue")
        if token:
            return _read_token(token)
        asked = request.number("resourceVersion") or 0
        if asked > self._store.version:
            raise _too_new(asked, self._store.version)
        exact = request.parameter("resourceVersionMatch") == "Exact"
        return (asked if exact else self._store.version), ("", "")


def selection(resource: Resource, request: Request) -> Predicate:
    """The test of ``labelSelector`` and ``fieldSelector`` together."""
    labels = label_predicate(request.parameter("labelSelector"))
    fields = field_predicate(resource, request.parameter("fieldSelector"))
    return lambda item: labels(item) and fields(item)


def _place(item: Object) -> tuple[str, str]:
    return (item["metadata"].get("namespace", ""), item["metadata"]["name"])


def _token(version: int, following: Object) -> str:
    value = {"v": "meta.k8s.io/v1", "rv": version, "start": "/".join(_place(following))}
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[int, tuple[str, str]]:
    try:
        padded = token + "=" * (-len(token) % 4)
        value: Any = json.loads(base64.urlsafe_b64decode(padded))
        namespace, _, name = value["start"].partition("/")
        return int(value["rv"]), (namespace, name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise bad_request("invalid continue token: continue key is not valid") from error


def _too_new(asked: int, current: int) -> StatusError:
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return StatusError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        {"causes": [cause], "retryAfterSeconds": 1},
    )
