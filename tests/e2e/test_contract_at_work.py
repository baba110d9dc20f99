"""The contract with controllers at work: what the plugin and kubectl say, what the plugin asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from .api_proxy import api_proxy
from .cluster import Cluster
from .contract import (
    CRASH,
    KUBECTL_AT_WORK,
    KUBECTL_IN_A_CRASH_LOOP,
    PLUGIN,
    PLUGIN_LOGS,
    PLUGIN_READS,
    PODS,
    WATCHES,
    WRITES,
    get,
)
from .contract_pair import Pair, both
from .plugin_process import run


@pytest.fixture
def live_pair(empty_cluster: Cluster, tmp_path: Path) -> Iterator[Pair]:
    """Both at work, each on its own for one test."""
    with both(empty_cluster, tmp_path) as pair:
        yield pair


def test_the_plugin_says_the_same(live_pair: Pair) -> None:
    for arguments in PLUGIN:
        live_pair.compare_plugin(arguments)


def test_kubectl_sees_the_same_rollouts(live_pair: Pair) -> None:
    for arguments in KUBECTL_AT_WORK:
        compare = live_pair.compare_kubectl
        if arguments[:2] == ("rollout", "status"):
            compare = live_pair.compare_ends
        compare(arguments)


def test_kubectl_sees_the_same_crash_loop(live_pair: Pair) -> None:
    live_pair.compare_kubectl(CRASH)
    for system in (live_pair.real, live_pair.simulated):
        system.wait_for_crashes()
    for arguments in KUBECTL_IN_A_CRASH_LOOP:
        live_pair.compare_kubectl(arguments)


def test_every_request_of_the_plugin_is_compared(cluster: Cluster) -> None:
    """But exec, which is no request and answer; kubectl's is compared, and the plugin's output."""
    with api_proxy(cluster) as proxy:
        for arguments in PLUGIN:
            if "node-3" not in arguments:
                run(cluster, *arguments, "--probe=never", kubeconfig=proxy.kubeconfig)
        asked = {shape(each.method, each.target) for each in proxy.exchanges}
    logs = [get(f"{PODS}/{{pod}}/log?container=calico-node{query}") for query in PLUGIN_LOGS]
    contract = {
        shape(call.method, call.target) for call in (*PLUGIN_READS, *logs, *WATCHES, *WRITES)
    }
    assert asked
    assert asked - contract == set()


def shape(method: str, target: str) -> str:
    """A request without what is another each time."""
    url = urlsplit(re.sub(r"/pods/[^/]+/log", "/pods/{pod}/log", target))
    pages = {"limit", "continue"}
    changing = {"resourceVersion", "timeoutSeconds", "allowWatchBookmarks", "watch", *pages}
    query = {key: text for key, text in parse_qsl(url.query) if key not in changing}
    return f"{method} {url.path} {sorted(query.items())}"
