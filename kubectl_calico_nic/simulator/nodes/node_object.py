"""The Node objects of a story's nodes."""

from __future__ import annotations

from datetime import datetime, timedelta

from kubectl_calico_nic.simulator.apiserver.discovery import KUBERNETES
from kubectl_calico_nic.simulator.store import Object, rfc3339
from kubectl_calico_nic.simulator.story import SimulatedNode

_AGE = timedelta(days=41)


def node_object(node: SimulatedNode, now: datetime) -> Object:
    """Write down a node as its kubelet registered it, some weeks before ``now``."""
    since = rfc3339(now - _AGE)
    addresses = [{"type": "InternalIP", "address": address} for address in node.internal_ips]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "creationTimestamp": since,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": node.name,
                "kubernetes.io/os": "linux",
                **node.labels,
            },
            **({"annotations": dict(node.annotations)} if node.annotations else {}),
        },
        "spec": {},
        "status": {
            "addresses": [*addresses, {"type": "Hostname", "address": node.name}],
            "conditions": _conditions(node.reachable, since),
            "nodeInfo": {
                "architecture": "amd64",
                "containerRuntimeVersion": "containerd://1.7.13",
                "kernelVersion": "5.15.0-100-generic",
                "kubeletVersion": KUBERNETES,
                "operatingSystem": "linux",
                "osImage": "Ubuntu 22.04.4 LTS",
            },
        },
    }


def _conditions(reachable: bool, since: str) -> list[Object]:
    healthy = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID"),
        ("Ready", "True", "KubeletReady"),
    )
    return [
        {
            "type": kind,
            "status": status if reachable else "Unknown",
            "reason": reason if reachable else "NodeStatusUnknown",
            **({} if reachable else {"message": "Kubelet stopped posting node status."}),
            "lastHeartbeatTime": since,
            "lastTransitionTime": since,
        }
        for kind, status, reason in healthy
    ]
