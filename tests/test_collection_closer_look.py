"""Whom an exec asks what: it is no small thing."""

from __future__ import annotations

import dataclasses

import pytest

from kubectl_calico_nic.collection.closer_look import is_worth_it, questions
from kubectl_calico_nic.collection.probe import Questions
from kubectl_calico_nic.diagnosis.diagnose import diagnose
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import cluster, detected, incident, node

RIGHT, WRONG = "172.16.10.{}/24", "172.16.16.{}/23"
SESSIONS = Questions(interfaces=False, sessions=(Family.IPV4,))
EVERYTHING = Questions(interfaces=True, sessions=(Family.IPV4,))


def on(number: int, address: str = RIGHT, nic: str = "bond4", **facts: object) -> NodeFacts:
    """A node whose calico-node logged and stored the address."""
    chosen = address.format(number)
    defaults = {
        "internal_ip": RIGHT.format(number).partition("/")[0],
        "stored": chosen,
        "log": detected(chosen, nic),
    }
    return node(f"node-{number}", **{**defaults, **facts})  # type: ignore[arg-type]


def asked(snapshot: Snapshot, *nodes: str) -> dict[str, Questions]:
    question = Question(nodes=nodes)
    return questions(diagnose(snapshot, question), snapshot, question)


def test_a_healthy_cluster_is_not_asked() -> None:
    assert asked(cluster(on(1), on(2))) == {}


def test_a_node_that_is_named_is_asked_alone() -> None:
    assert asked(cluster(on(1), on(2)), "node-2") == {"node-2": EVERYTHING}


def test_a_value_to_recommend_has_to_suit_every_node() -> None:
    names = [f"node-{number}" for number in (1, 2, 3, 4)]
    assert asked(incident(inventories=False)) == dict.fromkeys(names, EVERYTHING)


def test_where_no_method_helps_only_what_no_log_proves_is_asked_for() -> None:
    lost = on(3, stored=(), log=None, ready=False)
    found = asked(cluster(on(1), on(2), lost))
    assert found == {"node-1": SESSIONS, "node-2": SESSIONS, "node-3": EVERYTHING}


@pytest.mark.parametrize("backend", ["none", "vxlan"])
def test_only_bird_has_sessions(backend: str) -> None:
    env = {"CALICO_NETWORKING_BACKEND": backend, "IP": "autodetect"}
    nodes = (on(1, env=env), on(2, WRONG, "bond3", env=env), on(3, pod=False))
    found = asked(cluster(*nodes), "node-1", "node-2")
    assert found == dict.fromkeys(("node-1", "node-2"), Questions())


def test_a_pod_that_is_not_ready_is_worth_a_look_once_it_is_past_its_start() -> None:
    def looked_at(started: str) -> bool:
        facts = on(2, ready=False)
        assert facts.pod is not None
        state = dataclasses.replace(facts.pod.container_state, started_at=started)
        pod = dataclasses.replace(facts.pod, container_state=state)
        found = cluster(on(1), dataclasses.replace(facts, pod=pod))
        found = dataclasses.replace(found, taken_at="2026-01-01T12:10:00Z")
        report = diagnose(found, Question())
        return is_worth_it(dataclasses.replace(report, findings=()), found)

    assert looked_at("2026-01-01T12:00:00Z")
    assert not looked_at("2026-01-01T12:09:40Z")
