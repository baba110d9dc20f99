"""How objects are sent: whole, as table rows, or as nothing but their metadata."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime

from kubectl_calico_nic.simulator.apiserver.exchange import JSON, Request
from kubectl_calico_nic.simulator.apiserver.resources import Resource
from kubectl_calico_nic.simulator.apiserver.status_errors import not_acceptable
from kubectl_calico_nic.simulator.apiserver.tables import partial_metadata, table
from kubectl_calico_nic.simulator.store import Object


class Form(enum.Enum):
    """What the client accepts."""

    WHOLE = "object"
    TABLE = "Table"
    METADATA = "PartialObjectMetadata"


class Representation:
    """The form that one request asked for."""

    def __init__(self, resource: Resource, request: Request, now: datetime) -> None:
        self._resource = resource
        self._include = request.parameter("includeObject")
        self._now = now
        self._headers = True
        self.form = _negotiate(request.headers.get("accept", ""))

    def one(self, item: Object) -> Object:
        """A single object."""
        if self.form is Form.METADATA:
            return partial_metadata(item)
        if self.form is Form.WHOLE:
            return item
        version = item["metadata"].get("resourceVersion", "")
        return self._table([item], {"resourceVersion": version})

    def event(self, item: Object, now: datetime) -> Object:
        """The object of a watch event; tables send their headers once."""
        self._now = now
        shown = self.one(item)
        self._headers = False
        return shown

    def many(self, items: Sequence[Object], metadata: Object) -> Object:
        """A list."""
        if self.form is Form.TABLE:
            return self._table(items, metadata)
        if self.form is Form.METADATA:
            return {
                "kind": "PartialObjectMetadataList",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata,
                "items": [partial_metadata(item) for item in items],
            }
        if self._resource.custom:
            # These lists have no type in which an empty string is left out.
            metadata = {"continue": "", **metadata}
        return {
            "kind": f"{self._resource.kind}List",
            "apiVersion": self._resource.api_version,
            "metadata": metadata,
            "items": [self._without_type(item) for item in items],
        }

    def _without_type(self, item: Object) -> Object:
        # Items of typed lists carry no kind and apiVersion; those of custom resources do.
        if self._resource.custom:
            return item
        return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}

    def _table(self, items: Sequence[Object], metadata: Object) -> Object:
        return table(
            self._resource,
            items,
            self._now,
            metadata=metadata,
            include=self._include,
            headers=self._headers,
        )


def _negotiate(accept: str) -> Form:
    if not accept:
        return Form.WHOLE
    for choice in accept.split(","):
        media, *parameters = (part.strip() for part in choice.split(";"))
        if media not in (JSON, "application/*", "*/*"):
            continue
        wanted = dict(part.partition("=")[::2] for part in parameters)
        kind = wanted.get("as", "").removesuffix("List")
        if not kind:
            return Form.WHOLE
        if kind in ("Table", "PartialObjectMetadata") and wanted.get("v") == "v1":
            return Form(kind)
    raise not_acceptable()
