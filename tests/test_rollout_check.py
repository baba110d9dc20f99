"""``rollout-check`` on a simulated cluster: the proof, and why Ready proves nothing."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from kubectl_calico_nic.simulator.nodes.host_network import Nic, host_network
from kubectl_calico_nic.simulator.story import SimulatedNode

from .simulated import CALICO_NODE, Simulated, changed_incident

METHOD = "IP_AUTODETECTION_METHOD"


def test_a_rollout_is_followed_and_proven() -> None:
    with Simulated() as cluster:
        assert cluster.run("set", "--interface", "bond4").status == 0
        result = cluster.run("rollout-check", "--timeout", "60s")
    assert result.status == 0, result
    assert result.lines[-1] == (
        'daemon set "calico-node" successfully rolled out and proven on 4 of 4 nodes'
    )


def test_right_addresses_that_do_not_reach_each_other_prove_nothing() -> None:
    def elsewhere(node: SimulatedNode) -> SimulatedNode:
        if node.name != "node-4":
            return node
        network = host_network((Nic("bond4", ("172.16.11.24/24",)),))
        return dataclasses.replace(node, network=network, internal_ips=("172.16.11.24",))

    story = changed_incident(env={METHOD: "interface=bond4"}, node=elsewhere)
    with Simulated(story) as cluster:
        result = cluster.run("rollout-check", "--watch=false")
    assert result.status == 2
    assert "2 of 3 BGP sessions are established, not with 172.16.11.24" in result.stdout
    assert result.lines[-1].endswith("4 of 4 pods updated, 0 of 4 nodes proven")


LEFT = "172.16.10.22 via 172.16.16.1 dev bond3 src 172.16.16.21 uid 0 \\    cache "
GATEWAY = "172.16.10.22 dev bond4 src 172.16.10.21 uid 0 \\    cache "


@pytest.mark.parametrize(("answer", "proven"), [(LEFT, 3), (GATEWAY, 4)], ids=["left", "right"])
def test_a_route_left_on_the_old_nic_proves_nothing(answer: str, proven: int) -> None:
    def with_route(node: SimulatedNode) -> SimulatedNode:
        if node.name != "node-1":
            return node
        network = dataclasses.replace(node.network, routes={"172.16.10.22": answer})
        return dataclasses.replace(node, network=network)

    story = changed_incident(env={METHOD: "interface=bond4"}, node=with_route)
    with Simulated(story) as cluster:
        result = cluster.run("rollout-check", "--watch=false")
    assert result.status == (0 if proven == 4 else 2)
    assert f"{proven} of 4 nodes" in result.lines[-1]
    said = "172.16.10.22 is in the network of bond4, but the kernel's route to it leaves by bond3"
    assert (said in result.stdout) is (proven == 3)


def test_what_may_not_be_asked_is_listed_as_not_proven() -> None:
    story = changed_incident(env={METHOD: "interface=bond4"})
    with Simulated(story) as cluster:
        asked = cluster.run("rollout-check")
        not_asked = cluster.run("rollout-check", "--probe", "never")
    listed = "not proven: node-1, node-2, node-3 and 1 more: the BGP sessions are not known"
    assert (asked.status, not_asked.status) == (0, 0)
    assert listed in not_asked.lines
    assert listed not in asked.lines


def test_the_json_contract() -> None:
    with Simulated() as cluster:
        cluster.run("set", "--interface", "bond4")
        result = cluster.run("rollout-check", "-o", "json", "--timeout", "60s")
    rollout = result.json
    assert (rollout["kind"], rollout["done"]) == ("Rollout", True)
    assert (rollout["daemonSet"], rollout["updated"], rollout["desired"]) == (
        "kube-system/calico-node",
        4,
        4,
    )
    node = rollout["nodes"][3]
    assert node["name"] == "node-4"
    assert node["pod"].startswith("calico-node-")
    assert (node["updated"], node["ready"], node["verdict"]) == (True, True, "ok")
    assert node["families"][0]["address"] == "172.16.10.24/24"


def test_a_finished_rollout_on_wrong_addresses_is_no_success() -> None:
    with Simulated() as cluster:
        result = cluster.run("rollout-check", "--timeout", "60s")
    assert result.status == 2
    assert "wrong-network" in result.stdout
    assert result.lines[-1].startswith('daemon set "calico-node" is not rolled out and proven')


def test_a_kept_address_stops_early_though_every_pod_is_ready() -> None:
    with Simulated() as cluster:
        assert cluster.run("set", "--interface", "eth1", "--force").status == 0
        result = cluster.run("rollout-check", "--timeout", "60s")
    assert result.status == 2
    assert "kept-stale-address" in result.stdout
    assert "Autodetection of IPv4 address failed, keeping existing value" in result.stdout


def test_an_unknown_method_stops_at_the_first_node() -> None:
    with Simulated(changed_incident()) as cluster:
        cluster.patch_env(METHOD, "bond4")
        result = cluster.run("rollout-check", "--timeout", "60s")
        updated = [node for node in result.lines if "method-invalid" in node]
    assert result.status == 2
    assert "Invalid IP autodetection method: bond4" in result.stdout
    assert len([row for row in updated if row.startswith("node-")]) >= 1


@pytest.mark.parametrize(("method", "status"), [("interface=bond4", 0), (None, 2)])
def test_without_watching_it_says_how_it_stands(method: str | None, status: int) -> None:
    with Simulated(changed_incident(env={METHOD: method} if method else {})) as cluster:
        result = cluster.run("rollout-check", "--watch=false")
    assert result.status == status


def test_a_pod_that_cannot_start_is_waited_for_until_the_timeout() -> None:
    def full(node: SimulatedNode) -> SimulatedNode:
        return dataclasses.replace(node, full=node.name == "node-2")

    with Simulated(changed_incident(env={METHOD: "interface=bond4"}, node=full)) as cluster:
        result = cluster.run("rollout-check", "--timeout", "2s")
    assert result.status == 1
    assert result.stderr == "error: timed out waiting for the condition\n"
    assert "node-2: waiting: Pending" in result.stdout


def test_the_daemon_set_is_deleted_meanwhile() -> None:
    def unreachable(node: SimulatedNode) -> SimulatedNode:
        return dataclasses.replace(node, full=node.name == "node-2")

    with Simulated(changed_incident(env={METHOD: "interface=bond4"}, node=unreachable)) as cluster:
        timer = threading.Timer(0.3, cluster.request, ("DELETE", CALICO_NODE))
        timer.start()
        result = cluster.run("rollout-check", "--timeout", "20s")
        timer.join()
    assert result.status == 1
    assert result.stderr == "error: daemonset kube-system/calico-node: object has been deleted\n"
