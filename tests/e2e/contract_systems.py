"""The two that the contract is between, alike inside: a real control plane and the simulator."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import threading
import urllib.parse
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import urllib3

from kubectl_calico_nic.simulator.cluster import SimulatedCluster
from kubectl_calico_nic.simulator.nodes.node_object import node_object
from kubectl_calico_nic.simulator.story import SimulatedNode, incident

from .api_client import Object
from .binaries import find
from .calico_node_agent import NODES
from .cluster import Cluster
from .comparison import comparable
from .contract import CONFIG_MAPS, DAEMON_SETS, PODS, REVISIONS, Call, get
from .hosts import Host
from .plugin_process import EXECUTABLE

_COLLECTIONS = {
    "ConfigMap": CONFIG_MAPS,
    "DaemonSet": DAEMON_SETS,
    "ClusterInformation": "/apis/crd.projectcalico.org/v1/clusterinformations",
}
_SECONDS = 30.0
_A_WHILE = 10.0


def _has_crashed_twice(pod: Any) -> bool:
    boxes = pod["status"].get("containerStatuses") or ()
    return any(box["restartCount"] and "waiting" in box["state"] for box in boxes)


def _place(event: Any) -> tuple[bool, str]:
    """What is there at the beginning comes in the order of names, which the server made up."""
    name = (event["object"].get("metadata") or {}).get("name", "")
    return (event["type"] == "BOOKMARK", name)


def _bookmark(event: Any) -> Any:
    """Clients use nothing of a bookmark but its version, and that it ends the initial events."""
    item = event["object"]
    metadata = (item["rows"][0]["object"] if item["kind"] == "Table" else item)["metadata"]
    annotations = metadata.get("annotations") or {}
    return {"type": event["type"], "ends": annotations.get("k8s.io/initial-events-end")}


@dataclass(frozen=True)
class Said:
    """An answer, or what a program printed, without what may differ; ``status`` is its own."""

    status: int
    said: Any
    about: str = ""
    """The media type of an answer; what a program printed on stderr."""


class System(ABC):
    """One side of the contract."""

    def __init__(
        self, server: str, pool: urllib3.PoolManager, environment: Mapping[str, str]
    ) -> None:
        self.server = server
        self._pool = pool
        self._environment = environment

    @abstractmethod
    def quiet(self) -> Any:
        """While the context lasts, nobody but the test changes anything."""

    def send(self, call: Call) -> Said:
        """The answer to a request."""
        answer = self._request(call, self._filled(call.target))
        media = answer.headers.get("Content-Type", "").partition(";")[0]
        return Said(answer.status, self._comparable(answer.data.decode()), media)

    def events(self, watched: Call, **query: str) -> list[Any]:
        """The events that a watch has within a second; of bookmarks only that they are."""
        query = {"watch": "1", "timeoutSeconds": "1", **query}
        separator = "&" if "?" in watched.target else "?"
        target = f"{watched.target}{separator}{urllib.parse.urlencode(query)}"
        lines = self._request(watched, target).data.decode().splitlines()
        events = [self._comparable(line) for line in lines]
        if "resourceVersion" not in query or query["resourceVersion"] == "0":
            events.sort(key=_place)
        return [_bookmark(each) if each["type"] == "BOOKMARK" else each for each in events]

    @abstractmethod
    def wait_for_crashes(self) -> None:
        """Wait until some calico-node has crashed twice."""

    @abstractmethod
    def forget_changes(self) -> None:
        """Let every watch from before now expire."""

    def kubectl(self, *arguments: str) -> Said:
        """What the real kubectl says."""
        return self._run(find("kubectl"), *arguments)

    def plugin(self, *arguments: str) -> Said:
        """What the plugin says."""
        return self._run(EXECUTABLE, *arguments)

    def log(self, query: str) -> bytes:
        """A part of the log of calico-node on node-3."""
        target = self._filled(f"{PODS}/{{pod}}/log?container=calico-node{query}")
        answer = self._request(get(target), target)
        assert answer.status == 200, answer.data
        return answer.data

    def read(self, target: str) -> Any:
        """The object or list at ``target`` as it is."""
        return json.loads(self._request(Call("GET", target), target).data)

    def _run(self, program: Path, *arguments: str) -> Said:
        done = subprocess.run(
            [program, *map(self._filled, arguments)],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=2 * _SECONDS,
        )
        said, errors = self._comparable(done.stdout), self._comparable(done.stderr)
        return Said(done.returncode, said, errors)

    def _request(self, call: Call, target: str) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": call.accept, "User-Agent": "contract/1"}
        body = call.body
        if body is not None:
            headers["Content-Type"] = call.content_type
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._pool.request(call.method, self.server + target, body=body, headers=headers)

    def _filled(self, text: str) -> str:
        return text.replace("{pod}", self._pod_names()["node-3"]) if "{pod}" in text else text

    def _pod_names(self) -> dict[str, str]:
        """The calico-node pods by node."""
        pods = self._items(PODS)
        return {pod["spec"].get("nodeName", ""): pod["metadata"]["name"] for pod in pods}

    def _items(self, target: str) -> list[Any]:
        items: list[Any] = self.read(target)["items"]
        return items

    def _comparable(self, text: str) -> Any:
        """``text`` without what may differ."""
        names = {name: f"calico-node-on-{node}" for node, name in self._pod_names().items()}
        for found in self._items(REVISIONS):
            labels = found["metadata"]["labels"]
            names[labels["controller-revision-hash"]] = f"HASH-{found['revision']}"
        return comparable(text, {**names, self.server: "SERVER"})


class Real(System):
    """The test bed's cluster with the simulator's story on it."""

    def __init__(self, cluster: Cluster) -> None:
        configuration = json.loads(cluster.control_plane.kubeconfig().read_text())
        user = configuration["users"][0]["user"]
        pool = urllib3.PoolManager(
            retries=False,
            timeout=_SECONDS,
            ca_certs=configuration["clusters"][0]["cluster"]["certificate-authority"],
            cert_file=user["client-certificate"],
            key_file=user["client-key"],
        )
        super().__init__(cluster.control_plane.server, pool, cluster.environment())
        self._cluster = cluster

    def begin(self) -> None:
        """Create what the simulator's story begins with; wait until calico-node has settled."""
        story = incident()
        self._cluster.agent.hosts = {
            node.name: Host(node.name, node.internal_ips, node.network) for node in story.nodes
        }
        for node in story.nodes:
            self._create_node(node)
        for item in story.objects:
            self._cluster.add(_COLLECTIONS[item["kind"]], copy.deepcopy(dict(item)))
        self._cluster.wait_until_rolled_out(pods=len(story.nodes))

    @contextmanager
    def quiet(self) -> Iterator[None]:
        names = ("kube-controller-manager", "kube-scheduler")
        pids = [found.pid for found in self._cluster.processes if found.name in names]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def wait_for_crashes(self) -> None:
        self._cluster.client.wait_for(PODS, lambda pods: any(map(_has_crashed_twice, pods)))

    def forget_changes(self) -> None:
        # An API server that has just begun remembers nothing; what it has not seen has expired.
        self._cluster.control_plane.kill_api_server()
        self._cluster.control_plane.start_api_server()

    def settle(self) -> None:
        """Wait until a rollout has come to its end."""
        self._cluster.wait_until_rolled_out()

    def _create_node(self, node: SimulatedNode) -> None:
        """A Node as the simulator has it, and what the bed's API server and scheduler need."""
        item: Object = copy.deepcopy(node_object(node, datetime.now(timezone.utc)))
        capacity = {"cpu": "8", "memory": "32Gi", "pods": "110"}
        status = item["status"]
        status["addresses"].append({"type": "InternalDNS", "address": "localhost"})
        status["daemonEndpoints"] = {"kubeletEndpoint": {"Port": self._cluster.kubelets.port}}
        status |= {"capacity": capacity, "allocatable": capacity}
        self._cluster.client.create(NODES, item)


class Simulated(System):
    """The simulator with its own story."""

    def __init__(self, cluster: SimulatedCluster, environment: Mapping[str, str]) -> None:
        super().__init__(
            cluster.server, urllib3.PoolManager(retries=False, timeout=_SECONDS), environment
        )
        self._cluster = cluster

    @contextmanager
    def quiet(self) -> Iterator[None]:
        # Whatever happens in the simulator, happens on the one thread of its clock.
        entered, over = threading.Event(), threading.Event()

        def wait() -> None:
            entered.set()
            over.wait()

        self._cluster.clock.after(0, wait)
        entered.wait(_SECONDS)
        try:
            yield
        finally:
            over.set()

    def wait_for_crashes(self) -> None:
        self._cluster.settle()
        while not any(map(_has_crashed_twice, self._items(PODS))):
            self._cluster.advance(_A_WHILE)

    def forget_changes(self) -> None:
        self._cluster.store.forget_changes()

    def settle(self) -> None:
        """Wait until a rollout has come to its end."""
        self._cluster.settle()
