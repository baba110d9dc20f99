"""The simulator answers as a real API server does: ``contract`` says to what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import parse_qs

import pytest

from .cluster import Cluster
from .contract import (
    DAEMON_SET,
    KUBECTL_READS,
    KUBECTL_WRITES,
    OTHER_READS,
    PLUGIN_LOGS,
    PLUGIN_READS,
    WATCHED_CHANGES,
    WATCHES,
    WRITES,
    Call,
    get,
)
from .contract_pair import Pair, both


@pytest.fixture(scope="module")
def pair(running_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both at rest: no controller does anything."""
    running_cluster.reset()
    with both(running_cluster, tmp_path_factory.mktemp("simulated")) as pair, ExitStack() as stack:
        stack.callback(running_cluster.reset)
        stack.enter_context(pair.real.quiet())
        stack.enter_context(pair.simulated.quiet())
        # What is left of it then is nothing that a controller or an agent should try to run.
        ended = Call("DELETE", DAEMON_SET, {"propagationPolicy": "Foreground"})
        stack.callback(pair.real.send, ended)
        yield pair


@pytest.mark.parametrize("call", [*PLUGIN_READS, *OTHER_READS], ids=str)
def test_reading(pair: Pair, call: Call) -> None:
    pair.compare(call)


@pytest.mark.parametrize("query", PLUGIN_LOGS)
def test_reading_logs(pair: Pair, query: str) -> None:
    """What a kubelet writes is its own; which part of it is asked for is the API's."""
    asked = parse_qs(query)
    for system in (pair.real, pair.simulated):
        lines = system.log("").splitlines(keepends=True)
        tail = int(asked.get("tailLines", [str(len(lines))])[0])
        part = b"".join(lines[len(lines) - tail :] if tail < len(lines) else lines)
        assert system.log(query) == part[: int(asked.get("limitBytes", [str(len(part))])[0])]


@pytest.mark.parametrize(
    "beginning",
    [
        {"resourceVersion": "0"},
        {
            "sendInitialEvents": "true",
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
        },
    ],
    ids=["version-0", "initial-events"],
)
@pytest.mark.parametrize("call", WATCHES, ids=str)
def test_watching_from_the_beginning(pair: Pair, call: Call, beginning: dict[str, str]) -> None:
    pair.compare_events(call, **beginning)


@pytest.mark.parametrize(
    ("target", "changes"), WATCHED_CHANGES, ids=[target for target, _ in WATCHED_CHANGES]
)
def test_watching_changes(pair: Pair, target: str, changes: tuple[Call, ...]) -> None:
    versions = [
        system.read(target)["metadata"]["resourceVersion"] for system in (pair.real, pair.simulated)
    ]
    for change in changes:
        pair.compare(change)
    pair.compare_events(get(target), versions)


@pytest.mark.parametrize("arguments", KUBECTL_READS, ids=" ".join)
def test_kubectl_reading(pair: Pair, arguments: tuple[str, ...]) -> None:
    pair.compare_kubectl(arguments)


@pytest.mark.parametrize("arguments", KUBECTL_WRITES, ids=" ".join)
def test_kubectl_writing(pair: Pair, arguments: tuple[str, ...]) -> None:
    pair.compare_kubectl(arguments)
    pair.compare(Call("GET", DAEMON_SET))


@pytest.mark.parametrize("call", WRITES, ids=str)
def test_writing(pair: Pair, call: Call) -> None:
    pair.compare(call)
    pair.compare(Call("GET", DAEMON_SET))


def test_watching_from_a_version_that_has_expired(pair: Pair) -> None:
    for system in (pair.real, pair.simulated):
        system.forget_changes()
    for call in WATCHES:
        pair.compare_events(call, ("1", "1"))
