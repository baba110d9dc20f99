"""Following objects by list and watch, through everything that a reflector survives."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError, ConnectionRefused, Gone
from kubectl_calico_nic.cluster.transport.watch import WatchEvent
from kubectl_calico_nic.collection.following import (
    Change,
    Changed,
    Failed,
    Following,
    Interrupted,
    Kind,
    Replaced,
)

NODES = Kind("nodes", "/api/v1/nodes", dict)
AWAY = ConnectionRefused("127.0.0.1:6443")
FORBIDDEN = ApiError(403, "Forbidden", "nodes is forbidden")
EXPIRED = Gone(410, "Expired", "too old resource version")

Step = Exception | Sequence[Any]


def named(name: str, version: int) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


def event(kind: str, name: str, version: int) -> WatchEvent:
    return WatchEvent(kind, named(name, version))


class Script:
    """An API server that answers each list and each watch as written; then it is silent."""

    def __init__(self, lists: Sequence[Step] = (), watches: Sequence[Step] = ()) -> None:
        self.lists, self.watches = [*lists], [*watches]
        self.asked: list[str] = []
        self.over = threading.Event()

    def get(self, path: str, query: Any = ()) -> Any:
        self.asked.append("list")
        items = self._next(self.lists, [])
        return {"items": list(items), "metadata": {"resourceVersion": "1"}}

    def watch(
        self, path: str, query: Any, *, resource_version: str | None, deadline: float | None
    ) -> Iterator[WatchEvent]:
        self.asked.append(f"watch {resource_version}")
        if not self.watches:
            self.over.wait()
        yield from self._next(self.watches, [])

    def _next(self, steps: list[Step], default: Step) -> Any:
        step = steps.pop(0) if steps else default
        if isinstance(step, Exception):
            raise step
        return step


def follow(
    script: Script, enough: Callable[[list[Change]], bool], *pauses: float, kind: Kind = NODES
) -> list[Change]:
    """Everything that changed until it is enough."""
    seen: list[Change] = []
    deadline = time.monotonic() + 10
    with Following(script, (kind,), pauses=pauses or (0.001,)) as following:
        while not enough(seen):
            assert time.monotonic() < deadline, (seen, script.asked)
            seen += following.changes(0.1)
        script.over.set()
    return seen


def count(kind: type[Change]) -> Callable[[list[Change]], int]:
    return lambda seen: sum(isinstance(change, kind) for change in seen)


def replaced_twice(seen: list[Change]) -> bool:
    return count(Replaced)(seen) == 2


def test_a_list_then_its_events() -> None:
    events = [event("ADDED", "b", 2), event("BOOKMARK", "", 5), event("DELETED", "a", 6)]
    script = Script([[named("a", 1)]], [events])
    seen = follow(script, lambda seen: len(seen) == 3 and len(script.asked) == 3)
    assert seen == [
        Replaced("nodes", (named("a", 1),)),
        Changed("nodes", named("b", 2)),
        Changed("nodes", named("a", 6), deleted=True),
    ]
    assert script.asked == ["list", "watch 1", "watch 6"]


def test_a_watch_that_expired_is_begun_with_a_new_list() -> None:
    script = Script([[named("a", 1)], [named("c", 9)]], [EXPIRED])
    seen = follow(script, replaced_twice)
    assert [change.objects for change in seen if isinstance(change, Replaced)] == [
        (named("a", 1),),
        (named("c", 9),),
    ]


def test_an_api_server_that_is_away_is_told_once_and_asked_again() -> None:
    script = Script([[], AWAY, AWAY, [named("a", 7)]], [AWAY])
    seen = follow(script, replaced_twice)
    assert [type(change) for change in seen] == [Replaced, Interrupted, Replaced]


def test_every_absence_is_told() -> None:
    """A watch that came about ends the absence before."""
    script = Script([[], [], []], [AWAY, [event("ADDED", "a", 2)], AWAY])
    seen = follow(script, lambda seen: count(Interrupted)(seen) == 2)
    expected = [Replaced, Interrupted, Replaced, Changed, Interrupted]
    assert [type(change) for change in seen][: len(expected)] == expected


@pytest.mark.parametrize("script", [Script([FORBIDDEN] * 9), Script([], [FORBIDDEN] * 9)])
def test_a_missing_permission_ends_it(script: Script) -> None:
    seen = follow(script, count(Failed))
    assert [change for change in seen if not isinstance(change, Replaced)] == [
        Failed("nodes", FORBIDDEN)
    ]


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(
    ("lists", "watches"), [([], []), ([AWAY] * 5, []), ([[]], [[event("ADDED", "b", 2)], AWAY])]
)
def test_a_server_that_restarts_may_refuse_at_first(
    status: int, lists: list[Step], watches: list[Step]
) -> None:
    """Before its caches are filled, an API server knows no roles and no custom resources."""
    refused = ApiError(status, "", "not yet")
    script = Script([*lists, refused, refused, [named("a", 7)]], watches)
    seen = follow(script, lambda seen: Replaced("nodes", (named("a", 7),)) in seen)
    assert not count(Failed)(seen)


@pytest.mark.parametrize("events", [[], [event("MODIFIED", "a", 2)]])
def test_watches_that_end_at_once_are_begun_again_ever_more_slowly(events: list[Any]) -> None:
    """Whether they tell anything or not: a server that closes each would be asked without end."""
    script = Script([[]], [events] * 1000)
    follow(script, lambda seen: len(script.asked) >= 3, 0.001, 60.0)
    assert len(script.asked) == 3


def test_the_pause_differs_from_client_to_client() -> None:
    for jitter, expected in ((0.0, 60.0), (1.0, 30.0)):
        following = Following(Script(), (), pauses=(60.0,), jitter=lambda found=jitter: found)
        waits: list[float] = []
        following._stopped.wait = waits.append  # type: ignore[method-assign, assignment]
        following._pause(5)
        assert waits == [expected]


def test_where_watches_tell_nothing_a_list_does() -> None:
    script = Script([[], [named("a", 7)]], [[]] * 1000)
    seen = follow(script, replaced_twice)
    assert Replaced("nodes", (named("a", 7),)) in seen
    assert script.asked[:5] == ["list", "watch 1", "watch 1", "watch 1", "list"]


def test_a_watch_that_expires_again_and_again_is_begun_ever_more_slowly() -> None:
    script = Script([], [EXPIRED] * 1000)
    follow(script, lambda seen: len(script.asked) >= 4, 0.001, 60.0)
    assert script.asked == ["list", "watch 1", "list", "watch 1"]


def test_an_older_state_never_replaces_a_newer_one() -> None:
    events = [
        event("MODIFIED", "a", 9),
        event("MODIFIED", "a", 5),
        event("DELETED", "a", 12),
        event("MODIFIED", "a", 11),
        event("ADDED", "b", 3),
        event("BOOKMARK", "", 4),
    ]
    script = Script([[named("a", 6)]], [events])
    seen = follow(script, lambda seen: len(seen) == 4 and len(script.asked) == 3)
    assert seen[1:] == [
        Changed("nodes", named("a", 9)),
        Changed("nodes", named("a", 12), deleted=True),
        Changed("nodes", named("b", 3)),
    ]
    assert script.asked[-1] == "watch 12"


def test_versions_that_are_no_numbers_are_taken_as_they_come() -> None:
    odd = [WatchEvent("MODIFIED", {"metadata": {"name": "a", "resourceVersion": text}})
           for text in ("z", "b", "")]  # fmt: skip
    script = Script([[]], [odd])
    follow(script, lambda seen: len(seen) == 4 and len(script.asked) == 3)
    assert script.asked[-1] == "watch b"


class Json(dict[str, Any]):
    """An object as JSON, which can be watched for as long as anybody keeps it."""


def test_nothing_as_json_lives_longer_than_its_page_or_its_event() -> None:
    """Thousands of objects take hundreds of megabytes: only what is decoded is kept."""
    alive: list[weakref.ref[Json]] = []

    def told(name: str, version: int) -> Json:
        found = Json(named(name, version))
        alive.append(weakref.ref(found))
        return found

    def forgotten() -> bool:
        return all(reference() is None for reference in alive)

    class Cluster(Script):
        def get(self, path: str, query: Any = ()) -> Any:
            assert forgotten()
            token = dict(query).get("continue", "1")
            more = {"continue": str(int(token) + 1)} if token != "4" else {}
            items = [told(f"{token}-{number}", 1) for number in range(5)]
            return {"items": items, "metadata": {"resourceVersion": "8", **more}}

        def watch(self, *_: object, **__: object) -> Iterator[WatchEvent]:
            for version in range(10, 20):
                yield WatchEvent("MODIFIED", told("1-1", version))
                assert sum(reference() is not None for reference in alive) <= 1
            raise Gone(410, "Expired", "too old resource version")

    kind = Kind("nodes", "/api/v1/nodes", lambda item: item["metadata"]["name"])
    seen = follow(Cluster(), replaced_twice, kind=kind)
    names = tuple(f"{page}-{number}" for page in range(1, 5) for number in range(5))
    assert seen[0] == Replaced("nodes", names)
    assert seen[1:11] == [Changed("nodes", "1-1")] * 10
    assert seen[11] == Replaced("nodes", names)


def test_what_cannot_be_decoded_ends_it_and_is_told() -> None:
    kind = Kind("nodes", "/api/v1/nodes", lambda item: item["spec"])
    (failed,) = follow(Script([[named("a", 1)]]), count(Failed), kind=kind)
    assert isinstance(failed, Failed)
    assert failed.error.text == "error: unexpected KeyError: 'spec'; please report this"


def test_what_is_no_such_object_is_left_out() -> None:
    kind = Kind("nodes", "/api/v1/nodes", lambda item: item.get("metadata"))
    script = Script([[{"kind": "Node"}, 7, named("a", 1)]], [[WatchEvent("MODIFIED", {"x": 1})]])
    seen = follow(script, lambda seen: len(script.asked) == 3, kind=kind)
    assert seen == [Replaced("nodes", (named("a", 1)["metadata"],))]


def test_a_long_list_is_read_page_by_page() -> None:
    class Paged(Script):
        def get(self, path: str, query: Any = ()) -> Any:
            token = dict(query).get("continue", "")
            self.asked.append(f"list {dict(query)['limit']} {token}".strip())
            more = {"continue": "t2"} if not token else {}
            name = "b" if token else "a"
            return {"items": [named(name, 1)], "metadata": {"resourceVersion": "8", **more}}

    script = Paged()
    seen = follow(script, count(Replaced))
    assert seen[0] == Replaced("nodes", (named("a", 1), named("b", 1)))
    assert script.asked[:2] == ["list 250", "list 250 t2"]
