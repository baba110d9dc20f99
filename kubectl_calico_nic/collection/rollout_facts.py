"""Keeps a snapshot of one DaemonSet's rollout up to date, change by change."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.collection.collect import Collector, NodeLog
from kubectl_calico_nic.collection.daemonsets import daemon_set_selector
from kubectl_calico_nic.collection.following import Change, Changed, Kind, Replaced
from kubectl_calico_nic.collection.gaps import EXEC
from kubectl_calico_nic.collection.rollout_sessions import RolloutSessions
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.decode import decode_node, decode_pod, pods_by_node
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.shape import is_daemon_set
from kubectl_calico_nic.snapshot.snapshot import Gap, NodeFacts, Snapshot

DAEMON_SETS, PODS, NODES = "daemonsets", "pods", "nodes"
_LOGS = "pods/log"
_TRIES = 5
"""How often what cannot be read is asked for until something changes."""
_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
"""Seconds between two tries, at first and in the end."""


class RolloutFacts:
    """The facts so far; ``take`` changes, then ``snapshot``. ``monotonic`` counts seconds."""

    def __init__(
        self,
        collector: Collector,
        first: Snapshot,
        daemon_set: DaemonSet,
        monotonic: Callable[[], float],
    ) -> None:
        self._collector = collector
        self._first = dataclasses.replace(first, nodes=())
        self._first_pods = {facts.name: facts.pod.uid for facts in first.nodes if facts.pod}
        self._key = daemon_set.key
        self._daemon_set: DaemonSet | None = daemon_set
        self._pods = {facts.pod.uid: facts.pod for facts in first.nodes if facts.pod}
        self._first_of_revision = {pod.revision_hash: pod for pod in self._pods.values()}
        self._nodes = {facts.name: facts.node for facts in first.nodes if facts.node}
        self._inventories = {facts.name: facts.inventory for facts in first.nodes}
        self._asks_again = _asks_again(first)
        self._asked = {facts.pod.uid for facts in first.nodes if facts.pod and facts.inventory}
        self._revisions = dict(first.revisions)
        self._revisions_of = _template(daemon_set)
        self._revisions_tried = 0
        self._monotonic = monotonic
        self._is_changed = False
        self._sessions = RolloutSessions(collector, monotonic)
        self._logs = {
            facts.pod.uid: _KnownLog(
                _state(facts.pod, facts.node), _log_of(facts, first), monotonic()
            )
            for facts in first.nodes
            if facts.pod
        }

    def kinds(self, daemon_set: DaemonSet) -> tuple[Kind, ...]:
        """What a rollout of ``daemon_set`` is seen by; changes of these can be taken."""
        namespace = daemon_set.namespace
        daemon_sets = f"/apis/apps/v1/namespaces/{namespace}/daemonsets"
        only = (("fieldSelector", f"metadata.name={daemon_set.name}"),)
        pods, mine = f"/api/v1/namespaces/{namespace}/pods", daemon_set_selector(daemon_set)
        return (
            Kind(DAEMON_SETS, daemon_sets, _daemon_set, only),
            Kind(PODS, pods, self._pod, mine),
            Kind(NODES, "/api/v1/nodes", decode_node),
        )

    @property
    def daemon_set(self) -> DaemonSet | None:
        """The DaemonSet as it is now; None when it was deleted."""
        return self._daemon_set

    @property
    def is_changed(self) -> bool:
        """Whether ``snapshot`` would show anything new for what was taken since the last one.

        Much changes that is not kept: a kubelet reports every five minutes that all is as it was.
        """
        return self._is_changed

    @property
    def is_in_motion(self) -> bool:
        """Whether some pod of the DaemonSet is not Ready, or on its way out."""
        mine = (pod for pod in self._pods.values() if pod.daemon_set == self._key)
        return any(pod.deleted or not pod.ready for pod in mine)

    @property
    def next_look(self) -> float | None:
        """The seconds until ``snapshot`` may tell more without any change; None: it will not."""
        now = self._monotonic()
        times = [known.next_read - now for _, known in self._to_be_read_again()]
        if self._revisions_are_missing:
            times.append(_PAUSE)
        if self._sessions.next_look is not None:
            times.append(self._sessions.next_look)
        return max(min(times), 0.0) if times else None

    @property
    def _revisions_are_missing(self) -> bool:
        return 0 < self._revisions_tried < _TRIES

    def _to_be_read_again(self) -> Iterator[tuple[Pod, _KnownLog]]:
        """The pods whose logs were read too early, or in vain."""
        for uid, known in self._logs.items():
            pod = self._pods.get(uid)
            node = self._nodes.get(pod.node) if pod else None
            # The kubelet of a node that is down does not answer, and says so late.
            is_down = node is not None and node.ready is False
            if pod and not is_down and known.is_worth_reading_again(pod):
                yield pod, known

    def take(self, changes: Iterable[Change]) -> None:
        """Apply ``changes`` in order."""
        for change in changes:
            if isinstance(change, Replaced):
                self._replace(change)
            elif isinstance(change, Changed):
                self._change(change)

    def _replace(self, change: Replaced) -> None:
        before = self._pods, self._nodes, self._daemon_set
        if change.kind == PODS:
            self._pods = {pod.uid: pod for pod in change.objects}
            # A new list comes after the API server was away, and with it what failed meanwhile.
            self._logs = {uid: known.afresh() for uid, known in self._logs.items()}
            self._revisions_tried = min(self._revisions_tried, 1)
        elif change.kind == NODES:
            self._nodes = {node.name: node for node in change.objects}
        else:
            self._daemon_set = next(iter(change.objects), None)
        self._is_changed |= before != (self._pods, self._nodes, self._daemon_set)

    def _change(self, change: Changed) -> None:
        now = None if change.deleted else change.object
        if change.kind == PODS:
            self._is_changed |= _put(self._pods, change.object.uid, now)
        elif change.kind == NODES:
            self._is_changed |= _put(self._nodes, change.object.name, now)
        else:
            self._daemon_set, self._is_changed = now, True

    def _pod(self, item: Mapping[str, Any]) -> Pod:
        """A pod, whose container is the one that the first pod of its revision has."""
        pod = decode_pod(item)
        like = self._first_of_revision.setdefault(pod.revision_hash, pod)
        if like.container != pod.container:
            return pod
        return dataclasses.replace(pod, container=like.container)

    def snapshot(self) -> Snapshot:
        """The facts as they are now.

        Logs are read again where a container changed its state or a Node its address, and where
        they could not be read or were not complete.
        """
        assert self._daemon_set is not None
        self._is_changed = False
        pods = pods_by_node(pod for pod in self._pods.values() if pod.daemon_set == self._key)
        self._read_revisions(self._daemon_set)
        self._read_logs(pods)
        self._ask_for_interfaces(pods)
        names = sorted({*self._nodes, *pods})
        return dataclasses.replace(
            self._first,
            taken_at=self._collector.time(),
            daemon_sets=(self._daemon_set,),
            revisions=self._revisions,
            nodes=tuple(self._facts(name, pods.get(name)) for name in names),
            gaps=tuple(self._gaps(pods)),
        )

    def _ask_for_interfaces(self, pods: Mapping[str, Pod]) -> None:
        """Ask the nodes whose pods could not be asked at first, since they were being replaced.

        Where no log may be read, the interfaces are what proves a node. Each pod is asked once.
        """
        due = [
            NodeFacts(name, self._nodes.get(name), pod)
            for name, pod in pods.items()
            if self._inventories.get(name) is None and pod.ready and pod.uid not in self._asked
        ]
        if not due or not self._asks_again:
            return
        self._asked |= {facts.pod.uid for facts in due if facts.pod}
        names = [facts.name for facts in due]
        found = self._collector.probe(Snapshot(nodes=tuple(due)), names)
        self._inventories |= {facts.name: facts.inventory for facts in found.nodes}

    def _gaps(self, pods: Mapping[str, Pod]) -> Iterator[Gap]:
        """What could not be read, but for what a pod refused that is gone."""
        for gap in self._first.gaps:
            pod = pods.get(gap.node) if gap.node else None
            of_this_pod = gap.forbidden or (
                pod is not None
                and self._first_pods.get(pod.node) == pod.uid
                and self._inventories.get(pod.node) is None
            )
            if gap.resource != _LOGS and (of_this_pod or gap.resource != EXEC):
                yield gap
        for known in self._logs.values():
            yield from known.log.gaps

    def with_sessions(self, snapshot: Snapshot) -> Snapshot:
        """Add to the newest ``snapshot`` what each node says of its NIC and its BGP sessions.

        A node is asked again, in its time, until all of them are up.
        """
        return self._sessions.added_to(snapshot)

    def forget_sessions(self) -> None:
        """Say that what the nodes said is of the past."""
        self._sessions.forget()

    def _facts(self, name: str, pod: Pod | None) -> NodeFacts:
        known = self._logs.get(pod.uid) if pod else None
        facts = known.log.facts if known else NodeFacts(name)
        return dataclasses.replace(
            facts, node=self._nodes.get(name), pod=pod, inventory=self._inventories.get(name)
        )

    def _read_revisions(self, daemon_set: DaemonSet) -> None:
        """Read the revisions again once the controller has seen another template."""
        template = _template(daemon_set)
        if template == self._revisions_of and not self._revisions_are_missing:
            return
        self._revisions_tried = 1 if template != self._revisions_of else self._revisions_tried + 1
        self._revisions_of = template
        try:
            self._revisions = self._collector.revisions((daemon_set,))
            self._revisions_tried = 0
        except CalicoNicError:
            self._revisions = {}

    def _read_logs(self, pods: Mapping[str, Pod]) -> None:
        """Read the logs that are news, and again those that were read too early or in vain."""
        alive = {pod.uid for pod in pods.values()}
        self._logs = {uid: known for uid, known in self._logs.items() if uid in alive}
        now = self._monotonic()
        due = {pod.uid for pod, known in self._to_be_read_again() if known.next_read <= now}
        states = {pod.uid: _state(pod, self._nodes.get(pod.node)) for pod in pods.values()}
        stale = [
            pod
            for pod in pods.values()
            if pod.uid not in self._logs
            or self._logs[pod.uid].state != states[pod.uid]
            or pod.uid in due
        ]
        for pod, log in zip(stale, self._collector.logs(stale), strict=True):
            state, known = states[pod.uid], self._logs.get(pod.uid)
            tries = known.tries + 1 if known and known.state == state else 1
            self._logs[pod.uid] = _KnownLog(state, log, self._monotonic(), tries)


@dataclass(frozen=True, slots=True)
class _KnownLog:
    """What a pod's logs gave.

    ``state`` is that of everything around when they were read, ``read_at`` when that was, and
    ``tries`` how often they were read in that state.
    """

    state: object
    log: NodeLog
    read_at: float
    tries: int = 1

    @property
    def next_read(self) -> float:
        """When reading again is due, if it is worth it."""
        return self.read_at + min(self.tries * _PAUSE, _LONGEST_PAUSE)

    def afresh(self) -> _KnownLog:
        """The same before any try was in vain."""
        return dataclasses.replace(self, tries=0)

    def is_worth_reading_again(self, pod: Pod) -> bool:
        """Whether calico-node was in the middle of its start, or the reason it failed may pass."""
        log, runs = self.log.facts.log, pod.container_state.state == "running"
        unfinished = log is not None and not (log.started or log.terminated)
        if unfinished and runs and not pod.ready:
            return True
        return self.tries < _TRIES and any(not gap.forbidden for gap in self.log.gaps)


def _log_of(facts: NodeFacts, first: Snapshot) -> NodeLog:
    """What the first collection read of a node's logs."""
    gaps = (gap for gap in first.gaps if gap.node == facts.name and gap.resource == _LOGS)
    return NodeLog(facts.name, facts, tuple(gaps))


def _daemon_set(item: Mapping[str, Any]) -> DaemonSet | None:
    return DaemonSet(item) if is_daemon_set(item) else None


def _put(table: dict[str, Any], key: str, value: Pod | Node | None) -> bool:
    """Keep ``value``, or with None nothing; return whether that is another than before."""
    before: Pod | Node | None = table.pop(key, None)
    if value is not None:
        table[key] = value
    return before != value


def _template(daemon_set: DaemonSet) -> object:
    """What must have changed for another revision to be the newest.

    The controller makes the revision of a template before it reports to have seen it.
    """
    metadata, status = daemon_set.metadata, daemon_set.status
    return (metadata.get("uid"), metadata.get("generation"), status.get("observedGeneration"))


def _asks_again(first: Snapshot) -> bool:
    """Whether nodes were asked for their interfaces at first, and may be asked."""
    refused = [gap for gap in first.gaps if gap.resource == EXEC]
    asked = bool(refused) or any(facts.inventory for facts in first.nodes)
    return asked and not any(gap.forbidden for gap in refused)


def _state(pod: Pod, node: Node | None) -> object:
    """What must have changed for the log to be worth reading again.

    calico-node stores another address while it runs when it detects its address anew.
    """
    state = pod.container_state
    stored = tuple(node.stored.items()) if node else ()
    return (state.state, state.restarts, pod.ready, stored)
