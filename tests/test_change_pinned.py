"""What other objects of the cluster say against a change of addresses."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from kubectl_calico_nic.change.plan import Plan
from kubectl_calico_nic.change.planning import plan
from kubectl_calico_nic.change.request import Author, Request
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.cluster.pod_admission import why_denied
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.snapshot.calico_objects import CalicoObjects
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from tests.change_story import AT, IPV4, KEY, Cluster, ids


def planned(cluster: Cluster, method: str = "interface=bond4", **facts: Any) -> Plan:
    daemon_set = DaemonSet(cluster.object)
    nodes = tuple(cluster.nodes[name] for name in sorted(cluster.nodes))
    snapshot = Snapshot(nodes, (daemon_set,), revisions={KEY: "new"}, **facts)
    return plan(Request((IPV4,), method), snapshot, daemon_set, Question(), Author(AT))


def item(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        (CalicoObjects(bgp_peers=(item("tor", peerIP="172.16.16.23"),)), "BGPPeer tor"),
        (CalicoObjects(bgp_peers=(item("tor", peerIP="172.16.16.23:1179"),)), "BGPPeer tor"),
        (
            CalicoObjects(
                host_endpoints=(item("h3", node="node-3", expectedIPs=["172.16.16.23"]),)
            ),
            "HostEndpoint h3",
        ),
    ],
)
def test_an_address_that_something_names_is_not_changed(objects: CalicoObjects, names: str) -> None:
    made = planned(Cluster(), calico=objects)
    (refusal,) = made.refusals
    assert (refusal.id, refusal.node, refusal.overridable) == ("address-pinned", "node-3", True)
    assert names in refusal.message


@pytest.mark.parametrize(
    "objects",
    [
        CalicoObjects(bgp_peers=(item("tor", peerIP="172.16.10.21"),)),
        CalicoObjects(bgp_peers=(item("tor", peerIP="10.9.9.9"), item("mesh"))),
        CalicoObjects(host_endpoints=(item("h1", node="node-1", expectedIPs=["172.16.10.21"]),)),
        CalicoObjects(
            host_endpoints=(
                item("h3", node="node-3", expectedIPs=["172.16.16.23", "172.16.10.23"]),
            )
        ),
        CalicoObjects(host_endpoints=(item("h3", node="node-3", interfaceName="bond3"),)),
        CalicoObjects(ip_pools=(item("p", ipipMode="Always", vxlanMode="Never"),)),
        CalicoObjects(ip_pools=(item("p", ipipMode="CrossSubnet", disabled=True),)),
    ],
)
def test_what_names_nothing_that_changes_is_no_objection(objects: CalicoObjects) -> None:
    made = planned(Cluster(), calico=objects)
    assert (made.refusals, made.warnings) == ((), ())


def test_cross_subnet_pools_encapsulate_between_other_nodes() -> None:
    pools = (item("pool", ipipMode="CrossSubnet"),)
    (warning,) = planned(Cluster(), calico=CalicoObjects(ip_pools=pools)).warnings
    assert warning.id == "encapsulation-changes"
    assert "between 4 pairs of nodes (node-1 and node-3 for one)" in warning.message


def test_every_route_reflector_changes() -> None:
    cluster = Cluster()
    cluster.change("node-3", is_route_reflector=True)
    assert ids(planned(cluster).warnings) == ["route-reflectors-change"]
    cluster.change("node-1", is_route_reflector=True)
    assert planned(cluster).warnings == ()


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        ({"config_maps": {"kube-system/calico-config": {"veth_mtu": "8950"}}}, True),
        ({"config_maps": {"kube-system/calico-config": {"veth_mtu": "1440"}}}, False),
        ({"config_maps": {"kube-system/calico-config": {"veth_mtu": "0"}}}, False),
        ({"config_maps": {"kube-system/calico-config": {"veth_mtu": "many"}}}, False),
        ({"installations": ({"spec": {"calicoNetwork": {"mtu": 8950}}},)}, True),
        ({}, False),
    ],
)
def test_a_nic_must_carry_what_pods_send(facts: dict[str, Any], refused: bool) -> None:
    cluster = Cluster()
    for name, held in cluster.nodes.items():
        assert held.inventory is not None
        nics = tuple(dataclasses.replace(nic, mtu=1500) for nic in held.inventory.interfaces)
        cluster.change(name, inventory=dataclasses.replace(held.inventory, interfaces=nics))
    made = planned(cluster, **facts)
    assert ids(made.refusals) == (["mtu-too-small"] * 2 if refused else [])


class Server:
    """Answers a dry run with a refusal, or lets the pod in."""

    def __init__(self, refusal: ApiError | None) -> None:
        self.refusal = refusal
        self.asked: list[Any] = []

    def post(self, path: str, body: Any, query: Any) -> Any:
        self.asked.append((path, body, dict(query)))
        if self.refusal is not None:
            raise self.refusal
        return body


def test_a_pod_is_only_asked_about_and_never_made() -> None:
    server = Server(None)
    assert why_denied(server, Cluster().object | {"spec": _SPEC}, "tester") == ""
    ((path, body, query),) = server.asked
    assert path == "/api/v1/namespaces/kube-system/pods"
    assert (body["kind"], body["spec"]) == ("Pod", {"containers": []})
    assert query["dryRun"] == "All"


@pytest.mark.parametrize(
    ("status", "message", "denied"),
    [
        (403, 'pods "x" is forbidden: violates PodSecurity "baseline:latest"', True),
        (400, 'admission webhook "no.example.com" denied the request: no', True),
        (422, "pods \"x\" is invalid: ValidatingAdmissionPolicy 'no' denied request", True),
        (403, 'pods is forbidden: User "u" cannot create resource "pods" in API group ""', False),
        (500, "Internal error occurred: failed calling webhook", False),
    ],
)
def test_a_denial_is_told_from_a_right_that_is_missing(
    status: int, message: str, denied: bool
) -> None:
    server = Server(ApiError(status, "Forbidden", message))
    why = why_denied(server, Cluster().object | {"spec": _SPEC}, "tester")
    assert why == (message if denied else None)


_SPEC = {
    "template": {
        "metadata": {"labels": {"k8s-app": "calico-node"}},
        "spec": {"containers": []},
    }
}
