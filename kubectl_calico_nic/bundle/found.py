"""What the files gave so far, and what was left out of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_calico_nic.bundle.log_streams import ContainerLog
from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet
from kubectl_calico_nic.snapshot.decode import decode_node, decode_pod
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import Pod


@dataclass(frozen=True, slots=True)
class IpOutput:
    """What ``ip addr`` or ``ip link`` printed on one node. ``stem`` is the file's name."""

    name: str
    stem: str
    text: str


@dataclass(slots=True)
class Found:
    """Everything read from files. ``left_out`` maps a reason to the names of files."""

    nodes: dict[str, Node] = field(default_factory=dict)
    pods: list[Pod] = field(default_factory=list)
    daemon_sets: dict[str, DaemonSet] = field(default_factory=dict)
    config_maps: dict[str, Mapping[str, str]] = field(default_factory=dict)
    revisions: list[Mapping[str, Any]] = field(default_factory=list)
    cluster_version: str | None = None
    addresses: list[IpOutput] = field(default_factory=list)
    links: list[IpOutput] = field(default_factory=list)
    logs: list[ContainerLog] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, name: str, reason: str) -> None:
        """Note that the file ``name`` is no evidence, and why."""
        self.left_out.setdefault(reason, []).append(name)

    def add_object(self, item: Mapping[str, Any]) -> bool:
        """Take a Kubernetes object; say whether it is of a kind that tells something."""
        take = _TAKERS.get(str(item.get("kind")))
        metadata = item.get("metadata")
        return (
            take is not None
            and isinstance(metadata, Mapping)
            and isinstance(metadata.get("name"), str)
            and take(self, item)
        )


def _take_node(found: Found, item: Mapping[str, Any]) -> bool:
    node = decode_node(item)
    found.nodes[node.name] = node
    return True


def _take_pod(found: Found, item: Mapping[str, Any]) -> bool:
    pod = decode_pod(item)
    if pod.container:
        found.pods.append(pod)
    return bool(pod.container)


def _take_daemon_set(found: Found, item: Mapping[str, Any]) -> bool:
    if not _runs_calico_node(item):
        return False
    daemon_set = DaemonSet(item)
    found.daemon_sets[daemon_set.key] = daemon_set
    return True


def _runs_calico_node(item: Mapping[str, Any]) -> bool:
    """Whether a DaemonSet's template, if it is one, has the container that runs calico-node."""
    containers: Any = item
    for key in ("spec", "template", "spec", "containers"):
        containers = containers.get(key) if isinstance(containers, Mapping) else None
    if not isinstance(containers, list) or not all(
        isinstance(container, Mapping) for container in containers
    ):
        return False
    return any(container.get("name") == CONTAINER for container in containers)


def _take_config_map(found: Found, item: Mapping[str, Any]) -> bool:
    metadata, data = item["metadata"], item.get("data")
    found.config_maps[f"{metadata.get('namespace', '')}/{metadata['name']}"] = {
        str(key): value
        for key, value in (data.items() if isinstance(data, Mapping) else ())
        if isinstance(value, str)
    }
    return True


def _take_revision(found: Found, item: Mapping[str, Any]) -> bool:
    found.revisions.append(item)
    return True


def _take_cluster_information(found: Found, item: Mapping[str, Any]) -> bool:
    spec = item.get("spec")
    version = spec.get("calicoVersion") if isinstance(spec, Mapping) else None
    if isinstance(version, str):
        found.cluster_version = version
    return isinstance(version, str)


_TAKERS = {
    "Node": _take_node,
    "Pod": _take_pod,
    "DaemonSet": _take_daemon_set,
    "ConfigMap": _take_config_map,
    "ControllerRevision": _take_revision,
    "ClusterInformation": _take_cluster_information,
}
