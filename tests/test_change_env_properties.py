"""What holds for every env list: the method is what was asked, and all else stays."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.change.env_edits import OWN_VARIABLES, referable
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from tests.change_env import (
    IPV4,
    IPV6,
    apply,
    change,
    changed,
    daemon_set,
    effective,
    restored,
    value,
)

MANIFESTS = Path(__file__).parents[2] / "shared" / "calico" / "manifests"
NAMES = [*sorted(OWN_VARIABLES), "NODEIP", "A", "B"]
PIECES = ["$(NODEIP)", "$(A)", "$(IP)", "$(IP_AUTODETECTION_METHOD)", "$(", ")", "$", "$$", "x"]
TEXTS = st.lists(st.sampled_from([*PIECES, "autodetect", "é"]), max_size=4).map("".join)
SOURCES = st.sampled_from(
    [
        {"fieldRef": {"fieldPath": "status.hostIP"}},
        {"fieldRef": {"fieldPath": "metadata.name"}},
        {"configMapKeyRef": {"name": "calico-config", "key": "ip"}},
        {"configMapKeyRef": {"name": "calico-config", "key": "no", "optional": True}},
        {"secretKeyRef": {"name": "s", "key": "k"}},
    ]
)
ENTRIES = st.one_of(
    st.builds(value, st.sampled_from(NAMES), TEXTS),
    st.builds(lambda name, text: value(name, text, later="?"), st.sampled_from(NAMES), TEXTS),
    st.builds(
        lambda name, source: {"name": name, "valueFrom": source}, st.sampled_from(NAMES), SOURCES
    ),
    st.sampled_from(NAMES).map(lambda name: {"name": name}),
)
ENV_FROM = st.sampled_from([None, [], [{"configMapRef": {"name": "all"}}]])
TARGETS = st.builds(
    lambda env, env_from, annotations: daemon_set(*env, env_from=env_from, **annotations),
    st.one_of(st.just([None]), st.lists(ENTRIES, max_size=9)),
    ENV_FROM,
    st.sampled_from([{}, {"annotations": {}}, {"annotations": {"a/b~c": "d"}}]),
)
METHODS = st.one_of(TEXTS.map("interface={}".format), st.just("can-reach=$(NODEIP)"), st.none())
FAMILIES = st.sampled_from([IPV4, IPV6, IPV4 + IPV6])


@given(TARGETS, METHODS, FAMILIES)
def test_only_what_was_asked_changes(
    target: DaemonSet, method: str | None, families: tuple[Family, ...]
) -> None:
    before = effective(target.container)
    made = change(target, method, families)
    after = effective({**target.container, "env": list(made.env or ())})
    touched = {name for family in families for name in (family.ip_variable, family.method_variable)}
    assert {edit.env for edit in made.edits} <= touched
    for name in (before.keys() | after.keys()) - touched - set(made.dependents):
        assert after.get(name) == before.get(name), name
    for family in families:
        found = after.get(family.method_variable)
        if method is None:
            assert found is None or found.value == "first-found"
            assert "IP" not in {edit.env for edit in made.edits}
        else:
            assert after[family.ip_variable].value == "autodetect"
    again = DaemonSet({**target.object, "spec": changed(target, made)[1]["spec"]})
    assert change(again, method, families).edits == ()


@given(TARGETS, TEXTS.map("interface={}".format))
def test_the_effective_method_is_the_text_that_was_typed(target: DaemonSet, method: str) -> None:
    known = referable(target.container, effective(target.container))
    made = change(target, method)
    found = effective({**target.container, "env": list(made.env or ())})
    got = found["IP_AUTODETECTION_METHOD"]
    used = [name for name in known if f"$({name})" in method and name in found]
    if all(found[name].known for name in used):
        anyone = "|".join(re.escape(f"$({name})") for name in used) or "(?!)"
        values = {f"$({name})": found[name].value or "" for name in used}
        assert got.value == re.sub(anyone, lambda match: values[match[0]], method)
    else:
        assert not got.known


@given(TARGETS, METHODS, FAMILIES)
def test_the_patch_gives_the_planned_object_and_restoring_gives_the_former_spec(
    target: DaemonSet, method: str | None, families: tuple[Family, ...]
) -> None:
    original = json.dumps(target.object)
    patch, after = changed(target, change(target, method, families))
    assert apply(patch, target.object) == after
    assert json.dumps(target.object) == original
    if change(target, method, families).edits:
        assert restored(after) == target.spec
    before_spec, after_spec = copy.deepcopy(target.object["spec"]), copy.deepcopy(after["spec"])
    for spec in (before_spec, after_spec):
        spec["template"]["spec"]["containers"][1].pop("env", None)
    assert before_spec == after_spec


FILES = sorted(MANIFESTS.glob("*/*.yaml"))

METHODS_TO_TRY = [
    "interface=^bond4$",
    "skip-interface=bond3",
    "can-reach=8.8.8.8",
    "cidr=172.16.10.0/24,10.0.0.0/8",
    "kubernetes-internal-ip",
    "first-found",
    None,
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_upstreams_manifests_change_in_the_env_of_calico_node_only(file: Path) -> None:
    yaml = pytest.importorskip("yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = [item for item in yaml.load_all(file.read_text(), loader) if item]
    target = DaemonSet(next(item for item in found if item["kind"] == "DaemonSet"))
    for method in METHODS_TO_TRY:
        made = change(target, method, IPV4 + IPV6)
        _, after = changed(target, made)
        assert (restored(after) if made.edits else after["spec"]) == target.spec
        new = DaemonSet(after)
        env = effective(new.container)
        for family in Family if method else ():
            assert env[family.method_variable].value == method
            assert env[family.ip_variable].value == "autodetect"
        mine = [entry for entry in new.container["env"] if entry["name"] in OWN_VARIABLES]
        assert len(mine) == len({entry["name"] for entry in mine})
        kept = [entry for entry in new.container["env"] if entry["name"] not in OWN_VARIABLES]
        assert kept == [
            entry for entry in target.container["env"] if entry["name"] not in OWN_VARIABLES
        ]
        assert without_env(new) == without_env(target)


def without_env(target: DaemonSet) -> Any:
    spec = copy.deepcopy(target.spec)
    del spec["template"]["spec"]["containers"][target.container_index]["env"]
    return spec
