"""A whole simulated cluster: its API server on loopback, its controllers, kubelets and nodes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType

from kubectl_calico_nic.simulator.apiserver.authorization import USER, Access
from kubectl_calico_nic.simulator.apiserver.create_update_delete import prepare_new
from kubectl_calico_nic.simulator.apiserver.http_server import HttpServer
from kubectl_calico_nic.simulator.apiserver.resources import BUILT_IN, NAMESPACES, NODES, Registry
from kubectl_calico_nic.simulator.apiserver.routes import ApiServer
from kubectl_calico_nic.simulator.clock import Clock, utc_now
from kubectl_calico_nic.simulator.controllers.daemonset_controller import DaemonSetController
from kubectl_calico_nic.simulator.controllers.scheduler import Scheduler
from kubectl_calico_nic.simulator.nodes.kubelets import Kubelets
from kubectl_calico_nic.simulator.nodes.node_object import node_object
from kubectl_calico_nic.simulator.store import Object, Store
from kubectl_calico_nic.simulator.story import Story, incident

READING_PACE = 0.1
"""Real seconds per simulated second at which a restarted pod is Ready after about a second."""

_NAME = "calico-nic-demo"
_NAMESPACES = ("default", "kube-public", "kube-system")


class SimulatedCluster:
    """The cluster of a story, for as long as the ``with`` statement lasts.

    With ``pace`` 0 nothing takes time: ``settle`` waits until all has happened that happens by
    itself, ``advance`` lets time pass for what waits (back-off, periodic checks). Afterwards no
    thread, file or port is left.
    """

    def __init__(
        self,
        story: Story | None = None,
        *,
        pace: float = 0.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._story = story or incident()
        began = now() - timedelta(seconds=self._story.uptime)
        self.clock = Clock(pace=pace, began=began, now=now)
        self.store = Store(self.clock.now)
        self._registry = Registry((*BUILT_IN, *self._story.custom_resources))
        nodes = self._story.nodes
        self._kubelets = Kubelets(self.store, self.clock, self._story)
        self._scheduler = Scheduler(
            self.store, self.clock, [node.name for node in nodes if node.full]
        )
        self._daemon_sets = DaemonSetController(self.store, self.clock)
        self._http: HttpServer | None = None

    def __enter__(self) -> SimulatedCluster:
        """Live through the past, then begin real time."""
        self._create_objects()
        self.clock.rehearse(self._story.uptime)
        access = Access(self._story.denied)
        api = ApiServer(self.store, self.clock, self._registry, access, self._kubelets)
        self._http = HttpServer(api.answer)
        self.clock.start()
        self._http.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything; what failed in the background is raised unless something else is."""
        assert self._http is not None
        self.clock.stop()
        self.store.close()
        self._http.stop()
        failure = self.clock.failure or self._http.failure
        if failure is not None and error is None:
            raise failure

    @property
    def server(self) -> str:
        """The URL of its API server, while it runs."""
        assert self._http is not None
        return self._http.url

    @property
    def kubeconfig(self) -> Object:
        """A kubeconfig for it, as JSON; it needs no credentials."""
        context = {"cluster": _NAME, "user": USER}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": _NAME, "cluster": {"server": self.server}}],
            "users": [{"name": USER, "user": {}}],
            "contexts": [{"name": _NAME, "context": context}],
            "current-context": _NAME,
        }

    def settle(self) -> None:
        """Wait until the cluster has done what it does by itself (patient things aside).

        Raises:
            TimeoutError: it does not come to rest.
        """
        self.clock.settle()

    def advance(self, seconds: float) -> None:
        """Let simulated ``seconds`` pass at once; only with pace 0."""
        self.clock.advance(seconds)

    def _create_objects(self) -> None:
        for name in _NAMESPACES:
            namespace: Object = {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            }
            self.store.create(NAMESPACES.key, namespace)
        for node in self._story.nodes:
            self.store.create(NODES.key, node_object(node, self.clock.now()))
        for item in self._story.objects:
            resource = self._registry.of_kind(item["apiVersion"], item["kind"])
            if resource is None:
                raise ValueError(f"no resource for {item['apiVersion']} {item['kind']}")
            stored = copy.deepcopy(dict(item))
            prepare_new(resource, stored)
            self.store.create(resource.key, stored)
