"""Files as people collect them, and ``inspect --from`` of them.

Logs with every prefix, lists of objects, ``ip addr`` output.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.calico_nic import Result, calico_nic

NICS = {
    "node-1": ("bond4", "172.16.10.21/24"),
    "node-2": ("bond4", "172.16.10.22/24"),
    "node-3": ("bond3", "172.16.16.23/23"),
    "node-4": ("bond3", "172.16.16.24/23"),
}
"""What first-found takes on the four nodes of the incident."""
INTERNAL_IPS = {f"node-{number}": f"172.16.10.2{number}" for number in (1, 2, 3, 4)}


def pod_of(node: str) -> str:
    return f"calico-node-{node[-1] * 5}"


def calico_log(
    node: str, *, hour: int = 0, monitored: int = 2, nic: tuple[str, str] | None = None
) -> list[str]:
    """The log of a container that started at ``hour`` and re-detected every minute since."""
    interface, address = nic or NICS[node]
    found = f"Using autodetected IPv4 address on interface {interface}: {address}"
    lines = [
        f"startup/startup.go 427: {text}"
        for text in (
            "Early log level set to info",
            f"Using NODENAME environment for node name {node}",
            f"Determined node name: {node}",
            f"Starting node {node} with version v3.24.6",
            "Datastore is ready",
            "Initialize BGP data",
            found,
            "Node IPv4 changed, will check for conflicts",
            "No AS number configured on node resource, using global value",
            f"Using node name: {node}",
        )
    ]
    at = datetime.datetime(2026, 1, 1, hour)
    log = [f"{at}.{count:03} [INFO][9] {text}" for count, text in enumerate(lines)]
    log += ["Calico node started successfully", "bird: Started"]
    for minute in range(1, monitored + 1):
        now = at + datetime.timedelta(minutes=minute)
        log.append(f"{now}.000 [INFO][64] felix/summary.go 100: Summarising 12 loops over 1m3.4s")
        log.append(f"{now}.001 [INFO][66] monitor-addresses/autodetection_methods.go 103: {found}")
    return log


def failed_log(node: str, *, hour: int = 0) -> list[str]:
    """The log of a container that ended because nothing matched ``interface=eth1``."""
    head = calico_log(node, hour=hour)[:6]
    time = head[-1][:20] + "100"
    warnings = (
        "autodetection_methods.go 139: Unable to auto-detect an IPv4 address using interface "
        "regexes [eth1]: no valid host interfaces found",
        "startup.go 507: Couldn't autodetect an IPv4 address. If auto-detecting, choose a "
        "different autodetection method. Otherwise provide an explicit address.",
        "utils.go 50: Terminating",
    )
    cleared = 'startup.go 535: Clearing out-of-date IPv4 address from this node IP=""'
    return [
        *head,
        *(f"{time} [WARNING][9] startup/{text}" for text in warnings[:2]),
        f"{time} [INFO][9] startup/{cleared}",
        f"{time} [WARNING][9] startup/{warnings[2]}",
        "Calico node failed to start",
    ]


def compact(entry: Mapping[str, str]) -> str:
    """JSON as Go prints it."""
    return json.dumps(entry, separators=(",", ":"))


def without_names(node: str) -> list[str]:
    """What is left of a log when its beginning was rotated away."""
    return [line for line in calico_log(node, monitored=5) if "startup/" not in line][2:]


Style = Callable[[str, str], str]
"""Takes the node and a line, returns the line as a tool shows it."""

_TIME = "2026-01-01T00:00:00.123456789Z"
STYLES: Mapping[str, Style] = {
    "kubectl --prefix": lambda node, line: f"[pod/{pod_of(node)}/calico-node] {line}",
    "kubectl --prefix --timestamps": lambda node, line: (
        f"[pod/{pod_of(node)}/calico-node] {_TIME} {line}"
    ),
    "stern": lambda node, line: f"{pod_of(node)} calico-node {line}",
    "stern, all namespaces": lambda node, line: f"kube-system {pod_of(node)} calico-node {line}",
    "stern -t": lambda node, line: f"{pod_of(node)} calico-node {_TIME} {line}",
    "stern --color": lambda node, line: (
        f"\x1b[36m{pod_of(node)}\x1b[0m \x1b[32mcalico-node\x1b[0m {line}"
    ),
    "stern -o json": lambda node, line: compact(
        {
            "message": line + "\n",
            "nodeName": node,
            "namespace": "kube-system",
            "podName": pod_of(node),
            "containerName": "calico-node",
        }
    ),
    "journald": lambda node, line: f"Jan  1 00:00:00 {node} calico-node[71]: {line}",
    "journald, iso": lambda node, line: f"2026-01-01T00:00:00+0000 {node} calico-node[71]: {line}",
}
"""The prefixes that tell whose line it is."""
NAMELESS_STYLES: Mapping[str, Style] = {
    "kubectl": lambda _, line: line,
    "kubectl --timestamps": lambda _, line: f"{_TIME} {line}",
    "CRI": lambda _, line: f"{_TIME} stdout F {line}",
    "CRI in pieces": lambda _, line: (
        f"{_TIME} stdout P {line[:40]}\n{_TIME} stdout P {line[40:60]}\n"
        f"{_TIME} stdout F {line[60:]}"
    ),
    "docker": lambda _, line: compact({"log": line + "\n", "stream": "stdout", "time": _TIME}),
    "docker in pieces": lambda _, line: "\n".join(
        compact({"log": piece, "stream": "stdout", "time": _TIME})
        for piece in (line[:50], line[50:] + "\n")
    ),
    "Windows line ends": lambda _, line: f"{line}\r",
}
"""The prefixes that leave it to the log's own words or the file's name."""


def styled(style: Style, node: str, lines: Iterable[str]) -> list[str]:
    return [style(node, line) for line in lines]


def text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def write(path: Path, content: str | bytes | Iterable[str]) -> str:
    """Write a file, make its folders; returns the path as an argument."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else text(content), newline="")
    return str(path)


def node(name: str, internal_ip: str | None = None, **annotations: str) -> dict[str, Any]:
    """A Node; ``annotations`` are those of projectcalico.org."""
    addresses = [{"type": "InternalIP", "address": internal_ip or INTERNAL_IPS.get(name, "")}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {f"projectcalico.org/{key}": text for key, text in annotations.items()},
        },
        "status": {
            "addresses": addresses,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod(node: str, **fields: Any) -> dict[str, Any]:
    """The calico-node pod of a node."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_of(node),
            "namespace": "kube-system",
            "ownerReferences": [{"kind": "DaemonSet", "name": "calico-node", "controller": True}],
        },
        "spec": {"nodeName": node, "containers": [container()]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [
                {"name": "calico-node", "ready": True, "state": {"running": {}}, **fields}
            ],
        },
    }


def container() -> dict[str, Any]:
    return {
        "name": "calico-node",
        "image": "docker.io/calico/node:v3.24.6",
        "env": [{"name": "IP", "value": "autodetect"}],
    }


def daemon_set() -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "calico-node", "namespace": "kube-system"},
        "spec": {"template": {"spec": {"containers": [container()]}}},
    }


def listed(*items: Mapping[str, Any]) -> dict[str, Any]:
    """As ``kubectl get -o json`` prints several objects."""
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


def as_json(*items: Mapping[str, Any]) -> str:
    """A list as ``kubectl get -o json`` prints it."""
    return json.dumps(listed(*items), indent=4)


def ip_addr(node: str) -> str:
    """``ip -o addr show`` on a node of the incident: the NIC with the higher index comes last."""
    number = node[-1]
    bonds = [f"bond3    inet 172.16.16.2{number}/23", f"bond4    inet 172.16.10.2{number}/24"]
    if number > "2":
        bonds.reverse()
    lines = ["lo    inet 127.0.0.1/8", f"mgmt    inet 172.16.4.2{number}/24", *bonds]
    return text(
        f"{index}: {line} scope global x\\       valid_lft forever preferred_lft forever"
        for index, line in enumerate(lines, start=1)
    )


def ip_link(node: str) -> str:
    """``ip -o link show`` on a node of the incident."""
    names = ["lo", "mgmt", "bond3", "bond4"] if node[-1] < "3" else ["lo", "mgmt", "bond4", "bond3"]
    return text(
        f"{index}: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode "
        f"DEFAULT group default qlen 1000\\    link/ether 02:00:00:00:00:0{index} brd "
        "ff:ff:ff:ff:ff:ff"
        for index, name in enumerate(names, start=1)
    )


def inspect(*paths: str, stdin: str = "", flags: Iterable[str] = ()) -> Result:
    """``inspect --from`` these files, as JSON."""
    named = [word for path in paths for word in ("--from", path)]
    return calico_nic("inspect", *named, "-o", "json", *flags, stdin=stdin.encode())


def choices(result: Result) -> dict[str, tuple[str | None, str | None]]:
    """The NIC and address of every node, IPv4."""
    assert result.stdout, result.stderr
    return {
        node["name"]: (node["families"][0]["interface"], node["families"][0]["address"])
        for node in result.json["nodes"]
    }


def verdicts(result: Result) -> dict[str, str]:
    return {node["name"]: node["families"][0]["verdict"] for node in result.json["nodes"]}


def only(result: Result) -> dict[str, Any]:
    """The only node's only family."""
    ((node),) = result.json["nodes"]
    ((family),) = node["families"]
    return {**family, "node": node["name"], "version": node["version"], "ready": node["ready"]}
