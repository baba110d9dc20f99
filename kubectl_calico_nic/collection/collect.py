"""Asks a live cluster and delivers a snapshot."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from urllib.parse import quote

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.collection.configuration import (
    Configuration,
    read_configuration,
    read_revisions,
)
from kubectl_calico_nic.collection.daemonsets import daemon_set_selector, find_daemon_sets
from kubectl_calico_nic.collection.gaps import gap, is_right
from kubectl_calico_nic.collection.logs import read_current_log, read_previous_log
from kubectl_calico_nic.collection.node_statuses import with_node_statuses
from kubectl_calico_nic.collection.pod_events import with_events
from kubectl_calico_nic.collection.port import Api, Progress, Silent
from kubectl_calico_nic.collection.probe import Questions, probe_node
from kubectl_calico_nic.collection.workers import DEFAULT_CONCURRENCY, answers, each, pool
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.decode import (
    decode_node,
    decode_pod,
    pods_by_node,
)
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import Gap, LogState, NodeFacts, Snapshot

_SILENT_SECONDS = 10.0
"""What the kubelets of nodes that went silent get for their answers, all together."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at.

    ``namespace`` and ``daemon_set`` narrow the search for calico-node; ``nodes`` names the nodes
    whose logs are read (none: all). ``revisions`` asks for ControllerRevisions too. With
    ``partial`` all that fails is a gap, where the rest tells something without it; otherwise only
    a missing right is.
    """

    namespace: str | None = None
    daemon_set: str | None = None
    nodes: tuple[str, ...] = ()
    revisions: bool = False
    partial: bool = False

    def covers(self, node: str) -> bool:
        """Whether the log of ``node`` is asked for."""
        return not self.nodes or node in self.nodes


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class Collector:
    """Collects the facts of one cluster, many requests at a time; ``now`` gives UTC."""

    def __init__(
        self,
        api: Api,
        *,
        concurrency: int | None = None,
        progress: Progress | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._api = api
        self._concurrency = concurrency or DEFAULT_CONCURRENCY
        self._progress = progress or Silent()
        self._now = now

    def collect(self, scope: Scope) -> Snapshot:
        """Read DaemonSets, Nodes, pods and logs.

        What a node or a permission refuses becomes a gap of the snapshot.

        Raises:
            DaemonSetNotFound: there is no calico-node.
            CalicoNicError: the cluster cannot be asked at all.
        """
        taken_at = self.time()
        with pool(self._concurrency) as executor:
            listing = executor.submit(self._nodes, partial=scope.partial)
            daemon_sets, gaps = find_daemon_sets(self._api, scope.namespace, scope.daemon_set)
            settings = executor.submit(self._configuration, daemon_sets, scope)
            pods, reading = self._pods_and_logs(executor, daemon_sets, scope)
            nodes, node_gaps = listing.result()
            reading |= self._logs_of_doubtful(executor, pods, nodes, scope)
            read = list(answers(reading, "logs", self._progress))
        chosen = pods_by_node(pods)
        logs = {log.name: log for log in read if log.facts.pod is chosen.get(log.name)}
        configuration = settings.result()
        log_gaps = tuple(gap for name in sorted(logs) for gap in logs[name].gaps)
        return Snapshot(
            nodes=_merge(nodes, chosen, logs),
            daemon_sets=daemon_sets,
            config_maps=configuration.config_maps,
            revisions=configuration.revisions,
            cluster_version=configuration.cluster_version,
            config_map_changes=configuration.config_map_changes,
            installations=configuration.installations,
            taken_at=taken_at,
            gaps=(*gaps, *node_gaps, *configuration.gaps, *log_gaps),
        )

    def time(self) -> str:
        """The time by the clock of this machine, RFC 3339 in UTC."""
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def probe(
        self,
        snapshot: Snapshot,
        names: Collection[str],
        destinations: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Snapshot:
        """Read the interfaces of the nodes ``names`` by exec, and their routes.

        ``destinations`` says by node whereto routes are asked for.
        """
        asked = destinations or {}
        return self.ask(
            snapshot, {name: Questions(destinations=asked.get(name, ())) for name in names}
        )

    def ask(self, snapshot: Snapshot, questions: Mapping[str, Questions]) -> Snapshot:
        """Ask the calico-node containers of nodes, by exec.

        Nodes without a running calico-node container cannot be asked and become gaps.
        """
        wanted = [facts for facts in snapshot.nodes if facts.name in questions and facts.pod]
        with pool(self._concurrency) as executor:
            probes = {
                facts.name: partial(probe_node, self._api, facts, questions[facts.name])
                for facts in wanted
            }
            found = each(executor, "interfaces", probes, self._progress)
        probed = {facts.name: facts for facts, _ in found}
        return dataclasses.replace(
            snapshot,
            nodes=tuple(probed.get(facts.name, facts) for facts in snapshot.nodes),
            gaps=(*snapshot.gaps, *(gap for _, gaps in found for gap in gaps)),
        )

    def read_events(self, snapshot: Snapshot) -> Snapshot:
        """Read the events of the calico-node pods."""
        return with_events(self._api, snapshot)

    def read_node_statuses(self, snapshot: Snapshot) -> Snapshot:
        """Read the BGP sessions of nodes whose BIRD was not asked from CalicoNodeStatus objects."""
        return with_node_statuses(self._api, snapshot)

    def read_nodes_again(self, snapshot: Snapshot, names: Collection[str]) -> Snapshot:
        """Read the Nodes ``names`` once more, one request each; what refuses stays as it was.

        A permission that refuses becomes a gap.
        """
        stale = [facts for facts in snapshot.nodes if facts.name in names]
        with pool(self._concurrency) as executor:
            found = list(executor.map(self._read_node, stale))
        fresh = {facts.name: facts for facts, _ in found}
        return dataclasses.replace(
            snapshot,
            nodes=tuple(fresh.get(facts.name, facts) for facts in snapshot.nodes),
            gaps=(*snapshot.gaps, *(gap for _, gaps in found for gap in gaps)),
        )

    def _read_node(self, facts: NodeFacts) -> tuple[NodeFacts, tuple[Gap, ...]]:
        try:
            node = decode_node(
                self._api.get(f"/api/v1/nodes/{quote(facts.name, errors='replace')}")
            )
        except CalicoNicError as error:
            found = gap("get", "nodes", error, facts.name)
            return facts, (found,) if found.forbidden else ()
        return dataclasses.replace(facts, node=node), ()

    def _nodes(self, *, partial: bool) -> tuple[dict[str, Node], tuple[Gap, ...]]:
        try:
            pages = self._api.pages("/api/v1/nodes")
            found = [decode_node(item) for page in pages for item in page]
        except CalicoNicError as error:
            if not (partial or is_right(error)):
                raise
            return {}, (gap("list", "nodes", error),)
        return {node.name: node for node in found}, ()

    def _pods_and_logs(
        self, executor: ThreadPoolExecutor, daemon_sets: tuple[DaemonSet, ...], scope: Scope
    ) -> tuple[list[Pod], dict[Future[NodeLog], str]]:
        """List the pods page by page; logs are asked for as soon as a page is there.

        Those of pods that are not Ready wait: their nodes may be silent.
        """
        pods: list[Pod] = []
        reading: dict[Future[NodeLog], str] = {}
        for page in _pod_pages(self._api, daemon_sets):
            pods += page
            for pod in pods_by_node(page).values():
                if pod.ready and scope.covers(pod.node):
                    reading[executor.submit(self._log, pod)] = pod.node
        return pods, reading

    def _logs_of_doubtful(
        self,
        executor: ThreadPoolExecutor,
        pods: Iterable[Pod],
        nodes: Mapping[str, Node],
        scope: Scope,
    ) -> dict[Future[NodeLog], str]:
        """Ask for the logs of pods that are not Ready.

        Where nothing is heard of a node, its kubelet hardly answers: that is tried last, and given
        up soon.
        """
        found = [pod for pod in pods_by_node(pods).values() if not pod.ready]
        doubtful = [pod for pod in found if scope.covers(pod.node)]
        silent = [pod for pod in doubtful if _is_silent(nodes.get(pod.node))]
        reading = {
            executor.submit(self._log, pod): pod.node for pod in doubtful if pod not in silent
        }
        if silent:
            brief = Collector(self._api.within(_SILENT_SECONDS))
            reading |= {executor.submit(brief._log, pod): pod.node for pod in silent}
        return reading

    def _log(self, pod: Pod) -> NodeLog:
        state = pod.container_state
        if state.state in ("waiting", "unknown") and not state.restarts:
            return NodeLog(pod.node, NodeFacts(pod.node, pod=pod, log_state=LogState.EMPTY))
        facts = NodeFacts(pod.node, pod=pod)
        gaps: list[Gap] = []
        try:
            log = read_current_log(self._api, pod)
            kind = LogState.READ if log.lines else LogState.EMPTY
            facts = dataclasses.replace(facts, log=log, log_state=kind)
        except CalicoNicError as error:
            facts = dataclasses.replace(facts, log_state=LogState.UNREADABLE)
            gaps.append(gap("get", "pods/log", error, pod.node))
        if state.restarts and not pod.ready:
            try:
                previous = read_previous_log(self._api, pod)
                facts = dataclasses.replace(facts, previous_log=previous)
            except CalicoNicError as error:
                gaps.append(gap("get", "pods/log", error, pod.node))
        return NodeLog(pod.node, facts, tuple(gaps))

    def _configuration(self, daemon_sets: tuple[DaemonSet, ...], scope: Scope) -> Configuration:
        return read_configuration(
            self._api, daemon_sets, with_revisions=scope.revisions, partial=scope.partial
        )

    def logs(self, pods: Iterable[Pod]) -> list[NodeLog]:
        """Read the logs of ``pods``, many at a time."""
        wanted = tuple(pods)
        if not wanted:
            return []
        with pool(min(self._concurrency, len(wanted))) as executor:
            return list(executor.map(self._log, wanted))

    def revisions(self, daemon_sets: tuple[DaemonSet, ...]) -> dict[str, str]:
        """The hash of the newest ControllerRevision by DaemonSet; empty without the right."""
        return read_revisions(self._api, daemon_sets)[0]


@dataclass(frozen=True, slots=True)
class NodeLog:
    """What one node's logs gave: facts with ``log`` and ``previous_log``, and what refused."""

    name: str
    facts: NodeFacts
    gaps: tuple[Gap, ...] = ()


def _is_silent(node: Node | None) -> bool:
    return node is not None and node.unreachable


def _pod_pages(api: Api, daemon_sets: tuple[DaemonSet, ...]) -> Iterator[list[Pod]]:
    for daemon_set in daemon_sets:
        path = f"/api/v1/namespaces/{daemon_set.namespace}/pods"
        before: Pod | None = None
        for page in api.pages(path, daemon_set_selector(daemon_set)):
            decoded: list[Pod] = []
            for item in page:
                before = decode_pod(item, like=before)
                decoded.append(before)
            yield [pod for pod in decoded if pod.daemon_set == daemon_set.key]


def _merge(
    nodes: Mapping[str, Node], pods: Mapping[str, Pod], logs: Mapping[str, NodeLog]
) -> tuple[NodeFacts, ...]:
    merged = []
    for name in sorted({*nodes, *pods}):
        pod = pods.get(name)
        known = logs.get(name)
        facts = known.facts if known else NodeFacts(name)
        node = nodes.get(name)
        merged.append(dataclasses.replace(facts, node=node, pod=pod, inventory=_annotated(node)))
    return tuple(merged)


def _annotated(node: Node | None) -> Inventory | None:
    if node is None or node.interfaces is None:
        return None
    return parse_interfaces_annotation(node.interfaces)
