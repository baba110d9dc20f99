"""``set`` on DaemonSets as real API servers keep them: what is changed, and what is not."""

from __future__ import annotations

import copy
import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
import yaml

from kubectl_calico_nic.workload.env import effective_env, plain

from .api_client import Object
from .cluster import Cluster
from .installs import Install, calico, calico_node, own, upstream
from .plugin_process import RECORD, run
from .rollouts import METHOD
from .story import NAMESPACE

SET = ("set", "--interface", "bond4")
MANAGER = "kubectl-calico-nic"
FIELDS = {"spec.nodeName": "node-1", "status.hostIP": "172.16.10.21"}
# What every write changes, whoever makes it.
BOOKKEEPING = ("generation", "managedFields", "resourceVersion")


def create(cluster: Cluster, install: Install) -> Object:
    """Install it on a cluster without nodes; the DaemonSet as the server has it."""
    for path, each in install.to_create:
        cluster.add(path, each)
    found: Object = cluster.client.get(install.path)
    return found


def environment(install: Install, daemon_set: Object) -> Mapping[str, str]:
    """What calico-node's process finds, as the kubelet works it out."""
    container = calico_node(daemon_set)
    return plain(effective_env(container, install.config_maps, NAMESPACE, FIELDS))


def without_bookkeeping(daemon_set: Object) -> Object:
    """The object as people mean it."""
    kept = copy.deepcopy(daemon_set)
    del kept["status"]
    for name in BOOKKEEPING:
        del kept["metadata"][name]
    kept["metadata"]["annotations"].pop("deprecated.daemonset.template.generation", None)
    return kept


def assert_nothing_else_differs(before: Object, after: Object, names: Iterable[str]) -> None:
    """Only the entries ``names`` of calico-node's env differ, and our own annotation."""
    expected, found = without_bookkeeping(before), without_bookkeeping(after)
    del found["metadata"]["annotations"][RECORD]
    for each in (expected, found):
        container = calico_node(each)
        entries = container.pop("env", [])
        container["env"] = [entry for entry in entries if entry["name"] not in names]
    assert found == expected
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1


def owned_by_us(daemon_set: Object) -> tuple[set[str], set[str]]:
    """The annotations and the entries of calico-node's env that our field manager has."""
    (mine,) = (each for each in daemon_set["metadata"]["managedFields"] if _is_ours(each))
    assert mine["operation"] == "Update"
    fields = mine["fieldsV1"]
    annotations = fields["f:metadata"].pop("f:annotations")
    containers = fields["f:spec"]["f:template"]["f:spec"].pop("f:containers")
    env = containers.pop('k:{"name":"calico-node"}').pop("f:env")
    left = [fields.pop("f:metadata"), containers, fields["f:spec"]["f:template"].pop("f:spec")]
    left += [fields["f:spec"].pop("f:template"), fields.pop("f:spec"), fields]
    assert not any(left), f"we took more: {left}"
    env.pop(".", None)
    names = {json.loads(key.removeprefix("k:"))["name"] for key in env}
    return {key.removeprefix("f:") for key in annotations if key != "."}, names


def _is_ours(managed: Object) -> bool:
    return bool(managed["manager"] == MANAGER)


def by_kubectl(cluster: Cluster, install: Install, *assignments: str) -> Object:
    """What ``kubectl set env`` would make of it, as the server answers a dry run."""
    name = install.daemon_set["metadata"]["name"]
    flags = ("-n", NAMESPACE, f"ds/{name}", "-c", "calico-node", "--dry-run=server", "-o", "json")
    answer = cluster.kubectl("set", "env", *flags, *assignments)
    assert answer.returncode == 0, answer.stderr
    found: Object = json.loads(answer.stdout)
    return found


def networks(install: Install) -> bool:
    """Whether Calico does the networking."""
    backend = environment(install, install.daemon_set).get("CALICO_NETWORKING_BACKEND")
    return backend != "none"


MANIFESTS = upstream() or own()


@pytest.mark.parametrize("install", [each for each in MANIFESTS if networks(each)], ids=str)
def test_only_the_method_changes(empty_cluster: Cluster, install: Install) -> None:
    before = create(empty_cluster, install)
    through_kubectl = by_kubectl(empty_cluster, install, f"{METHOD}=interface=bond4")

    changed = run(empty_cluster, *SET)

    assert changed.status == 0, changed
    assert changed.lines[-1] == "daemonset.apps/calico-node env updated"
    after = empty_cluster.client.get(install.path)
    assert_nothing_else_differs(before, after, {METHOD})
    assert owned_by_us(after) == ({RECORD}, {METHOD})
    wanted = {**environment(install, before), METHOD: "interface=bond4"}
    assert environment(install, after) == wanted
    assert environment(install, through_kubectl) == wanted


@pytest.mark.parametrize("install", [each for each in MANIFESTS if not networks(each)], ids=str)
def test_nothing_is_set_where_somebody_else_does_the_networking(
    empty_cluster: Cluster, install: Install
) -> None:
    before = create(empty_cluster, install)

    refused = run(empty_cluster, *SET)

    assert refused.status == 2
    assert "CALICO_NETWORKING_BACKEND is none" in refused.stdout
    assert refused.stderr.startswith("refused: backend-none; nothing was sent")
    assert empty_cluster.client.get(install.path)["metadata"]["generation"] == 1
    assert empty_cluster.client.get(install.path)["spec"] == before["spec"]


def entry(name: str, value: str) -> dict[str, Any]:
    """A plain entry."""
    return {"name": name, "value": value}


HOST_IP = {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
NODE_IP = {"name": "NODEIP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}


@pytest.mark.parametrize(
    ("own_entries", "flags", "wanted"),
    [
        pytest.param(
            [entry("IP", "autodetect"), entry(METHOD, "first-found"), entry(METHOD, "bond3")],
            (),
            {"IP": "autodetect", METHOD: "interface=bond4"},
            id="a method that is set twice",
        ),
        pytest.param(
            [entry("IP", "none"), entry("IP", "autodetect"), entry("IP", "")],
            (),
            {"IP": "autodetect", METHOD: "interface=bond4"},
            id="an IP that is set three times",
        ),
        pytest.param(
            [HOST_IP],
            (),
            {"IP": "autodetect", METHOD: "interface=bond4"},
            id="an IP from the host",
        ),
        pytest.param([], (), {"IP": "autodetect", METHOD: "interface=bond4"}, id="no IP"),
        pytest.param(
            [entry("IP", "172.16.10.21")],
            ("--force",),
            {"IP": "autodetect", METHOD: "interface=bond4"},
            id="an IP by hand",
        ),
        pytest.param(
            [entry(METHOD, "first-found"), entry("IP", "autodetect"), NODE_IP],
            ("--can-reach", "$(NODEIP)"),
            {"IP": "autodetect", METHOD: "can-reach=172.16.10.21"},
            id="a reference to a later variable",
        ),
        pytest.param(
            [entry("IP", "autodetect")],
            ("--interface", "^bond4$,^(eno1|$(X))$"),
            {"IP": "autodetect", METHOD: "interface=^bond4$,^(eno1|$(X))$"},
            id="what would be a reference",
        ),
        pytest.param(
            [entry("IP", "autodetect"), entry("IP6", "none")],
            ("--family", "46"),
            {
                "IP": "autodetect",
                METHOD: "interface=bond4",
                "IP6": "autodetect",
                "IP6_AUTODETECTION_METHOD": "interface=bond4",
            },
            id="both families",
        ),
    ],
)
def test_the_method_has_effect_whatever_was_there(
    empty_cluster: Cluster,
    own_entries: Sequence[Mapping[str, Any]],
    flags: Sequence[str],
    wanted: Mapping[str, str],
) -> None:
    install = calico()
    container = calico_node(install.daemon_set)
    kept = [each for each in container["env"] if each["name"] != "IP"]
    container["env"] = [*kept[:5], *own_entries, *kept[5:]]
    before = create(empty_cluster, install)
    asked = flags if {"--interface", "--can-reach"} & set(flags) else (*SET[1:], *flags)

    changed = run(empty_cluster, "set", *asked)

    assert changed.status == 0, changed
    after = empty_cluster.client.get(install.path)
    assert_nothing_else_differs(before, after, wanted)
    assert environment(install, after) == {**environment(install, before), **wanted}
    names = [each["name"] for each in calico_node(after)["env"]]
    assert len(names) == len(set(names))

    again = run(empty_cluster, "set", *asked)
    assert (again.status, again.lines[-1]) == (0, "daemonset.apps/calico-node unchanged")
    assert empty_cluster.client.get(install.path)["metadata"] == after["metadata"]


def test_a_container_without_any_env_gets_one(empty_cluster: Cluster) -> None:
    install = calico()
    del calico_node(install.daemon_set)["env"]
    sidecar = {"name": "first", "image": "example/first:v1", "env": [entry(METHOD, "its own")]}
    install.daemon_set["spec"]["template"]["spec"]["containers"].insert(0, sidecar)
    before = create(empty_cluster, install)

    changed = run(empty_cluster, *SET)

    assert changed.status == 0, changed
    after = empty_cluster.client.get(install.path)
    assert_nothing_else_differs(before, after, {"IP", METHOD})
    assert environment(install, after) == {"IP": "autodetect", METHOD: "interface=bond4"}
    assert owned_by_us(after) == ({RECORD}, {"IP", METHOD})


def test_back_to_the_default_leaves_the_spec_as_it_was(empty_cluster: Cluster) -> None:
    install = calico()
    before = create(empty_cluster, install)

    assert run(empty_cluster, *SET).status == 0
    assert run(empty_cluster, "set", "--unset").status == 0

    assert empty_cluster.client.get(install.path)["spec"] == before["spec"]


def test_a_dry_run_promises_what_comes_true(cluster: Cluster) -> None:
    path = calico().path
    before = cluster.client.get(path)

    plans = [run(cluster, *SET, flag, "-o", "json") for flag in DRY_RUNS]
    shown = run(cluster, *SET, "--dry-run=server", "--diff")
    assert cluster.client.get(path) == before
    real = run(cluster, *SET, "-o", "json")
    after = cluster.client.get(path)

    assert {each.status for each in (*plans, shown, real)} == {0}
    promised = [json.loads(each.stdout) for each in plans]
    assert [each.pop("applied") for each in promised] == [False, False]
    done = json.loads(real.stdout)
    assert done.pop("applied") is True
    assert promised == [done, done]
    assert shown.lines[-1] == "daemonset.apps/calico-node env updated (server dry run)"
    assert changed_lines(shown.lines) == changed_lines(difference(before, after))


DRY_RUNS = ("--dry-run=client", "--dry-run=server")


def difference(before: Object, after: Object) -> list[str]:
    """The unified diff of two states of an object."""
    return list(difflib.unified_diff(*(_yaml(before), _yaml(after)), lineterm=""))


def changed_lines(diff: Iterable[str]) -> list[str]:
    """The lines that come and go, without the time of the change."""
    lines = (line for line in diff if re.match(r"[+-](?![+-])", line))
    return [re.sub(r'("at":")[^"]*', r"\\1", line) for line in lines]


def _yaml(daemon_set: Object) -> list[str]:
    text = yaml.safe_dump(without_bookkeeping(daemon_set), sort_keys=False, width=10_000)
    return text.splitlines()


@pytest.mark.parametrize("flags", [(), ("--server-side", "--field-manager=gitops")])
def test_the_next_apply_of_the_manifest_keeps_the_method(
    empty_cluster: Cluster, flags: Sequence[str]
) -> None:
    install = calico()
    manifest = empty_cluster.directory / "manifest.yaml"
    for each in install.objects:
        each["metadata"].pop("annotations", None)
    manifest.write_text(yaml.safe_dump_all(install.objects))
    # What is applied again goes with the rest of the test.
    create(empty_cluster, install)
    empty_cluster.client.delete(install.path)
    empty_cluster.client.wait_until_gone(*install.path.rsplit("/", 1))
    apply = ("apply", *flags, "-f", str(manifest))
    assert empty_cluster.kubectl(*apply).returncode == 0

    assert run(empty_cluster, *SET).status == 0
    again = empty_cluster.kubectl(*apply)

    assert again.returncode == 0, again.stderr
    after = empty_cluster.client.get(install.path)
    assert environment(install, after)[METHOD] == "interface=bond4"
