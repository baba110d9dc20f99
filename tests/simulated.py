"""Commands on a simulated cluster: ``with Simulated() as cluster: cluster.run("inspect")``."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from kubectl_calico_nic.simulator.cluster import SimulatedCluster
from kubectl_calico_nic.simulator.story import SimulatedNode, Story, incident

from .calico_nic import Result, calico_nic
from .fault_proxy import FaultProxy

CALICO_NODE = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"


class Simulated:
    """A simulated cluster and a kubeconfig for it."""

    def __init__(self, story: Story | None = None, *, pace: float = 0.0) -> None:
        self.cluster = SimulatedCluster(story, pace=pace)
        self._directory = tempfile.TemporaryDirectory()

    def __enter__(self) -> Simulated:
        self.cluster.__enter__()
        self.kubeconfig = Path(self._directory.name) / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(self.cluster.kubeconfig))
        return self

    def __exit__(self, *error: Any) -> None:
        self.cluster.__exit__(None, None, None)
        self._directory.cleanup()

    def run(self, *argv: str, **options: Any) -> Result:
        """Run one command line against the cluster."""
        environ = {"KUBECONFIG": str(self.kubeconfig), **options.pop("environ", {})}
        return calico_nic(*argv, environ=environ, **options)

    def request(self, method: str, path: str, body: Any = None, kind: str = "json") -> Any:
        """One request of somebody else."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": f"application/{kind}"}
        request = Request(self.cluster.server + path, data, headers, method=method)
        with urlopen(request) as answer:
            return json.load(answer)

    def patch_env(self, name: str, value: str) -> None:
        """Add a variable to the calico-node container, as somebody with kubectl would."""
        entry = {"name": name, "value": value}
        path = "/spec/template/spec/containers/0/env/-"
        operation = {"op": "add", "path": path, "value": entry}
        self.request("PATCH", CALICO_NODE, [operation], "json-patch+json")

    def daemon_set(self) -> Any:
        """The DaemonSet as the API server has it."""
        return self.request("GET", CALICO_NODE)

    def env(self) -> dict[str, str]:
        """The plain entries of the calico-node container's env."""
        (container,) = self.daemon_set()["spec"]["template"]["spec"]["containers"]
        return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def changed_incident(
    *,
    env: Mapping[str, str | None] | None = None,
    node: Callable[[SimulatedNode], SimulatedNode] = lambda node: node,
    **changes: Any,
) -> Story:
    """The incident with another env (None removes an entry), other nodes, or other facts."""
    story = incident()
    objects = [json.loads(json.dumps(item)) for item in story.objects]
    for item in objects:
        if item["kind"] == "DaemonSet":
            (container,) = item["spec"]["template"]["spec"]["containers"]
            container["env"] = _with(container["env"], env or {})
    nodes = tuple(node(found) for found in story.nodes)
    return dataclasses.replace(story, objects=tuple(objects), nodes=nodes, **changes)


def _with(entries: list[Any], env: Mapping[str, str | None]) -> list[Any]:
    kept = [entry for entry in entries if entry["name"] not in env]
    return [
        *kept,
        *({"name": key, "value": value} for key, value in env.items() if value is not None),
    ]


class Disturbed(Simulated):
    """The same behind a proxy that injects faults; nothing waits between two tries."""

    def __enter__(self) -> Disturbed:
        super().__enter__()
        self.proxy = FaultProxy(self.cluster.server).__enter__()
        config = json.loads(json.dumps(self.cluster.kubeconfig))
        config["clusters"][0]["cluster"]["server"] = self.proxy.url
        self.kubeconfig.write_text(json.dumps(config))
        return self

    def __exit__(self, *error: Any) -> None:
        self.proxy.__exit__(*error)
        super().__exit__(*error)

    def run(self, *argv: str, **options: Any) -> Result:
        """Run one command line; ``waits`` are the seconds it would have waited."""
        self.waits: list[float] = []
        result = super().run(*argv, **{"sleep": self.waits.append, **options})
        self.proxy.end_run()
        return result

    def of_pod(self, node: str, part: str) -> str:
        """A glob for the requests for the ``log`` or ``exec`` of a node's calico-node."""
        pods = self.request("GET", "/api/v1/namespaces/kube-system/pods")["items"]
        (name,) = (pod["metadata"]["name"] for pod in pods if pod["spec"]["nodeName"] == node)
        return f"*/pods/{name}/{part}?*"
