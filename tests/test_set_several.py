"""Several calico-node DaemonSets: no command that changes one guesses which."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from kubectl_calico_nic.simulator.story import Story, incident
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION

from .simulated import Simulated

BOTH = "kube-system/calico-edge, kube-system/calico-node"
NAME_ONE = "name one with --daemonset\n"
EDGE = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-edge"
THE_FIRST = ("--daemonset", "kube-system/calico-node")
ENDS = [("set", "--undo"), ("set", "--resume"), ("set", "--undo", "--wait")]


def two() -> Story:
    """The incident, and a second DaemonSet that no node runs yet."""
    story = incident()
    (first,) = (item for item in story.objects if item["kind"] == "DaemonSet")
    edge: dict[str, Any] = json.loads(json.dumps(first))
    edge["metadata"]["name"] = "calico-edge"
    labels = {"k8s-app": "calico-edge"}
    edge["spec"]["selector"] = {"matchLabels": labels}
    edge["spec"]["template"]["metadata"]["labels"] = labels
    edge["spec"]["template"]["spec"]["nodeSelector"] = {"edge": "true"}
    return dataclasses.replace(story, objects=(*story.objects, edge))


@pytest.mark.parametrize("command", [*ENDS, ("set", "--interface", "bond4"), ("rollout-check",)])
def test_what_would_have_to_guess_is_refused_with_their_names(command: tuple[str, ...]) -> None:
    with Simulated(two()) as cluster:
        before = cluster.daemon_set(), cluster.request("GET", EDGE)
        result = cluster.run(*command)
        after = cluster.daemon_set(), cluster.request("GET", EDGE)
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == f"error: several calico-node DaemonSets: {BOTH}; {NAME_ONE}"
    assert after == before


@pytest.mark.parametrize("command", ENDS)
def test_the_one_with_a_change_is_pointed_out_and_not_assumed(command: tuple[str, ...]) -> None:
    with Simulated(two()) as cluster:
        assert cluster.run("set", "--interface", "bond4", *THE_FIRST).status == 0
        before = cluster.daemon_set()["spec"]
        result = cluster.run(*command)
        after = cluster.daemon_set()["spec"]
    assert result.status == 1
    assert result.stderr == (
        f"error: several calico-node DaemonSets: {BOTH} (a change is recorded on "
        f"kube-system/calico-node); {NAME_ONE}"
    )
    assert after == before


def test_a_name_in_several_namespaces_is_no_choice() -> None:
    story = two()
    objects = [json.loads(json.dumps(item)) for item in story.objects]
    objects[-1]["metadata"].update(name="calico-node", namespace="edge")
    with Simulated(dataclasses.replace(story, objects=tuple(objects))) as cluster:
        result = cluster.run("set", "--undo", "--daemonset", "calico-node")
    assert result.status == 1
    assert "edge/calico-node, kube-system/calico-node" in result.stderr


def test_the_one_that_is_named_is_undone_and_the_other_left_alone() -> None:
    with Simulated(two()) as cluster:
        original = cluster.daemon_set()["spec"], cluster.request("GET", EDGE)["spec"]
        staged = cluster.run("set", "--interface", "bond4", "--only-affected", *THE_FIRST)
        resumed = cluster.run("set", "--resume", *THE_FIRST)
        undone = cluster.run("set", "--undo", *THE_FIRST)
        first, edge = cluster.daemon_set(), cluster.request("GET", EDGE)
    assert [staged.status, resumed.status, undone.status] == [0, 0, 0]
    assert "set --resume --daemonset kube-system/calico-node" in staged.stderr.replace("=", " ")
    assert (first["spec"], edge["spec"]) == original
    assert RECORD_ANNOTATION not in edge["metadata"].get("annotations", {})
