"""Rollouts of calico-node for tests: begun, held up half way, let go."""

from __future__ import annotations

from collections.abc import Callable

from kubectl_calico_nic.simulator.nodes.host_network import Nic, host_network

from .api_client import Object
from .calico_node_agent import NODES
from .cluster import Cluster
from .hosts import Host
from .story import CALICO_PODS, DAEMON_SETS, NAME, NAMESPACE

METHOD = "IP_AUTODETECTION_METHOD"
HELD = "node-2"
DAEMON_SET = f"{DAEMON_SETS}/{NAME}"

INCIDENT = {
    "node-1": "172.16.10.21/24",
    "node-2": "172.16.10.22/24",
    "node-3": "172.16.16.23/23",
    "node-4": "172.16.16.24/23",
}
REPAIRED = {name: f"172.16.10.2{name[-1]}/24" for name in INCIDENT}


def set_method(cluster: Cluster, method: str) -> None:
    """Change the method as the documentation of Calico says."""
    changed = cluster.kubectl(
        *("set", "env", "-n", NAMESPACE, f"ds/{NAME}", "-c", NAME), f"{METHOD}={method}"
    )
    assert changed.stdout == f"daemonset.apps/{NAME} env updated\n", changed.stderr


def hold(cluster: Cluster) -> None:
    """Make calico-node on one node not Ready: its pod is replaced at once, and no other then."""
    cluster.agent.set_conditions(unready=frozenset({HELD}))
    wait_for_daemon_set(cluster, lambda found: found["status"]["numberAvailable"] == 3)


def release(cluster: Cluster) -> None:
    """Let the rollout go on."""
    cluster.agent.set_conditions()


def hold_half_way(cluster: Cluster, method: str) -> None:
    """Begin a rollout of ``method`` that goes no further than the first node."""
    hold(cluster)
    set_method(cluster, method)
    cluster.client.wait_for(CALICO_PODS, lambda pods: any(map(_is_held_up(method), pods)))


def wait_for_daemon_set(cluster: Cluster, condition: Callable[[Object], bool]) -> None:
    """Wait until ``condition`` holds for the DaemonSet."""
    selector = f"metadata.name={NAME}"
    cluster.client.wait_for(
        DAEMON_SETS, lambda found: any(map(condition, found)), fieldSelector=selector
    )


def joining_host() -> Host:
    """A fifth host beside those of the incident."""
    nics = (
        Nic("mgmt", ("172.16.4.25/24",)),
        Nic("bond4", ("172.16.10.25/24",)),
        Nic("bond3", ("172.16.16.25/23",)),
    )
    network = host_network(nics, gateway=("172.16.10.1", "bond4"))
    return Host("node-5", ("172.16.10.25",), network)


def merge_node(cluster: Cluster, name: str, change: Object, part: str = "") -> None:
    """Change a Node; ``part`` is ``/status`` for its status."""
    cluster.client.merge(f"{NODES}/{name}{part}", change)


def methods(cluster: Cluster) -> dict[str, str | None]:
    """The method that calico-node was started with, by node."""
    return {node: method_of(pod) for node, pod in cluster.pods().items()}


def method_of(pod: Object) -> str | None:
    """The method that a pod's calico-node was started with."""
    env = pod["spec"]["containers"][0]["env"]
    return next((each.get("value") for each in env if each["name"] == METHOD), None)


def _is_held_up(method: str) -> Callable[[Object], bool]:
    def is_it(pod: Object) -> bool:
        statuses = pod["status"].get("containerStatuses", [])
        running = any("running" in each["state"] for each in statuses)
        return method_of(pod) == method and running

    return is_it
