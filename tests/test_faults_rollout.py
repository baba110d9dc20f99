"""``rollout-check`` through lists and watches that fail, lie or end: no node is missed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .fault_matrix import FAULTS, TAKES_ITS_TIME
from .fault_proxy import (
    Exchange,
    Fault,
    endless,
    events,
    out_of_order,
    refusal,
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


def restart(exchange: Exchange) -> None:
    """The API server goes away, and refuses the next connections."""
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
    "401": (refusal(401, "Unauthorized", "Unauthorized"), 2),
    "403": (refusal(403, "Forbidden", "no"), 2),
    "404": (refusal(404, "NotFound", "no"), 2),
    **{
        name: (FAULTS[name], 2)
        for name in ("reset in the headers", "reset mid-chunk", "closed without an answer",
                     "429", "429, Retry-After", "500", "503", "200 and HTML", "502 and HTML")
    },
}  # fmt: skip
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


LISTS = [name for name in FAULTS if name not in TAKES_ITS_TIME]


@pytest.mark.parametrize("name", LISTS)
def test_lists_while_it_is_followed(name: str, rolling: Disturbed) -> None:
    """The first reading has listed the pods once: what is struck is the list before the watch."""
    rolling.proxy.on("GET", PODS, FAULTS[name], skip=1, times=1)
    result = rolling.run("rollout-check", "--timeout", "60s")
    assert rolling.proxy.struck
    assert (result.status, result.lines[-1]) == (0, PROVEN), result


@pytest.mark.parametrize("name", ["403", "404", "401"])
def test_what_may_never_be_watched_is_an_error(name: str, rolling: Disturbed) -> None:
    rolling.proxy.on("WATCH", "*", FAULTS[name])
    result = rolling.run("rollout-check", "--timeout", "60s")
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
