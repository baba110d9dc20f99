"""One of each kind of fault between the plugin and a real API server.

Every cell of the matrix is tried in process (tests/test_faults_*.py); here the answers that are
disturbed are those of a real API server, and what is written is kept by one.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubectl_calico_nic.collection.following import Following

from ..calico_nic import Result
from ..fault_matrix import FAULTS, TAKES_ITS_TIME, Cell, cells
from ..fault_proxy import (
    Exchange,
    Fault,
    endless,
    events,
    out_of_order,
    pass_on,
    rewritten,
    twice,
    with_bookmarks,
)
from ..fault_schedules import Outcome, Schedule, Somebody
from ..test_faults_logs import LINE, with_text
from ..test_faults_rollout import BROKEN, EXPIRED, torn
from .cluster import Cluster
from .disturbed_cluster import DisturbedCluster, disturbed
from .rollouts import DAEMON_SET, hold_half_way, release

PODS = "*/kube-system/pods?*"
NODES = ("node-1", "node-2", "node-3", "node-4")
DEADLINE = "--request-timeout=2s"
"""Long enough for a real API server on a machine that is busy."""
SET = ("set", "--interface", "bond4", "--concurrency", "1")
SCHEDULES = 100


@pytest.fixture(scope="module")
def incident(running_cluster: Cluster) -> Iterator[DisturbedCluster]:
    """The incident, for tests that leave it as it is."""
    running_cluster.reset()
    running_cluster.incident()
    with disturbed(running_cluster) as faulty:
        yield faulty


@pytest.fixture(scope="module")
def whole(incident: DisturbedCluster) -> Result:
    """The report when nothing is disturbed."""
    return incident.run("inspect", "-o", "wide")


def row(result: Result, node: str) -> list[str]:
    """The fields of a node's row."""
    return next(line for line in result.lines if line.startswith(f"{node} ")).split()


def read_by_inspect() -> list[Cell]:
    """Of each kind of fault: once in the list of the pods, and always in a log."""
    wanted = {("pods", False), ("log", True)}
    return [cell for cell in cells("inspect") if (cell.place, cell.always) in wanted]


@pytest.mark.parametrize("cell", read_by_inspect(), ids=str)
def test_inspect(cell: Cell, incident: DisturbedCluster, whole: Result) -> None:
    pattern = PODS if cell.place == "pods" else incident.of_pod("node-3", "log")
    incident.proxy.clear()
    incident.proxy.on("GET", pattern, FAULTS[cell.fault], times=None if cell.always else 1)
    limit = [DEADLINE] if cell.fault in TAKES_ITS_TIME else []
    result = incident.run("inspect", "-o", "wide", *limit)
    assert incident.proxy.struck
    if cell.outcome == "whole":
        assert (result.status, result.stderr) == (2, "")
        assert [row(result, node) for node in NODES] == [row(whole, node) for node in NODES]
    elif cell.outcome == "fails":
        assert (result.status, result.stdout) == (1, "")
        assert len(result.stderr.splitlines()) == 1
    else:
        assert result.status == 2
        assert ("Warning: " in result.stderr) is (cell.outcome == "part")
        others = [node for node in NODES if node != "node-3"]
        assert [row(result, node) for node in others] == [row(whole, node) for node in others]


LOGS: dict[str, Fault] = {
    "never ends": endless(LINE * 700),
    "never ends its line": endless(b"x" * 60_000),
    "NUL bytes": with_text(b"\x00" * 5000 + b"\n"),
}


@pytest.mark.parametrize("name", LOGS)
def test_one_log_that_lies_costs_one_row_at_most(
    name: str, incident: DisturbedCluster, whole: Result
) -> None:
    incident.proxy.clear()
    incident.proxy.on("GET", incident.of_pod("node-1", "log"), LOGS[name])
    result = incident.run("inspect", "-o", "wide")
    assert result.status == 2
    others = NODES[1:]
    assert [row(result, node) for node in others] == [row(whole, node) for node in others]
    assert "\x00" not in result.stdout


@contextmanager
def without_controllers(cluster: Cluster) -> Iterator[None]:
    """Nobody rolls out what is written while the block runs."""
    (pid,) = (each.pid for each in cluster.processes if each.name == "kube-controller-manager")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def written(incident: DisturbedCluster) -> Iterator[DisturbedCluster]:
    """The incident, for tests that write the DaemonSet and put it back."""
    with without_controllers(incident.cluster):
        yield incident


@pytest.fixture(scope="module")
def before(incident: DisturbedCluster) -> Any:
    return incident.daemon_set()


@pytest.fixture(scope="module")
def intended(incident: DisturbedCluster, before: Any) -> Any:
    """The object as an undisturbed ``set`` leaves it."""
    incident.proxy.clear()
    with without_controllers(incident.cluster):
        result = incident.run(*SET)
        assert result.status == 0, result
        after = incident.daemon_set()
        incident.restore(before)
    return after


@pytest.mark.parametrize("cell", [each for each in cells("set") if not each.always], ids=str)
def test_set(cell: Cell, written: DisturbedCluster, before: Any, intended: Any) -> None:
    written.proxy.clear()
    written.proxy.on("PATCH", f"{DAEMON_SET}?*", FAULTS[cell.fault], times=1)
    limit = [DEADLINE] if cell.fault in TAKES_ITS_TIME else []
    result = written.run(*SET, *limit)
    assert written.proxy.struck
    found = Outcome(before, written.daemon_set(), result, {})
    written.restore(before)
    found.check(intended)
    assert found.is_made is (cell.outcome == "made")
    assert (result.status == 0) is (cell.outcome == "made")


@pytest.mark.parametrize("batch", range(4))
def test_random_schedules_of_set(
    batch: int, written: DisturbedCluster, before: Any, intended: Any
) -> None:
    for seed in range(batch * SCHEDULES // 4, (batch + 1) * SCHEDULES // 4):
        somebody = Somebody(written)
        schedule = Schedule(seed, somebody)
        written.proxy.clear()
        written.proxy.on("*", "*", schedule)
        result = written.run(*SET)
        written.proxy.clear()
        found = Outcome(before, written.daemon_set(), result, somebody.labels)
        written.restore(before)
        try:
            found.check(intended)
        except AssertionError:
            print(f"seed {seed}", *schedule.drawn, result, sep="\n")  # noqa: T201
            raise


class OneAfterTheOther:
    """Strikes with every fault once, each followed by ``between``; ``is_over`` is set then."""

    def __init__(self, faults: list[Fault], between: Fault) -> None:
        self._left = [each for fault in faults for each in (fault, between)]
        self._between = between
        self.is_over = threading.Event()

    def __call__(self, exchange: Exchange) -> object:
        fault = self._left.pop(0) if self._left else self._between
        if not self._left:
            self.is_over.set()
        return fault(exchange)


WATCHES = [
    *(FAULTS[cell.fault] for cell in cells("rollout-check") if cell.place == "watch"),
    events(BROKEN),
    events(b"{]\n"),
    events([1], {"type": "ADDED"}, {"type": 7, "object": {}}),
    endless(b"x" * 60_000),
    torn,
]
LISTS = [FAULTS[cell.fault] for cell in cells("rollout-check") if cell.place == "list"]
REWRITTEN = {"twice": twice, "out of order": out_of_order, "bookmarks": with_bookmarks}
PROVEN = 'daemon set "calico-node" successfully rolled out and proven on 4 of 4 nodes'


def checked(cluster: Cluster, faulty: DisturbedCluster, *waited_for: threading.Event) -> Result:
    """A rollout that is held half way until all is over that is waited for, and then proven."""
    results: list[Result] = []
    words = ("rollout-check", "--timeout", "90s", DEADLINE, "--probe=never")
    check = threading.Thread(target=lambda: results.append(faulty.run(*words)))
    check.start()
    for event in waited_for:
        assert event.wait(60)
    release(cluster)
    check.join(90)
    (result,) = results
    return result


def test_no_node_is_missed_whatever_happens_to_watches_and_lists(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watches fail in every way, one after the other; what they expire into, lists, too."""
    monkeypatch.setattr(Following, "_pause", lambda *_: None)  # it waits up to 5 s after each
    hold_half_way(cluster, "interface=bond4")
    with disturbed(cluster) as faulty:
        watches = OneAfterTheOther(WATCHES, events(EXPIRED))
        lists = OneAfterTheOther(LISTS, pass_on)

        def watch(exchange: Exchange) -> object:
            is_over = watches.is_over.is_set() and lists.is_over.is_set()
            return (pass_on if is_over else watches)(exchange)

        faulty.proxy.on("GET", PODS, pass_on, times=1)
        faulty.proxy.on("GET", PODS, lists)
        faulty.proxy.on("WATCH", PODS, watch)
        result = checked(cluster, faulty, watches.is_over, lists.is_over)
    assert (result.status, result.lines[-1]) == (0, PROVEN), result


@pytest.mark.parametrize("name", REWRITTEN)
def test_no_node_is_missed_when_events_are_told_otherwise(name: str, cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with disturbed(cluster) as faulty:
        faulty.proxy.on("WATCH", "*", rewritten(REWRITTEN[name]))
        result = checked(cluster, faulty)
    assert faulty.proxy.struck
    assert (result.status, result.lines[-1]) == (0, PROVEN), result
