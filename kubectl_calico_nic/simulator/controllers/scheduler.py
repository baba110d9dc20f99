"""The scheduler, for pods that may run on one node only: binds them, unless the node is full."""

from __future__ import annotations

from collections.abc import Collection

from kubectl_calico_nic.simulator.apiserver.resources import NODES, PODS
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.controllers.daemonset_controller import target_node
from kubectl_calico_nic.simulator.controllers.events import record_event
from kubectl_calico_nic.simulator.controllers.revisions import owner_uid
from kubectl_calico_nic.simulator.nodes.pod_status import scheduled
from kubectl_calico_nic.simulator.store import Change, Object, Store


class Scheduler:
    """Binds every new pod to its node; ``full`` names the nodes without room."""

    def __init__(self, store: Store, clock: Clock, full: Collection[str]) -> None:
        self._store = store
        self._clock = clock
        self._full = full
        store.subscribe(self._observe)

    def _observe(self, change: Change) -> None:
        new = change.resource == PODS.key and change.kind == "ADDED"
        if new and owner_uid(change.object):
            self._clock.after(0, lambda: self._schedule(change.object))

    def _schedule(self, pod: Object) -> None:
        metadata, node = pod["metadata"], target_node(pod)
        refusal = self._refusal() if node in self._full else ""

        def bind(item: Object) -> None:
            if item["metadata"]["uid"] != metadata["uid"] or item["spec"].get("nodeName"):
                return
            item["status"] = scheduled(item["status"], self._clock.now(), refusal)
            if not refusal:
                item["spec"]["nodeName"] = node

        bound = self._store.edit(PODS.key, metadata["namespace"], metadata["name"], bind)
        if refusal and bound is not None:
            record_event(
                self._store,
                self._clock.now(),
                bound,
                reason="FailedScheduling",
                message=refusal,
                component="default-scheduler",
            )

    def _refusal(self) -> str:
        count = len(self._store.objects(NODES.key))
        others = f", {count - 1} node(s) didn't satisfy plugin(s) [NodeAffinity]"
        return f"0/{count} nodes are available: 1 Too many pods{others if count > 1 else ''}."
