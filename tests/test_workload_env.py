"""The effective environment is the kubelet's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.workload.env import (
    EnvValue,
    config_map_references,
    effective_env,
    escape,
    expand,
    plain,
    pod_fields,
    references,
    source_of,
    unread_sources,
)

CONFIG_MAPS = {"kube-system/calico-config": {"calico_backend": "bird", "typha": "none"}}


def env_of(*env: dict[str, Any], env_from: Any = (), config_maps: Any = CONFIG_MAPS) -> Any:
    container = {"name": "calico-node", "env": list(env), "envFrom": list(env_from)}
    return effective_env(container, config_maps, "kube-system", {"status.hostIP": "172.16.10.21"})


def variable(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value}


def from_field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def from_config_map(name: str, config_map: str, key: str, **more: Any) -> dict[str, Any]:
    reference = {"name": config_map, "key": key, **more}
    return {"name": name, "valueFrom": {"configMapKeyRef": reference}}


# The cases of third_party/forked/golang/expansion/expand_test.go, in short.
EXPANSIONS = [
    ("$(VAR_A)", "A"),
    ("___$(VAR_B)___", "___B___"),
    ("$(VAR_A)-$(VAR_B)", "A-B"),
    ("$(NOPE)", "$(NOPE)"),
    ("$$(VAR_A)", "$(VAR_A)"),
    ("$$$(VAR_A)", "$A"),
    ("$$$$(VAR_A)", "$$(VAR_A)"),
    ("$VAR_A", "$VAR_A"),
    ("$$VAR_A", "$VAR_A"),
    ("^bond4$", "^bond4$"),
    ("^a$,^b$", "^a$,^b$"),
    ("$(VAR_A", "$(VAR_A"),
    ("$(VAR_A$(VAR_B)", "$(VAR_A$(VAR_B)"),
    ("$((VAR_A)", "$((VAR_A)"),
    ("\n$(VAR_A)\n", "\nA\n"),
    ("$é", "$é"),
    ("$()", "$()"),
    ("$", "$"),
]


@pytest.mark.parametrize(("text", "expected"), EXPANSIONS)
def test_references_expand_as_in_kubernetes(text: str, expected: str) -> None:
    known = {"VAR_A": "A", "VAR_B": "B"}
    assert expand(text, lambda name: known.get(name, f"$({name})")) == expected


TEXTS = st.text(alphabet="$()Aa,^é\n", max_size=12)


@given(TEXTS)
def test_an_escaped_text_expands_to_itself(text: str) -> None:
    assert expand(escape(text), lambda name: "referred") == text


@given(TEXTS)
def test_an_escaped_text_keeps_the_references_that_are_meant(text: str) -> None:
    expanded = expand(escape(text, ["A"]), lambda name: f"<{name}>")
    assert expanded == text.replace("$(A)", "<A>")


@pytest.mark.parametrize("text", ["interface=^bond4$", "interface=^a$,^b$", "cidr=10.0.0.0/8"])
def test_ordinary_values_need_no_escape(text: str) -> None:
    assert escape(text) == text


def test_references_are_named_in_order_and_escaped_ones_are_none() -> None:
    assert references("$(B)$$(C)x$(A)$(") == ("B", "A")


def test_values_come_from_where_the_entry_says() -> None:
    env = env_of(
        variable("IP", "autodetect"),
        from_field("NODEIP", "status.hostIP"),
        from_field("POD", "metadata.name"),
        from_config_map("BACKEND", "calico-config", "calico_backend"),
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "etcd", "key": "ca"}}},
        {"name": "EMPTY"},
    )
    assert env == {
        "IP": EnvValue("autodetect", True, "value"),
        "NODEIP": EnvValue("172.16.10.21", True, "fieldRef status.hostIP"),
        "POD": EnvValue(None, False, "fieldRef metadata.name"),
        "BACKEND": EnvValue("bird", True, "configMapKeyRef calico-config/calico_backend"),
        "KEY": EnvValue(None, False, "secretKeyRef etcd/ca"),
        "EMPTY": EnvValue("", True, "value"),
    }


def test_the_last_of_two_entries_wins() -> None:
    env = env_of(variable("IP", "10.0.0.1"), variable("COPY", "$(IP)"), variable("IP", "none"))
    assert plain(env) == {"IP": "none", "COPY": "10.0.0.1"}


def test_a_reference_sees_only_what_was_defined_before_it() -> None:
    env = env_of(
        variable("EARLY", "can-reach=$(NODEIP)"),
        from_field("NODEIP", "status.hostIP"),
        variable("LATE", "can-reach=$(NODEIP)"),
    )
    assert plain(env)["EARLY"] == "can-reach=$(NODEIP)"
    assert plain(env)["LATE"] == "can-reach=172.16.10.21"


def test_env_overrides_env_from_and_may_refer_to_it() -> None:
    env = env_of(
        variable("calico_backend", "vxlan"),
        variable("COPY", "$(X_typha)"),
        env_from=[
            {"configMapRef": {"name": "calico-config"}},
            {"configMapRef": {"name": "calico-config"}, "prefix": "X_"},
        ],
    )
    assert plain(env)["calico_backend"] == "vxlan"
    assert plain(env)["COPY"] == "none"
    assert env["typha"].source == "envFrom configMapRef calico-config"


def test_a_value_wins_over_value_from_and_an_empty_one_does_not() -> None:
    both = {**from_field("A", "status.hostIP"), "value": "x"}
    empty = {**from_field("B", "status.hostIP"), "value": ""}
    assert plain(env_of(both, empty)) == {"A": "x", "B": "172.16.10.21"}
    assert (source_of(both), source_of(empty)) == ("value", "fieldRef status.hostIP")


def test_a_missing_optional_key_leaves_what_was_set_before() -> None:
    missing = from_config_map("IP", "calico-config", "nope", optional=True)
    assert env_of(missing) == {}
    assert plain(env_of(variable("IP", "none"), missing)) == {"IP": "none"}


@pytest.mark.parametrize(
    "entry",
    [
        from_config_map("IP", "not-read", "ip"),
        from_config_map("IP", "not-read", "ip", optional=True),
        from_config_map("IP", "calico-config", "nope"),
        variable("IP", "$(KUBERNETES_SERVICE_HOST)"),
        {"name": "IP", "value": 5},
    ],
)
def test_what_cannot_be_known_is_said_to_be_unknown(entry: dict[str, Any]) -> None:
    found = env_of(entry)["IP"]
    assert (found.value, found.known) == (None, False)


def test_a_reference_to_an_unknown_value_is_unknown() -> None:
    env = env_of(from_field("POD", "metadata.name"), variable("COPY", "a$(POD)"))
    assert not env["COPY"].known


def test_an_unread_source_may_define_any_name() -> None:
    secret = {"secretRef": {"name": "extra"}}
    assert not env_of(variable("COPY", "$(X)"), env_from=[secret])["COPY"].known
    optional = {"configMapRef": {"name": "kubernetes-services-endpoint", "optional": True}}
    assert plain(env_of(variable("COPY", "$(X)"), env_from=[optional])) == {"COPY": "$(X)"}
    container = {"envFrom": [secret, optional, {"configMapRef": {"name": "calico-config"}}]}
    assert unread_sources(container, CONFIG_MAPS, "kube-system") == ("envFrom secretRef extra",)


def test_the_config_maps_to_read_are_named() -> None:
    container = {
        "env": [from_config_map("A", "calico-config", "x"), from_field("B", "status.hostIP")],
        "envFrom": [{"configMapRef": {"name": "endpoint", "optional": True}}, {"secretRef": {}}],
    }
    assert config_map_references(container) == {"calico-config", "endpoint"}


@pytest.mark.parametrize(
    "container",
    [{}, {"env": None}, {"env": "x"}, {"env": [None, {"value": "x"}]}, {"envFrom": [{}, None]}],
)
def test_broken_containers_have_no_variables(container: dict[str, Any]) -> None:
    assert effective_env(container, {}, "kube-system", {}) == {}
    assert config_map_references(container) == frozenset()


def test_a_host_networked_pod_has_the_nodes_first_internal_ip() -> None:
    fields = pod_fields(node="n1", namespace="x", host_ips=["10.0.0.1", "fd00::1"])
    assert fields["status.hostIP"] == fields["status.podIP"] == "10.0.0.1"
    assert "status.hostIP" not in pod_fields(node="n1", namespace="x")
