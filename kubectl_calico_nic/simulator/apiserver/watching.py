"""Answers watch requests: every change from a version on, as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from kubectl_calico_nic.simulator.apiserver.exchange import Request, Stream
from kubectl_calico_nic.simulator.apiserver.get_and_list import selection
from kubectl_calico_nic.simulator.apiserver.representation import Form, Representation
from kubectl_calico_nic.simulator.apiserver.resources import Resource
from kubectl_calico_nic.simulator.apiserver.status_errors import expired
from kubectl_calico_nic.simulator.apiserver.tables import partial_metadata
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.store import Change, Expired, Object, Store

_HEARTBEAT = 1.0
"""How often an idle stream looks whether its client is still there, in real seconds."""

_BOOKMARK_EVERY = 60.0
_BOOKMARK_BEFORE_END = 2.0
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Watch:
    """One watch of one client."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        resource: Resource,
        namespace: str | None,
        request: Request,
    ) -> None:
        self._store = store
        self._clock = clock
        self._resource = resource
        self._namespace = namespace
        self._form = Representation(resource, request, clock.now())
        self._wanted = selection(resource, request)
        self._since = request.number("resourceVersion") or 0
        self._initial = request.flag("sendInitialEvents")
        self._bookmarks = request.flag("allowWatchBookmarks")
        timeout = request.number("timeoutSeconds")
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def stream(self) -> Stream:
        """The answer: one JSON event per line until ``timeoutSeconds`` are over."""
        return Stream(self._events())

    def _events(self) -> Iterator[bytes]:
        seen = self._since
        if self._initial or not seen:
            with self._store.changed:
                items = self._store.objects(self._resource.key, self._namespace)
                seen = self._store.version
            for item in items:
                if self._wanted(item):
                    yield self._line("ADDED", item)
            if self._initial:
                yield self._bookmark(seen, end=True)
        try:
            yield from self._follow(seen)
        except Expired as error:
            message = f"too old resource version: {seen} ({error.oldest})"
            yield _encoded("ERROR", expired(message).body)

    def _follow(self, seen: int) -> Iterator[bytes]:
        bookmark = self._next_bookmark()
        while not self._store.closed and not _is_over(self._deadline):
            changes = self._wait(seen)
            for change in changes:
                yield self._changed(change)
                seen = change.version
            if self._bookmarks and _is_over(bookmark):
                yield self._bookmark(seen)
                bookmark = self._next_bookmark()

    def _wait(self, seen: int) -> list[Change]:
        with self._store.changed:
            changes = self._store.changes_after(seen)
            if not changes and not self._store.closed:
                left = _HEARTBEAT
                if self._deadline is not None:
                    left = min(left, max(0.0, self._deadline - time.monotonic()))
                self._store.changed.wait(left)
                changes = self._store.changes_after(seen)
        return changes

    def _changed(self, change: Change) -> bytes:
        """The event of a change as this watch sees it: objects come and go by its selectors."""
        if change.resource != self._resource.key:
            return b""
        metadata = change.object["metadata"]
        if self._namespace not in (None, metadata.get("namespace", "")):
            return b""
        before = change.previous is not None and self._wanted(change.previous)
        after = change.kind != "DELETED" and self._wanted(change.object)
        if not (before or after):
            return b""
        if after or change.kind == "DELETED":
            kind = "MODIFIED" if before and after else "ADDED" if after else "DELETED"
            return self._line(kind, change.object)
        # An object that is there still leaves as it was when it belonged here.
        assert change.previous is not None
        version = {"resourceVersion": str(change.version)}
        left = {**change.previous, "metadata": {**change.previous["metadata"], **version}}
        return self._line("DELETED", left)

    def _line(self, kind: str, item: Object) -> bytes:
        return _encoded(kind, self._form.event(item, self._clock.now()))

    def _bookmark(self, version: int, *, end: bool = False) -> bytes:
        metadata: Object = {"resourceVersion": str(version)}
        if end:
            metadata["annotations"] = {_INITIAL_EVENTS_END: "true"}
        item: Object = {
            "kind": self._resource.kind,
            "apiVersion": self._resource.api_version,
            "metadata": metadata,
        }
        if self._form.form is Form.TABLE:
            rows = [{"cells": [], "object": partial_metadata(item)}]
            item = {**self._form.many([], {"resourceVersion": str(version)}), "rows": rows}
        return _encoded("BOOKMARK", item)

    def _next_bookmark(self) -> float:
        now = time.monotonic()
        following = now + _BOOKMARK_EVERY
        if self._deadline is not None and self._deadline - _BOOKMARK_BEFORE_END > now:
            following = min(following, self._deadline - _BOOKMARK_BEFORE_END)
        return following


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _encoded(kind: str, item: Object) -> bytes:
    event = {"type": kind, "object": item}
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"
