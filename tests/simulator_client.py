"""A small HTTP client of a simulated cluster, and the objects of its story."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from kubectl_calico_nic.simulator.cluster import SimulatedCluster

SYSTEM = "/api/v1/namespaces/kube-system"
NODES = "/api/v1/nodes"
PODS = f"{SYSTEM}/pods"
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"
ENV = "/spec/template/spec/containers/0/env"

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Client:
    """Asks one simulated cluster; connections are kept alive."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self.cluster = cluster
        self.pool = urllib3.PoolManager(retries=False, timeout=20)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> Answer:
        url = f"{self.cluster.server}{path}"
        if query:
            url += f"?{urlencode(query)}"
        given = {**({"Content-Type": kind} if body is not None else {}), **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        response = self.pool.request(method, url, body=data, headers=given)
        return Answer(response.status, response.data.decode())

    def get(self, path: str, **query: str) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status == 200, answer.text
        return answer.json

    def patch(self, path: str, body: Any, kind: str = MERGE_PATCH, **query: str) -> Answer:
        return self.ask("PATCH", path, body, kind, **query)

    def set_method(self, method: str) -> Answer:
        """What ``set`` does in its simplest form: one more env entry."""
        entry = {"name": "IP_AUTODETECTION_METHOD", "value": method}
        edit = [{"op": "add", "path": f"{ENV}/-", "value": entry}]
        answer = self.patch(DAEMON_SET, edit, JSON_PATCH)
        assert answer.status == 200, answer.text
        return answer

    def watch(self, path: str, **query: str) -> Iterator[Any]:
        url = f"{self.cluster.server}{path}"
        fields = {"watch": "true", "timeoutSeconds": "10", **query}
        with self.pool.request("GET", url, fields=fields, preload_content=False) as response:
            unfinished = b""
            for chunk in response.stream():
                *lines, unfinished = (unfinished + chunk).split(b"\n")
                yield from map(json.loads, lines)

    def pods(self) -> dict[str, Any]:
        """The calico-node pods by node."""
        return {pod["spec"]["nodeName"]: pod for pod in self.get(PODS)["items"]}

    def addresses(self) -> dict[str, str | None]:
        """What each node's calico-node stored."""
        key = "projectcalico.org/IPv4Address"
        nodes = self.get(NODES)["items"]
        return {
            node["metadata"]["name"]: node["metadata"].get("annotations", {}).get(key)
            for node in nodes
        }

    def log(self, node: str, **query: str) -> str:
        """The log of a node's calico-node."""
        name = self.pods()[node]["metadata"]["name"]
        answer = self.ask("GET", f"{PODS}/{name}/log", **query)
        assert answer.status == 200, answer.text
        return answer.text


def is_ready(pod: Any) -> bool:
    conditions = {entry["type"]: entry["status"] for entry in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True"
