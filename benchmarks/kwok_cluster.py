"""A real API server with many healthy nodes, whose kubelets kwok plays."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from benchmarks import healthy_cluster as healthy
from kubectl_calico_nic.simulator.apiserver.resources import CALICO
from tests.e2e import pod_status, story
from tests.e2e.api_client import Object
from tests.e2e.control_plane import ControlPlane
from tests.e2e.definitions import definition, install
from tests.e2e.kwok_kubelets import KwokKubelets, exec_and_logs
from tests.e2e.processes import ProcessGuard
from tests.e2e.recorded_container_log import CURRENT

_NODES = "/api/v1/nodes"
_WRITERS = 8
_ROLL_OUT_SECONDS = 1200.0
_SERVED_SECONDS = 60.0
_Item = TypeVar("_Item")


class KwokCluster:
    """A context manager; ``kubeconfig`` is its administrator's.

    Every node's log is ``lines`` long after its start. What the DaemonSet controller and the
    scheduler do is real; what a kubelet and calico-node write is written here.
    """

    def __init__(self, count: int, lines: int = 2000) -> None:
        self._nodes = {node.name: node for node in healthy.nodes(count)}
        self._template = _as_cri(healthy.log_template(lines))
        self._directory = Path(tempfile.mkdtemp(prefix="calico-nic-benchmark-"))
        self._guard = ProcessGuard(self._directory)

    def __enter__(self) -> KwokCluster:
        try:
            self._start()
        except BaseException:
            self._guard.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kubelets.process.kill()
        self._control_plane.stop()
        self._guard.close()

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of a user with every right."""
        return self._control_plane.kubeconfig()

    def _start(self) -> None:
        began = time.monotonic()
        self._control_plane = ControlPlane(self._directory, self._guard)
        self._client = self._control_plane.client
        self._kubelets = KwokKubelets(self._control_plane)
        self._control_plane.start()
        custom = (definition(each.group, each.version, each.plural, each.kind) for each in CALICO)
        install(self._client, [*self._kubelets.definitions, *custom])
        for path, each in story.installation():
            self._client.create(path, each)
        _say(f"{len(self._nodes)} nodes on a real API server ...")
        self._for_each(self._nodes.values(), self._create_node)
        pods = self._scheduled()
        _say(f"  {len(pods)} pods scheduled after {time.monotonic() - began:.0f} s")
        self._for_each(pods, self._run_pod)
        self._kubelets.start()
        self._wait_until_served(pods)
        _say(f"  ready after {time.monotonic() - began:.0f} s")

    def _create_node(self, node: healthy.BenchmarkNode) -> None:
        self._client.create(_NODES, healthy.node_object(node, self._kubelets.port))

    def _scheduled(self) -> list[Object]:
        """The pods of the DaemonSet, as soon as each has its node."""
        deadline = time.monotonic() + _ROLL_OUT_SECONDS
        while time.monotonic() < deadline:
            listed = self._client.get(story.CALICO_PODS, labelSelector="k8s-app=calico-node")
            pods: list[Object] = listed["items"]
            if sum("nodeName" in pod["spec"] for pod in pods) == len(self._nodes):
                return pods
            time.sleep(1.0)
        raise TimeoutError(f"not every pod is scheduled after {_ROLL_OUT_SECONDS:.0f} s")

    def _run_pod(self, pod: Object) -> None:
        """Do what kubelet and calico-node would: log and status; the Node is annotated already."""
        node = self._nodes[pod["spec"]["nodeName"]]
        directory = self._directory / "pods" / node.name
        directory.mkdir(parents=True)
        (directory / CURRENT).write_bytes(healthy.log_of(node, self._template))
        for path, described in exec_and_logs(pod, directory):
            if described["kind"] == "Logs":
                self._client.create(path, described)
        described = healthy.node_object(node, self._kubelets.port)
        status = pod_status.running(pod, described, 0, pod_status.now(), {}, ready=True)
        path = f"{story.CALICO_PODS}/{pod['metadata']['name']}/status"
        self._client.merge(path, {"status": status})

    def _wait_until_served(self, pods: list[Object]) -> None:
        deadline = time.monotonic() + _SERVED_SECONDS
        for pod in (pods[0], pods[-1]):
            path = f"{story.CALICO_PODS}/{pod['metadata']['name']}/log"
            while True:
                try:
                    self._client.text(path, container=story.NAME, limitBytes="1")
                    break
                except Exception:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)

    def _for_each(self, items: Iterable[_Item], do: Callable[[_Item], None]) -> None:
        with ThreadPoolExecutor(_WRITERS) as executor:
            list(executor.map(do, items))


def _as_cri(log: str) -> bytes:
    """A log as the container runtime writes it to its file."""
    lines = log.splitlines()
    stamp = "2026-01-01T00:00:00.000000000Z stdout F"
    return "".join(f"{stamp} {line}\n" for line in lines).encode()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
