"""Keeps a snapshot of one DaemonSet's rollout up to date, change by change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from kubectl_calico_nic.collection.collect import Collector, NodeLog, daemon_set_selector
from kubectl_calico_nic.collection.following import Change, Changed, Kind, Replaced
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.decode import decode_node, decode_pod, pods_by_node
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

DAEMON_SETS, PODS, NODES = "daemonsets", "pods", "nodes"


def kinds_to_follow(daemon_set: DaemonSet) -> tuple[Kind, ...]:
    """What a rollout of ``daemon_set`` is seen by."""
    namespace = daemon_set.namespace
    only = (("fieldSelector", f"metadata.name={daemon_set.name}"),)
    return (
        Kind(DAEMON_SETS, f"/apis/apps/v1/namespaces/{namespace}/daemonsets", only),
        Kind(PODS, f"/api/v1/namespaces/{namespace}/pods", daemon_set_selector(daemon_set)),
        Kind(NODES, "/api/v1/nodes"),
    )


class RolloutFacts:
    """The facts so far; ``take`` changes, then ``snapshot``."""

    def __init__(self, collector: Collector, first: Snapshot, daemon_set: DaemonSet) -> None:
        self._collector = collector
        self._first = first
        self._key = daemon_set.key
        self._daemon_set: DaemonSet | None = daemon_set
        self._pods = {facts.pod.uid: facts.pod for facts in first.nodes if facts.pod}
        self._nodes = {facts.name: facts.node for facts in first.nodes if facts.node}
        self._inventories = {facts.name: facts.inventory for facts in first.nodes}
        self._revisions = dict(first.revisions)
        self._logs: dict[str, tuple[object, NodeLog]] = {}

    @property
    def daemon_set(self) -> DaemonSet | None:
        """The DaemonSet as it is now; None when it was deleted."""
        return self._daemon_set

    def take(self, changes: Iterable[Change]) -> None:
        """Apply ``changes`` in order."""
        before = _template_generation(self._daemon_set)
        for change in changes:
            if isinstance(change, Replaced):
                self._replace(change)
            elif isinstance(change, Changed):
                self._change(change)
        if self._daemon_set and _template_generation(self._daemon_set) != before:
            self._revisions = self._collector.revisions((self._daemon_set,))

    def _replace(self, change: Replaced) -> None:
        if change.kind == PODS:
            self._pods = {pod.uid: pod for pod in map(decode_pod, change.objects)}
        elif change.kind == NODES:
            self._nodes = {node.name: node for node in map(decode_node, change.objects)}
        else:
            found = (DaemonSet(item) for item in change.objects)
            self._daemon_set = next(found, None)

    def _change(self, change: Changed) -> None:
        if change.kind == PODS:
            pod = decode_pod(change.object)
            _put(self._pods, pod.uid, None if change.deleted else pod)
        elif change.kind == NODES:
            node = decode_node(change.object)
            _put(self._nodes, node.name, None if change.deleted else node)
        else:
            self._daemon_set = None if change.deleted else DaemonSet(change.object)

    def snapshot(self) -> Snapshot:
        """The facts as they are now; logs are read again where a container changed its state."""
        pods = pods_by_node(pod for pod in self._pods.values() if pod.daemon_set == self._key)
        self._read_logs(pods)
        names = sorted({*self._nodes, *pods})
        assert self._daemon_set is not None
        return dataclasses.replace(
            self._first,
            daemon_sets=(self._daemon_set,),
            revisions=self._revisions,
            nodes=tuple(self._facts(name, pods.get(name)) for name in names),
            gaps=tuple(gap for _, log in self._logs.values() for gap in log.gaps),
        )

    def _facts(self, name: str, pod: Pod | None) -> NodeFacts:
        known = self._logs.get(pod.uid) if pod else None
        facts = known[1].facts if known else NodeFacts(name)
        return dataclasses.replace(
            facts, node=self._nodes.get(name), pod=pod, inventory=self._inventories.get(name)
        )

    def _read_logs(self, pods: Mapping[str, Pod]) -> None:
        stale = [
            pod
            for pod in pods.values()
            if pod.uid not in self._logs or self._logs[pod.uid][0] != _log_state(pod)
        ]
        read = {log.facts.pod.uid: log for log in self._collector.logs(stale) if log.facts.pod}
        for pod in stale:
            if pod.uid in read:
                self._logs[pod.uid] = (_log_state(pod), read[pod.uid])
        alive = {pod.uid for pod in pods.values()}
        self._logs = {uid: known for uid, known in self._logs.items() if uid in alive}


def _put(table: dict[str, Any], key: str, value: Pod | Node | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _template_generation(daemon_set: DaemonSet | None) -> object:
    return daemon_set and daemon_set.metadata.get("generation")


def _log_state(pod: Pod) -> object:
    """What must have changed for the log to be worth reading again."""
    state = pod.container_state
    return (state.state, state.restarts, pod.ready)
