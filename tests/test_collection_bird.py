"""BGP sessions: from BIRD itself, else from CalicoNodeStatus objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.cluster.transport.pod_exec_stream import ExecResult
from kubectl_calico_nic.collection.node_statuses import with_node_statuses
from kubectl_calico_nic.collection.port import Query
from kubectl_calico_nic.collection.probe import ProbeFailed, Questions, probe_node, read_sessions
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

from .simulated import Simulated, changed_incident

BOTH = (Family.IPV4, Family.IPV6)
POD = Pod("kube-system", "calico-node-x", "node-1")
BIRD, BIRD6 = "/var/run/calico/bird.ctl", "/var/run/calico/bird6.ctl"


def table(*rows: str, version: str = "1.6.8") -> ExecResult:
    lines = (f"BIRD {version} ready.", "name     proto    table    state  since       info", *rows)
    return ExecResult("\n".join(lines) + "\n", "", 0)


MESH = table("Mesh_10_0_0_2 BGP      master   up     10:00:00    Established   ")
MESH6 = table("Mesh_fd00__2 BGP      master   start  10:00:00    Active        Socket: timed out")
NO_PEERS = table("kernel1  Kernel   master   up     10:00:00    ")
NO_DAEMON = ExecResult("", "Unable to connect to server control socket (...): No such file\n", 1)
NO_PROGRAM = ExecResult("", 'exec: "birdcl": executable file not found in $PATH\n', 127)
ONE_DAEMON = table(
    "Mesh_10_0_0_2 BGP        ---        up     10:00:00    Established   ",
    "Mesh_fd00__2 BGP        ---        start  10:00:00    Active        ",
    version="3.3.0",
)


@dataclass
class Container:
    """A container in which ``birdcl`` answers by socket; also an API server without objects."""

    answers: Mapping[str, ExecResult | Exception]
    asked: list[Sequence[str]] = field(default_factory=list)

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, timeout: float
    ) -> ExecResult:
        self.asked.append(command)
        answer = self.answers[command[2]]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get(self, path: str, query: Query = ()) -> Any:
        raise AssertionError(path)

    def pages(self, path: str, query: Query = (), limit: int = 500) -> Iterator[list[Any]]:
        raise AssertionError(path)

    def log(self, namespace: str, pod: str, container: str, **_: Any) -> bytes:
        raise AssertionError(pod)


def peers(found: BgpSessions) -> dict[Family, list[tuple[str, str]]]:
    return {
        family: [(session.peer, session.state) for session in sessions]
        for family, sessions in found.by_family.items()
    }


V4, V6 = [("10.0.0.2", "Established")], [("fd00::2", "Active")]


@pytest.mark.parametrize(
    ("families", "answers", "known", "silent", "asked"),
    [
        ((Family.IPV4,), {BIRD: MESH}, {Family.IPV4: V4}, set(), [BIRD]),
        ((Family.IPV4,), {BIRD: NO_PEERS}, {Family.IPV4: []}, set(), [BIRD]),
        ((Family.IPV4,), {BIRD: NO_DAEMON}, {}, {Family.IPV4}, [BIRD]),
        (BOTH, {BIRD: MESH, BIRD6: MESH6}, {4: V4, 6: V6}, set(), [BIRD, BIRD6]),
        (BOTH, {BIRD: MESH, BIRD6: NO_DAEMON}, {4: V4}, {Family.IPV6}, [BIRD, BIRD6]),
        (BOTH, {BIRD: NO_DAEMON, BIRD6: NO_DAEMON}, {}, set(BOTH), [BIRD, BIRD6]),
        (BOTH, {BIRD: ONE_DAEMON}, {4: V4, 6: V6}, set(), [BIRD]),
        ((Family.IPV6,), {BIRD: NO_PEERS, BIRD6: MESH6}, {6: V6}, set(), [BIRD, BIRD6]),
        ((Family.IPV6,), {BIRD: ONE_DAEMON}, {6: V6}, set(), [BIRD]),
    ],
)
def test_each_bird_is_asked_for_its_family(
    families: tuple[Family, ...],
    answers: dict[str, ExecResult],
    known: dict[int, Any],
    silent: set[Family],
    asked: list[str],
) -> None:
    container = Container(answers)
    found = read_sessions(container, POD, families)
    assert (found.source, found.as_of) == (SessionsSource.BIRDCL, None)
    assert peers(found) == known
    assert found.without_daemon == silent
    assert container.asked == [("birdcl", "-s", path, "show", "protocols") for path in asked]


@pytest.mark.parametrize("answer", [NO_PROGRAM, ExecResult("junk\n", "", 0)])
def test_anything_else_is_no_answer(answer: ExecResult) -> None:
    with pytest.raises(ProbeFailed, match="birdcl -s"):
        read_sessions(Container({BIRD: answer}), POD, (Family.IPV4,))


def test_a_refusal_is_a_gap() -> None:
    refused = ApiError(403, "Forbidden", 'User "u" cannot create resource "pods/exec"')
    facts, gaps = probe_node(
        Container({BIRD: refused}),
        NodeFacts("node-1", pod=POD),
        Questions(interfaces=False, sessions=(Family.IPV4,)),
    )
    assert facts.sessions is None
    assert [(gap.verb, gap.resource, gap.node, gap.forbidden) for gap in gaps] == [
        ("create", "pods/exec", "node-1", True)
    ]


def bgp(result: Any) -> dict[str, Any]:
    return {node["name"]: node["families"][0]["bgp"] for node in result.json["nodes"]}


def test_where_something_is_wrong_the_sessions_of_every_node_are_told() -> None:
    with Simulated() as cluster:
        asked, not_asked = (
            cluster.run("inspect", "-o", "json"),
            cluster.run("inspect", "-o", "json", "--probe", "never"),
        )
    counts = {(each["established"], each["peers"]) for each in bgp(asked).values()}
    assert (len(bgp(asked)), counts) == (4, {(1, 3)})
    assert set(bgp(not_asked).values()) == {None}


def test_a_healthy_cluster_is_left_alone() -> None:
    rights = {
        ("create", "pods/exec"),
        ("list", "events"),
        ("list", "caliconodestatuses"),
        ("get", "clusterinformations"),
    }
    story = changed_incident(
        env={"IP_AUTODETECTION_METHOD": "interface=bond4"}, denied=frozenset(rights)
    )
    with Simulated(story) as cluster:
        result = cluster.run("inspect", "-o", "json")
    assert (result.status, result.stderr) == (0, "")
    assert set(bgp(result).values()) == {None}


def test_a_backend_without_bird_is_not_asked_for_sessions() -> None:
    with Simulated(changed_incident(env={"CALICO_NETWORKING_BACKEND": "vxlan"})) as cluster:
        result = cluster.run("inspect", "-o", "json")
    assert result.status == 2
    assert set(bgp(result).values()) == {None}
    assert "birdcl" not in result.stderr


def node_status(node: str, written: datetime, *states: str) -> dict[str, Any]:
    found = [
        {"peerIP": f"172.16.10.{number}", "type": "NodeMesh", "state": state, "since": "10:00:00"}
        for number, state in enumerate(states, start=1)
    ]
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "CalicoNodeStatus",
        "metadata": {"name": f"status-of-{node}"},
        "spec": {"node": node, "classes": ["BGP"], "updatePeriodSeconds": 10},
        "status": {
            "lastUpdated": written.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "bgp": {"numberEstablishedV4": states.count("Established"), "peersV4": found},
        },
    }


def test_without_exec_a_calico_node_status_tells_while_it_is_fresh() -> None:
    now, long_ago = datetime.now(timezone.utc), datetime(2026, 1, 1, tzinfo=timezone.utc)
    written = (
        node_status("node-1", now - timedelta(seconds=20), "Established", "", "Active"),
        node_status("node-2", long_ago, "Established"),
        node_status("node-3", now),
    )
    story = changed_incident(denied=frozenset({("create", "pods/exec")}))
    story = dataclasses.replace(story, objects=(*story.objects, *written))
    with Simulated(story) as cluster:
        found = bgp(cluster.run("inspect", "-o", "json"))
    assert (found["node-1"]["established"], found["node-1"]["peers"]) == (1, 3)
    assert [found[name] for name in ("node-2", "node-3", "node-4")] == [None] * 3


@dataclass
class Statuses(Container):
    """An API server with CalicoNodeStatus objects by path."""

    lists: Mapping[str, list[Any] | int] = field(default_factory=dict)

    def pages(self, path: str, query: Query = (), limit: int = 500) -> Iterator[list[Any]]:
        found = self.lists.get(path.split("/")[2], 404)
        if isinstance(found, int):
            raise ApiError(found, "reason", "message")
        yield found


@pytest.mark.parametrize(
    ("lists", "source", "gaps"),
    [
        ({}, None, 0),
        ({"crd.projectcalico.org": []}, None, 0),
        ({"crd.projectcalico.org": 403}, None, 1),
        ({"crd.projectcalico.org": [{}, {"spec": 1}, {"kind": "X", "status": []}]}, None, 0),
        (
            {"projectcalico.org": [node_status("node-1", datetime(2026, 1, 1), "Idle")]},
            SessionsSource.CALICO_NODE_STATUS,
            0,
        ),
    ],
)
def test_there_may_be_no_such_objects(
    lists: dict[str, Any], source: SessionsSource | None, gaps: int
) -> None:
    found = with_node_statuses(
        Statuses({}, lists=lists), Snapshot(nodes=(NodeFacts("node-1", pod=POD),))
    )
    (facts,) = found.nodes
    assert (facts.sessions.source if facts.sessions else None) is source
    assert len(found.gaps) == gaps
    assert all((gap.verb, gap.forbidden, gap.node) == ("list", True, None) for gap in found.gaps)
