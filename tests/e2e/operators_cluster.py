"""A cluster on which the operator's stand-in works, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..calico_nic import Result, calico_nic
from . import installs, story
from .api_client import Object
from .calico_node_agent import NODES
from .cluster import Cluster
from .definitions import DEFINITIONS, install
from .editor import Editor
from .hosts import incident_hosts
from .installs import calico_node
from .operator_stand_in import (
    DAEMON_SET,
    DAEMON_SETS,
    DEPLOYMENTS,
    GROUP,
    INSTALLATION,
    INSTALLATIONS,
    NAMESPACE,
    STATUSES,
    V4,
    OperatorStandIn,
    deployment,
    kinds,
)
from .users import documented

_NAMESPACES = "/api/v1/namespaces"
_OPERATORS_NAMESPACE = "tigera-operator"
_POOL = {"cidr": "192.168.0.0/16"}


class OperatorsCluster:
    """``user`` is the kubeconfig of somebody with exactly the documented rights."""

    def __init__(self, cluster: Cluster, operator: OperatorStandIn, user: Path) -> None:
        self.cluster = cluster
        self.operator = operator
        self.user = user

    def run(self, *arguments: str) -> Result:
        """Run the plugin as ``user``, in this process: starting it takes longer than its work."""
        return calico_nic(*arguments, environ={"KUBECONFIG": str(self.user)})

    @property
    def installation(self) -> Any:
        """Installation default."""
        return self.cluster.client.get(INSTALLATION)

    @property
    def daemon_set(self) -> Any:
        """What the operator made of it."""
        return self.cluster.client.get(DAEMON_SET)

    def field(self, name: str = V4) -> Any:
        """How node addresses are to be detected; None where nothing says it."""
        return self.installation["spec"]["calicoNetwork"].get(name)

    def env(self) -> dict[str, Any]:
        """The env of calico-node."""
        return {each["name"]: each.get("value") for each in calico_node(self.daemon_set)["env"]}

    def write(self, network: Mapping[str, Any], path: str = INSTALLATION) -> None:
        """Change spec.calicoNetwork as somebody else would."""
        self.cluster.client.merge(path, {"spec": {"calicoNetwork": dict(network)}})

    def overlay(self, network: Mapping[str, Any]) -> None:
        """Put Installation ``overlay`` over the other."""
        self.cluster.add(INSTALLATIONS, _object("Installation", "overlay", network))

    def wait_for_env(self, **wanted: str) -> None:
        """Wait until the operator has written these variables."""
        self._wait_for(lambda _: wanted.items() <= self.env().items())

    def wait_until_settled(self) -> None:
        """Wait until every pod runs the newest template and is Ready."""
        self._wait_for(_is_settled)

    def wait_until_degraded(self, text: str) -> None:
        """Wait until TigeraStatus says ``text``; ``""`` for all is well."""

        def says(found: list[Object]) -> bool:
            (status,) = found
            conditions = status.get("status", {}).get("conditions", [])
            told = [each["message"] for each in conditions if each["type"] == "Degraded"]
            return any(text in each if text else each == "" for each in told)

        self.cluster.client.wait_for(STATUSES, says)

    def _wait_for(self, condition: Callable[[Object], bool]) -> None:
        self.cluster.client.wait_for(DAEMON_SETS, lambda found: any(map(condition, found)))


def bring_kinds(cluster: Cluster) -> None:
    """Let the API server know the operator's kinds, and have its namespaces, from now on.

    They outlive ``reset``: to take them away takes longer than most tests.
    """
    client = cluster.client
    known = {each["metadata"]["name"] for each in client.get(DEFINITIONS)["items"]}
    if f"installations.{GROUP}" not in known:
        install(client, kinds())
        for name in (NAMESPACE, _OPERATORS_NAMESPACE):
            client.create(_NAMESPACES, {"metadata": {"name": name}})


@contextmanager
def operated(
    cluster: Cluster, network: Mapping[str, Any] | None = None, *, with_nodes: bool = True
) -> Iterator[OperatorsCluster]:
    """The incident, made by an operator that works while the block runs.

    ``network`` is spec.calicoNetwork beside the IPv4 pool. Without the incident's nodes there is
    only the one that the operator's own pod is on, and calico-node nowhere.
    """
    bring_kinds(cluster)
    client = cluster.client
    nodes = story.nodes(incident_hosts().values(), cluster.kubelets.port)
    if not with_nodes:
        del nodes[1:]
        nodes[0]["metadata"]["labels"]["kubernetes.io/os"] = "none"
    for node in nodes:
        client.create(NODES, node)
    cluster.add(DEPLOYMENTS, deployment())
    for each in installs.operator("").objects:
        if each["kind"] != "DaemonSet":
            cluster.add(installs.collection_of(each), each)
    cluster.add(STATUSES, _object("TigeraStatus", "calico"))
    network = {"ipPools": [_POOL], **(network or {})}
    cluster.add(INSTALLATIONS, _object("Installation", "default", network))
    user = cluster.user("operates", documented())
    with OperatorStandIn(Editor.of(cluster.control_plane.kubeconfig())).running() as operator:
        found = OperatorsCluster(cluster, operator, user)
        found.wait_until_settled()
        found.wait_until_degraded("")
        wait_until_available(cluster)
        yield found


def wait_until_available(cluster: Cluster) -> None:
    """Wait until the operator's own pod is available."""
    cluster.client.wait_for(
        DEPLOYMENTS, lambda found: any(each["status"].get("availableReplicas") for each in found)
    )


def _object(kind: str, name: str, network: Mapping[str, Any] | None = None) -> Object:
    spec = {} if network is None else {"spec": {"calicoNetwork": dict(network)}}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, **spec}


def _is_settled(daemon_set: Object) -> bool:
    status = daemon_set["status"]
    desired = status.get("desiredNumberScheduled")
    return status.get("observedGeneration") == daemon_set["metadata"]["generation"] and all(
        status.get(count, 0) == desired for count in ("updatedNumberScheduled", "numberAvailable")
    )
