"""``rollout-check`` through lists and watches that fail, lie or end: no node is missed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import pytest

from .fault_matrix import FAULTS, TAKES_ITS_TIME, Cell, cells
from .fault_proxy import (
    Exchange,
    Fault,
    endless,
    events,
    out_of_order,
    rewritten,
    twice,
    with_bookmarks,
)
from .simulated import Disturbed
from .test_faults_set import two_nodes

PODS = "*/kube-system/pods?*"
PROVEN = 'daemon set "calico-node" successfully rolled out and proven on 2 of 2 nodes'
PACE = 0.01
"""Real seconds for a simulated one: a rollout of two nodes takes half a second."""

EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
BROKEN = {"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "etcd"}}


def torn(exchange: Exchange) -> None:
    exchange.begin_chunks()
    exchange.send(b'100\r\n{"type": "MODIFIED", "object": {')
    exchange.reset()


WATCHES: dict[str, tuple[Fault, int]] = {
    "ends at once, always": (events(), 10**6),
    "ends at once, twice": (events(), 2),
    "expired": (events(EXPIRED), 1),
    "expired, five times": (events(EXPIRED), 5),
    "410": (FAULTS["410"], 2),
    "an error in the stream": (events(BROKEN), 2),
    "no JSON": (events(b"{]\n"), 2),
    "no event": (events([1], {"type": "ADDED"}, {"type": 7, "object": {}}), 2),
    "an event without an end": (endless(b"x" * 60_000), 1),
    "events of anything": (events({"type": "ADDED", "object": {"metadata": 5}}), 2),
    "every event twice": (rewritten(twice), 10**6),
    "out of order": (rewritten(out_of_order), 10**6),
    "bookmarks": (rewritten(with_bookmarks), 10**6),
    "torn": (torn, 2),
}
"""What happens to watches, and how often; the rollout is proven all the same."""


@pytest.fixture
def rolling() -> Iterator[Disturbed]:
    """A cluster in which a rollout has just begun."""
    with Disturbed(two_nodes(), pace=PACE) as cluster:
        assert cluster.run("set", "--interface", "bond4").status == 0
        cluster.proxy.clear()
        yield cluster


@pytest.mark.parametrize("name", WATCHES)
def test_watches(name: str, rolling: Disturbed) -> None:
    fault, times = WATCHES[name]
    rolling.proxy.on("WATCH", "*", fault, times=times)
    result = rolling.run("rollout-check", "--timeout", "60s")
    assert rolling.proxy.struck
    assert (result.status, result.lines[-1]) == (0, PROVEN), result


@pytest.mark.parametrize("cell", cells("rollout-check"), ids=str)
def test_the_matrix(cell: Cell, rolling: Disturbed) -> None:
    """The first reading has listed the pods once: what is struck is the list before the watch."""
    skip, method = (1, "GET") if cell.place == "list" else (0, "WATCH")
    rolling.proxy.on(method, PODS, FAULTS[cell.fault], skip=skip, times=1)
    limit = ["--request-timeout=400ms"] if cell.fault in TAKES_ITS_TIME else []
    result = rolling.run("rollout-check", "--timeout", "60s", *limit)
    assert rolling.proxy.struck
    assert (result.status, result.lines[-1]) == (0, PROVEN), result


@pytest.fixture
def waiting() -> Iterator[Disturbed]:
    """A cluster in which a rollout stands still."""
    story = two_nodes()
    full = dataclasses.replace(story.nodes[1], full=True)
    with Disturbed(dataclasses.replace(story, nodes=(story.nodes[0], full))) as cluster:
        cluster.patch_env("IP_AUTODETECTION_METHOD", "interface=bond4")
        yield cluster


@pytest.mark.parametrize("name", ["403", "404", "401"])
def test_what_may_never_be_watched_is_an_error(name: str, waiting: Disturbed) -> None:
    waiting.proxy.on("WATCH", "*", FAULTS[name])
    result = waiting.run("rollout-check", "--timeout", "60s")
    assert result.status == 1
    assert result.stderr.startswith("error: You must" if name == "401" else "Error from server (")


def test_an_api_server_that_restarts_is_waited_for(rolling: Disturbed) -> None:
    def restart(exchange: Exchange) -> None:
        rolling.proxy.be_away(connections=20)

    rolling.proxy.on("WATCH", PODS, restart, times=1)
    result = rolling.run("rollout-check", "--timeout", "60s")
    assert (result.status, result.lines[-1]) == (0, PROVEN), result


def test_the_first_reading_is_in_the_time_limit_too(rolling: Disturbed) -> None:
    rolling.proxy.on("GET", PODS, FAULTS["silence"])
    result = rolling.run("rollout-check", "--timeout", "300ms")
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == "error: timed out waiting for the condition\n"


def test_a_log_that_never_comes_does_not_hold_up_the_others(rolling: Disturbed) -> None:
    rolling.proxy.on("GET", rolling.of_pod("node-3", "log"), FAULTS["silence"])
    result = rolling.run("rollout-check", "--watch=false", "--timeout", "500ms", "-o", "json")
    assert result.status == 2
    assert [node["name"] for node in json.loads(result.stdout)["nodes"]] == ["node-2", "node-3"]
    assert "could not get pods/log" in result.stderr
