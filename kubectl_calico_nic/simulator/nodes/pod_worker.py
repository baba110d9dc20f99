"""The life of one pod on its node, from its first init container to its crash loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.simulator.apiserver.resources import CONFIG_MAPS, PODS
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.controllers.events import record_event
from kubectl_calico_nic.simulator.nodes.bird_mesh import (
    CONVERGED,
    Session,
    is_ready,
    not_ready_text,
)
from kubectl_calico_nic.simulator.nodes.calico_node import CalicoNode
from kubectl_calico_nic.simulator.nodes.container_log import ContainerLog
from kubectl_calico_nic.simulator.nodes.pod_status import ContainerStatus, pod_status
from kubectl_calico_nic.simulator.store import Object, Store
from kubectl_calico_nic.simulator.story import SimulatedNode
from kubectl_calico_nic.workload.env import effective_env, plain, pod_fields

CALICO_NODE = "calico-node"

# Simulated seconds.
_INIT_CONTAINER = 1.0
_PROCESS_START = 1.0
_FIRST_PROBE = 5.0
_PROBE_PERIOD = 10.0
_MONITOR_INTERVAL = 60.0
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 300.0

_FAILURE_THRESHOLD = 3
"""How many probes must fail in a row before a ready container is not."""


@dataclass(frozen=True, slots=True)
class _Wait:
    """How long nothing happens; ``patient`` as the clock has it."""

    seconds: float
    patient: bool = False


class PodWorker:
    """What the kubelet does for one pod.

    ``sessions`` gives the BGP sessions that its readiness probe asks for; ``peers_changed`` is told
    when its calico-node starts or ends, because the readiness of others hangs on it.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        node: SimulatedNode,
        pod: Object,
        sessions: Callable[[], tuple[Session, ...]],
        peers_changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._node = node
        self._pod = pod
        self._sessions = sessions
        self._peers_changed = peers_changed
        self._init = self._boxes("initContainers")
        self._main = self._boxes("containers")
        self._logs: dict[str, ContainerLog] = {}
        self._previous_logs: dict[str, ContainerLog] = {}
        self._started: float | None = None
        self._ended = False
        self._failed_probes = 0
        self._probe_due = False
        self._life = self._live()

    @property
    def node(self) -> str:
        """The name of its node."""
        return self._node.name

    @property
    def is_running(self) -> bool:
        """Whether its calico-node has started and serves."""
        return self._started is not None and not self._ended

    @property
    def runs_bird(self) -> bool:
        """Whether BIRD runs beside its calico-node."""
        backend = self._env().get("CALICO_NETWORKING_BACKEND", "bird")
        return self.is_running and backend not in ("none", "vxlan", "gobgp")

    def step(self) -> None:
        """Go on with its life until it waits again."""
        if self._ended:
            return
        wait = next(self._life, None)
        if wait is not None:
            self._clock.after(wait.seconds, self.step, patient=wait.patient)

    def end(self) -> None:
        """The pod was deleted."""
        self._ended = True
        for log in self._logs.values():
            log.end()
        self._peers_changed()

    def container(self, name: str) -> ContainerStatus:
        """The state of the container ``name``."""
        return next(box for box in (*self._init, *self._main) if box.name == name)

    def log(self, name: str, *, previous: bool) -> ContainerLog:
        """The log of a container's newest run, or of the one before it."""
        logs = self._previous_logs if previous else self._logs
        return logs[name]

    def expect_probe(self, seconds: float = _PROBE_PERIOD) -> None:
        """Let the readiness probe run in ``seconds``.

        Between two changes of its sessions it would answer the same again and again: it is asked
        when there may be something new.
        """
        if self.is_running and not self._probe_due:
            self._probe_due = True
            self._clock.after(seconds, self._probe)

    def _probe(self) -> None:
        self._probe_due = False
        if not self.is_running or self._started is None:
            return
        box, found = self.container(CALICO_NODE), self._sessions()
        seconds = self._clock.seconds() - self._started
        if is_ready(found, seconds):
            self._failed_probes = 0
            self._become(box, ready=True)
            return
        self._failed_probes += 1
        self._record("Unhealthy", f"Readiness probe failed: {not_ready_text(found)}")
        if self._failed_probes >= _FAILURE_THRESHOLD:
            self._become(box, ready=False)
        if box.ready or seconds < CONVERGED:
            self.expect_probe()

    def _become(self, box: ContainerStatus, *, ready: bool) -> None:
        if box.ready is not ready:
            box.ready = ready
            self._report()

    def _boxes(self, field: str) -> list[ContainerStatus]:
        uid = self._pod["metadata"]["uid"]
        boxes = self._pod["spec"].get(field, ())
        return [ContainerStatus(box["name"], box["image"], uid) for box in boxes]

    def _live(self) -> Iterator[_Wait]:
        self._report()
        for box in self._init:
            self._run(box)
            self._report()
            yield _Wait(_INIT_CONTAINER)
            self._stop(box, 0)
            box.ready = True
        for box in self._main:
            if box.name != CALICO_NODE:
                self._run(box)
                box.ready = True
        calico = next((box for box in self._main if box.name == CALICO_NODE), None)
        if calico is None:
            self._report()
            return
        version = Version.parse(calico.image.rpartition(":")[2])
        if version is None:
            calico.wait("ImagePullBackOff", f'Back-off pulling image "{calico.image}"')
            self._report()
            return
        yield from self._run_calico_node(calico, version)

    def _run_calico_node(self, box: ContainerStatus, version: Version) -> Iterator[_Wait]:
        back_off = 0.0
        while True:
            log = self._run(box)
            node = CalicoNode(self._store, self._clock, self._node, self._env(), version, log)
            exit_code = node.start()
            self._report()
            yield _Wait(_PROCESS_START)
            if exit_code == 0:
                yield from self._serve(node)
            self._stop(box, exit_code)
            self._report()
            # The first restart comes at once; the kubelet waits before the second.
            if back_off:
                yield _Wait(_PROCESS_START)
                self._crash_loop(box, back_off)
                yield _Wait(back_off, patient=True)
            back_off = min(max(_FIRST_BACK_OFF, 2 * back_off), _LONGEST_BACK_OFF)

    def _serve(self, node: CalicoNode) -> Iterator[_Wait]:
        self._started = self._clock.seconds()
        self.expect_probe(_FIRST_PROBE)
        self._peers_changed()
        while True:
            yield _Wait(_MONITOR_INTERVAL, patient=True)
            node.monitor()

    def _crash_loop(self, box: ContainerStatus, seconds: float) -> None:
        metadata = self._pod["metadata"]
        place = f"pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        message = f"restarting failed container={box.name} {place}"
        box.wait("CrashLoopBackOff", f"back-off {_go_duration(seconds)} {message}")
        self._report()
        name = f"container {box.name} in pod {metadata['name']}_{metadata['namespace']}"
        self._record("BackOff", f"Back-off restarting failed {name}({metadata['uid']})")

    def _env(self) -> dict[str, str]:
        metadata, spec = self._pod["metadata"], self._pod["spec"]
        namespace = metadata["namespace"]
        maps = self._store.objects(CONFIG_MAPS.key, namespace)
        fields = pod_fields(
            node=self._node.name,
            namespace=namespace,
            host_ips=self._node.internal_ips,
            service_account=spec.get("serviceAccountName"),
        )
        container = next(box for box in spec["containers"] if box["name"] == CALICO_NODE)
        data = {f"{namespace}/{item['metadata']['name']}": item.get("data", {}) for item in maps}
        names = {"metadata.name": metadata["name"], "metadata.uid": metadata["uid"]}
        return plain(effective_env(container, data, namespace, {**fields, **names}))

    def _run(self, box: ContainerStatus) -> ContainerLog:
        box.run(self._clock.now())
        if box.name in self._logs:
            self._previous_logs[box.name] = self._logs[box.name]
        self._logs[box.name] = ContainerLog(self._store.changed)
        return self._logs[box.name]

    def _stop(self, box: ContainerStatus, exit_code: int) -> None:
        box.end(self._clock.now(), exit_code)
        self._logs[box.name].end()

    def _report(self) -> None:
        metadata = self._pod["metadata"]

        def edit(item: Object) -> None:
            if item["metadata"]["uid"] == metadata["uid"]:
                item["status"] = pod_status(
                    item["status"],
                    self._clock.now(),
                    host_ip=self._node.host_ip,
                    init=self._init,
                    main=self._main,
                )

        self._store.edit(PODS.key, metadata["namespace"], metadata["name"], edit)

    def _record(self, reason: str, message: str) -> None:
        record_event(
            self._store,
            self._clock.now(),
            self._pod,
            reason=reason,
            message=message,
            component="kubelet",
            host=self._node.name,
            container=CALICO_NODE,
        )


def _go_duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
