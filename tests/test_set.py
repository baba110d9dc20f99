"""``set`` on a simulated cluster, as the user sees it."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.simulator.story import SimulatedNode

from .simulated import Simulated, changed_incident

METHOD = "IP_AUTODETECTION_METHOD"


def without_env(daemon_set: Any) -> Any:
    """The spec without what ``set`` may change."""
    spec = copy.deepcopy(daemon_set["spec"])
    del spec["template"]["spec"]["containers"][0]["env"]
    return spec


def test_the_change_is_previewed_made_and_nothing_else_differs() -> None:
    with Simulated() as cluster:
        before = cluster.daemon_set()
        result = cluster.run("set", "--interface", "bond4")
        after = cluster.daemon_set()
        env = cluster.env()
    assert result.status == 0
    assert result.stdout == (
        "NODE    NOW              THEN             INTERFACE  VERDICT\n"
        "node-1  172.16.10.21/24  172.16.10.21/24  bond4      same\n"
        "node-2  172.16.10.22/24  172.16.10.22/24  bond4      same\n"
        "node-3  172.16.16.23/23  172.16.10.23/24  bond4      changes\n"
        "node-4  172.16.16.24/23  172.16.10.24/24  bond4      changes\n"
        "\n"
        "daemonset.apps/kube-system/calico-node, container calico-node:\n"
        "  IP_AUTODETECTION_METHOD: (absent) -> interface=bond4  (the method asked for)\n"
        "\n"
        "4 pods restart, one at a time, about 36 seconds.\n"
        "\n"
        "daemonset.apps/calico-node env updated\n"
    )
    assert result.stderr == "Follow it: kubectl calico-nic rollout-check\n"
    assert without_env(before) == without_env(after)
    assert (env[METHOD], env["IP"]) == ("interface=bond4", "autodetect")
    assert {entry["manager"] for entry in after["metadata"]["managedFields"]} >= {
        "kubectl-calico-nic"
    }


@pytest.mark.parametrize(
    ("flags", "value"),
    [
        (("--interface", "bond4"), "interface=bond4"),
        (("--interface=^bond4$,^eno1$"), "interface=^bond4$,^eno1$"),
        (("--skip-interface", "bond3"), "skip-interface=bond3"),
        (("--cidr", "172.16.10.0/24"), "cidr=172.16.10.0/24"),
        (("--can-reach", "172.16.10.1"), "can-reach=172.16.10.1"),
        (("--kubernetes-internal-ip",), "kubernetes-internal-ip"),
        (("--method", "interface=bond4"), "interface=bond4"),
    ],
)
def test_every_method(flags: Any, value: str) -> None:
    with Simulated() as cluster:
        flags = (flags,) if isinstance(flags, str) else flags
        result = cluster.run("set", *flags, "-o", "json")
        env = cluster.env()
    assert result.status == 0, result
    assert env[METHOD] == value
    plan = result.json
    assert (plan["kind"], plan["method"], plan["applied"]) == ("Plan", value, True)
    assert [node["families"][0]["verdict"] for node in plan["nodes"]] == [
        "same",
        "same",
        "changes",
        "changes",
    ]


def test_back_to_the_default_is_refused_because_it_was_the_problem() -> None:
    with Simulated(changed_incident(env={METHOD: "interface=bond4"})) as cluster:
        refused = cluster.run("set", "--unset")
        assert refused.status == 2
        assert "refused: wrong-network; nothing was sent (--force overrides)" in refused.stderr
        assert cluster.env()[METHOD] == "interface=bond4"
        forced = cluster.run("set", "--unset", "--force")
        assert forced.status == 0
        assert METHOD not in cluster.env()


def test_what_is_right_already_sends_nothing() -> None:
    with Simulated(changed_incident(env={METHOD: "interface=bond4"})) as cluster:
        version = cluster.daemon_set()["metadata"]["resourceVersion"]
        result = cluster.run("set", "--interface", "bond4")
        assert cluster.daemon_set()["metadata"]["resourceVersion"] == version
    assert result.status == 0
    assert result.lines[-1] == "daemonset.apps/calico-node unchanged"


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--dry-run", "dry run"),
        ("--dry-run=client", "dry run"),
        ("--dry-run=server", "server dry run"),
    ],
)
def test_a_dry_run_changes_nothing(flag: str, words: str) -> None:
    with Simulated() as cluster:
        version = cluster.daemon_set()["metadata"]["resourceVersion"]
        result = cluster.run("set", "--interface", "bond4", flag)
        assert cluster.daemon_set()["metadata"]["resourceVersion"] == version
    assert result.status == 0
    assert result.lines[-1] == f"daemonset.apps/calico-node env updated ({words})"


def test_the_diff() -> None:
    with Simulated() as cluster:
        result = cluster.run("set", "--interface", "bond4", "--dry-run", "--diff")
    assert result.status == 0
    changed = [line for line in result.lines if line.startswith(("+", "-"))]
    assert "+        - name: IP_AUTODETECTION_METHOD" in changed
    assert "+          value: interface=bond4" in changed
    assert [line for line in changed if line.startswith("-")] == [
        "--- LIVE/kube-system/calico-node"
    ]


@pytest.mark.parametrize(
    ("flags", "meant"),
    [
        (("--method", "bond4"), "interface=bond4"),
        (("--interface", "("), "missing closing )"),
        (("--cidr", "172.16.10.0"), "cidr=172.16.10.0/24"),
        (("--interface", "bond4,"), "interface=bond4"),
        (("--can-reach", "DESTINATION"), "DESTINATION"),
        (("--cidr", "2001:db8::/64"), "--family 6"),
    ],
)
def test_an_invalid_value_is_refused_with_what_was_meant(
    flags: tuple[str, ...], meant: str
) -> None:
    with Simulated() as cluster:
        version = cluster.daemon_set()["metadata"]["resourceVersion"]
        result = cluster.run("set", *flags, "--force")
        assert cluster.daemon_set()["metadata"]["resourceVersion"] == version
    assert result.status == 1
    assert meant in result.stderr
    assert result.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("flags", "finding"),
    [
        (("--interface", "eth1"), "detection-failed"),
        (("--interface", "bond3"), "wrong-network"),
        (("--first-found",), "wrong-network"),
        (("--interface", "bond*"), "method-ambiguous"),
        (("--interface", "bond"), "method-ambiguous"),
    ],
)
def test_a_harmful_plan_is_refused(flags: tuple[str, ...], finding: str) -> None:
    with Simulated() as cluster:
        result = cluster.run("set", *flags, "-o", "json")
        env = cluster.env()
    assert result.status == 2
    assert finding in {found["id"] for found in result.json["objections"]}
    assert result.json["applied"] is False
    assert METHOD not in env


def test_a_controller_owns_the_daemon_set() -> None:
    owner = {
        "apiVersion": "operator.tigera.io/v1",
        "kind": "Installation",
        "name": "default",
        "uid": "1",
        "controller": True,
    }
    story = changed_incident()
    for item in story.objects:
        if item["kind"] == "DaemonSet":
            item["metadata"]["ownerReferences"] = [owner]
    with Simulated(story) as cluster:
        result = cluster.run("set", "--interface", "bond4", "--force")
        env = cluster.env()
    assert result.status == 2
    assert "Installation" in result.stdout
    assert "default" in result.stdout
    assert METHOD not in env


def test_an_ip_set_by_hand_is_made_effective_or_refused() -> None:
    with Simulated(changed_incident(env={"IP": None})) as cluster:
        unset = cluster.run("set", "--interface", "bond4")
        assert (unset.status, cluster.env()["IP"]) == (0, "autodetect")
    with Simulated(changed_incident(env={"IP": "172.16.10.21"})) as cluster:
        by_hand = cluster.run("set", "--interface", "bond4", "-o", "json")
    assert by_hand.status == 2
    assert "explicit-address-overwritten" in {found["id"] for found in by_hand.json["objections"]}


def test_without_exec_the_outcome_is_unknown_and_said() -> None:
    denied = frozenset({("create", "pods/exec"), ("get", "pods/exec")})
    with Simulated(changed_incident(denied=denied)) as cluster:
        result = cluster.run("set", "--interface", "bond4", "-o", "json")
    assert result.status == 0
    verdicts = {node["families"][0]["verdict"] for node in result.json["nodes"]}
    assert "unknown" in verdicts
    assert "outcome-unknown" in {found["id"] for found in result.json["objections"]}


def test_another_nodes_address_is_not_taken() -> None:
    def twin(node: SimulatedNode) -> SimulatedNode:
        if node.name != "node-4":
            return node
        text = node.network.addresses.replace("172.16.10.24/24", "172.16.10.21/24")
        return dataclasses.replace(node, network=dataclasses.replace(node.network, addresses=text))

    with Simulated(changed_incident(node=twin)) as cluster:
        result = cluster.run("set", "--interface", "bond4", "-o", "json")
    assert result.status == 2
    assert "address-conflict" in {found["id"] for found in result.json["objections"]}


NO_EXEC = frozenset({("create", "pods/exec"), ("get", "pods/exec")})
DUMB = {"TERM": "dumb"}


def test_warnings_ask_a_person_and_say_what_about() -> None:
    with Simulated(changed_incident(denied=NO_EXEC)) as cluster:
        asked = {"terminal": True, "environ": DUMB}
        no = cluster.run("set", "--interface", "bond4", answer="n\n", **asked)
        assert METHOD not in cluster.env()
        nothing = cluster.run("set", "--interface", "bond4", answer="", **asked)
        assert METHOD not in cluster.env()
        json_asked = cluster.run("set", "--interface", "bond4", "-o", "json", answer="n\n", **asked)
        assert METHOD not in cluster.env()
        yes = cluster.run("set", "--interface", "bond4", answer="y\n", **asked)
        assert cluster.env()[METHOD] == "interface=bond4"
    assert [no.status, nothing.status, yes.status] == [1, 1, 0]
    assert "Change daemonset kube-system/calico-node? [y/N] error: stopped: nothing was sent" in (
        no.stderr
    )
    assert "outcome-unknown" in json_asked.stderr.partition("[y/N]")[0]


@pytest.mark.parametrize("flags", [("--yes",), ("-y",), ("--dry-run=server",)])
def test_nobody_is_asked_who_said_so(flags: tuple[str, ...]) -> None:
    with Simulated(changed_incident(denied=NO_EXEC)) as cluster:
        result = cluster.run(
            "set", "--interface", "bond4", *flags, answer="", terminal=True, environ=DUMB
        )
    assert result.status == 0
    assert "[y/N]" not in result.stderr


def test_what_could_not_be_read_is_said() -> None:
    with Simulated(changed_incident(denied=frozenset({("get", "configmaps")}))) as cluster:
        result = cluster.run("set", "--interface", "bond4", "--dry-run")
    assert "Warning: no permission to get configmaps" in result.stderr


def test_the_next_command_reaches_the_same_cluster() -> None:
    with Simulated() as cluster:
        path = str(cluster.kubeconfig)
        result = cluster.run(
            "set", "--interface", "bond4", "--kubeconfig", path, "--expect-interface", "bond4"
        )
        report = cluster.run("inspect", "--kubeconfig", path, "--context", "calico-nic-demo")
    assert result.stderr.endswith(f"rollout-check --kubeconfig={path} --expect-interface=bond4\n")
    assert report.status in (0, 2)


def test_the_recommended_command_reaches_the_same_cluster() -> None:
    with Simulated() as cluster:
        path = str(cluster.kubeconfig)
        result = cluster.run("inspect", "--kubeconfig", path, "--token", "secret")
    assert f"kubectl calico-nic set --interface bond4 --kubeconfig={path}\n" in result.stdout
    assert "secret" not in result.stdout


def test_many_nodes_with_one_cause_are_one_paragraph() -> None:
    with Simulated() as cluster:
        result = cluster.run("set", "--interface", "eth1")
    assert result.stdout.count("detection-failed:") == 1
    assert "all 4 nodes" in result.stdout


def test_inventories_from_files_where_exec_is_impossible(tmp_path: Path) -> None:
    for number in (1, 2, 3, 4):
        text = (
            f"2: bond3    inet 172.16.16.2{number}/23 scope global bond3\n"
            f"3: bond4    inet 172.16.10.2{number}/24 scope global bond4\n"
        )
        (tmp_path / f"node-{number}.txt").write_text(text)
    denied = frozenset({("create", "pods/exec")})
    with Simulated(changed_incident(denied=denied)) as cluster:
        blind = cluster.run("set", "--interface", "bond4", "--dry-run", "-o", "json")
        told = cluster.run(
            *("set", "--interface", "bond4", "--dry-run", "-o", "json"),
            *("--inventory", str(tmp_path)),
        )
        (tmp_path / "node-9.txt").write_text("2: e    inet 10.0.0.1/8 scope global e\n")
        stray = cluster.run("set", "--interface", "bond4", "--inventory", str(tmp_path))
    verdicts = [node["families"][0]["verdict"] for node in blind.json["nodes"]]
    assert verdicts == ["unknown"] * 4
    verdicts = [node["families"][0]["verdict"] for node in told.json["nodes"]]
    assert verdicts == ["same", "same", "changes", "changes"]
    assert stray.status == 1
    assert 'nodes "node-9" not found' in stray.stderr
