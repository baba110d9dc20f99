"""The DaemonSet controller: one pod on every node, replaced as the update strategy has it.

Mirrors manage, rollingUpdate and updateDaemonSetStatus of pkg/controller/daemon (v1.37), without
surge.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from kubectl_calico_nic.simulator.apiserver.defaulting import apply_defaults
from kubectl_calico_nic.simulator.apiserver.resources import DAEMON_SETS, NODES, PODS, REVISIONS
from kubectl_calico_nic.simulator.apiserver.selectors import match_labels
from kubectl_calico_nic.simulator.clock import Action, Clock
from kubectl_calico_nic.simulator.controllers.events import record_event
from kubectl_calico_nic.simulator.controllers.pod_deletion import delete_pod, grace_period
from kubectl_calico_nic.simulator.controllers.revisions import (
    HASH_LABEL,
    current_revision,
    drop_old_revisions,
    owner_reference,
    owner_uid,
    short_hash,
)
from kubectl_calico_nic.simulator.store import Change, Object, Store
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION, is_updated
from kubectl_calico_nic.workload.rolling import ON_DELETE, Strategy

GENERATION_LABEL = "pod-template-generation"
_WATCHED = frozenset({DAEMON_SETS.key, NODES.key, PODS.key})
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ("node.kubernetes.io/network-unavailable", "NoSchedule"),
)


class DaemonSetController:
    """Brings pods in line with their DaemonSets after every change."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._due = False
        store.subscribe(self._observe)

    def _observe(self, change: Change) -> None:
        if change.resource in _WATCHED and not self._due:
            self._due = True
            self._clock.after(0, self.sync)

    def sync(self) -> None:
        """Look at every DaemonSet once."""
        with self._store.changed:
            self._due = False
            daemon_sets = self._store.objects(DAEMON_SETS.key)
            self._collect_garbage(daemon_sets)
            for daemon_set in daemon_sets:
                _Sync(self._store, self._clock, daemon_set, self.sync).run()

    def _collect_garbage(self, daemon_sets: Iterable[Object]) -> None:
        """Remove pods of DaemonSets or nodes that are gone, and revisions without an owner."""
        owners = {None, *(item["metadata"]["uid"] for item in daemon_sets)}
        nodes = {None, *(item["metadata"]["name"] for item in self._store.objects(NODES.key))}
        for resource in (PODS, REVISIONS):
            for item in self._store.objects(resource.key):
                lost = item.get("spec", {}).get("nodeName") not in nodes
                if lost or owner_uid(item) not in owners:
                    metadata = item["metadata"]
                    self._store.remove(resource.key, metadata["namespace"], metadata["name"])


class _Sync:
    """One look at one DaemonSet."""

    def __init__(self, store: Store, clock: Clock, daemon_set: Object, again: Action) -> None:
        self._store = store
        self._clock = clock
        self._again = again
        self._daemon_set = daemon_set
        self._namespace = daemon_set["metadata"]["namespace"]
        self._revision = current_revision(store, daemon_set)["metadata"]["labels"][HASH_LABEL]
        self._generation = daemon_set["metadata"]["annotations"][TEMPLATE_GENERATION_ANNOTATION]
        self._nodes = [
            node["metadata"]["name"] for node in store.objects(NODES.key) if self._runs_on(node)
        ]

    def run(self) -> None:
        """Create what is missing, replace what is old, then report."""
        self._manage()
        strategy = Strategy.of(self._daemon_set["spec"])
        if strategy.type != ON_DELETE:
            self._rolling_update(strategy.limit(len(self._nodes)))
        pods = self._pods()
        live = [pod["metadata"]["labels"] for found in pods.values() for pod in found]
        drop_old_revisions(
            self._store, self._daemon_set, {labels.get(HASH_LABEL, "") for labels in live}
        )
        self._report(pods)

    def _runs_on(self, node: Object) -> bool:
        wanted = self._daemon_set["spec"]["template"]["spec"].get("nodeSelector") or {}
        return match_labels({"matchLabels": wanted}, node["metadata"].get("labels", {}))

    def _pods(self) -> dict[str, list[Object]]:
        """The DaemonSet's pods by the node they are meant for, oldest first."""
        uid = self._daemon_set["metadata"]["uid"]
        found: dict[str, list[Object]] = {}
        for pod in self._store.objects(PODS.key, self._namespace):
            if owner_uid(pod) == uid:
                found.setdefault(target_node(pod), []).append(pod)
        return found

    def _manage(self) -> None:
        pods = self._pods()
        for node in self._nodes:
            # A pod that is being deleted still counts: the new one waits until it is gone.
            if node not in pods:
                self._create(node)
        for node, found in pods.items():
            live = [pod for pod in found if not _is_deleted(pod)]
            for pod in live[1:] if node in self._nodes else live:
                self._delete(pod)

    def _rolling_update(self, limit: int) -> None:
        """Replace old pods: unavailable ones at once, available ones as ``limit`` allows."""
        pods = self._pods()
        unavailable = 0
        replaced: list[Object] = []
        candidates: list[Object] = []
        for node in self._nodes:
            live = [pod for pod in pods.get(node, ()) if not _is_deleted(pod)]
            if len(live) != 1:
                unavailable += 1
                continue
            available = self._is_available(live[0])
            unavailable += not available
            if not self._is_updated(live[0]):
                (candidates if available else replaced).append(live[0])
        for pod in (*replaced, *candidates[: max(limit - unavailable, 0)]):
            self._delete(pod)

    def _report(self, pods: dict[str, list[Object]]) -> None:
        first = [pods[node][0] for node in self._nodes if node in pods]
        ready = [pod for pod in first if _ready_condition(pod).get("status") == "True"]
        available = sum(map(self._is_available, ready))
        status = {
            "currentNumberScheduled": len(first),
            "desiredNumberScheduled": len(self._nodes),
            "numberMisscheduled": len(set(pods) - set(self._nodes)),
            "numberReady": len(ready),
            "observedGeneration": self._daemon_set["metadata"]["generation"],
            "updatedNumberScheduled": sum(map(self._is_updated, first)),
            "numberAvailable": available,
            "numberUnavailable": len(self._nodes) - available,
        }
        # These are left out when they are 0 (omitempty).
        for name in ("updatedNumberScheduled", "numberAvailable", "numberUnavailable"):
            if not status[name]:
                del status[name]
        self._store.edit(
            DAEMON_SETS.key,
            self._namespace,
            self._daemon_set["metadata"]["name"],
            lambda item: item.update(status=status),
        )
        if len(ready) != available:
            seconds = float(self._daemon_set["spec"]["minReadySeconds"])
            self._clock.after(seconds, self._again, patient=True)

    def _is_updated(self, pod: Object) -> bool:
        labels = pod["metadata"]["labels"]
        return bool(
            is_updated(
                labels.get(HASH_LABEL),
                self._revision,
                labels.get(GENERATION_LABEL),
                self._generation,
            )
        )

    def _is_available(self, pod: Object) -> bool:
        condition = _ready_condition(pod)
        needed = float(self._daemon_set["spec"].get("minReadySeconds", 0))
        if condition.get("status") != "True" or not needed:
            return condition.get("status") == "True"
        since = datetime.strptime(condition["lastTransitionTime"], "%Y-%m-%dT%H:%M:%SZ")
        age = self._clock.now() - since.replace(tzinfo=timezone.utc)
        return age.total_seconds() >= needed

    def _delete(self, pod: Object) -> None:
        name = pod["metadata"]["name"]
        delete_pod(self._store, self._clock, pod, grace_period(pod, None))
        self._record("SuccessfulDelete", f"Deleted pod: {name}")

    def _create(self, node: str) -> None:
        daemon_set, template = self._daemon_set, self._daemon_set["spec"]["template"]
        base = daemon_set["metadata"]["name"]
        name = f"{base}-{short_hash(f'{base}/{node}/{self._store.version}', 5)}"
        metadata = copy.deepcopy(template.get("metadata") or {})
        metadata.pop("creationTimestamp", None)
        metadata.update(
            name=name,
            generateName=f"{base}-",
            generation=1,
            namespace=self._namespace,
            ownerReferences=[owner_reference(daemon_set)],
        )
        metadata.setdefault("labels", {}).update(
            {HASH_LABEL: self._revision, GENERATION_LABEL: self._generation}
        )
        spec = copy.deepcopy(template["spec"])
        spec["affinity"] = _affinity(node)
        spec["tolerations"] = [
            *spec.get("tolerations", ()),
            *({"key": key, "operator": "Exists", "effect": effect} for key, effect in _TOLERATED),
        ]
        pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": spec,
            "status": {"phase": "Pending", "qosClass": "Burstable"},
        }
        apply_defaults(PODS, pod)
        self._store.create(PODS.key, pod)
        self._record("SuccessfulCreate", f"Created pod: {name}")

    def _record(self, reason: str, message: str) -> None:
        record_event(
            self._store,
            self._clock.now(),
            self._daemon_set,
            reason=reason,
            message=message,
            component="daemonset-controller",
            kind="Normal",
        )


def target_node(pod: Object) -> str:
    """The node that a DaemonSet's pod runs on or is meant for."""
    if name := pod["spec"].get("nodeName"):
        return str(name)
    required = pod["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    return str(required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])


def _affinity(node: str) -> Object:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def _is_deleted(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _ready_condition(pod: Object) -> dict[str, Any]:
    conditions = pod["status"].get("conditions", ())
    return next((entry for entry in conditions if entry["type"] == "Ready"), {})
