"""Follows one DaemonSet, its pods and all Nodes by list and watch.

Mirrors client-go's reflector (tools/cache/reflector.go) in what it must survive: a watch that
ends, one that is too old (410), an API server that goes away for a while.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from kubectl_calico_nic.cluster.errors import ApiError, Gone
from kubectl_calico_nic.collection.port import Query
from kubectl_calico_nic.errors import CalicoNicError

_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the next try while the API server does not answer, refuses, or ends each watch."""
_REFUSALS = 4
"""How often to ask again before a refusal is believed."""
_SHORTEST_WATCH = 1.0
"""Seconds: a watch that ends sooner is not begun again at once."""
_VAIN_WATCHES = 3
"""Where so many in a row ended at once and told nothing, a list tells what happened."""
_PAGE = 250
_DIGITS = 40
"""No resourceVersion has more."""


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
    """One kind of object to follow: ``name`` is what changes are filed under.

    ``decode`` takes an object as JSON, returns what is kept of it, None for nothing. It is called
    as objects come, on the thread that reads them: thousands of them as JSON take much memory.
    """

    name: str
    path: str
    decode: Callable[[Mapping[str, Any]], object | None]
    query: Query = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """All objects of a kind as a new list has them, decoded."""

    kind: str
    objects: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One object, decoded, that appeared, changed or (``deleted``) vanished."""

    kind: str
    object: Any
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

    ``pauses`` are the seconds before another try after one failure, after two, and so on; each is
    shortened by up to its half, by a ``jitter`` between 0 and 1, lest all who watch come at once.
    """

    api: WatchApi
    kinds: Sequence[Kind]
    pauses: Sequence[float] = _PAUSES
    jitter: Callable[[], float] = random.random
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
                self._pause(course.expired)
                course.expired += 1
            except CalicoNicError as error:
                refused = _is_refusal(error) and not course.watched
                course.refusals = course.refusals + 1 if refused else 0
                if course.refusals > _REFUSALS:
                    return self._changes.put(Failed(kind.name, error))
                if not refused and not course.is_told:
                    self._changes.put(Interrupted(kind.name, error))
                    course.is_told = True
                self._pause(course.failures)
                course.failures += 1
            except Exception as error:  # a defect of ours: on this thread nobody would hear of it
                text = f"unexpected {type(error).__name__}: {error}; please report this"
                return self._changes.put(Failed(kind.name, CalicoNicError(text)))
        return None

    def _list_and_watch(self, kind: Kind, course: _Course) -> None:
        """List, then watch on from there until the watch cannot be continued."""
        order = self._list(kind)
        while not self._stopped.is_set():
            began = time.monotonic()
            told = self._watch(kind, order, course)
            if time.monotonic() - began >= _SHORTEST_WATCH:
                course.short = course.expired = 0
                continue
            self._pause(course.short)
            course.short += 1
            if not told and course.short >= _VAIN_WATCHES:
                return

    def _list(self, kind: Kind) -> _Order:
        """Tell of all objects, read page by page; return the order from which they go on."""
        order, token = _Order(""), ""
        kept: list[object] = []
        while True:
            metadata = self._read_page(kind, token, order, kept)
            token = str(metadata.get("continue") or "")
            if not token:
                order.newest = str(metadata.get("resourceVersion", ""))
                self._changes.put(Replaced(kind.name, tuple(kept)))
                return order

    def _read_page(
        self, kind: Kind, token: str, order: _Order, kept: list[object]
    ) -> Mapping[str, Any]:
        """Add what is kept of one page; return the page's metadata. The rest is let go."""
        more = [("limit", str(_PAGE)), *([("continue", token)] if token else [])]
        page = self.api.get(kind.path, (*kind.query, *more))
        listed = page.get("items")
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, Mapping):
                order.is_news(item)
                decoded = kind.decode(item)
                kept += () if decoded is None else (decoded,)
        return _mapping(page.get("metadata"))

    def _watch(self, kind: Kind, order: _Order, course: _Course) -> bool:
        """Take the events of one watch; return whether there was any."""
        told = False
        events = self.api.watch(kind.path, kind.query, resource_version=order.newest, deadline=None)
        for event in events:
            course.go_well()
            if self._stopped.is_set():
                break
            told = True
            is_news = order.is_news(event.object)
            if not is_news or event.type == "BOOKMARK":
                continue
            kept = kind.decode(event.object)
            if kept is not None:
                self._changes.put(Changed(kind.name, kept, event.type == "DELETED"))
        course.go_well()
        return told

    def _pause(self, before: int) -> None:
        """Wait a little; the longer, the more often it was in vain ``before``."""
        seconds = self.pauses[min(before, len(self.pauses) - 1)]
        self._stopped.wait(seconds * (1 - self.jitter() / 2))


@dataclass(slots=True)
class _Order:
    """What is known of the order of events of one kind: an older state never replaces a newer one.

    ``newest`` is the resourceVersion from which a watch goes on. Resource versions that are
    numbers can be compared (KEP-5504); of others the last that comes is the newest.
    """

    newest: str
    _known: dict[str, int] = field(default_factory=dict)

    def is_news(self, item: Mapping[str, Any]) -> bool:
        """Whether ``item`` is not older than what was seen of the same object."""
        metadata = _mapping(item.get("metadata"))
        version = metadata.get("resourceVersion")
        if not isinstance(version, str) or not version:
            return True
        if not version.isdecimal():
            self.newest = version
            return True
        number, identity = int(version[:_DIGITS]), f"{metadata.get('uid')}/{metadata.get('name')}"
        if not self.newest.isdecimal() or number > int(self.newest[:_DIGITS]):
            self.newest = version
        if number < self._known.get(identity, 0):
            return False
        self._known[identity] = number
        return True


@dataclass(slots=True)
class _Course:
    """How following one kind went.

    ``watched`` says whether it ever came to a watch; ``failures`` counts those since it last did,
    ``refusals`` those in a row that were refusals, ``short`` the watches in a row that ended at
    once, ``expired`` those that were too old; ``is_told`` says whether anybody was told.
    """

    watched: bool = False
    failures: int = 0
    refusals: int = 0
    short: int = 0
    expired: int = 0
    is_told: bool = False

    def go_well(self) -> None:
        """A watch came about."""
        self.watched, self.is_told = True, False
        self.failures = self.refusals = 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_refusal(error: CalicoNicError) -> bool:
    """Whether the API server refuses.

    One that has just begun refuses everybody: until its caches are filled it knows no role.
    """
    return isinstance(error, ApiError) and error.status in (401, 403, 404)
