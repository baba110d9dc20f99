"""``set`` changes the env of one container so that the method is what was asked, nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_calico_nic.change.env_edits import change_env
from kubectl_calico_nic.change.request import Request
from kubectl_calico_nic.change.staging.taking_back import NothingToEnd, plan_undo
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION
from kubectl_calico_nic.workload.env import effective_env
from tests.change_env import (
    IPV4,
    IPV6,
    apply,
    change,
    changed,
    daemon_set,
    effective,
    env_after,
    from_key,
    host_ip,
    restored,
    value,
)


def test_the_method_is_added_at_the_end_as_typed() -> None:
    before = [value("A", "1"), value("IP", "autodetect"), value("B", "2")]
    after = env_after(*before, method="interface=^bond4$")
    assert after == [*before, value("IP_AUTODETECTION_METHOD", "interface=^bond4$")]


def test_an_existing_method_is_replaced_in_its_place() -> None:
    method = "IP_AUTODETECTION_METHOD"
    after = env_after(value("IP", "autodetect"), value(method, "first-found"), value("B", "2"))
    assert after[1:] == [value(method, "interface=bond4"), value("B", "2")]


@pytest.mark.parametrize(
    ("entry", "before", "why"),
    [
        (value("IP", ""), "", "with IP empty a stored address is kept and the method is not read"),
        (value("IP", "10.0.0.1"), "10.0.0.1", "with IP=10.0.0.1 the method is not read"),
        (value("IP", "none"), "none", "with IP=none the method is not read"),
        (host_ip("IP"), "<fieldRef status.hostIP>", "replaces fieldRef status.hostIP"),
        (from_key("IP", "addr"), "<configMapKeyRef calico-config/addr>", "calico-config/addr"),
    ],
)
def test_the_method_is_made_effective(entry: dict[str, Any], before: str, why: str) -> None:
    made = change(daemon_set(entry), "interface=bond4")
    assert (made.env or ())[0] == value("IP", "autodetect")
    assert (made.edits[0].env, made.edits[0].before, made.edits[0].after) == (
        "IP",
        before,
        "autodetect",
    )
    assert why in made.edits[0].why


def test_an_address_from_a_config_map_that_says_autodetect_stays() -> None:
    made = change(daemon_set(from_key("IP", "ip")), "interface=bond4")
    assert [edit.env for edit in made.edits] == ["IP_AUTODETECTION_METHOD"]
    assert (made.env or ())[0] == from_key("IP", "ip")


def test_an_absent_ip_is_added_too() -> None:
    assert env_after() == [
        value("IP", "autodetect"),
        value("IP_AUTODETECTION_METHOD", "interface=bond4"),
    ]
    assert env_after(None) == env_after()


def test_duplicates_become_one() -> None:
    method = "IP_AUTODETECTION_METHOD"
    target = daemon_set(
        value(method, "first-found"),
        value("IP", "10.0.0.1"),
        value("A", "1"),
        value("IP", "autodetect"),
        value(method, "interface=eth0"),
    )
    made = change(target, "interface=bond4")
    assert list(made.env or ()) == [
        value(method, "interface=bond4"),
        value("IP", "autodetect"),
        value("A", "1"),
    ]
    assert all("set 2 times" in edit.why for edit in made.edits)


def test_what_already_holds_is_left_alone() -> None:
    method = "IP_AUTODETECTION_METHOD"
    target = daemon_set(
        value("IP", "none"), value("IP", "autodetect"), value(method, "interface=bond4")
    )
    assert change(target, "interface=bond4").edits == ()
    escaped = daemon_set(value("IP", "autodetect"), value(method, "interface=a$$(b)"))
    assert change(escaped, "interface=a$(b)").edits == ()


def test_kubesprays_reference_stays_a_reference() -> None:
    target = daemon_set(value("IP", "autodetect"), host_ip("NODEIP"))
    made = change(target, "can-reach=$(NODEIP)")
    assert list(made.env or ())[-1]["value"] == "can-reach=$(NODEIP)"
    assert "$(NODEIP) refers to that variable" in made.edits[0].why
    container = {**target.container, "env": made.env}
    assert effective(container)["IP_AUTODETECTION_METHOD"].value == "can-reach=10.0.0.1"


def test_a_method_moves_behind_the_variable_that_it_refers_to() -> None:
    method = value("IP_AUTODETECTION_METHOD", "can-reach=$(NODEIP)")
    target = daemon_set(value("IP", "autodetect"), method, host_ip("NODEIP"), value("A", "1"))
    made = change(target, "can-reach=$(NODEIP)")
    assert [entry["name"] for entry in made.env or ()] == [
        "IP",
        "NODEIP",
        "IP_AUTODETECTION_METHOD",
        "A",
    ]


def test_a_literal_dollar_parenthesis_is_escaped() -> None:
    made = change(daemon_set(value("IP", "autodetect")), "interface=a$(b)")
    assert list(made.env or ())[-1]["value"] == "interface=a$$(b)"
    assert "literal $" in made.edits[0].why


def test_variables_that_refer_to_an_edited_one_are_named() -> None:
    target = daemon_set(value("IP", ""), value("X", "$(IP)"), value("Y", "a$(X)"), value("Z", "1"))
    assert change(target, "interface=bond4").dependents == ("X", "Y")


def test_env_from_is_overridden() -> None:
    target = daemon_set(env_from=[{"configMapRef": {"name": "all"}}])
    made = change(target, "interface=bond4")
    assert [edit.before for edit in made.edits] == ["none", "first-found"]
    container = {**target.container, "env": made.env}
    assert effective(container)["IP_AUTODETECTION_METHOD"].value == "interface=bond4"
    assert effective(container)["IP"].value == "autodetect"


def test_unset_removes_the_method_and_leaves_ip() -> None:
    method = "IP_AUTODETECTION_METHOD"
    before = [value("IP", "10.0.0.1"), value(method, "a"), value(method, "b")]
    made = change(daemon_set(*before), None)
    assert list(made.env or ()) == before[:1]
    assert (made.edits[0].before, made.edits[0].after) == ("b", None)
    assert change(daemon_set(*before[:1]), None).edits == ()


def test_unset_cannot_remove_what_env_from_gives() -> None:
    target = daemon_set(env_from=[{"configMapRef": {"name": "all"}}])
    assert list(change(target, None).env or ()) == []
    assert change(target, None).edits == ()
    other = {"kube-system/all": {"IP_AUTODETECTION_METHOD": "interface=x"}}
    current = effective_env(target.container, other, "kube-system", {})
    made = change_env(target.container, Request(IPV4, None), current)
    assert list(made.env or ()) == [value("IP_AUTODETECTION_METHOD", "first-found")]


def test_ipv6_has_its_own_variables() -> None:
    assert [edit.env for edit in change(daemon_set(), "interface=bond4", IPV6).edits] == [
        "IP6",
        "IP6_AUTODETECTION_METHOD",
    ]
    assert len(change(daemon_set(), "interface=bond4", IPV4 + IPV6).edits) == 4


def test_the_patch_is_guarded_and_replaces_one_list() -> None:
    target = daemon_set(value("IP", "autodetect"), annotations={"a": "b"})
    patch, after = changed(target, change(target, "interface=bond4"))
    container = "/spec/template/spec/containers/1"
    assert [(operation["op"], operation["path"]) for operation in patch] == [
        ("test", "/metadata/resourceVersion"),
        ("test", f"{container}/name"),
        ("replace", f"{container}/env"),
        ("add", "/metadata/annotations/kubectl-calico-nic~1previous"),
    ]
    assert patch[0]["value"] == "7"
    assert apply(patch, target.object) == after


def test_a_patch_adds_what_was_absent() -> None:
    target = daemon_set(None)
    patch, after = changed(target, change(target, "interface=bond4"))
    assert [operation["op"] for operation in patch] == ["test", "test", "add", "add"]
    assert apply(patch, target.object) == after
    undone = plan_undo(Snapshot(), DaemonSet(after), Question())
    assert undone.object_after == target.object
    assert apply(undone.patch, after) == target.object


def test_what_others_edited_meanwhile_survives_an_undo() -> None:
    target = daemon_set(value("IP", "none"), value("A", "1"))
    _, after = changed(target, change(target, "interface=bond4"))
    after["spec"]["template"]["spec"]["containers"][1]["env"].append(value("NEW", "x"))
    containers = restored(after)["template"]["spec"]["containers"]
    assert containers[1]["env"] == [value("IP", "none"), value("A", "1"), value("NEW", "x")]


@pytest.mark.parametrize(
    "note",
    [
        None,
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"at":"","by":"","change":"","names":["IP"],"before":[["x",{}]],"after":[],"hadEnv":true}',
        '{"names":"IP"}',
    ],
)
def test_without_a_sound_record_there_is_nothing_to_undo(note: str | None) -> None:
    annotations = {} if note is None else {RECORD_ANNOTATION: note}
    target = daemon_set(annotations=annotations)
    with pytest.raises(NothingToEnd, match="daemonset kube-system/calico-node"):
        plan_undo(Snapshot(), target, Question())
