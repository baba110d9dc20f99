"""The kubelets of all nodes: they start pods, and answer for their logs and commands."""

from __future__ import annotations

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.simulator.apiserver.remote_command import Execution
from kubectl_calico_nic.simulator.apiserver.resources import NODES, PODS
from kubectl_calico_nic.simulator.apiserver.status_errors import StatusError, bad_request
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.nodes.bird_mesh import (
    Session,
    no_daemon,
    sessions,
    show_protocols,
)
from kubectl_calico_nic.simulator.nodes.calico_node import stored_addresses
from kubectl_calico_nic.simulator.nodes.container_log import ContainerLog
from kubectl_calico_nic.simulator.nodes.node_shell import run_ip, unknown_command
from kubectl_calico_nic.simulator.nodes.pod_status import ContainerStatus
from kubectl_calico_nic.simulator.nodes.pod_worker import CALICO_NODE, PodWorker
from kubectl_calico_nic.simulator.store import Change, Object, Store
from kubectl_calico_nic.simulator.story import Story

_SOCKETS = ("/var/run/calico/bird.ctl", "/var/run/calico/bird6.ctl")


class Kubelets:
    """One kubelet for each node of the story."""

    def __init__(self, store: Store, clock: Clock, story: Story) -> None:
        self._store = store
        self._clock = clock
        self._nodes = {node.name: node for node in story.nodes}
        self._routed = story.routed
        self._probes_bgp = story.probes_bgp
        self._workers: dict[str, PodWorker] = {}
        store.subscribe(self._observe)

    def log(self, pod: Object, container: str, previous: bool) -> ContainerLog:
        """The log of a container.

        Mirrors validateContainerLogStatus of pkg/kubelet/kubelet_pods.go.

        Raises:
            StatusError: there is none, or the node does not answer.
        """
        name = pod["metadata"]["name"]
        place = f"{pod['metadata']['namespace']}/{name}/{container}"
        self._require_reachable(pod, f'Get "https://%s/containerLogs/{place}":')
        worker = self._workers.get(pod["metadata"]["uid"])
        if worker is None:
            raise bad_request(
                f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating'
            )
        with self._store.changed:
            box = worker.container(container)
            if previous and "terminated" not in box.last_state:
                raise bad_request(
                    f'previous terminated container "{container}" in pod "{name}" not found'
                )
            if not box.runs:
                reason = box.state["waiting"]["reason"]
                raise bad_request(
                    f'container "{container}" in pod "{name}" is waiting to start: {reason}'
                )
            return worker.log(container, previous=previous and not _is_last_run(box))

    def execute(self, pod: Object, container: str, command: tuple[str, ...]) -> Execution:
        """Run a command in a container.

        Raises:
            StatusError: the container does not run, or the node does not answer.
        """
        self._require_reachable(pod, "error dialing backend:")
        worker = self._workers.get(pod["metadata"]["uid"])
        if worker is None or not worker.container(container).is_running:
            raise StatusError(500, "", f'container not found ("{container}")')
        name = pod["spec"]["nodeName"]
        program = command[0].rpartition("/")[2]
        if program == "ip":
            return run_ip(self._nodes[name].network, command[1:])
        if program == "birdcl" and container == CALICO_NODE:
            return self._run_birdcl(worker, command)
        return unknown_command(command)

    def _run_birdcl(self, worker: PodWorker, command: tuple[str, ...]) -> Execution:
        """Answer ``birdcl [-s SOCKET] show protocols``."""
        given = command[1:2] == ("-s",) and len(command) > 2
        socket, words = (command[2], command[3:]) if given else (_SOCKETS[0], command[1:])
        if socket not in _SOCKETS or not worker.runs_bird:
            return Execution(stderr=no_daemon(socket), exit_code=1)
        if words != ("show", "protocols"):
            return Execution(stderr=f"birdcl {' '.join(words)}: not simulated\n", exit_code=127)
        family = Family.IPV6 if socket == _SOCKETS[1] else Family.IPV4
        since = worker.container(CALICO_NODE).state["running"]["startedAt"]
        found = self._sessions(worker.node, family)
        return Execution(stdout=show_protocols(found, since[11:19]))

    def _observe(self, change: Change) -> None:
        if change.resource == NODES.key:
            if _stored(change.object) != _stored(change.previous):
                self._expect_probes()
        elif change.resource == PODS.key:
            uid = change.object["metadata"]["uid"]
            if change.kind == "DELETED":
                worker = self._workers.pop(uid, None)
                if worker is not None:
                    worker.end()
            elif uid not in self._workers:
                self._adopt(uid, change.object)

    def _adopt(self, uid: str, pod: Object) -> None:
        node = self._nodes.get(pod["spec"].get("nodeName", ""))
        if node is None or not node.reachable:
            return
        worker = PodWorker(
            self._store,
            self._clock,
            node,
            pod,
            lambda: self._sessions(node.name) if self._probes_bgp else (),
            self._expect_probes,
        )
        self._workers[uid] = worker
        self._clock.after(0, worker.step)

    def _sessions(self, node: str, family: Family = Family.IPV4) -> tuple[Session, ...]:
        stored = {
            item["metadata"]["name"]: stored_addresses(item).get(family)
            for item in self._store.objects(NODES.key)
        }
        addresses = {name: cidr for name, cidr in stored.items() if cidr}
        with self._store.changed:
            running = {worker.node for worker in self._workers.values() if worker.is_running}
        return sessions(node, addresses, running, routed=self._routed)

    def _expect_probes(self) -> None:
        for worker in self._workers.values():
            worker.expect_probe()

    def _require_reachable(self, pod: Object, what: str) -> None:
        """Refuse what a kubelet that does not answer is asked; ``%s`` in ``what`` is its place."""
        name = pod["spec"]["nodeName"]
        node = self._nodes.get(name)
        if node is not None and node.reachable:
            return
        place = f"{node.host_ip if node else name}:10250"
        message = f"{what.replace('%s', place)} dial tcp {place}: connect: no route to host"
        raise StatusError(500, "", message)


def _is_last_run(box: ContainerStatus) -> bool:
    """Whether the newest run is the one that ended: the kubelet waits before the next."""
    return "waiting" in box.state


def _stored(node: Object | None) -> dict[Family, str]:
    return stored_addresses(node) if node is not None else {}
