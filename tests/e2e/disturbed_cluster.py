"""The real cluster behind the proxy that injects faults, and the plugin in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..calico_nic import Result, calico_nic
from ..fault_proxy import FaultProxy
from .api_proxy import api_proxy
from .cluster import Cluster
from .editor import Editor
from .rollouts import DAEMON_SET
from .story import NAMESPACE


class DisturbedCluster:
    """What ``tests.simulated.Disturbed`` is for a simulated one; nothing waits between two tries.

    The way leads through two proxies: behind the one with the faults, another adds TLS and the
    administrator's certificate.
    """

    def __init__(self, cluster: Cluster, proxy: FaultProxy) -> None:
        self.cluster = cluster
        self.proxy = proxy
        self._editor = Editor.of(cluster.control_plane.kubeconfig())
        self._kubeconfig = _kubeconfig(cluster.directory, proxy.url)

    def run(self, *argv: str, **options: Any) -> Result:
        """Run one command line to its end."""
        environ = {"KUBECONFIG": str(self._kubeconfig)}
        result = calico_nic(*argv, environ=environ, **{"sleep": lambda _: None, **options})
        self.proxy.end_run()
        return result

    def request(self, method: str, path: str, body: Any = None, kind: str = "json") -> Any:
        """One request of somebody else."""
        return self._editor._request(method, path, body, f"application/{kind}")

    def daemon_set(self) -> Any:
        """The DaemonSet as the API server has it."""
        return self._editor.get(DAEMON_SET)

    def restore(self, before: Any) -> None:
        """Give the DaemonSet back what it was made of; its controller must be paused.

        Nobody but that would say that this generation is rolled out, as it is.
        """
        now = self.daemon_set()["metadata"]["resourceVersion"]
        kept = {**before["metadata"], "resourceVersion": now}
        generation = self._editor.replace(DAEMON_SET, {**before, "metadata": kept})["metadata"]
        status = {"observedGeneration": generation["generation"], "numberMisscheduled": 0}
        self._editor.merge(f"{DAEMON_SET}/status", {"status": status})

    def of_pod(self, node: str, part: str) -> str:
        """A glob for the requests for the ``log`` or ``exec`` of a node's calico-node."""
        name = self.cluster.pods()[node]["metadata"]["name"]
        return f"*/namespaces/{NAMESPACE}/pods/{name}/{part}?*"


@contextmanager
def disturbed(cluster: Cluster) -> Iterator[DisturbedCluster]:
    """The cluster with a way to it on which faults may be injected."""
    with api_proxy(cluster) as api, FaultProxy(api.url) as proxy:
        yield DisturbedCluster(cluster, proxy)


def _kubeconfig(directory: Path, server: str) -> Path:
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "faults",
        "clusters": [{"name": "faults", "cluster": {"server": server}}],
        "contexts": [{"name": "faults", "context": {"cluster": "faults"}}],
    }
    path = directory / "faults.kubeconfig"
    path.write_text(json.dumps(configuration))
    return path
