"""Puts other ways to install Calico on the nodes of the incident."""

from __future__ import annotations

from . import installs, story
from .api_client import Object
from .calico_node_agent import NODES
from .cluster import Cluster
from .hosts import incident_hosts
from .installs import Install
from .operator_stand_in import INSTALLATIONS
from .operators_cluster import bring_kinds

FIRST_FOUND = {"calicoNetwork": {"nodeAddressAutodetectionV4": {"firstFound": True}}}


def put(cluster: Cluster, install: Install) -> Object:
    """Install it; the DaemonSet when its pods are Ready."""
    hosts = incident_hosts().values()
    for node in story.nodes(hosts, cluster.kubelets.port):
        cluster.client.create(NODES, node)
    for path, each in install.to_create:
        cluster.add(path, each)
    collection, name = install.path.rsplit("/", 1)

    def is_ready(found: list[Object]) -> bool:
        return any(each["status"].get("numberAvailable") == len(hosts) for each in found)

    (daemon_set,) = cluster.client.wait_for(
        collection, is_ready, fieldSelector=f"metadata.name={name}"
    )
    return daemon_set


def put_operator(cluster: Cluster) -> tuple[Install, Object]:
    """What the Tigera operator leaves, and the DaemonSet as ``put`` returns it.

    No operator runs: nobody carries over what is written into the Installation.
    """
    bring_kinds(cluster)
    body = {
        "apiVersion": "operator.tigera.io/v1",
        "kind": "Installation",
        "metadata": {"name": "default"},
        "spec": FIRST_FOUND,
    }
    cluster.add(INSTALLATIONS, body)
    installation = cluster.client.get(f"{INSTALLATIONS}/default")
    install = installs.operator(installation["metadata"]["uid"])
    return install, put(cluster, install)
