"""Plays calico-node in every pod: environment and host in; log, annotations and readiness out.

For each start of a container it looks up the recorded run that began in the same state, and does
to the cluster what that run did. Watches tell it what to do; nothing is polled.
"""

from __future__ import annotations

import math
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import urllib3
import websocket

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.simulator.nodes import bird_mesh
from kubectl_calico_nic.workload.env import effective_env, plain

from . import birds, pod_status, recordings
from .api_client import NOT_FOUND, ApiClient, ApiError, Object
from .hosts import Host
from .kwok_kubelets import exec_and_logs
from .model import modelled_run
from .pod_status import CONTAINER
from .recorded_container_log import write_log
from .recordings import OWN_ANNOTATIONS, Recordings, Run
from .story import VERSION
from .task_queue import Task, TaskQueue

NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
_FOLLOW_SECONDS = 3600.0
_RETRY_SECONDS = 0.1
# kwok that lost the API server looks for it again with a growing pause.
_KWOK_DEADLINE = 30.0
_KWOK_PATIENCE = 0.3
_PATIENCE = 3.0
_HARMLESS = ("ip", "-o", "link", "show")
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 0.5, 8.0
_FELIX_NOT_READY = "calico/node is not ready: felix is not ready: readiness probe reporting 503"
_LAST_WORDS = {True: "Calico node started successfully", False: "Calico node failed to start"}


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One start of a calico-node container, as the agent played it."""

    pod: str
    restart: int
    run: Run

    def __str__(self) -> str:
        method = self.run.env.get("IP_AUTODETECTION_METHOD", "none")
        return (
            f"{self.run.node} {self.pod} restart {self.restart}: method {method}, "
            f"exit {self.run.exit_code}, {self.run.source.value}"
        )


@dataclass(slots=True)
class _Container:
    """What the agent knows of the calico-node container of one pod."""

    pod: Object
    restarts: int = 0
    started: str = ""
    last: Object = field(default_factory=dict)
    running: bool = False
    ready: bool | None = None
    runs_bird: bool = False
    sessions: birds.Sessions | None = None

    @property
    def uid(self) -> str:
        """The uid of its pod."""
        return str(self.pod["metadata"]["uid"])

    @property
    def node(self) -> str:
        """The name of its node."""
        return str(self.pod["spec"]["nodeName"])

    @property
    def path(self) -> str:
        """Where the API server has its pod."""
        metadata = self.pod["metadata"]
        return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"

    @property
    def spec(self) -> Object:
        """The container as its pod specifies it."""
        found: list[Object] = self.pod["spec"]["containers"]
        return next(each for each in found if each["name"] == CONTAINER)

    @property
    def version(self) -> str:
        """Calico's version by its image, the usual one where the image does not tell."""
        tag = str(self.spec["image"]).rsplit(":", 1)[-1]
        return tag if Version.parse(tag) else VERSION


class CalicoNodeAgent:
    """Runs in threads of its own from ``start`` to ``stop``.

    ``hosts`` are hosts that differ from the recorded ones, by node name; ``recordings_from`` are
    directories of recordings, the first one first. ``journal`` lists the starts in order.
    ``failures`` holds what went wrong in the agent itself: a test that finds something there has
    proven nothing.
    """

    def __init__(self, client: ApiClient, directory: Path) -> None:
        self.hosts: dict[str, Host] = {}
        self.recordings_from = recordings.DIRECTORIES
        self.journal: list[JournalEntry] = []
        self.failures: list[str] = []
        self._client = client
        self._directory = directory / "pods"
        self._unready: frozenset[str] = frozenset()
        self._probes_bgp = False
        self._routed = False
        self._containers: dict[str, _Container] = {}
        self._tasks = TaskQueue()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to follow pods and nodes."""
        for target in (self._work, self._follow_pods, self._follow_nodes):
            threading.Thread(target=target, name=target.__name__, daemon=True).start()

    def stop(self) -> None:
        """Do nothing any more; threads that wait for the API server end with it."""
        self._stopped.set()
        self._tasks.close()

    def reset(self) -> None:
        """Forget what a test asked of the agent, and what happened."""
        self.hosts = {}
        self.recordings_from = recordings.DIRECTORIES
        self.journal.clear()
        self.failures.clear()
        self.set_conditions()

    def set_conditions(
        self,
        *,
        unready: frozenset[str] = frozenset(),
        probes_bgp: bool = False,
        routed: bool = False,
    ) -> None:
        """Decide how the nodes are from now on.

        Args:
            unready: the nodes on which the readiness probe fails.
            probes_bgp: it also fails where calico-node has peers and no session with any, which
                is the rule of its health.go after the first 30 seconds.
            routed: the networks of the nodes route to each other, so that every session comes up.
        """
        self._unready, self._probes_bgp, self._routed = unready, probes_bgp, routed
        self._refresh_later()

    def _work(self) -> None:
        self._tasks.run(self._attempt)

    def _follow_pods(self) -> None:
        self._follow(
            PODS, lambda pods: self._tasks.put_latest("pods", lambda: self._pods_changed(pods))
        )

    def _follow_nodes(self) -> None:
        self._follow(NODES, lambda _nodes: self._refresh_later())

    def _refresh_later(self) -> None:
        self._tasks.put_latest("refresh", self._refresh)

    def _follow(self, path: str, changed: Callable[[list[Object]], None]) -> None:
        while not self._stopped.is_set():
            try:
                for items in self._client.follow(path, _FOLLOW_SECONDS):
                    changed(items)
            except (ApiError, urllib3.exceptions.HTTPError):
                self._stopped.wait(_RETRY_SECONDS)

    def _attempt(self, task: Task) -> None:
        try:
            task()
        except ApiError as error:
            # A pod or node that is gone by now brings an event of its own.
            if error.status != NOT_FOUND:
                self.failures.append(str(error))
        except urllib3.exceptions.HTTPError:
            self._tasks.put_later(_RETRY_SECONDS, task)
        except Exception:
            self.failures.append(traceback.format_exc())

    def _pods_changed(self, pods: list[Object]) -> None:
        present = {pod["metadata"]["uid"]: pod for pod in pods if _is_calico_node(pod)}
        for uid in self._containers.keys() - present.keys():
            del self._containers[uid]
            shutil.rmtree(self._directory / uid, ignore_errors=True)
        for uid, pod in present.items():
            if uid in self._containers:
                self._containers[uid].pod = pod
            elif "nodeName" in pod["spec"] and "deletionTimestamp" not in pod["metadata"]:
                self._containers[uid] = _Container(pod)
                self._start_later(0, uid)

    def _start_later(self, seconds: float, uid: str) -> None:
        self._tasks.put_later(seconds, lambda: self._start(uid))

    def _start(self, uid: str) -> None:
        """One start of the container: its first one, or one after a crash."""
        container = self._containers.get(uid)
        nodes = self._nodes()
        if container is None or container.node not in nodes:
            return
        run = self._run_of(container, nodes)
        entry = JournalEntry(container.pod["metadata"]["name"], container.restarts, run)
        self.journal.append(entry)
        container.started, container.ready, container.sessions = pod_status.now(), None, None
        container.runs_bird = run.env.get("CALICO_NETWORKING_BACKEND", "bird") == "bird"
        words = (*run.log, _LAST_WORDS[run.exit_code == 0])
        write_log(self._directory / uid, words, datetime.now(timezone.utc))
        if container.restarts == 0:
            self._announce(container)
        self._report(container, nodes, ready=False)
        self._annotate(run)
        if run.exit_code != 0:
            self._crash(container, nodes, run.exit_code)
        container.running = run.exit_code == 0
        self._refresh_later()

    def _crash(self, container: _Container, nodes: Mapping[str, Object], exit_code: int) -> None:
        pod, restarts = container.pod, container.restarts
        container.last = pod_status.terminated(exit_code, container.started)
        status = pod_status.backing_off(pod, nodes[container.node], restarts, container.last)
        self._client.merge(f"{container.path}/status", {"status": status})
        self._warn(container, "BackOff", pod_status.back_off_message(pod, restarts))
        container.restarts += 1
        pause = min(_FIRST_BACK_OFF * 2**restarts, _LONGEST_BACK_OFF)
        self._start_later(pause, container.uid)

    def _announce(self, container: _Container) -> None:
        """Tell kwok about the pod; return when it serves the log and exec.

        kwok 0.8 keeps what it knows by the version that its watch has seen, which may be newer
        than what it knows: then it misses the last object until a newer one comes. Touching the
        objects is such a change.
        """
        directory = self._directory / container.uid
        self._host(container).write(directory)
        told = list(exec_and_logs(container.pod, directory))
        for path, described in told:
            self._client.ensure(path, described)
        deadline = time.monotonic() + _KWOK_DEADLINE
        touch_at = time.monotonic() + _KWOK_PATIENCE
        while why := self._why_not_served(container.path):
            if time.monotonic() > deadline:
                raise TimeoutError(f"kwok does not serve {container.path}: {why}")
            if time.monotonic() > touch_at:
                touch_at = time.monotonic() + _KWOK_PATIENCE
                touched = {"metadata": {"annotations": {"touched": str(touch_at)}}}
                for path, described in told:
                    self._client.merge(f"{path}/{described['metadata']['name']}", touched)
            self._stopped.wait(_RETRY_SECONDS / 10)

    def _why_not_served(self, path: str) -> str:
        """What hinders kwok from showing a log and running a command, empty when nothing does."""
        try:
            self._client.text(f"{path}/log", container=CONTAINER, limitBytes="1")
            can = self._client.can_execute(path, *_HARMLESS, container=CONTAINER, seconds=_PATIENCE)
        except ApiError as error:
            if error.status == NOT_FOUND:
                raise
            return str(error)
        except (OSError, websocket.WebSocketException) as error:
            return repr(error)
        return "" if can else "the command failed"

    def _annotate(self, run: Run) -> None:
        """Write what the run stored, through the status subresource as Calico does."""
        annotations = {key: run.annotations.get(key) for key in OWN_ANNOTATIONS}
        self._client.merge(f"{NODES}/{run.node}/status", {"metadata": {"annotations": annotations}})

    def _refresh(self) -> None:
        """Let BIRD and the readiness probes see the addresses that the nodes have now."""
        nodes = self._nodes()
        running = {each.node for each in self._containers.values() if each.running}
        for container in list(self._containers.values()):
            if container.running and container.node in nodes:
                sessions = self._sessions(container, nodes, running)
                if container.sessions != sessions:
                    directory = self._directory / container.uid
                    birds.write_answers(directory, sessions, container.started[11:19])
                    container.sessions = sessions
                self._probe(container, nodes, sessions.get(Family.IPV4, ()))

    def _sessions(
        self, container: _Container, nodes: Mapping[str, Object], running: set[str]
    ) -> birds.Sessions:
        """The sessions of its BIRDs; with some backends there are none."""
        if not container.runs_bird:
            return {}
        return birds.sessions(container.node, nodes, running, routed=self._routed)

    def _probe(
        self,
        container: _Container,
        nodes: Mapping[str, Object],
        sessions: tuple[bird_mesh.Session, ...],
    ) -> None:
        """Report what the readiness probe finds, when that is news."""
        alone = self._probes_bgp and not bird_mesh.is_ready(sessions, math.inf)
        ready = container.node not in self._unready and not alone
        if container.ready is ready:
            return
        if ready or container.ready:
            self._report(container, nodes, ready=ready)
        if not ready:
            missing = any(not session.established for session in sessions)
            why = bird_mesh.not_ready_text(sessions) if missing else _FELIX_NOT_READY
            self._warn(container, "Unhealthy", f"Readiness probe failed: {why}")
        container.ready = ready

    def _report(self, container: _Container, nodes: Mapping[str, Object], *, ready: bool) -> None:
        node = nodes[container.node]
        status = pod_status.running(
            container.pod,
            node,
            container.restarts,
            container.started,
            container.last,
            ready=ready,
        )
        container.pod = self._client.merge(f"{container.path}/status", {"status": status})

    def _warn(self, container: _Container, reason: str, message: str) -> None:
        event = pod_status.warning(container.pod, reason, message)
        self._client.create(f"/api/v1/namespaces/{event['metadata']['namespace']}/events", event)

    def _run_of(self, container: _Container, nodes: Mapping[str, Object]) -> Run:
        """The recorded run for this start; the model's where none was recorded."""
        others = _annotations(nodes)
        stored = others.pop(container.node)
        env = self._environment(container, nodes[container.node])
        if container.node not in self.hosts:
            run = self._recorded(container).find(container.node, env, stored, others)
            if run is not None:
                return run
        return modelled_run(self._host(container), env, stored, others, container.version)

    def _host(self, container: _Container) -> Host:
        return self.hosts.get(container.node) or self._recorded(container).hosts[container.node]

    def _recorded(self, container: _Container) -> Recordings:
        return recordings.load(container.version, self.recordings_from)

    def _environment(self, container: _Container, node: Object) -> dict[str, str]:
        """What the process finds in its environment, as the kubelet computes it."""
        metadata = container.pod["metadata"]
        namespace = metadata["namespace"]
        maps = self._client.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]
        host_ip = pod_status.internal_ips(node)[0]
        fields = {
            "spec.nodeName": container.node,
            "metadata.name": metadata["name"],
            "metadata.namespace": namespace,
            "status.hostIP": host_ip,
            "status.podIP": host_ip,
        }
        env = effective_env(
            container.spec,
            {f"{namespace}/{each['metadata']['name']}": each.get("data", {}) for each in maps},
            namespace,
            fields,
        )
        return plain(env)

    def _nodes(self) -> dict[str, Object]:
        return {node["metadata"]["name"]: node for node in self._client.get(NODES)["items"]}


def _is_calico_node(pod: Object) -> bool:
    return any(container["name"] == CONTAINER for container in pod["spec"]["containers"])


def _annotations(nodes: Mapping[str, Object]) -> dict[str, dict[str, str]]:
    return {name: node["metadata"].get("annotations", {}) for name, node in nodes.items()}
