"""One cluster, asked live and read from each kind of bundle: both reports say the same.

What a bundle does not carry is what the live run is then not allowed to ask, or what is removed
from both reports: the table ``LACKS``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import bundle_captures as captures
from tests.bundle_captures import Capture, Layout
from tests.calico_nic import Result, calico_nic
from tests.simulated import Simulated, changed_incident

EXEC = "what only a command in the container tells"
"""Live, ``--probe=never`` does without."""
SESSIONS = "BGP sessions"
CONFIG_MAPS = "ConfigMaps"
EVENTS = "events"
REMOVED = {
    EXEC: frozenset({"asOf", "freshness"}),  # a file does not say when it was made
    SESSIONS: frozenset({"bgp", "explains", "peerings"}),
    CONFIG_MAPS: frozenset({"env"}),
    EVENTS: frozenset({"events"}),
}
"""Which fields of both reports say such things and are left out of the comparison."""

LACKS: dict[Layout, frozenset[str]] = {
    captures.diagnostics: frozenset({SESSIONS, EVENTS}),
    captures.dump: frozenset({EXEC, CONFIG_MAPS}),
    captures.dump_to_stdout: frozenset({EXEC, CONFIG_MAPS}),
    captures.kubectl_files: frozenset(),
    captures.one_mixed_list: frozenset(),
    captures.zipped: frozenset(),
    captures.stern: frozenset({EXEC}),
    captures.stern_json: frozenset({EXEC}),
    captures.docker: frozenset({EXEC}),
    captures.journal: frozenset({EXEC}),
}
STORIES = {
    "the incident": changed_incident(),
    "readiness asks BIRD": changed_incident(probes_bgp=True),
    "a good method": changed_incident(env={"IP_AUTODETECTION_METHOD": "interface=bond4"}),
    "a crash loop": changed_incident(env={"IP_AUTODETECTION_METHOD": "interface=eth1"}),
    "IP is unset": changed_incident(env={"IP": None}),
    "kubernetes-internal-ip": changed_incident(
        env={"IP_AUTODETECTION_METHOD": "kubernetes-internal-ip"}
    ),
    "one address on two nodes": changed_incident(
        node=lambda node: (
            dataclasses.replace(node, annotations={"projectcalico.org/IPv4Address": "172.16.10.21"})
            if node.name == "node-4"
            else node
        )
    ),
    "a silent log": changed_incident(env={"CALICO_STARTUP_LOGLEVEL": "error"}),
}
NODES = tuple(f"node-{number}" for number in (1, 2, 3, 4))


@dataclasses.dataclass(frozen=True)
class Asked:
    """What the live cluster said, asked for everything and without exec, and its capture."""

    whole: Result
    without_exec: Result
    capture: Capture


@pytest.fixture(scope="module", params=STORIES.values(), ids=list(STORIES))
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    with Simulated(request.param) as cluster:
        cluster.cluster.settle()
        yield Asked(
            cluster.run("inspect", *NODES, "-o", "json"),
            cluster.run("inspect", *NODES, "-o", "json", "--probe=never"),
            Capture.of(cluster),
        )


@pytest.mark.parametrize("layout", LACKS, ids=lambda layout: layout.__name__)
def test_a_bundle_says_what_the_cluster_said(layout: Layout, asked: Asked, tmp_path: Path) -> None:
    paths = layout(asked.capture, tmp_path)
    flags = [word for path in paths for word in ("--from", path)]
    read = calico_nic("inspect", *NODES, *flags, "-o", "json")
    live = asked.without_exec if EXEC in LACKS[layout] else asked.whole
    assert comparable(read, LACKS[layout]) == comparable(live, LACKS[layout])
    assert read.status == live.status


def comparable(result: Result, lacks: frozenset[str]) -> Any:
    """The report as JSON, without what is said about reading it, and without what is lacking."""
    assert result.stdout, result.stderr
    removed = {"gaps"}.union(*(REMOVED[fact] for fact in {EXEC, *lacks}))

    def keep(item: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in item.items() if key not in removed}

    return json.loads(result.stdout, object_hook=keep)


def test_every_story_has_evidence(asked: Asked) -> None:
    assert [node["name"] for node in asked.whole.json["nodes"]] == list(NODES)
    assert set(asked.capture.logs) == set(asked.capture.nodes)


def test_what_cluster_info_dump_could_not_read_is_a_gap(asked: Asked, tmp_path: Path) -> None:
    pod, *_ = asked.capture.nodes
    refused = "Request log error: the server could not find the requested resource\n"
    logs = {**asked.capture.logs, pod: refused}
    paths = captures.dump(dataclasses.replace(asked.capture, logs=logs), tmp_path)
    read = calico_nic("inspect", "--from", *paths, "-o", "json")
    gap = {"node": asked.capture.nodes[pod], "verb": "get", "resource": "pods/log"}
    (found,) = [gap for gap in read.json["gaps"] if gap["resource"] == "pods/log"]
    assert found == {**gap, "reason": refused.strip(), "forbidden": False}
