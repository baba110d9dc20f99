"""Following objects by list and watch, through everything that a reflector survives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError, ConnectionRefused, Gone
from kubectl_calico_nic.cluster.watch import WatchEvent
from kubectl_calico_nic.collection.following import (
    Change,
    Changed,
    Failed,
    Following,
    Interrupted,
    Kind,
    Replaced,
)

NODES = Kind("nodes", "/api/v1/nodes")
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


def follow(script: Script, enough: Callable[[list[Change]], bool]) -> list[Change]:
    """Everything that changed until it is enough."""
    seen: list[Change] = []
    deadline = time.monotonic() + 10
    with Following(script, (NODES,), pauses=(0.001,)) as following:
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


def test_watches_that_end_at_once_are_not_asked_for_without_pause() -> None:
    script = Script([[]], [[]] * 1000)
    follow(script, lambda seen: len(script.asked) >= 3)
    assert len(script.asked) < 10
