"""The objects of the simulated cluster, their versions, and every change: its etcd."""

from __future__ import annotations

import copy
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Object = dict[str, Any]
"""An API object as JSON. What the store gives out is shared: never change it, copy it."""

_HISTORY = 4096
"""How many changes are kept for watches and continued lists."""

_UID_SPACE = uuid.UUID("6f3c1a0e-2f5b-4d57-9d41-6b1c7f0f2c11")


class Expired(Exception):
    """Changes are asked for that are no longer kept; ``oldest`` is the oldest kept version."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"changes before {oldest} are gone")
        self.oldest = oldest


@dataclass(frozen=True, slots=True)
class Change:
    """One write: ``kind`` is ``ADDED``, ``MODIFIED`` or ``DELETED``, as watches call it.

    ``object`` is the object after it (of a deletion: as it was, at the deletion's version),
    ``previous`` the object before it.
    """

    version: int
    kind: str
    resource: str
    object: Object
    previous: Object | None


class Store:
    """Objects by resource (``daemonsets.apps``), namespace (``""``: none) and name.

    One counter gives every write its resourceVersion, as etcd's revision does. ``changed`` is the
    lock of everything and is notified of every write; it may be entered again by its holder.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.closed = False
        self._now = now
        self._version = 1
        self._forgotten = 1
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        self._history: deque[Change] = deque()
        self._listeners: list[Callable[[Change], None]] = []

    @property
    def version(self) -> int:
        """The version of the newest write."""
        return self._version

    def subscribe(self, listener: Callable[[Change], None]) -> None:
        """Tell ``listener`` of every change, within the lock: it may only note what to do."""
        self._listeners.append(listener)

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """The object, None when there is none."""
        with self.changed:
            return self._objects.get(resource, {}).get((namespace, name))

    def objects(self, resource: str, namespace: str | None = None) -> list[Object]:
        """All objects of a resource (``namespace`` None: of all namespaces), by namespace, name."""
        with self.changed:
            found = sorted(self._objects.get(resource, {}).items())
        return [item for (place, _), item in found if namespace in (None, place)]

    def objects_at(self, resource: str, namespace: str | None, version: int) -> list[Object]:
        """The objects as they were at ``version``: how a list continues consistently.

        Raises:
            Expired: ``version`` is older than what is kept.
        """
        with self.changed:
            objects = dict(self._objects.get(resource, {}))
            for change in reversed(self.changes_after(version)):
                if change.resource != resource:
                    continue
                key = _key(change.object)
                objects.pop(key, None)
                if change.previous is not None:
                    objects[key] = change.previous
        return [item for (place, _), item in sorted(objects.items()) if namespace in (None, place)]

    def changes_after(self, version: int) -> list[Change]:
        """The changes newer than ``version``, oldest first.

        Raises:
            Expired: some of them are no longer kept.
        """
        with self.changed:
            if version < self._forgotten:
                raise Expired(self._forgotten)
            newer: deque[Change] = deque()
            for change in reversed(self._history):
                if change.version <= version:
                    break
                newer.appendleft(change)
            return [*newer]

    def create(self, resource: str, item: Object) -> Object:
        """Store a new object; gives it a uid, a creationTimestamp and a version."""
        with self.changed:
            metadata = item["metadata"]
            place = f"{resource}/{metadata.get('namespace', '')}/{metadata['name']}"
            metadata.setdefault("uid", str(uuid.uuid5(_UID_SPACE, f"{place}/{self._version}")))
            metadata.setdefault("creationTimestamp", rfc3339(self._now()))
            return self._write("ADDED", resource, item, None)

    def replace(self, resource: str, item: Object) -> Object:
        """Store a new state of an object; one that changes nothing writes nothing."""
        with self.changed:
            previous = self._objects[resource][_key(item)]
            if item == previous:
                return previous
            return self._write("MODIFIED", resource, item, previous)

    def edit(
        self, resource: str, namespace: str, name: str, edit: Callable[[Object], None]
    ) -> Object | None:
        """Let ``edit`` change a copy of the object and store it; None when it is gone.

        The copy is two levels deep: members of metadata, spec and status may be set, what is
        below them is shared with the former state and must be replaced whole.
        """
        with self.changed:
            current = self.get(resource, namespace, name)
            if current is None:
                return None
            edited = _copy(current)
            edit(edited)
            return self.replace(resource, edited)

    def remove(self, resource: str, namespace: str, name: str) -> Object | None:
        """Remove an object; return its last state, None when it was gone."""
        with self.changed:
            previous = self._objects.get(resource, {}).get((namespace, name))
            if previous is None:
                return None
            return self._write("DELETED", resource, _copy(previous), previous)

    def forget_changes(self) -> None:
        """Forget all changes so far, as etcd's compaction does: older watches expire."""
        with self.changed:
            self._history.clear()
            self._forgotten = self._version

    def announce(self) -> None:
        """Wake everybody who waits on ``changed`` for something that is no object (a log)."""
        with self.changed:
            self.changed.notify_all()

    def close(self) -> None:
        """End every wait on ``changed``."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def _write(self, kind: str, resource: str, item: Object, previous: Object | None) -> Object:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        objects = self._objects.setdefault(resource, {})
        if kind == "DELETED":
            del objects[_key(item)]
        else:
            objects[_key(item)] = item
        change = Change(self._version, kind, resource, item, previous)
        self._history.append(change)
        if len(self._history) > _HISTORY:
            self._forgotten = self._history.popleft().version
        for listener in self._listeners:
            listener(change)
        self.changed.notify_all()
        return item


def rfc3339(moment: datetime) -> str:
    """``moment`` as metav1.Time writes it: whole seconds, ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _copy(item: Object) -> Object:
    return {key: copy.copy(value) for key, value in item.items()}


def _key(item: Object) -> tuple[str, str]:
    metadata = item["metadata"]
    return (metadata.get("namespace", ""), metadata["name"])
