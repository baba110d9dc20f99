"""The simulated cluster lives: calico-nodes decide, the DaemonSet controller rolls."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from kubectl_calico_nic.simulator.cluster import SimulatedCluster
from kubectl_calico_nic.simulator.story import SimulatedNode, Story, incident
from tests.simulator_client import (
    DAEMON_SET,
    ENV,
    JSON_PATCH,
    NODES,
    PODS,
    SYSTEM,
    Client,
    is_ready,
)

INCIDENT = {
    "node-1": "172.16.10.21/24",
    "node-2": "172.16.10.22/24",
    "node-3": "172.16.16.23/23",
    "node-4": "172.16.16.24/23",
}
REPAIRED = {**INCIDENT, "node-3": "172.16.10.23/24", "node-4": "172.16.10.24/24"}
ON_DELETE = {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}


@pytest.fixture
def client() -> Iterator[Client]:
    with SimulatedCluster() as cluster:
        yield Client(cluster)


def changed(story: Story, name: str, **values: Any) -> Story:
    nodes = (
        dataclasses.replace(node, **values) if node.name == name else node for node in story.nodes
    )
    return dataclasses.replace(story, nodes=tuple(nodes))


def test_first_found_took_the_storage_network_where_bond3_came_up_last(client: Client) -> None:
    assert client.addresses() == INCIDENT
    assert all(map(is_ready, client.pods().values()))
    log = client.log("node-3")
    assert "Starting node node-3 with version v3.24.6" in log
    found = "Using autodetected IPv4 address on interface bond3: 172.16.16.23/23"
    assert f"startup/autodetection_methods.go 103: {found}" in log
    assert f"monitor-addresses/autodetection_methods.go 103: {found}" in log.splitlines()[-1]


def test_naming_the_nic_moves_every_node_to_it(client: Client) -> None:
    before = client.pods()
    client.set_method("interface=bond4")
    client.cluster.settle()
    after = client.pods()
    assert client.addresses() == REPAIRED
    assert all(map(is_ready, after.values()))
    assert all(before[node]["metadata"]["uid"] != after[node]["metadata"]["uid"] for node in after)
    line = "Using autodetected IPv4 address 172.16.10.23/24 on matching interface bond4"
    assert line in client.log("node-3")
    assert 'original="172.16.16.23" updated="172.16.10.23"' in client.log("node-3")


def test_the_roll_replaces_one_ready_pod_at_a_time(client: Client) -> None:
    version = client.cluster.store.version
    client.set_method("interface=bond4")
    client.cluster.settle()
    replaced, together = [], []
    for change in client.cluster.store.changes_after(version):
        if change.resource != "pods" or change.kind != "DELETED":
            continue
        replaced.append(change.object["spec"]["nodeName"])
        if is_ready(change.object):
            others = client.cluster.store.objects_at("pods", None, change.version)
            together.append(sum(map(is_ready, others)))
    assert replaced == sorted(INCIDENT)
    assert together == [3, 3, 3, 3]


def test_the_status_of_the_daemonset_counts_what_happens(client: Client) -> None:
    before = client.get(DAEMON_SET)
    assert before["status"] == {
        "currentNumberScheduled": 4,
        "desiredNumberScheduled": 4,
        "numberAvailable": 4,
        "numberMisscheduled": 0,
        "numberReady": 4,
        "observedGeneration": 1,
        "updatedNumberScheduled": 4,
    }
    client.set_method("bond4")
    client.cluster.settle()
    after = client.get(DAEMON_SET)
    assert after["metadata"]["generation"] == 2
    assert after["status"]["observedGeneration"] == 2
    assert after["status"]["updatedNumberScheduled"] == 1
    assert after["status"]["numberUnavailable"] == 1


def test_a_method_that_matches_nothing_keeps_the_old_addresses(client: Client) -> None:
    client.set_method("interface=bond9")
    client.cluster.settle()
    assert client.addresses() == INCIDENT
    assert all(map(is_ready, client.pods().values()))
    kept = "Autodetection of IPv4 address failed, keeping existing value: 172.16.16.23/23"
    assert kept in client.log("node-3")


def test_an_unknown_method_crash_loops_and_stops_the_roll(client: Client) -> None:
    client.set_method("bond4")
    client.cluster.settle()
    pods = client.pods()
    broken = [node for node, pod in pods.items() if not is_ready(pod)]
    assert broken == ["node-1"]
    status = pods["node-1"]["status"]["containerStatuses"][0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["state"]["waiting"]["message"].startswith("back-off 10s restarting failed")
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["restartCount"] == 1
    for log in (client.log("node-1"), client.log("node-1", previous="true")):
        assert "Invalid IP autodetection method: bond4" in log
        assert log.endswith("startup/utils.go 48: Terminating\nCalico node failed to start\n")
    assert client.addresses() == INCIDENT


def test_the_kubelet_waits_longer_after_each_crash(client: Client) -> None:
    client.set_method("bond4")
    client.cluster.settle()
    waits = []
    for seconds in (10, 20, 40, 80, 160, 300, 300):
        client.cluster.advance(seconds)
        status = client.pods()["node-1"]["status"]["containerStatuses"][0]
        waits.append(status["state"]["waiting"]["message"].split()[1])
    assert waits == ["20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s", "5m0s"]
    assert status["restartCount"] == 8


def test_taking_the_value_back_replaces_the_broken_pod_at_once(client: Client) -> None:
    answer = client.set_method("bond4")
    client.cluster.settle()
    healthy = {node: pod["metadata"]["uid"] for node, pod in client.pods().items()}
    entries = answer.json["spec"]["template"]["spec"]["containers"][0]["env"]
    client.ask(
        "PATCH", DAEMON_SET, [{"op": "remove", "path": f"{ENV}/{len(entries) - 1}"}], JSON_PATCH
    )
    client.cluster.settle()
    pods = client.pods()
    assert all(map(is_ready, pods.values()))
    # The others still match the first revision: only the broken pod was replaced.
    replaced = [node for node, uid in healthy.items() if pods[node]["metadata"]["uid"] != uid]
    assert replaced == ["node-1"]


def test_all_unready_pods_are_replaced_at_once(client: Client) -> None:
    client.set_method("bond4")
    client.cluster.settle()
    names = [client.pods()[node]["metadata"]["name"] for node in ("node-2", "node-3")]
    for name in names:
        client.ask("DELETE", f"{PODS}/{name}")
    client.cluster.settle()
    version = client.get(PODS)["metadata"]["resourceVersion"]
    unready = {pod["metadata"]["uid"] for pod in client.pods().values() if not is_ready(pod)}
    assert len(unready) >= 3
    edit = [{"op": "add", "path": f"{ENV}/-", "value": {"name": "OTHER", "value": "1"}}]
    client.patch(DAEMON_SET, edit, JSON_PATCH)
    first = []
    for event in client.watch(PODS, resourceVersion=version):
        if event["type"] == "ADDED":
            break
        if event["type"] == "DELETED":
            first.append(event["object"]["metadata"]["uid"])
    assert set(first) == unready


def test_on_delete_restarts_what_is_deleted_and_nothing_else(client: Client) -> None:
    before = client.pods()
    client.patch(DAEMON_SET, {"spec": ON_DELETE})
    client.set_method("interface=bond4")
    client.cluster.settle()
    assert {node: pod["metadata"]["uid"] for node, pod in client.pods().items()} == {
        node: pod["metadata"]["uid"] for node, pod in before.items()
    }
    client.ask("DELETE", f"{PODS}/{before['node-3']['metadata']['name']}")
    client.cluster.settle()
    assert client.addresses() == {**INCIDENT, "node-3": "172.16.10.23/24"}


def test_pods_and_revisions_say_which_template_they_come_from(client: Client) -> None:
    client.set_method("interface=bond4")
    client.cluster.settle()
    path = DAEMON_SET.replace("daemonsets/calico-node", "controllerrevisions")
    revisions = sorted(client.get(path)["items"], key=lambda item: item["revision"])
    assert [item["revision"] for item in revisions] == [1, 2]
    hashes = [item["metadata"]["labels"]["controller-revision-hash"] for item in revisions]
    assert [item["metadata"]["name"] for item in revisions] == [f"calico-node-{h}" for h in hashes]
    for pod in client.pods().values():
        assert pod["metadata"]["labels"]["controller-revision-hash"] == hashes[1]
        assert pod["metadata"]["labels"]["pod-template-generation"] == "2"


def test_an_address_recorded_on_another_node_is_a_conflict() -> None:
    stale = {"projectcalico.org/IPv4Address": "172.16.10.21/24"}
    story = changed(incident(), "node-4", annotations=stale, reachable=False)
    with SimulatedCluster(story) as cluster:
        client = Client(cluster)
        pods = client.pods()
        # node-1 finds the address, whoever is right; its own is cleared.
        assert client.addresses()["node-1"] is None
        assert not is_ready(pods["node-1"])
        log = client.log("node-1", previous="true")
        assert "Calico node 'node-4' is already using the IPv4 address 172.16.10.21." in log
        client.patch(f"{NODES}/node-4", {"metadata": {"annotations": dict.fromkeys(stale)}})
        cluster.advance(300)
        assert client.addresses()["node-1"] == "172.16.10.21/24"
        assert is_ready(client.pods()["node-1"])


def test_a_node_without_room_keeps_its_pod_pending() -> None:
    with SimulatedCluster(changed(incident(), "node-2", full=True)) as cluster:
        client = Client(cluster)
        pending = [pod for pod in client.get(PODS)["items"] if "nodeName" not in pod["spec"]]
        assert [pod["status"]["phase"] for pod in pending] == ["Pending"]
        condition = pending[0]["status"]["conditions"][0]
        assert (condition["type"], condition["reason"]) == ("PodScheduled", "Unschedulable")
        client.set_method("interface=bond4")
        cluster.settle()
        # The pod that cannot be ready uses up maxUnavailable.
        assert client.addresses() == {**INCIDENT, "node-2": None}


def test_a_kubelet_that_does_not_answer_says_so_by_silence() -> None:
    with SimulatedCluster(changed(incident(), "node-4", reachable=False)) as cluster:
        client = Client(cluster)
        name = client.pods()["node-4"]["metadata"]["name"]
        answer = client.ask("GET", f"{PODS}/{name}/log")
        assert answer.status == 500
        assert answer.json["message"].endswith("connect: no route to host")
        assert f"/containerLogs/kube-system/{name}/calico-node" in answer.json["message"]


@pytest.mark.parametrize(("routed", "ready"), [(False, False), (True, True)])
def test_readiness_can_follow_the_bgp_sessions(routed: bool, ready: bool) -> None:
    story = dataclasses.replace(incident(), probes_bgp=True, routed=routed)
    with SimulatedCluster(story) as cluster:
        client = Client(cluster)
        client.patch(DAEMON_SET, {"spec": ON_DELETE})
        client.set_method("interface=bond4")
        client.ask("DELETE", f"{PODS}/{client.pods()['node-3']['metadata']['name']}")
        cluster.settle()
        pods = client.pods()
        assert all(is_ready(pods[node]) for node in ("node-1", "node-2", "node-3"))
        # It is alone on the storage network now.
        assert is_ready(pods["node-4"]) is ready
        events = client.get(f"{SYSTEM}/events", fieldSelector="reason=Unhealthy")["items"]
        missing = "172.16.10.21,172.16.10.22,172.16.10.23"
        text = f"calico/node is not ready: BIRD is not ready: BGP not established with {missing}"
        found = [item for item in events if item["message"].endswith(text)]
        assert bool(found) is not ready


def test_a_deleted_daemonset_takes_its_pods_along(client: Client) -> None:
    assert client.ask("DELETE", DAEMON_SET).status == 200
    client.cluster.settle()
    assert client.get(PODS)["items"] == []


def test_a_node_that_is_removed_takes_its_pod_along(client: Client) -> None:
    client.ask("DELETE", f"{NODES}/node-4")
    client.cluster.settle()
    assert sorted(client.pods()) == ["node-1", "node-2", "node-3"]
    assert client.get(DAEMON_SET)["status"]["desiredNumberScheduled"] == 3


def test_two_clusters_of_one_story_are_equal() -> None:
    def pods() -> list[str]:
        with SimulatedCluster() as cluster:
            client = Client(cluster)
            client.set_method("interface=bond4")
            cluster.settle()
            return sorted(pod["metadata"]["name"] for pod in client.pods().values())

    assert pods() == pods()


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with SimulatedCluster(pace=0.1) as cluster:
        client = Client(cluster)
        stream = client.watch(PODS)
        next(stream)
        client.set_method("interface=bond4")
    assert set(threading.enumerate()) == before
    with pytest.raises(Exception, match="refused"):
        Client(cluster).get(NODES)


def test_a_node_of_another_story() -> None:
    node = SimulatedNode("only", incident().nodes[0].network, ("172.16.10.21",))
    story = dataclasses.replace(incident(), nodes=(node,))
    with SimulatedCluster(story) as cluster:
        client = Client(cluster)
        assert client.addresses() == {"only": "172.16.10.21/24"}
        # No peers at all count as ready.
        assert is_ready(client.pods()["only"])
