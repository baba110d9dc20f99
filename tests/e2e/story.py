"""The objects of the incident: its nodes, and Calico as its manifest installs it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from .api_client import Object
from .hosts import Host

VERSION = "v3.24.6"
NAMESPACE, NAME = "kube-system", "calico-node"
DAEMON_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
CALICO_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"

_CALICO = "/apis/crd.projectcalico.org/v1"
_MANIFEST = Path(__file__).parent / "calico-node.yaml"
_COLLECTIONS = {
    "ConfigMap": f"/api/v1/namespaces/{NAMESPACE}/configmaps",
    "DaemonSet": DAEMON_SETS,
    "ServiceAccount": f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts",
}


def nodes(hosts: Iterable[Host], kubelet_port: int) -> list[Object]:
    """A Node for each host, Ready, whose kubelet is at ``localhost:kubelet_port``."""
    return [_node(host, kubelet_port) for host in hosts]


def installation(
    version: str = VERSION, env: Mapping[str, str | None] | None = None
) -> list[tuple[str, Object]]:
    """What ``kubectl apply -f calico.yaml`` creates: collection path and object of each.

    Args:
        version: of the images.
        env: variables of the calico-node container that differ from the manifest; None removes.
    """
    documents = yaml.safe_load_all(_MANIFEST.read_text().replace("VERSION", version))
    objects = list(documents)
    for each in objects:
        if each["kind"] == "DaemonSet":
            _change_env(each, env or {})
        applied = json.dumps(each, separators=(",", ":"), sort_keys=True) + "\n"
        each["metadata"]["annotations"] = {
            "kubectl.kubernetes.io/last-applied-configuration": applied
        }
    return [
        *((_COLLECTIONS[each["kind"]], each) for each in objects),
        cluster_information(version),
    ]


def cluster_information(version: str = VERSION) -> tuple[str, Object]:
    """What calico-node writes at its start: collection path and object."""
    spec = {"calicoVersion": version, "clusterType": "k8s,bgp,kdd", "datastoreReady": True}
    information = {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "ClusterInformation",
        "metadata": {"name": "default"},
        "spec": spec,
    }
    return f"{_CALICO}/clusterinformations", information


def _node(host: Host, kubelet_port: int) -> Object:
    addresses = [
        *({"type": "InternalIP", "address": address} for address in host.internal_ips),
        {"type": "Hostname", "address": host.name},
        {"type": "InternalDNS", "address": "localhost"},
    ]
    capacity = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    now = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    return {
        "metadata": {
            "name": host.name,
            "labels": {
                "kubernetes.io/hostname": host.name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
            },
        },
        "status": {
            "addresses": addresses,
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": [ready],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
            "nodeInfo": _NODE_INFO,
        },
    }


_NODE_INFO: Mapping[str, Any] = {
    "architecture": "amd64",
    "bootID": "",
    "containerRuntimeVersion": "containerd://2.1.0",
    "kernelVersion": "6.1.0",
    "kubeProxyVersion": "",
    "kubeletVersion": "v1.37.2",
    "machineID": "",
    "operatingSystem": "linux",
    "osImage": "Debian GNU/Linux 12",
    "systemUUID": "",
}


def _change_env(daemon_set: Object, changes: Mapping[str, str | None]) -> None:
    container = daemon_set["spec"]["template"]["spec"]["containers"][0]
    kept = [each for each in container["env"] if each["name"] not in changes]
    added = [{"name": name, "value": value} for name, value in changes.items() if value is not None]
    container["env"] = [*kept, *added]
