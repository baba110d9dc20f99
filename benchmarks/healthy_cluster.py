"""A healthy cluster of any size: its objects as an API server sends them, and its logs.

Every node has a storage NIC and the cluster's own; calico-node stands on the right one. Objects
have about the size of real ones: the managed fields, images and volumes are what makes them large.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kubectl_calico_nic.family import Family
from tests.e2e import pod_status, recordings, story
from tests.e2e.hosts import Host, incident_hosts

Object = dict[str, Any]

NAMESPACE, NAME = story.NAMESPACE, story.NAME
LABELS = {"k8s-app": NAME}
REVISION = "6d5f8c7b9d"
_CREATED = "2026-01-01T00:00:00Z"
_UID = "00000000-0000-4000-8000-{number:012x}"
_IMAGES = 12
_RECORDED = "172.16.10.21/24"
_ADDRESS, _NODE = "@ADDRESS@", "@NODE@"
_LINES_AT_START = 120
"""Lines that Felix prints as soon as it starts: they fill the log's beginning."""
_RUNNING_LINES = (
    "[INFO][{pid}] felix/summary.go 100: Summarising {n} dataplane reconciliation loops over "
    "1m2.{n}s: avg=4ms longest=15ms (resync-filter-v4,resync-nat-v4,resync-raw-v4)",
    "[INFO][{pid}] felix/int_dataplane.go 1836: Received *proto.WorkloadEndpointUpdate update "
    'from calculation graph. msg=id:<orchestrator_id:"k8s" endpoint_id:"eth{n}" >',
    "[INFO][{pid}] felix/endpoint_mgr.go 648: Updating per-endpoint chains. "
    'id=proto.WorkloadEndpointID{{OrchestratorId:"k8s", EndpointId:"eth{n}"}}',
    "[INFO][{pid}] monitor-addresses/autodetection_methods.go 103: Using autodetected IPv4 "
    "address on interface bond4: {address}",
)
"""What a node prints again and again, a line about every fifteen seconds."""


@dataclass(frozen=True, slots=True)
class BenchmarkNode:
    """One node: the names and the address that its objects and its log bear."""

    number: int

    @property
    def name(self) -> str:
        """Of the Node."""
        return f"node-{self.number:05}"

    @property
    def pod(self) -> str:
        """The name of its calico-node pod."""
        return f"{NAME}-{self.number:05}"

    @property
    def ip(self) -> str:
        """Its InternalIP, which calico-node uses too."""
        high, low = divmod(self.number, 250)
        return f"172.20.{high}.{low + 1}"

    @property
    def address(self) -> str:
        """What calico-node stored."""
        return f"{self.ip}/16"


def nodes(count: int) -> list[BenchmarkNode]:
    """``count`` nodes."""
    return [BenchmarkNode(number) for number in range(count)]


def node_object(node: BenchmarkNode, kubelet_port: int = 10250) -> Object:
    """The Node, with all that a kubelet reports."""
    host = Host(node.name, (node.ip,), next(iter(incident_hosts().values())).network)
    found: Object = story.nodes([host], kubelet_port)[0]
    found["apiVersion"], found["kind"] = "v1", "Node"
    found["metadata"]["annotations"] = {
        Family.IPV4.address_annotation: node.address,
        "projectcalico.org/IPv4IPIPTunnelAddr": f"10.244.{node.number % 250}.1",
    }
    found["status"]["images"] = [_image(number) for number in range(_IMAGES)]
    return found


def daemon_set() -> Object:
    """The DaemonSet of Calico's manifest, as the API server has it."""
    found: Object = next(each for _, each in story.installation() if each["kind"] == "DaemonSet")
    return found


def config_map() -> Object:
    """The ConfigMap that the DaemonSet refers to."""
    found: Object = next(each for _, each in story.installation() if each["kind"] == "ConfigMap")
    return found


def pod_object(node: BenchmarkNode, owner: Object, node_json: Object) -> Object:
    """The calico-node pod of ``node``, Ready."""
    found: Object = {
        "metadata": {
            "name": node.pod,
            "generateName": f"{NAME}-",
            "namespace": NAMESPACE,
            "labels": {
                **LABELS,
                "controller-revision-hash": REVISION,
                "pod-template-generation": "1",
            },
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "DaemonSet",
                    "name": NAME,
                    "uid": owner["metadata"]["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {**copy.deepcopy(owner["spec"]["template"]["spec"]), "nodeName": node.name},
        "status": {"startTime": _CREATED},
    }
    found["status"] = pod_status.running(found, node_json, 0, _CREATED, {}, ready=True)
    return found


def as_stored(item: Object, number: int) -> Object:
    """``item`` with what the API server adds: uid, resourceVersion, times, managed fields."""
    metadata = item["metadata"]
    metadata |= {
        "uid": _UID.format(number=number),
        "resourceVersion": str(100_000 + number),
        "creationTimestamp": _CREATED,
        "managedFields": [
            {
                "manager": "kubelet",
                "operation": "Update",
                "apiVersion": "v1",
                "time": _CREATED,
                "fieldsType": "FieldsV1",
                "fieldsV1": _fields(item),
            }
        ],
    }
    return item


def log_template(running: int) -> str:
    """The log of any node: a recorded start of calico-node, then ``running`` lines of its work.

    ``log_of`` fills in the node.
    """
    started = datetime(2026, 1, 1)
    recorded = next(
        run
        for run in recordings.load(story.VERSION, (recordings.OWN_DIRECTORY,)).runs
        if run.exit_code == 0 and any(_RECORDED in line for line in run.log)
    )
    lines = [
        line.replace(_RECORDED, _ADDRESS).replace(recorded.node, _NODE) for line in recorded.log
    ]
    lines.append("Calico node started successfully")
    for number in range(running):
        seconds = 1 if number < _LINES_AT_START else 15 * (number - _LINES_AT_START)
        kind = number % 3 if number < _LINES_AT_START else number % 4
        text = _RUNNING_LINES[kind].format(pid=60 + kind, n=number * 7 % 100, address=_ADDRESS)
        time = started + timedelta(seconds=seconds, milliseconds=number * 37 % 1000)
        lines.append(f"{time.isoformat(sep=' ', timespec='milliseconds')} {text}")
    return "".join(f"{line}\n" for line in lines)


def log_of(node: BenchmarkNode, template: bytes) -> bytes:
    """``log_template``, or a part of it, for ``node``."""
    filled = template.replace(_ADDRESS.encode(), node.address.encode())
    return filled.replace(_NODE.encode(), node.name.encode())


def as_json(item: Object) -> bytes:
    """``item`` as the API server writes it."""
    return json.dumps(item, separators=(",", ":")).encode()


def _image(number: int) -> Object:
    name = f"registry.example.com/platform/component-{number}"
    digest = f"sha256:{number:064x}"
    return {"names": [f"{name}@{digest}", f"{name}:v1.{number}.0"], "sizeBytes": 10**7 + number}


def _fields(item: Object) -> Object:
    """What ``managedFields`` says of the fields of ``item``: each of them once, nested."""
    if not isinstance(item, dict):
        return {}
    return {
        f"f:{key}": _fields(value) for key, value in item.items() if key not in ("managedFields",)
    }


def inventory(node: BenchmarkNode) -> str:
    """What ``ip -o addr show`` prints on ``node``: the cluster's NIC comes last."""
    high, low = divmod(node.number, 250)
    nics = (
        ("lo", "127.0.0.1/8"),
        ("bond3", f"172.16.{high + 16}.{low + 1}/20"),
        ("bond4", node.address),
    )
    return "".join(
        f"{index}: {name}    inet {address} scope {'host' if name == 'lo' else 'global'} {name}\\"
        "       valid_lft forever preferred_lft forever\n"
        for index, (name, address) in enumerate(nics, start=1)
    )
