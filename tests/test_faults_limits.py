"""Gentle on the API server, and open about what takes long."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from kubectl_calico_nic.output import progress

from .calico_nic import Terminal
from .fault_matrix import FAULTS
from .fault_proxy import Exchange
from .simulated import Disturbed
from .wide_cluster import wide_story

NODES = 45
"""More than are asked at once."""


@pytest.fixture(scope="module")
def wide() -> Iterator[Disturbed]:
    with Disturbed(wide_story(NODES)) as cluster:
        yield cluster


class Crowd:
    """Holds requests until as many are in flight as there will ever be, and counts them."""

    def __init__(self, enough: int) -> None:
        self.now = self.most = 0
        self._enough = enough
        self._changed = threading.Condition()

    def __call__(self, exchange: Exchange) -> object:
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._enough, 2)
        with self._changed:
            self.now -= 1
        return exchange.relay()


@pytest.mark.parametrize(("flags", "most"), [((), 32), (("--concurrency", "3"), 3)])
@pytest.mark.parametrize("command", [("inspect",), ("rollout-check", "--watch=false")])
def test_so_many_requests_are_in_flight_and_no_more(
    command: tuple[str, ...], flags: tuple[str, ...], most: int, wide: Disturbed
) -> None:
    crowd = Crowd(most)
    wide.proxy.clear()
    wide.proxy.on("*", "*", crowd)
    result = wide.run(*command, *flags)
    assert result.status == 2, result.stderr
    assert crowd.most == most


@pytest.mark.parametrize("text", ["0", "-1", "x"])
def test_a_concurrency_of_none_is_refused(text: str, wide: Disturbed) -> None:
    result = wide.run("inspect", "--concurrency", text)
    assert result.status == 1
    assert "--concurrency" in result.stderr


def test_nothing_is_asked_twice(wide: Disturbed) -> None:
    """One list of each kind, two requests at most for a log, each command once in a container."""
    wide.proxy.clear()
    wide.run("inspect")
    counted = Counter(wide.proxy.asked)
    assert {asked: count for asked, count in counted.items() if count > 1} == {}
    lists = [asked.path for asked in wide.proxy.asked if "limit=" in asked.query]
    assert len(lists) == len(set(lists))


class Fairness:
    """API priority and fairness: serves a few at once, and asks the others to come again."""

    def __init__(self, seats: int) -> None:
        self._seats = threading.BoundedSemaphore(seats)
        self.refused = 0

    def __call__(self, exchange: Exchange) -> object:
        if not self._seats.acquire(blocking=False):
            self.refused += 1
            return FAULTS["429, Retry-After"](exchange)
        try:
            return exchange.relay()
        finally:
            self._seats.release()


def test_a_server_that_pushes_back_is_given_time_and_everything_is_read(wide: Disturbed) -> None:
    wide.proxy.clear()
    whole = wide.run("inspect")
    fairness = Fairness(seats=2)
    wide.proxy.on("*", "*", fairness)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(seconds / 20)

    result = wide.run("inspect", sleep=sleep)
    assert fairness.refused
    assert min(waits) >= 1.0
    assert (result.status, result.stdout, result.stderr) == (2, whole.stdout, whole.stderr)


class Watched(Terminal):
    """A terminal on which somebody waits for a text."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()

    def write(self, text: str) -> int:
        with self.changed:
            count = super().write(text)
            self.changed.notify_all()
        return count

    def shows(self, text: str) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: text in self.getvalue(), 10)


def held_until_shown(stderr: Watched, text: str) -> Callable[[Exchange], object]:
    """A server that answers when the person who waits was told what for."""

    def fault(exchange: Exchange) -> object:
        assert stderr.shows(text)
        return exchange.relay()

    return fault


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("log", f"reading logs: {NODES - 1} of {NODES} nodes; waiting for node-007"),
        ("exec", f"reading interfaces: {NODES - 1} of {NODES} nodes; waiting for node-007"),
        ("nodes", "waiting for the API server"),
    ],
)
def test_who_waits_is_told_for_what(
    path: str, text: str, wide: Disturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    stderr = Watched()
    monkeypatch.setattr("tests.calico_nic.Terminal", lambda: stderr)
    pattern = "/api/v1/nodes?*" if path == "nodes" else wide.of_pod("node-007", path)
    wide.proxy.clear()
    wide.proxy.on("GET", pattern, held_until_shown(stderr, text), times=1)
    result = wide.run("inspect", terminal=True, height=30)
    assert result.status == 2
    assert text in stderr.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_who_does_not_wait_or_is_a_pipe_is_told_nothing(
    terminal: bool, wide: Disturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal not before its time, a pipe never."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 60.0 if terminal else 0.0)
    wide.proxy.clear()
    assert "reading" not in wide.run("inspect", terminal=terminal, height=30).stderr
