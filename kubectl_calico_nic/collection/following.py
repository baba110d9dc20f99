"""Follows one DaemonSet, its pods and all Nodes by list and watch.

Mirrors client-go's reflector (tools/cache/reflector.go) in what it must survive: a watch that
ends, one that is too old (410), an API server that goes away for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from kubectl_calico_nic.cluster.errors import ApiError, Gone
from kubectl_calico_nic.collection.port import Query
from kubectl_calico_nic.errors import CalicoNicError

_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the next try while the API server does not answer, or refuses."""
_REFUSALS = 4
"""How often to ask again before a refusal is believed."""
_SHORTEST_WATCH = 1.0
"""Seconds: a watch that ends sooner, without an event, is not begun again at once."""


class WatchApi(Protocol):
    """The calls that following needs of the session."""

    def get(self, path: str, query: Query = ()) -> Any:
        """One object, here a list, as JSON."""

    def watch(
        self, path: str, query: Query, *, resource_version: str | None, deadline: float | None
    ) -> Iterator[Any]:
        """Events with ``type`` and ``object``."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object to follow: ``name`` is what changes are filed under."""

    name: str
    path: str
    query: Query = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """All objects of a kind as a new list has them."""

    kind: str
    objects: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One object appeared, changed or (``deleted``) vanished."""

    kind: str
    object: Mapping[str, Any]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A kind may not be followed, for a reason that trying again does not mend."""

    kind: str
    error: CalicoNicError


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The API server does not answer at the moment; it is asked again until ``Replaced``."""

    kind: str
    error: CalicoNicError


Change = Replaced | Changed | Failed | Interrupted


@dataclass(slots=True)
class Following:
    """Watches several kinds at once, each on a thread of its own; use it as a context manager.

    ``pauses`` are the seconds before another try after one failure, after two, and so on.
    """

    api: WatchApi
    kinds: Sequence[Kind]
    pauses: Sequence[float] = _PAUSES
    _changes: SimpleQueue[Change] = field(default_factory=SimpleQueue)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Following:
        for kind in self.kinds:
            name = f"calico-nic-watch-{kind.name}"
            threading.Thread(target=self._follow, args=(kind,), name=name, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    def changes(self, timeout: float | None) -> list[Change]:
        """Wait for the next change, return it and all that came with it; empty on ``timeout``."""
        try:
            found = [self._changes.get(timeout=timeout)]
        except Empty:
            return []
        while True:
            try:
                found.append(self._changes.get_nowait())
            except Empty:
                return found

    def _follow(self, kind: Kind) -> None:
        """List and watch ``kind`` until stopped; only being refused from the beginning ends it."""
        course = _Course()
        while not self._stopped.is_set():
            try:
                self._list_and_watch(kind, course)
            except Gone:
                self._stopped.wait(self.pauses[0])
            except CalicoNicError as error:
                refused = _is_refusal(error) and not course.watched
                course.refusals = course.refusals + 1 if refused else 0
                if course.refusals > _REFUSALS:
                    return self._changes.put(Failed(kind.name, error))
                if not refused and not course.is_told:
                    self._changes.put(Interrupted(kind.name, error))
                    course.is_told = True
                self._stopped.wait(self.pauses[min(course.failures, len(self.pauses) - 1)])
                course.failures += 1
        return None

    def _list_and_watch(self, kind: Kind, course: _Course) -> None:
        """List, then watch on from there until the watch cannot be continued."""
        listed = self.api.get(kind.path, kind.query)
        items = tuple(item for item in listed.get("items") or () if isinstance(item, Mapping))
        self._changes.put(Replaced(kind.name, items))
        version = str((listed.get("metadata") or {}).get("resourceVersion", ""))
        while not self._stopped.is_set():
            version = self._watch(kind, version, course)

    def _watch(self, kind: Kind, version: str, course: _Course) -> str:
        """Take the events of one watch; return from where the next one goes on."""
        began, newest = time.monotonic(), version
        events = self.api.watch(kind.path, kind.query, resource_version=version, deadline=None)
        for event in events:
            course.go_well()
            if self._stopped.is_set():
                break
            item = event.object
            newest = str((item.get("metadata") or {}).get("resourceVersion") or newest)
            if event.type != "BOOKMARK":
                self._changes.put(Changed(kind.name, item, event.type == "DELETED"))
        course.go_well()
        if newest == version and time.monotonic() - began < _SHORTEST_WATCH:
            self._stopped.wait(_SHORTEST_WATCH)
        return newest


@dataclass(slots=True)
class _Course:
    """How following one kind went.

    ``watched`` says whether it ever came to a watch; ``failures`` counts those since it last did,
    ``refusals`` those in a row that were refusals; ``is_told`` says whether anybody was told.
    """

    watched: bool = False
    failures: int = 0
    refusals: int = 0
    is_told: bool = False

    def go_well(self) -> None:
        """A watch came about."""
        self.watched, self.is_told = True, False
        self.failures = self.refusals = 0


def _is_refusal(error: CalicoNicError) -> bool:
    """Whether the API server refuses.

    One that has just begun refuses everybody: until its caches are filled it knows no role.
    """
    return isinstance(error, ApiError) and error.status in (401, 403, 404)
