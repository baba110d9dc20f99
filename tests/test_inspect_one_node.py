"""``inspect NODE``: everything about one node, what it rests on, and how fresh that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.calico.log.reading import LogReading, Outcome, Stage
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.node_story import Explanation
from kubectl_calico_nic.diagnosis.report import Report
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.output.explanation_table import explanation
from kubectl_calico_nic.output.inspection_table import inspection
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts, Snapshot
from tests.clusters import (
    SILENT,
    annotated_nics,
    cluster,
    daemon_set,
    decision,
    detected,
    incident,
    log,
    nics,
    node,
)
from tests.simulated import Simulated


def explained(snapshot: Snapshot, name: str = "n") -> Explanation:
    (found,) = diagnose(snapshot, Question(nodes=(name,))).explanations
    return found


def shown(found: Explanation, width: int | None = None) -> str:
    lines = explanation(found, width)
    return "\n".join("".join(span.text for span in parts).rstrip() for parts in lines)


def says(found: Explanation, source: str) -> list[tuple[str, str | None, str]]:
    return [
        (item.says, item.as_of, item.freshness)
        for item in found.statements
        if item.source == source
    ]


def table(text: str, header: str) -> list[str]:
    """The rows below ``header``, up to the next empty line."""
    lines = text.split("\n")
    start = next(place for place, line in enumerate(lines) if line.startswith(header))
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return lines[start + 1 : end]


def test_everything_about_a_node_of_the_incident() -> None:
    with Simulated() as simulated:
        result = simulated.run("inspect", "node-3")
    text = result.stdout

    assert result.status == 2
    assert [row.split()[0] for row in table(text, "EVIDENCE")] == [
        *("pod", "container", "image", "log", "annotation", "InternalIP", "ip", "expected"),
    ]
    assert "IP                         autodetect  the pod's spec" in text
    assert "IP_AUTODETECTION_METHOD    -           not set" in text
    assert "bond3      up     9000   -       172.16.16.23/23" in text
    assert "ens1f0     up     9000   bond3   -" in text
    stages = [row.split()[-3:] for row in table(text, "DECIDED AT")]
    assert stages == [
        ["start-up", "bond3", "172.16.16.23/23"],
        ["re-detection", "bond3", "172.16.16.23/23"],
    ]
    assert "1 of 3 established" in text
    assert "172.16.10.21  node-1  Mesh  Active" in text
    assert "IPv4 first-found (in force) gives: bond3 172.16.16.23/23" in text
    assert "next in line: bond4 172.16.10.23/24, mgmt 172.16.4.23/24" in text
    assert "IPv4 interface=bond4 (recommended) gives: bond4 172.16.10.23/24" in text


def test_the_json_of_it() -> None:
    with Simulated() as simulated:
        (found,) = simulated.run("inspect", "node-3", "-o", "json").json["explanations"]

    assert {item["source"] for item in found["evidence"]} >= {"log", "annotation", "InternalIP"}
    assert found["env"][0] == {
        "name": "IP",
        "value": "autodetect",
        "known": True,
        "from": "the pod's spec",
        "newPods": None,
    }
    assert [item["stage"] for item in found["timeline"]] == ["startup", "monitor"]
    assert {item["container"] for item in found["timeline"]} == {"current"}
    assert found["bgp"]["source"] == "birdcl"
    assert found["methods"][0]["candidates"] == ["bond4 172.16.10.23/24", "mgmt 172.16.4.23/24"]
    assert found["events"] == []


FOUND = detected("10.0.0.1/24", "eth0")
LATER = "2026-01-01 12:30:00.000"


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (log(FOUND), ("IPv4 start-up: detected, eth0 10.0.0.1/24", "2026-01-01 12:00:00.000", "")),
        (
            log(FOUND, last_time=LATER),
            (
                "IPv4 start-up: detected, eth0 10.0.0.1/24",
                "2026-01-01 12:00:00.000",
                f"the log goes on to {LATER}",
            ),
        ),
        (
            log(detected("10.0.0.1/24", "eth0", stage=Stage.MONITOR, count=30, last=LATER)),
            (
                "IPv4 re-detection: detected, eth0 10.0.0.1/24",
                LATER,
                "the last of 30 times",
            ),
        ),
        (
            SILENT,
            (
                "IPv4: its level hides choices (CALICO_STARTUP_LOGLEVEL), which are logged at INFO",
                "2026-01-01 12:00:00.000",
                "",
            ),
        ),
        (
            log(level_floor="INFO"),
            (
                "IPv4: its beginning is gone, where the choice stood",
                "2026-01-01 12:00:00.000",
                "",
            ),
        ),
        (
            LogReading(lines=5),
            ("IPv4: no line in Calico's format", None, ""),
        ),
    ],
)
def test_what_a_log_says_and_how_old_that_is(
    reading: LogReading, expected: tuple[str, str | None, str]
) -> None:
    facts = node("n", internal_ip="10.0.0.1", stored="10.0.0.1/24", log=reading)

    assert says(explained(cluster(facts)), "log") == [expected]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (LogState.EMPTY, "the container has not written anything yet"),
        (LogState.UNREADABLE, "could not be read"),
        (LogState.NOT_ASKED, "not asked for"),
    ],
)
def test_a_log_that_was_not_read_is_no_missing_detection(state: LogState, words: str) -> None:
    facts = node("n", internal_ip="10.0.0.1", stored="10.0.0.1/24", log_state=state)

    assert says(explained(cluster(facts)), "log") == [(words, None, "")]


def test_an_annotation_has_no_time() -> None:
    facts = node("n", internal_ip="10.0.0.1", stored="10.0.0.1/24")

    assert says(explained(cluster(facts)), "annotation") == [
        ("IPv4 10.0.0.1/24", None, "it keeps no time: what was stored last")
    ]


def test_a_crash_loop_tells_how_it_ended() -> None:
    state = ContainerState(
        "waiting", "CrashLoopBackOff", restarts=7, last_exit_code=1, last_reason="Error"
    )
    facts = node("n", internal_ip="10.0.0.1", ready=False, state=state)

    assert says(explained(cluster(facts)), "container") == [
        (
            "waiting (CrashLoopBackOff), 7 restarts; the run before ended with exit code 1, Error",
            None,
            "",
        )
    ]


def conflict(at: str) -> LogReading:
    found = decision(Outcome.CONFLICT, "10.0.0.1/24", at=at, other_node="gone")
    return log(found, started=False, first_time=at)


def crashing(current: LogReading, previous: LogReading) -> Explanation:
    state = ContainerState("waiting", "CrashLoopBackOff", restarts=2)
    facts = node(
        "n",
        internal_ip="10.0.0.1",
        log=current,
        previous_log=previous,
        ready=False,
        state=state,
    )
    return explained(cluster(facts))


def test_the_previous_container_is_told_apart() -> None:
    found = crashing(conflict("2026-01-01 12:05:00.000"), conflict("2026-01-01 12:00:00.000"))

    assert [item.is_previous for item in found.timeline] == [True, False]
    assert [row.split()[4:6] for row in table(shown(found), "DECIDED AT")] == [
        ["start-up", "(previous)"],
        ["start-up", "conflict"],
    ]


def test_one_container_read_twice_is_told_once() -> None:
    found = crashing(conflict("2026-01-01 12:05:00.000"), conflict("2026-01-01 12:05:00.000"))

    assert [item.is_previous for item in found.timeline] == [False]
    assert says(found, "previous log") == []


def variables(
    pod: Mapping[str, str], template: Mapping[str, str], **fields: Any
) -> list[tuple[str, str | None, str, str | None]]:
    snapshot = cluster(node("n", env=pod, stored="10.0.0.1/24"))
    snapshot = dataclasses.replace(snapshot, daemon_sets=(daemon_set(template),), **fields)
    found = explained(snapshot).variables
    return [(item.name, item.value, item.source, item.template) for item in found]


def test_the_environment_says_where_each_variable_comes_from_and_what_new_pods_get() -> None:
    pod = {"IP": "autodetect", "AUTODETECT_POLL_INTERVAL": "5m"}
    template = {"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=eth1"}

    assert variables(pod, template) == [
        ("IP", "autodetect", "the pod's spec", None),
        ("IP_AUTODETECTION_METHOD", None, "not set", "interface=eth1"),
        ("AUTODETECT_POLL_INTERVAL", "5m", "the pod's spec", "not set"),
    ]


def test_a_config_map_that_could_not_be_read_is_said() -> None:
    snapshot = cluster(node("n", stored="10.0.0.1/24"))
    reference = {"configMapKeyRef": {"name": "calico-config", "key": "method"}}
    container = {
        **snapshot.daemon_sets[0].container,
        "env": [{"name": "IP_AUTODETECTION_METHOD", "valueFrom": reference}],
    }
    facts = snapshot.nodes[0]
    assert facts.pod is not None
    pod = dataclasses.replace(facts.pod, container=container)
    snapshot = dataclasses.replace(snapshot, nodes=(dataclasses.replace(facts, pod=pod),))

    rows = table(shown(explained(snapshot)), "VARIABLE")
    assert "not known  -             configMapKeyRef calico-config/method" in rows[1]


def reasonings(snapshot: Snapshot, name: str = "n") -> list[tuple[str, bool, tuple[str, ...]]]:
    found = explained(snapshot, name).reasonings
    return [(item.method, item.is_decided, item.candidates) for item in found]


def test_the_candidates_come_in_the_order_in_which_they_would_be_chosen() -> None:
    assert reasonings(incident(), "node-3") == [
        ("first-found", True, ("bond4 172.16.10.23/24", "mgmt 172.16.4.23/24")),
        ("interface=bond4", True, ()),
    ]


def test_without_an_order_any_of_them_may_come_out() -> None:
    facts = node(
        "n",
        internal_ip="10.0.0.1",
        log=detected("172.18.0.1/16", "br0"),
        inventory=annotated_nics("br0 172.18.0.1", "eth0 10.0.0.1"),
    )
    ((method, decided, candidates), *_) = reasonings(cluster(facts))

    assert (method, decided) == ("first-found", False)
    assert set(candidates) == {"br0 172.18.0.1", "eth0 10.0.0.1"}


def test_a_method_that_walks_no_interfaces_has_no_next() -> None:
    facts = node(
        "n",
        internal_ip="10.0.0.1",
        log=detected("10.0.0.1/24", "eth0"),
        inventory=nics("eth1 10.9.0.1/24", "eth0 10.0.0.1/24"),
    )
    assert reasonings(cluster(facts, method="kubernetes-internal-ip")) == [
        ("kubernetes-internal-ip", True, ())
    ]


def with_facts(facts: NodeFacts, **changes: Any) -> Snapshot:
    other = node("m", internal_ip="10.0.0.2", log=detected("10.0.0.2/24", "eth0"))
    return cluster(dataclasses.replace(facts, **changes), other)


RIGHT = node("n", internal_ip="10.0.0.1", log=detected("10.0.0.1/24", "eth0"))


def sessions(*found: BgpSession, **values: Any) -> BgpSessions:
    return BgpSessions(SessionsSource.CALICO_NODE_STATUS, {Family.IPV4: found}, **values)


def test_sessions_are_listed_with_the_node_behind_each_peer_and_their_age() -> None:
    found = sessions(
        BgpSession("10.0.0.2", PeerKind.MESH, "Established", since="12:00:00"),
        BgpSession("10.0.9.9", PeerKind.GLOBAL, "Connect", "Socket: No route to host", "12:01:00"),
        as_of="2026-01-01T12:05:00Z",
    )
    text = shown(explained(with_facts(RIGHT, sessions=found)))

    title = "BGP sessions (calico-node-status, as of 2026-01-01T12:05:00Z): 1 of 2 established"
    assert title in text
    assert [" ".join(row.split()) for row in table(text, "PEER")] == [
        "10.0.9.9 - Global Connect 12:01:00 Socket: No route to host",
        "10.0.0.2 m Mesh Established 12:00:00 -",
    ]


def test_no_peers_is_something_else_than_not_asked() -> None:
    assert ": no peers" in shown(explained(with_facts(RIGHT, sessions=sessions())))
    assert "BGP sessions" not in shown(explained(with_facts(RIGHT)))


def test_the_last_events_are_shown_and_the_others_counted() -> None:
    events = [
        PodEvent(
            "Unhealthy", f"check {number}", count=number, last_seen=f"2026-01-01T12:0{number}:00Z"
        )
        for number in range(1, 8)
    ]
    text = shown(explained(with_facts(RIGHT, events=tuple(events))))

    assert "and 2 more earlier events" in text
    assert "check 2" not in text
    assert "event 2026-01-01T12:07:00Z (7x) Unhealthy: check 7" in text


def test_on_a_narrow_terminal_prose_stays_in_its_column() -> None:
    lines = shown(explained(incident(), "node-3"), width=80).split("\n")
    evidence = lines[lines.index("node-3") + 1 : lines.index("", 2)]
    column = evidence[0].index("SAYS")

    assert max(map(len, evidence)) <= 80
    assert all(
        line[:column].strip() == "" or line[column - 2 : column] == "  " for line in evidence
    )


def wide(report: Report) -> Sequence[str]:
    lines = inspection(report, wide=True)
    return ["".join(span.text for span in parts) for parts in lines]


@pytest.mark.parametrize(
    ("facts", "evidence"),
    [
        (RIGHT, "log"),
        (node("n", internal_ip="10.0.0.1", stored="10.0.0.1/24"), "annotation (no time)"),
        (
            node(
                "n",
                internal_ip="10.0.0.1",
                stored="10.0.0.9/24",
                log=log(
                    detected("10.0.0.1/24", "eth0"),
                    detected("10.0.0.1/24", "eth0", stage=Stage.MONITOR, count=9),
                ),
            ),
            "log or annotation (order unknown)",
        ),
    ],
)
def test_wide_says_what_each_row_rests_on(facts: NodeFacts, evidence: str) -> None:
    lines = wide(diagnose(cluster(facts), Question()))
    start = next(index for index, text in enumerate(lines) if text.startswith("NODE"))
    header, row = lines[start : start + 2]
    column = slice(header.index("EVIDENCE"), header.index("SINCE"))

    assert row[column].strip() == evidence
