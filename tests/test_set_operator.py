"""``set`` on an operator's cluster changes the Installation, never the DaemonSet."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.installation import default_method
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION
from tests.simulated import Simulated
from tests.simulated_operator import (
    DAEMON_SET,
    INSTALLATION,
    MERGE,
    STATUS,
    Operator,
    operators_story,
)

FIELD = "nodeAddressAutodetectionV4"
METHODS = {
    ("--interface", "bond4"): ({"interface": "bond4"}, "interface=bond4"),
    ("--skip-interface", "bond3"): ({"skipInterface": "bond3"}, "skip-interface=bond3"),
    ("--cidr", "172.16.10.0/24"): ({"cidrs": ["172.16.10.0/24"]}, "cidr=172.16.10.0/24"),
    ("--can-reach", "172.16.10.1"): ({"canReach": "172.16.10.1"}, "can-reach=172.16.10.1"),
    ("--kubernetes-internal-ip",): ({"kubernetes": "NodeInternalIP"}, "kubernetes-internal-ip"),
}


@contextmanager
def operated(network: Any = None) -> Iterator[Simulated]:
    with Simulated(operators_story(network)) as cluster:
        operator = Operator(cluster)
        operator.reconcile()
        with operator.running():
            yield cluster


def field(cluster: Simulated) -> Any:
    return cluster.request("GET", INSTALLATION)["spec"]["calicoNetwork"].get(FIELD)


def env(cluster: Simulated) -> dict[str, str]:
    daemon_set = cluster.request("GET", DAEMON_SET)
    (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


@pytest.mark.parametrize("flags", METHODS, ids=lambda flags: flags[0])
def test_one_method_is_set_and_the_former_removed(flags: tuple[str, ...]) -> None:
    wanted, method = METHODS[flags]
    with operated() as cluster:
        result = cluster.run("set", *flags)
        found, now = field(cluster), env(cluster)
    assert result.status == 0, result
    assert found == wanted
    assert (now["IP"], now["IP_AUTODETECTION_METHOD"]) == ("autodetect", method)
    assert f'{FIELD}: {{"firstFound": true}} -> ' in result.stdout
    assert "installation.operator.tigera.io/default patched\n" in result.stdout
    assert "The operator has carried it over to daemonset calico-system/calico-node." in (
        result.stderr
    )


def test_the_whole_story() -> None:
    with operated() as cluster:
        inspected = cluster.run("inspect")
        done = cluster.run("set", "--interface", "bond4", "--wait")
        clean = cluster.run("inspect")
        undone = cluster.run("set", "--undo", "--wait")
        found, again = field(cluster), cluster.run("set", "--undo")
        record = cluster.request("GET", INSTALLATION)["metadata"].get("annotations", {})
    assert inspected.status == 2
    assert (done.status, clean.status, undone.status) == (0, 0, 0), (done, clean, undone)
    assert "proven on 4 of 4 nodes" in done.stdout
    assert found == {"firstFound": True}
    assert RECORD_ANNOTATION not in record
    assert (
        again.stderr == "error: nothing to undo: installation default has no record of a change\n"
    )


def test_the_same_value_again_sends_nothing() -> None:
    with operated({FIELD: {"interface": "bond4"}}) as cluster:
        before = cluster.request("GET", INSTALLATION)
        result = cluster.run("set", "--interface", "bond4")
        after = cluster.request("GET", INSTALLATION)
    assert "installation.operator.tigera.io/default unchanged\n" in result.stdout
    assert before == after


def test_unset_nulls_the_whole_field_and_the_operators_default_comes_back() -> None:
    with operated({FIELD: {"interface": "bond4"}}) as cluster:
        result = cluster.run("set", "--unset", "--force")
        found = field(cluster)
    assert result.status == 0, result
    assert found == {"firstFound": True}


def test_undo_refuses_what_somebody_changed_since() -> None:
    with operated() as cluster:
        cluster.run("set", "--interface", "bond4")
        change = {"spec": {"calicoNetwork": {FIELD: {"interface": "bond5"}}}}
        cluster.request("PATCH", INSTALLATION, change, MERGE)
        result = cluster.run("set", "--undo")
        found = field(cluster)
    assert result.status == 2
    assert "changed-since" in result.stdout
    assert found == {"interface": "bond5"}


@pytest.mark.parametrize("flags", [("--canary", "node-3"), ("--only-affected",)])
def test_stages_are_refused_with_the_guarded_alternative(flags: tuple[str, ...]) -> None:
    with operated() as cluster:
        result = cluster.run("set", "--interface", "bond4", *flags)
        found = field(cluster)
    assert result.status == 2
    assert "--wait --on-failure=undo" in result.stdout
    assert found == {"firstFound": True}


def test_what_the_operator_rejects_is_taken_back() -> None:
    with Simulated(operators_story()) as cluster:
        Operator(cluster).reconcile()
        degraded = {"type": "Degraded", "status": "True", "message": "Invalid Installation: no"}

        def reject(seconds: float) -> None:
            cluster.request("PATCH", STATUS, {"status": {"conditions": [degraded]}}, MERGE)

        result = cluster.run("set", "--interface", "bond4", sleep=reject)
        found = field(cluster)
    assert result.status == 2
    assert "the operator rejects it: Invalid Installation: no: undone" in result.stderr
    assert found == {"firstFound": True}


def test_a_degraded_operator_that_this_change_mends_may_say_so_late() -> None:
    """It acts at once and reports seconds later: an old complaint is no answer to the new value."""
    story = operators_story({FIELD: {"cidrs": ["10.0.0.0/99"]}})
    with Simulated(story) as cluster:
        operator = Operator(cluster)
        operator.reconcile()
        looks = 0

        def be_late(seconds: float) -> None:
            nonlocal looks
            looks += 1
            if looks == 3:
                operator.reconcile()

        result = cluster.run("set", "--interface", "bond4", "--force", sleep=be_late)
        found = field(cluster)
    assert result.status == 0, result
    assert found == {"interface": "bond4"}


def test_what_the_operator_rejects_of_the_overlay_is_taken_back() -> None:
    with Simulated(operators_story()) as cluster:
        Operator(cluster).reconcile()
        message = "Invalid computed config: no"
        degraded = {"type": "Degraded", "status": "True", "message": message}

        def reject(seconds: float) -> None:
            cluster.request("PATCH", STATUS, {"status": {"conditions": [degraded]}}, MERGE)

        result = cluster.run("set", "--interface", "bond4", sleep=reject)
    assert result.status == 2
    assert f"the operator rejects it: {message}: undone" in result.stderr


def test_without_a_method_the_overlay_leaves_the_choice_to_the_other() -> None:
    base = {FIELD: {"interface": "bond4"}}
    story = operators_story(base)
    (installation,) = (item for item in story.objects if item["kind"] == "Installation")
    overlay = {
        **installation,
        "metadata": {"name": "overlay"},
        "spec": {"calicoNetwork": {FIELD: {"interface": "bond3"}}},
    }
    with Simulated(dataclasses.replace(story, objects=(*story.objects, overlay))) as cluster:
        result = cluster.run("set", "--unset", "--dry-run", "-o", "json")
    assert result.json["object"] == "installation.operator.tigera.io/overlay"
    then = [node["families"][0]["then"] for node in result.json["nodes"]]
    assert then == [f"172.16.10.2{number}/24" for number in range(1, 5)]


def test_a_family_that_was_unused_is_unused_again() -> None:
    """Without an IPv6 pool the operator's default is no address."""
    with operated() as cluster:
        changed = cluster.run("set", "--interface", "bond4", "--family", "6", "--force")
        undone = cluster.run("set", "--undo", "--wait", "--timeout", "5s")
        now = env(cluster)
    assert (changed.status, undone.status) == (0, 0), (changed, undone)
    assert now["IP6"] == "none"


@pytest.mark.parametrize(
    ("spec", "pools", "ipv4", "ipv6"),
    [
        ({}, [], "first-found", None),
        ({}, ["10.0.0.0/8", "fd00::/48"], "first-found", "first-found"),
        ({"calicoNetwork": {"ipPools": [{"cidr": "fd00::/48"}]}}, [], None, "first-found"),
        ({"kubernetesProvider": "EKS"}, [], "can-reach=8.8.8.8", None),
        ({"kubernetesProvider": "DockerEnterprise"}, [], "skip-interface=^br-.*", None),
        (
            {"calicoNetwork": {"linuxDataplane": "BPF", "ipPools": [{"cidr": "fd00::/48"}]}},
            [],
            "first-found",
            "first-found",
        ),
    ],
)
def test_what_the_operator_makes_of_an_absent_field(
    spec: Any, pools: list[str], ipv4: str | None, ipv6: str | None
) -> None:
    installation = Managed({"spec": spec}, True)
    assert default_method(installation, Family.IPV4, pools) == ipv4
    assert default_method(installation, Family.IPV6, pools) == ipv6


def test_an_empty_object_is_not_the_default() -> None:
    """It means no address at all, and null brings the default back."""
    with operated({FIELD: {}}) as cluster:
        none = env(cluster)
        result = cluster.run("set", "--unset", "--force")
        found = field(cluster)
    assert none["IP"] == "none"
    assert result.status == 0, result
    assert found == {"firstFound": True}


def test_an_operator_that_does_nothing_is_not_waited_for_without_end() -> None:
    with Simulated(operators_story()) as cluster:
        Operator(cluster).reconcile()
        result = cluster.run("set", "--interface", "bond4", "--wait", "--timeout", "1s")
    assert result.status == 2
    assert "the operator has not carried it over to daemonset calico-system" in result.stderr


def test_a_degraded_operator_or_none_at_all_is_refused() -> None:
    story = operators_story({FIELD: {"cidrs": ["10.0.0.0/99"]}})
    with Simulated(story) as cluster:
        Operator(cluster).reconcile()
        degraded = cluster.run("set", "--interface", "bond4")
    gone = tuple(item for item in operators_story().objects if item["kind"] != "Deployment")
    with Simulated(dataclasses.replace(operators_story(), objects=gone)) as cluster:
        nobody = cluster.run("set", "--interface", "bond4")
    assert (degraded.status, nobody.status) == (2, 2)
    assert "refused: operator-degraded; nothing was sent" in degraded.stderr
    assert "refused: operator-not-running; nothing was sent" in nobody.stderr


@pytest.mark.parametrize(
    ("right", "named"),
    [
        (("get", "tigerastatuses"), "get tigerastatuses.operator.tigera.io"),
        (("list", "deployments"), "list deployments.apps"),
    ],
)
def test_what_may_not_be_read_about_the_operator_is_named(
    right: tuple[str, str], named: str
) -> None:
    story = dataclasses.replace(operators_story(), denied=frozenset({right}))
    with Simulated(story) as cluster:
        result = cluster.run("set", "--interface", "bond4", "--dry-run=client")
    assert result.status == 0, result
    assert f"Warning: no permission to {named}\n" in result.stderr


def test_the_plan_as_json() -> None:
    with operated() as cluster:
        result = cluster.run("set", "--interface", "bond4", "--dry-run", "-o", "json")
    assert result.json["object"] == "installation.operator.tigera.io/default"
    (edit,) = result.json["edits"]
    assert edit["field"] == f"spec.calicoNetwork.{FIELD}"
    assert json.loads(edit["to"]) == {"interface": "bond4"}
