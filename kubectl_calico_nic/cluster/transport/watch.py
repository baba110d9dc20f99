"""The events of a watch, read from the stream of bytes that carries them.

Mirrors client-go (rest/watch/decoder.go) and what its Reflector makes of errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.cluster.errors import UnexpectedAnswer
from kubectl_calico_nic.cluster.transport.answers import error_from_status
from kubectl_calico_nic.cluster.transport.request_info import RequestInfo

_LONGEST_EVENT = 16 * 1024 * 1024
"""Bytes; etcd keeps no object that is longer than a tenth of this."""


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """``type`` is ADDED, MODIFIED, DELETED or BOOKMARK; ``object`` the JSON of the object.

    Of a BOOKMARK only the resourceVersion means anything.
    """

    type: str
    object: Mapping[str, Any]

    @property
    def resource_version(self) -> str | None:
        """From where a next watch goes on; None when the object does not say."""
        metadata = self.object.get("metadata")
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        return version if isinstance(version, str) else None


def watch_events(chunks: Iterable[bytes], request: RequestInfo) -> Iterator[WatchEvent]:
    """Decodes events, one JSON object a line, from chunks that may end anywhere.

    A last line without its end is not an event: the connection broke.

    Raises:
        Gone: the resourceVersion is too old.
        ApiError: the server sent another error.
        UnexpectedAnswer: a line is no event.
    """
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST_EVENT:
            raise UnexpectedAnswer("an event of the watch stream has no end")
        for line in lines:
            if line.strip():
                yield _event(line, request)


def _event(line: bytes, request: RequestInfo) -> WatchEvent:
    try:
        event = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        event = None
    kind = event.get("type") if isinstance(event, dict) else None
    body = event.get("object") if isinstance(event, dict) else None
    if not isinstance(kind, str) or not isinstance(body, dict):
        raise UnexpectedAnswer("unable to decode an event from the watch stream")
    if kind == "ERROR":
        raise error_from_status(body, request)
    return WatchEvent(kind, body)
