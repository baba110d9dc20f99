"""The plan: what is edited, what each node would choose, and what restarts."""

from __future__ import annotations

import dataclasses
from datetime import timedelta, timezone

import pytest

from kubectl_calico_nic.change.planning import plan
from kubectl_calico_nic.change.request import Author, Request
from kubectl_calico_nic.change.staging.taking_back import plan_undo
from kubectl_calico_nic.change.values import InvalidValue
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION
from tests.change_story import (
    AT,
    AUTODETECT,
    IPV4,
    IPV6,
    KEY,
    Cluster,
    dual_stack,
    ids,
    value,
    verdicts,
)


def test_the_story_ends_well() -> None:
    made = Cluster().plan("interface=bond4")
    assert verdicts(made) == {
        "node-1": "same",
        "node-2": "same",
        "node-3": "changes",
        "node-4": "changes",
    }
    third = made.nodes[2].families[0]
    assert (third.now, third.then, third.then_interface, third.decided) == (
        "172.16.16.23/23",
        "172.16.10.23/24",
        "bond4",
        True,
    )
    assert (made.refusals, made.warnings) == ((), ())
    assert (made.owner, made.daemon_set, made.resource_version) == ("manifest", KEY, "7")
    assert [(edit.env, edit.before, edit.after) for edit in made.edits] == [
        ("IP_AUTODETECTION_METHOD", None, "interface=bond4")
    ]
    roll = made.roll
    assert (roll.restarts, roll.at_once, roll.blocked_by, roll.seconds) == (4, 1, (), 120)


def test_the_former_values_are_recorded_with_the_time_in_utc() -> None:
    cluster = Cluster()
    made = cluster.plan("interface=bond4")
    note = made.object_after["metadata"]["annotations"][RECORD_ANNOTATION]
    assert '"at":"2026-01-01T02:41:00Z"' in note
    undone = plan_undo(Snapshot(), DaemonSet(made.object_after), Question())
    assert undone.object_after == made.object_before == cluster.object
    local = plan(
        Request((IPV4,), "interface=bond4"),
        Snapshot(),
        DaemonSet(cluster.object),
        Question(),
        Author(AT.astimezone(timezone(timedelta(hours=2)))),
    )
    assert local.object_after["metadata"]["annotations"][RECORD_ANNOTATION] == note


def test_nothing_to_change_makes_an_empty_plan_that_restarts_nothing() -> None:
    made = Cluster(AUTODETECT, value("IP_AUTODETECTION_METHOD", "interface=bond3")).plan(
        "interface=bond3"
    )
    assert made.is_empty
    assert (made.edits, made.refusals, made.roll.restarts) == ((), (), 0)
    assert len(made.nodes) == 4


def test_an_address_from_the_pods_field_is_replaced_and_says_so() -> None:
    source = {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
    made = Cluster(source).plan("interface=bond4")
    assert made.refusals == ()
    assert "replaces fieldRef status.hostIP" in made.edits[0].why


def test_a_value_that_cannot_work_in_this_container_is_no_plan_at_all() -> None:
    with pytest.raises(InvalidValue, match="no variable NODEIP"):
        Cluster().plan("can-reach=$(NODEIP)")
    with pytest.raises(InvalidValue) as caught:
        Cluster().plan("cidr=172.16.16.26")
    assert caught.value.meant == "cidr=172.16.16.0/23"


def test_kubesprays_reference_is_resolved_on_every_node() -> None:
    node_ip = {"name": "NODEIP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
    cluster = Cluster(AUTODETECT, node_ip)
    for number in (1, 2, 3, 4):
        address = f"172.16.10.2{number}"
        answer = f"local {address} dev lo src {address} uid 0 \n    cache <local>"
        cluster.change(f"node-{number}", routes={address: answer})
    made = cluster.plan("can-reach=$(NODEIP)")
    assert [node.families[0].then for node in made.nodes] == [
        f"172.16.10.2{number}/24" for number in (1, 2, 3, 4)
    ]


def test_the_same_restart_brings_older_pods_up_to_date() -> None:
    cluster = Cluster()
    old = {**cluster.container, "image": "calico/node:v3.24.5"}
    cluster.change("node-2", revision_hash="old", container=old)
    assert cluster.plan("interface=bond4").roll.passengers == (
        "earlier changes of the template (node-2)",
        "the image calico/node:v3.24.6 instead of calico/node:v3.24.5 (node-2)",
    )


def test_pods_are_not_called_old_without_a_label_to_tell() -> None:
    cluster = Cluster()
    cluster.change("node-2", revision_hash=None)
    assert cluster.plan("interface=bond4").roll.passengers == ()


def test_both_families_are_planned_side_by_side() -> None:
    made = dual_stack().plan("interface=bond4", IPV4, IPV6)
    assert [edit.env for edit in made.edits] == [
        "IP_AUTODETECTION_METHOD",
        "IP6",
        "IP6_AUTODETECTION_METHOD",
    ]
    assert [each.then for each in made.nodes[2].families] == ["172.16.10.23/24", "fd00:10::3/64"]
    assert made.refusals == ()


def test_unset_goes_back_to_first_found() -> None:
    cluster = Cluster(AUTODETECT, value("IP_AUTODETECTION_METHOD", "interface=bond4"))
    made = cluster.plan(None)
    assert [(edit.before, edit.after) for edit in made.edits] == [("interface=bond4", None)]
    assert [node.families[0].then_interface for node in made.nodes] == [
        "bond4",
        "bond4",
        "bond3",
        "bond3",
    ]
    assert ids(made.refusals) == ["wrong-network"] * 2


def test_a_node_without_its_pod_is_planned_for_and_holds_up_the_others() -> None:
    cluster = Cluster()
    cluster.object["status"]["currentNumberScheduled"] = 3
    cluster.nodes["node-4"] = dataclasses.replace(cluster.nodes["node-4"], pod=None)
    made = cluster.plan("interface=bond4")
    assert verdicts(made)["node-4"] == "changes"
    assert (made.roll.restarts, made.roll.blocked_by) == (3, ("node-4",))


def test_both_families_are_unknown_without_an_inventory() -> None:
    cluster = dual_stack()
    cluster.change("node-3", inventory=None)
    made = cluster.plan("interface=bond4", IPV4, IPV6)
    assert [(each.verdict, each.then) for each in made.nodes[2].families] == [("unknown", None)] * 2
