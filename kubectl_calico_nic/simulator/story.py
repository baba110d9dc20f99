"""What a simulated cluster is made of, and the story that the demo tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_calico_nic.simulator.apiserver.resources import CALICO, Resource
from kubectl_calico_nic.simulator.manifest import calico_config, calico_daemon_set
from kubectl_calico_nic.simulator.nodes.host_network import HostNetwork, Nic, host_network

CALICO_VERSION = "v3.24.6"
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class SimulatedNode:
    """One node: its host, and what is wrong with it.

    ``annotations`` are on its Node before the first calico-node starts there. A ``full`` node
    has no room for another pod: its calico-node stays Pending. The kubelet of one that is not
    ``reachable`` does not answer and starts nothing; the node is NotReady.
    """

    name: str
    network: HostNetwork
    internal_ips: tuple[str, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    reachable: bool = True
    full: bool = False

    @property
    def host_ip(self) -> str:
        """What the kubelet reports as ``hostIP``: the first InternalIP, empty without any."""
        return next(iter(self.internal_ips), "")


@dataclass(frozen=True, slots=True)
class Story:
    """A cluster as it is when a simulation begins.

    ``objects`` are stored as ``kubectl apply`` would, with ``apiVersion`` and ``kind``: the
    DaemonSet, ConfigMaps, custom resources. ``custom_resources`` are the CRDs there are.
    ``denied`` are rights the user lacks, as (verb, resource): ``("create", "pods/exec")``.
    ``routed`` says whether the nodes' networks route to each other, so that BGP sessions come up
    whatever address is chosen. With ``probes_bgp`` the readiness probe asks BIRD too, as the real
    one does: a node without any session is not Ready, and moving one node may make another lose
    its last session. Without, a calico-node that serves is Ready. ``uptime`` is how long the pods
    have run, in seconds.
    """

    nodes: tuple[SimulatedNode, ...]
    objects: tuple[Mapping[str, Any], ...]
    custom_resources: tuple[Resource, ...] = CALICO
    denied: frozenset[tuple[str, str]] = frozenset()
    routed: bool = False
    probes_bgp: bool = False
    uptime: float = _HOUR


def incident() -> Story:
    """The incident: on node-3 and node-4 first-found takes the storage network's bond3.

    All four nodes have the same NICs; on the first two bond4 came up last, on the others bond3.
    """
    return Story(
        nodes=tuple(_incident_node(number) for number in (1, 2, 3, 4)),
        objects=(
            calico_config(),
            calico_daemon_set(CALICO_VERSION),
            _cluster_information(CALICO_VERSION),
        ),
    )


def _incident_node(number: int) -> SimulatedNode:
    host = 20 + number
    management = Nic("mgmt", (f"172.16.4.{host}/24",))
    storage = Nic("bond3", (f"172.16.16.{host}/23",), mtu=9000)
    cluster = Nic("bond4", (f"172.16.10.{host}/24",))
    slaves = (
        Nic("ens1f0", master="bond3", mtu=9000),
        Nic("ens1f1", master="bond3", mtu=9000),
        Nic("ens2f0", master="bond4"),
        Nic("ens2f1", master="bond4"),
    )
    bonds = (storage, cluster) if number <= 2 else (cluster, storage)
    return SimulatedNode(
        name=f"node-{number}",
        network=host_network((management, *slaves, *bonds), gateway=("172.16.10.1", "bond4")),
        internal_ips=(f"172.16.10.{host}",),
        labels={"node-role.kubernetes.io/control-plane": ""} if number == 1 else {},
    )


def _cluster_information(version: str) -> Mapping[str, Any]:
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "ClusterInformation",
        "metadata": {"name": "default"},
        "spec": {"calicoVersion": version, "clusterType": "k8s,bgp,kdd", "datastoreReady": True},
    }
