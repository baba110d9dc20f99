"""``inspect`` on a simulated cluster, as the user sees it."""

from __future__ import annotations

import dataclasses
import re

import pytest

from kubectl_calico_nic.simulator.story import SimulatedNode

from .simulated import Simulated, changed_incident


def without_times(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)


def table(report: str) -> list[str]:
    """The rows of the table of nodes."""
    return report.split("\n\n")[1].splitlines()[1:]


def test_the_incident_is_found_and_the_one_value_that_fixes_it() -> None:
    with Simulated() as cluster:
        result = cluster.run("inspect")
    assert result.status == 2
    assert without_times(result.stdout) == (
        "PROBLEM: 2 of 4 nodes are on bond3 172.16.16.0/23; expected 172.16.10.0/24 (InternalIP)\n"
        "Calico v3.24.6, kube-system/calico-node, plain manifest, method first-found (default)\n"
        "\n"
        "NODE    READY  INTERFACE  ADDRESS          EXPECTED      BGP  VERDICT\n"
        "node-3  yes    bond3      172.16.16.23/23  172.16.10.23  1/3  wrong-network\n"
        "node-4  yes    bond3      172.16.16.24/23  172.16.10.24  1/3  wrong-network\n"
        "node-1  yes    bond4      172.16.10.21/24  172.16.10.21  1/3  ok\n"
        "node-2  yes    bond4      172.16.10.22/24  172.16.10.22  1/3  ok\n"
        "\n"
        "wrong-network: node-3, node-4\n"
        "  why:  log and annotation agree; since TIME\n"
        "  so:   node-1, node-2 lack BGP sessions with them; restarting calico-node there does not "
        "help\n"
        "  next: the command below (docs/findings.md#wrong-network)\n"
        "\n"
        "interface=bond4 gives all 4 nodes their expected address: 2 addresses change, 4 pods "
        "restart one at a time, about 36 seconds in all.\n"
        "  kubectl calico-nic set --interface bond4\n"
    )
    assert result.stderr == ""


def test_the_json_contract() -> None:
    with Simulated() as cluster:
        result = cluster.run("inspect", "-o", "json")
    assert result.status == 2
    report = result.json
    assert (report["apiVersion"], report["kind"]) == ("calico-nic/v1", "Inspection")
    assert report["daemonSets"] == [
        {
            "name": "kube-system/calico-node",
            "version": "v3.24.6",
            "owner": "manifest",
            "method": {"IPv4": "first-found"},
            "mode": {"IPv4": "autodetect"},
        }
    ]
    assert [node["name"] for node in report["nodes"]] == ["node-1", "node-2", "node-3", "node-4"]
    (family,) = report["nodes"][2]["families"]
    since = family.pop("since")
    assert since.endswith("Z")
    assert family == {
        "reasons": [],
        "family": "IPv4",
        "method": "first-found",
        "interface": "bond3",
        "address": "172.16.16.23/23",
        "decided": True,
        "expected": "172.16.10.23",
        "expectation": {
            "source": "InternalIP",
            "network": "172.16.10.0/24",
            "interface": "bond4",
        },
        "bgp": {"established": 1, "peers": 3, "down": ["172.16.10.21", "172.16.10.22"]},
        "evidence": ["log", "annotation"],
        "contradictedBy": None,
        "verdict": "wrong-network",
        "candidates": [],
        "findings": ["wrong-network"],
    }
    assert [found["id"] for found in report["findings"]] == ["wrong-network", "wrong-network"]
    (recommendation,) = report["recommendations"]
    assert recommendation["method"] == "interface=bond4"
    assert recommendation["command"] == "kubectl calico-nic set --interface bond4"
    assert (recommendation["changes"], recommendation["nodes"]) == (2, 4)
    assert (recommendation["restarts"], recommendation["atOnce"]) == (4, 1)
    assert (recommendation["seconds"], recommendation["blockedBy"]) == (36, [])
    (story,) = report["stories"]
    assert (story["id"], story["nodes"]) == ("wrong-network", ["node-3", "node-4"])
    assert story["explains"] == ["node-1", "node-2"]


def test_other_formats() -> None:
    with Simulated() as cluster:
        names = cluster.run("inspect", "-o", "name")
        rows = cluster.run("inspect", "--no-headers")
        wide = cluster.run("inspect", "-o", "wide")
        yaml = cluster.run("inspect", "-o", "yaml")
    assert names.lines == ["node/node-1", "node/node-2", "node/node-3", "node/node-4"]
    assert [row.split()[0] for row in rows.lines] == ["node-3", "node-4", "node-1", "node-2"]
    assert "METHOD       EVIDENCE        SINCE" in wide.stdout
    assert "first-found  log,annotation" in wide.stdout
    assert "kind: Inspection" in yaml.stdout


def test_of_a_victim_the_culprits_are_named_and_no_cure_of_its_own() -> None:
    with Simulated() as cluster:
        result = cluster.run("inspect", "node-1")
    assert result.lines[0].startswith("PROBLEM: 2 of 4 nodes are on ")
    assert "node-1  yes    bond4      172.16.10.21/24  172.16.10.21  1/3  ok" in result.stdout
    assert "node-1 lacks BGP sessions with them; restarting calico-node there does not help" in (
        result.stdout
    )
    assert "kubectl calico-nic set" not in result.stdout


def test_one_node() -> None:
    with Simulated() as cluster:
        right, wrong = cluster.run("inspect", "node-1"), cluster.run("inspect", "node/node-3")
        unknown = cluster.run("inspect", "node-9", "node-1")
    assert (right.status, wrong.status) == (2, 2)
    assert [row.split()[0] for row in table(right.stdout)] == ["node-1"]
    assert [row.split()[0] for row in table(wrong.stdout)] == ["node-3"]
    assert unknown.status == 1
    assert unknown.stderr == 'Error from server (NotFound): nodes "node-9" not found\n'


def test_a_healthy_cluster_needs_one_line() -> None:
    with Simulated(changed_incident(env={"IP_AUTODETECTION_METHOD": "interface=bond4"})) as cluster:
        result = cluster.run("inspect")
    assert result.status == 0
    assert result.lines[0] == "OK: all 4 nodes use the expected address (InternalIP)"
    assert "set" not in result.stdout


@pytest.mark.parametrize(
    ("flags", "verdicts"),
    [
        (("--expect-cidr", "172.16.16.0/23"), {"node-1": "wrong-network", "node-3": "ok"}),
        (("--expect-cidr", "172.16.0.0/16"), {"node-1": "ok", "node-3": "ok"}),
        (("--expect-interface", "bond3"), {"node-1": "wrong-interface", "node-3": "ok"}),
        (("--expect-interface", "bond3,bond4"), {"node-1": "ok", "node-3": "ok"}),
    ],
)
def test_the_user_may_say_what_is_expected(
    flags: tuple[str, ...], verdicts: dict[str, str]
) -> None:
    with Simulated() as cluster:
        report = cluster.run("inspect", *flags, "-o", "json").json
    found = {node["name"]: node["families"][0]["verdict"] for node in report["nodes"]}
    assert verdicts.items() <= found.items()


def test_a_failed_detection_with_a_kept_address_is_not_believed() -> None:
    def keeps(node: SimulatedNode) -> SimulatedNode:
        address = f"{node.internal_ips[0]}/24"
        return dataclasses.replace(node, annotations={"projectcalico.org/IPv4Address": address})

    story = changed_incident(env={"IP_AUTODETECTION_METHOD": "interface=eth1"}, node=keeps)
    with Simulated(story) as cluster:
        report = cluster.run("inspect", "-o", "json").json
    assert {node["ready"] for node in report["nodes"]} == {True}
    assert {found["id"] for found in report["findings"]} == {"kept-stale-address"}


def test_an_unknown_method_is_named() -> None:
    with Simulated(changed_incident(env={"IP_AUTODETECTION_METHOD": "bond4"})) as cluster:
        result = cluster.run("inspect", "-o", "json")
    assert result.status == 2
    verdicts = {node["families"][0]["verdict"] for node in result.json["nodes"]}
    assert verdicts == {"method-invalid"}


def test_read_only_rights_are_enough_without_exec() -> None:
    story = changed_incident(denied=frozenset({("create", "pods/exec"), ("get", "pods/exec")}))
    with Simulated(story) as cluster:
        result = cluster.run("inspect")
    assert result.status == 2
    assert "node-3  yes    bond3      172.16.16.23/23  172.16.10.23  -    wrong-network" in (
        result.stdout
    )
    assert "no permission to create pods/exec" in result.stderr


@pytest.mark.parametrize(
    ("denied", "status", "missing"),
    [
        (("get", "pods/log"), 2, "no permission to get pods/log"),
        (("list", "nodes"), 2, "no permission to list nodes"),
        (("get", "configmaps"), 2, "no permission to get configmaps"),
        (("list", "pods"), 1, 'Error from server (Forbidden): pods is forbidden: User "demo"'),
        (("list", "daemonsets"), 1, "Error from server (Forbidden): daemonsets.apps is forbidden"),
    ],
)
def test_a_missing_right_is_named(denied: tuple[str, str], status: int, missing: str) -> None:
    with Simulated(changed_incident(denied=frozenset({denied}))) as cluster:
        result = cluster.run("inspect")
    assert result.status == status, result
    assert missing in result.stderr


def test_the_daemon_set_is_looked_for_everywhere() -> None:
    with Simulated() as cluster:
        narrowed = cluster.run("inspect", "-n", "default")
        other = cluster.run("inspect", "--daemonset", "canal")
        named = cluster.run("-n", "kube-system", "inspect", "--daemonset", "calico-node")
    assert narrowed.status == 1
    assert narrowed.stderr == (
        'error: no DaemonSet with a container named calico-node in namespace "default": '
        "without -n all namespaces are searched\n"
    )
    assert other.status == 1
    assert 'no daemonset "canal" with a container named calico-node' in other.stderr
    assert named.status == 2


def test_ok_rows_are_folded_on_a_small_screen_only() -> None:
    with Simulated() as cluster:
        folded = cluster.run("inspect", terminal=True, height=10, environ={"TERM": "dumb"})
        everything = cluster.run(
            "inspect", "--all", terminal=True, height=10, environ={"TERM": "dumb"}
        )
    assert "2 ok  (--all shows them)" in folded.stdout
    assert "node-1  yes" not in folded.stdout
    assert "node-1  yes" in everything.stdout


@pytest.mark.parametrize(
    ("ip", "words"),
    [
        ("none", "detection off (IP=none)"),
        ("172.16.10.21", "address set by hand (IP)"),
    ],
)
def test_the_headline_says_why_no_method_is_in_force(ip: str, words: str) -> None:
    with Simulated(changed_incident(env={"IP": ip})) as cluster:
        result = cluster.run("inspect")
    assert f"kube-system/calico-node, plain manifest, {words}" in result.stdout


def test_an_owner_that_writes_again_is_named() -> None:
    story = changed_incident()
    for item in story.objects:
        if item["kind"] == "DaemonSet":
            item["metadata"]["annotations"] = {"meta.helm.sh/release-name": "calico"}
    with Simulated(story) as cluster:
        inspected = cluster.run("inspect", "-o", "json")
        refused = cluster.run("set", "--interface", "bond4")
        forced = cluster.run("set", "--interface", "bond4", "--force")
    assert inspected.json["daemonSets"][0]["owner"] == "helm"
    assert refused.status == 2
    assert "refused: owner-reverts; nothing was sent (--force overrides)" in refused.stderr
    assert forced.status == 0
