"""``rollout-check`` on a real control plane: what it proves, what it waits for, where it stops."""

from __future__ import annotations

import json

import pytest

from .calico_node_agent import NODES
from .cluster import Cluster
from .hosts import Host, incident_hosts
from .plugin_process import plugin, run
from .rollouts import (
    DAEMON_SET,
    HELD,
    INCIDENT,
    METHOD,
    REPAIRED,
    hold,
    hold_half_way,
    merge_node,
    methods,
    release,
    set_method,
    wait_for_daemon_set,
)
from .story import CALICO_PODS, NAME, NAMESPACE, nodes

PROVEN = 'daemon set "calico-node" successfully rolled out and proven on {0} of {0} nodes'
NOT_PROVEN = 'daemon set "calico-node" is not rolled out and proven: '


def test_a_rollout_is_followed_to_the_proof(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, "rollout-check", "--timeout", "60s") as check:
        check.wait_for("node-1: waiting: old template")
        check.wait_for("node-2: waiting: starting, not Ready")
        release(cluster)
        ended = check.end()
    assert (ended.status, ended.stderr) == (0, "")
    assert [line for line in ended.lines if line.startswith("node-3: ")][-1] == (
        "node-3: ok, bond4 172.16.10.23/24"
    )
    assert ended.lines[-1] == PROVEN.format(4)
    assert cluster.annotations() == REPAIRED
    assert methods(cluster) == dict.fromkeys(REPAIRED, "interface=bond4")


def test_the_progress_of_a_machine_readable_check_is_on_stderr(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, "rollout-check", "-o", "json", "--timeout", "60s") as check:
        check.wait_for("node-2: waiting: starting, not Ready", stream="stderr")
        release(cluster)
        ended = check.end()
    assert ended.status == 0
    rollout = json.loads(ended.stdout)
    assert (rollout["done"], rollout["updated"], rollout["desired"]) == (True, 4, 4)
    assert {node["name"]: node["families"][0]["address"] for node in rollout["nodes"]} == REPAIRED


def test_ready_pods_that_kept_their_old_addresses_are_no_success(cluster: Cluster) -> None:
    set_method(cluster, "interface=bond9")
    believed = cluster.kubectl("rollout", "status", "-n", NAMESPACE, f"ds/{NAME}")
    assert believed.stdout.endswith('daemon set "calico-node" successfully rolled out\n')

    ended = run(cluster, "rollout-check", "--timeout", "60s")
    assert ended.status == 2
    assert ended.lines[-1] == NOT_PROVEN + "4 of 4 pods updated, 0 of 4 nodes proven"
    assert cluster.annotations() == INCIDENT


def test_a_method_that_selects_nothing_stops_at_the_first_node(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond9")
    ended = run(cluster, "rollout-check")
    assert ended.status == 2
    (row,) = (line for line in ended.lines if line.startswith("node-2 "))
    assert "kept-stale-address" in row
    assert "Last lines of node-2's log:" in ended.stdout
    assert "Autodetection of IPv4 address failed, keeping existing value: 172.16.10.22/24" in (
        ended.stdout
    )
    assert ended.lines[-1] == NOT_PROVEN + "1 of 4 pods updated, 0 of 4 nodes proven"
    assert "kubectl calico-nic set --interface bond4" in ended.stdout


def test_an_unknown_method_stops_at_the_first_node(cluster: Cluster) -> None:
    hold(cluster)
    with plugin(cluster, "rollout-check", "--expect-interface", "bond4") as check:
        check.wait_for("node-2: waiting: starting, not Ready")
        set_method(cluster, "bond4")
        ended = check.end()
    assert ended.status == 2
    assert "method-invalid" in ended.stdout
    assert "Invalid IP autodetection method: bond4" in ended.stdout
    assert "  Calico node failed to start" in ended.lines
    assert ended.lines[-1] == NOT_PROVEN + "1 of 4 pods updated, 0 of 4 nodes proven"


def test_an_address_that_another_node_holds_stops_at_the_second_crash(cluster: Cluster) -> None:
    stranger = nodes([Host("node-9", ("172.16.10.29",), incident_hosts()["node-1"].network)], 1)
    (absent,) = stranger
    absent["metadata"]["labels"]["kubernetes.io/os"] = "none"
    absent["metadata"]["annotations"] = {"projectcalico.org/IPv4Address": "172.16.10.23/24"}
    cluster.client.create(NODES, absent)
    set_method(cluster, "interface=bond4")

    ended = run(cluster, "rollout-check", "--timeout", "60s")
    assert ended.status == 2
    (row,) = (line for line in ended.lines if line.startswith("node-3 "))
    assert "address-conflict" in row
    assert "its own 172.16.10.23 is still recorded on node-9" in ended.stdout
    assert "kubectl annotate node node-9 projectcalico.org/IPv4Address-" in ended.stdout
    assert "Last lines of node-3's log:" in ended.stdout
    (pod,) = (pod for node, pod in cluster.pods().items() if node == "node-3")
    assert pod["status"]["containerStatuses"][0]["restartCount"] >= 1


def test_a_pending_pod_is_waited_for(cluster: Cluster) -> None:
    """Not a reason to stop: the node gets room, and the rollout comes to its end."""
    allocatable = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    full = {"status": {"allocatable": {**allocatable, "cpu": "100m"}}}
    merge_node(cluster, HELD, full, "/status")
    set_method(cluster, "interface=bond4")
    cluster.client.wait_for(CALICO_PODS, lambda pods: any(map(is_unschedulable, pods)))

    late = run(cluster, "rollout-check", "--timeout", "1s")
    assert (late.status, late.stderr) == (1, "error: timed out waiting for the condition\n")
    assert "node-2: waiting: Pending: 0/4 nodes are available: 1 Insufficient cpu" in late.stdout

    with plugin(cluster, "rollout-check", "--timeout", "60s") as check:
        check.wait_for("node-2: waiting: Pending")
        merge_node(cluster, HELD, {"status": {"allocatable": allocatable}}, "/status")
        ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))


def is_unschedulable(pod: dict[str, object]) -> bool:
    return '"Unschedulable"' in json.dumps(pod["status"])


def test_a_node_that_was_not_ready_before_is_named_and_waited_for(cluster: Cluster) -> None:
    hold(cluster)
    set_method(cluster, "interface=bond4")
    late = run(cluster, "rollout-check", "--timeout", "2s")
    assert (late.status, late.stderr) == (1, "error: timed out waiting for the condition\n")
    assert "node-2: waiting: starting, not Ready" in late.stdout
    assert "node-3: waiting: old template" in late.stdout

    release(cluster)
    ended = run(cluster, "rollout-check", "--timeout", "60s")
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))


def test_under_on_delete_it_says_which_pods_wait_for_deletion(cluster: Cluster) -> None:
    strategy = {"type": "OnDelete", "rollingUpdate": None}
    cluster.client.merge(DAEMON_SET, {"spec": {"updateStrategy": strategy}})
    set_method(cluster, "interface=bond4")
    wait_for_daemon_set(cluster, is_observed)

    now = run(cluster, "rollout-check", "--watch=false")
    assert now.status == 2
    pods = {node: pod["metadata"]["name"] for node, pod in cluster.pods().items()}
    for node, pod in pods.items():
        (row,) = (line for line in now.lines if line.startswith(f"{node} "))
        assert f"pod {pod} runs the old template until it is deleted (OnDelete)" in row

    with plugin(cluster, "rollout-check", "--timeout", "60s") as check:
        for pod in pods.values():
            check.wait_for(f"pod {pod} runs the old template")
            cluster.client.delete(f"{CALICO_PODS}/{pod}")
        ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))
    assert cluster.annotations() == REPAIRED


def is_observed(daemon_set: dict[str, dict[str, object]]) -> bool:
    return daemon_set["status"]["observedGeneration"] == daemon_set["metadata"]["generation"]


@pytest.mark.parametrize(
    ("env", "status", "last"),
    [
        ({METHOD: "interface=bond4"}, 0, PROVEN.format(4)),
        ({}, 2, NOT_PROVEN + "4 of 4 pods updated, 2 of 4 nodes proven"),
    ],
)
def test_without_watching_it_says_how_it_stands(
    empty_cluster: Cluster, env: dict[str, str], status: int, last: str
) -> None:
    empty_cluster.incident(env=env)
    ended = run(empty_cluster, "rollout-check", "--watch=false")
    assert (ended.status, ended.lines[-1]) == (status, last)


def test_a_rollout_of_all_nodes_to_another_network_is_said(cluster: Cluster) -> None:
    """It may be meant: no error, but not silence either."""
    set_method(cluster, "interface=bond3")
    ended = run(cluster, "rollout-check", "--timeout", "60s")
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))
    assert "differs-from-internal-ip: all 4 nodes share 172.16.16.0/23" in ended.stdout


def test_a_rollout_away_from_the_expected_interface_is_no_success(cluster: Cluster) -> None:
    set_method(cluster, "interface=bond3")
    ended = run(cluster, "rollout-check", "--expect-interface", "bond4", "--timeout", "60s")
    assert ended.status == 2
    assert "wrong-interface: " in ended.stdout
    assert ended.lines[-1] == NOT_PROVEN + "4 of 4 pods updated, 0 of 4 nodes proven"


def test_the_expectation_may_be_another_than_the_internal_ip(cluster: Cluster) -> None:
    set_method(cluster, "interface=bond3")
    ended = run(cluster, "rollout-check", "--expect-interface", "bond3", "--timeout", "60s")
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))
