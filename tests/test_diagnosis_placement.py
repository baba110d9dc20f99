"""Nodes that are different are listed for what they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import cluster, container, detected, node
from tests.scenarios.scenario import right

LINUX = {"nodeSelector": {"kubernetes.io/os": "linux"}}


def notes(snapshot: Snapshot, name: str) -> tuple[str, ...]:
    return next(found.notes for found in diagnose(snapshot, Question()).nodes if found.name == name)


def canal(**spec: object) -> DaemonSet:
    pod = {"containers": [container({}), {"name": "kube-flannel"}], **spec}
    return DaemonSet(
        {
            "metadata": {"namespace": "kube-system", "name": "canal"},
            "spec": {"template": {"spec": pod}},
        }
    )


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            node("w", pod=False, os="windows", internal_ip="10.0.0.9"),
            "a Windows node: nothing was read of it",
        ),
        (
            node("w", pod=False, os="windows", stored="10.0.0.9/24", internal_ip="10.0.0.9"),
            "a Windows node: only its Node object tells of it",
        ),
    ],
)
def test_a_windows_node_is_called_one(other: NodeFacts, words: str) -> None:
    snapshot = cluster(right(1), other, pod=LINUX)

    assert notes(snapshot, "w") == (words,)
    assert notes(snapshot, "n1") == ()
    assert not diagnose(snapshot, Question()).has_problem


def test_a_node_that_no_daemon_set_selects_runs_none() -> None:
    snapshot = cluster(
        right(1),
        node("x", pod=False, internal_ip="10.0.0.9"),
        pod={"nodeSelector": {"calico": "y"}},
    )

    assert notes(snapshot, "x") == ("kube-system/calico-node does not select this node",)


def test_two_daemon_sets_that_want_the_same_node_are_named() -> None:
    snapshot = cluster(right(1))
    both = replace(snapshot, daemon_sets=(*snapshot.daemon_sets, canal()))

    assert notes(both, "n1") == ("kube-system/canal wants this node too: a host can run only one",)


def test_daemon_sets_for_different_nodes_are_no_rivals() -> None:
    mine = node(
        "n1",
        internal_ip="10.0.0.1",
        stored="10.0.0.1/24",
        log=detected("10.0.0.1/24", "eth0"),
        labels={"pool": "a"},
    )
    snapshot = cluster(mine)
    both = replace(snapshot, daemon_sets=(*snapshot.daemon_sets, canal(nodeSelector={"pool": "b"})))

    assert notes(both, "n1") == ()
