"""One cluster: control plane, kubelets and the agent, with the incident on it.

``python -m tests.e2e.cluster`` keeps one running until Ctrl-C and prints its KUBECONFIG.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from kubectl_calico_nic.simulator.apiserver.resources import CALICO

from . import story
from .api_client import ApiClient, Object
from .binaries import BuildError, find
from .calico_node_agent import NODES, CalicoNodeAgent
from .control_plane import ControlPlane
from .definitions import DEFINITIONS, definition, install
from .hosts import Host, incident_hosts
from .kwok_kubelets import KwokKubelets
from .processes import Process, ProcessGuard
from .users import Rule, rights

_EVENTS = "/api/v1/namespaces/{namespace}/events"
# Controllers that lost the API server look for it again with a growing pause of up to 30 seconds.
_RECONNECTED = 90.0
_ALL_DAEMON_SETS = "/apis/apps/v1/daemonsets"


class Cluster:
    """A context manager: on its end, however it comes, nothing of the cluster is left."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="calico-nic-e2e-"))
        self._guard = ProcessGuard(self.directory)
        self._added: list[str] = []

    def __enter__(self) -> Cluster:
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
        self.agent.stop()
        for process in reversed(self.processes):
            process.kill()
        self._guard.close()

    @property
    def client(self) -> ApiClient:
        """A client with every right."""
        return self.control_plane.client

    @property
    def processes(self) -> list[Process]:
        """All that runs, for their logs."""
        return [*self.control_plane.processes, self.kubelets.process]

    def incident(
        self,
        version: str = story.VERSION,
        env: Mapping[str, str | None] | None = None,
        hosts: Mapping[str, Host] | None = None,
    ) -> None:
        """Put the incident on the empty cluster; return when calico-node has settled on it.

        Args:
            version: Calico's.
            env: variables of calico-node that differ from the manifest; None removes one.
            hosts: hosts that differ from the incident's, by node name; what calico-node does there
                is the model's answer, not a recording's.
        """
        self.agent.hosts = dict(hosts or {})
        everyone = {**incident_hosts(), **self.agent.hosts}
        for node in story.nodes(everyone.values(), self.kubelets.port):
            self.client.create(NODES, node)
        for path, each in story.installation(version, env):
            self.add(path, each)
        self.wait_until_rolled_out(pods=len(everyone))

    def add(self, path: str, each: Object) -> None:
        """Create an object in the collection at ``path``; ``reset`` takes it away."""
        self.client.create(path, each)
        self._added.append(f"{path}/{each['metadata']['name']}")

    def reset(self) -> None:
        """Leave nothing of what a test made or found, whatever it did."""
        self.control_plane.start_api_server()
        self._remove_daemon_sets()
        for path in reversed(self._added):
            self._remove(path)
        self._added.clear()
        self.client.delete(NODES)
        told = self.client.get("/api/v1/events")["items"]
        for namespace in {event["metadata"]["namespace"] for event in told}:
            self.client.delete(_EVENTS.format(namespace=namespace))
        self.agent.reset()

    def user(self, name: str, rules: Sequence[Rule]) -> Path:
        """The kubeconfig of a user with ``rules``."""
        for path, each in rights(name, rules):
            self.add(path, each)
        return self.control_plane.kubeconfig(name)

    def define(self, group: str, version: str, plural: str, kind: str) -> None:
        """Let the API server know a cluster-scoped kind; ``reset`` takes it away."""
        defined = definition(group, version, plural, kind)
        self._added.append(f"{DEFINITIONS}/{defined['metadata']['name']}")
        install(self.client, [defined])

    def environment(self, kubeconfig: Path | None = None) -> dict[str, str]:
        """The environment of a user's commands: this cluster, and kubectl and the plugin found."""
        home = self.directory / "home"
        home.mkdir(exist_ok=True)
        places = (str(find("kubectl").parent), os.path.dirname(sys.executable), os.environ["PATH"])
        return {
            **os.environ,
            # Hundreds of starts compile the plugin once, also where Python is told not to cache.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.directory / "bytecode"),
            "HOME": str(home),
            "KUBECONFIG": str(kubeconfig or self.control_plane.kubeconfig()),
            "PATH": os.pathsep.join(places),
        }

    def kubectl(
        self, *arguments: str, kubeconfig: Path | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run the real kubectl to its end."""
        return subprocess.run(
            [find("kubectl"), *arguments],
            env=self.environment(kubeconfig),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def wait_until_rolled_out(self, seconds: float = 30, pods: int = len(incident_hosts())) -> None:
        """Wait until calico-node has ``pods`` pods, all of the newest template and available.

        Raises:
            TimeoutError: it has not, ``seconds`` later.
            RuntimeError: the agent failed, so that it never will.
        """

        def is_rolled_out(found: Sequence[Object]) -> bool:
            if self.agent.failures:
                raise RuntimeError(self.agent.failures[0])
            return any(_is_rolled_out(daemon_set, pods) for daemon_set in found)

        selector = f"metadata.name={story.NAME}"
        self.client.wait_for(story.DAEMON_SETS, is_rolled_out, seconds, fieldSelector=selector)

    def annotations(self, key: str = "projectcalico.org/IPv4Address") -> dict[str, str | None]:
        """What every node carries under ``key``."""
        return {
            node["metadata"]["name"]: node["metadata"].get("annotations", {}).get(key)
            for node in self.client.get(NODES)["items"]
        }

    def pods(self) -> dict[str, Object]:
        """The calico-node pods by node; one that the scheduler has not seen yet has none."""
        found = self.client.get(story.CALICO_PODS, labelSelector="k8s-app=calico-node")["items"]
        return {pod["spec"]["nodeName"]: pod for pod in found if "nodeName" in pod["spec"]}

    def _start(self) -> None:
        self.control_plane = ControlPlane(self.directory, self._guard)
        self.kubelets = KwokKubelets(self.control_plane)
        self.agent = CalicoNodeAgent(self.client, self.directory)
        self.control_plane.start()
        install(
            self.client,
            [
                *self.kubelets.definitions,
                *(definition(each.group, each.version, each.plural, each.kind) for each in CALICO),
            ],
        )
        self.kubelets.start()
        self.agent.start()

    def _remove_daemon_sets(self) -> None:
        """Take the DaemonSets away and wait for their pods to be gone."""
        for each in self.client.get(_ALL_DAEMON_SETS)["items"]:
            metadata = each["metadata"]
            collection = f"/apis/apps/v1/namespaces/{metadata['namespace']}/daemonsets"
            self.client.delete(f"{collection}/{metadata['name']}", propagationPolicy="Foreground")
        self.client.wait_for(_ALL_DAEMON_SETS, lambda left: not left, _RECONNECTED)

    def _remove(self, path: str) -> None:
        self.client.delete(path)
        collection, name = path.rsplit("/", 1)
        self.client.wait_until_gone(collection, name)


def _is_rolled_out(daemon_set: Object, pods: int) -> bool:
    status = daemon_set["status"]
    counts = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    return status.get("observedGeneration") == daemon_set["metadata"]["generation"] and all(
        status.get(count) == pods for count in counts
    )


def end_by_signals() -> None:
    """Let SIGTERM and SIGINT raise KeyboardInterrupt.

    Shells without job control start what runs in the background with SIGINT ignored, and its
    children would inherit that.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def main() -> int:
    """Run a cluster with the incident on it until Ctrl-C or SIGTERM."""
    end_by_signals()
    started = time.monotonic()
    try:
        with Cluster() as cluster:
            cluster.incident()
            _say(f"# ready after {time.monotonic() - started:.1f}s; Ctrl-C ends it")
            _say(f"export KUBECONFIG={cluster.control_plane.kubeconfig()}")
            _say(f"export PATH={os.path.dirname(sys.executable)}:$PATH  # kubectl, and the plugin")
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
