"""Asks a live cluster and delivers a snapshot."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.daemonsets import find_daemon_sets
from kubectl_calico_nic.collection.logs import read_current_log, read_previous_log
from kubectl_calico_nic.collection.port import Api, Progress, Silent
from kubectl_calico_nic.collection.probe import read_inventory, read_route
from kubectl_calico_nic.collection.workers import DEFAULT_CONCURRENCY, each, pool
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.decode import (
    decode_node,
    decode_pod,
    newest_revisions,
    pods_by_node,
)
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import Gap, LogState, NodeFacts, Snapshot
from kubectl_calico_nic.workload.env import config_map_references


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at.

    ``namespace`` and ``daemon_set`` narrow the search for calico-node; ``nodes`` names the nodes
    whose logs are read (none: all). ``revisions`` asks for ControllerRevisions too.
    """

    namespace: str | None = None
    daemon_set: str | None = None
    nodes: tuple[str, ...] = ()
    revisions: bool = False


class Collector:
    """Collects the facts of one cluster, many requests at a time."""

    def __init__(
        self, api: Api, *, concurrency: int = DEFAULT_CONCURRENCY, progress: Progress | None = None
    ) -> None:
        self._api = api
        self._concurrency = concurrency
        self._progress = progress or Silent()

    def collect(self, scope: Scope) -> Snapshot:
        """Read DaemonSets, Nodes, pods and logs.

        What a node or a permission refuses becomes a gap of the snapshot.

        Raises:
            DaemonSetNotFound: there is no calico-node.
            CalicoNicError: the cluster cannot be asked at all.
        """
        with pool(self._concurrency) as executor:
            listing = executor.submit(self._nodes)
            daemon_sets, gaps = find_daemon_sets(self._api, scope.namespace, scope.daemon_set)
            settings = executor.submit(self._config_maps, daemon_sets)
            revisions = executor.submit(self._revisions, daemon_sets if scope.revisions else ())
            pods, reading = self._pods_and_logs(executor, daemon_sets, scope)
            nodes, node_gaps = listing.result()
            logs = {facts.name: facts for facts in _results(reading, self._progress)}
        facts = _merge(nodes, pods_by_node(pods), {name: logs[name] for name in sorted(logs)})
        config_maps, config_gaps = settings.result()
        newest, revision_gaps = revisions.result()
        log_gaps = tuple(gap for found in logs.values() for gap in found.gaps)
        return Snapshot(
            nodes=facts,
            daemon_sets=daemon_sets,
            config_maps=config_maps,
            revisions=newest,
            gaps=(*gaps, *node_gaps, *config_gaps, *revision_gaps, *log_gaps),
        )

    def probe(
        self,
        snapshot: Snapshot,
        names: Collection[str],
        destinations: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Snapshot:
        """Read the interfaces of the nodes ``names`` by exec, and their routes.

        ``destinations`` says by node whereto routes are asked for. Nodes without a running
        calico-node container cannot be asked and become gaps.
        """
        wanted = [facts for facts in snapshot.nodes if facts.name in names and facts.pod]
        asked = destinations or {}
        with pool(self._concurrency) as executor:
            answers = each(
                executor,
                lambda facts: self._probe_node(facts, asked.get(facts.name, ())),
                wanted,
                lambda count: self._progress.advance("interfaces", count, len(wanted)),
            )
        probed = {facts.name: facts for facts, _ in answers}
        return dataclasses.replace(
            snapshot,
            nodes=tuple(probed.get(facts.name, facts) for facts in snapshot.nodes),
            gaps=(*snapshot.gaps, *(gap for _, gaps in answers for gap in gaps)),
        )

    def read_nodes_again(self, snapshot: Snapshot, names: Collection[str]) -> Snapshot:
        """Read the Nodes ``names`` once more, one request each; what refuses stays as it was.

        A permission that refuses becomes a gap.
        """
        stale = [facts for facts in snapshot.nodes if facts.name in names]
        with pool(self._concurrency) as executor:
            answers = list(executor.map(self._read_node, stale))
        fresh = {facts.name: facts for facts, _ in answers}
        return dataclasses.replace(
            snapshot,
            nodes=tuple(fresh.get(facts.name, facts) for facts in snapshot.nodes),
            gaps=(*snapshot.gaps, *(gap for _, gaps in answers for gap in gaps)),
        )

    def _read_node(self, facts: NodeFacts) -> tuple[NodeFacts, tuple[Gap, ...]]:
        try:
            node = decode_node(self._api.get(f"/api/v1/nodes/{quote(facts.name)}"))
        except CalicoNicError as error:
            gap = _gap("get", "nodes", error, facts.name)
            return facts, (gap,) if gap.forbidden else ()
        return dataclasses.replace(facts, node=node), ()

    def _probe_node(
        self, facts: NodeFacts, destinations: tuple[str, ...]
    ) -> tuple[NodeFacts, tuple[Gap, ...]]:
        pod = facts.pod
        assert pod is not None
        try:
            inventory = read_inventory(self._api, pod)
            routes = {item: read_route(self._api, pod, item) for item in destinations}
        except CalicoNicError as error:
            return facts, (_gap(_exec_verb(error), "pods/exec", error, facts.name),)
        return dataclasses.replace(facts, inventory=inventory, routes=routes), ()

    def _nodes(self) -> tuple[dict[str, Node], tuple[Gap, ...]]:
        try:
            pages = self._api.pages("/api/v1/nodes")
            found = [decode_node(item) for page in pages for item in page]
        except ApiError as error:
            if error.status != 403:
                raise
            return {}, (_gap("list", "nodes", error),)
        return {node.name: node for node in found}, ()

    def _pods_and_logs(
        self, executor: ThreadPoolExecutor, daemon_sets: tuple[DaemonSet, ...], scope: Scope
    ) -> tuple[list[Pod], list[Future[NodeLog]]]:
        """List the pods page by page; logs are asked for as soon as a page is there."""
        pods: list[Pod] = []
        reading: list[Future[NodeLog]] = []
        for page in _pod_pages(self._api, daemon_sets):
            pods += page
            chosen = pods_by_node(page).values()
            reading += [
                executor.submit(self._log, pod)
                for pod in chosen
                if not scope.nodes or pod.node in scope.nodes
            ]
        return pods, reading

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
            gaps.append(_gap("get", "pods/log", error, pod.node))
        if state.restarts and not pod.ready:
            try:
                previous = read_previous_log(self._api, pod)
                facts = dataclasses.replace(facts, previous_log=previous)
            except CalicoNicError as error:
                gaps.append(_gap("get", "pods/log", error, pod.node))
        return NodeLog(pod.node, facts, tuple(gaps))

    def _config_maps(
        self, daemon_sets: tuple[DaemonSet, ...]
    ) -> tuple[dict[str, Mapping[str, str]], tuple[Gap, ...]]:
        found: dict[str, Mapping[str, str]] = {}
        gaps: list[Gap] = []
        for daemon_set in daemon_sets:
            for name in sorted(config_map_references(daemon_set.container)):
                path = f"/api/v1/namespaces/{daemon_set.namespace}/configmaps/{quote(name)}"
                try:
                    data = self._api.get(path).get("data")
                    found[f"{daemon_set.namespace}/{name}"] = data or {}
                except ApiError as error:
                    if error.status == 404:
                        found[f"{daemon_set.namespace}/{name}"] = {}
                    else:
                        gaps.append(_gap("get", "configmaps", error))
        return found, tuple(gaps)

    def logs(self, pods: Iterable[Pod]) -> list[NodeLog]:
        """Read the logs of ``pods``, many at a time."""
        wanted = tuple(pods)
        if not wanted:
            return []
        with pool(min(self._concurrency, len(wanted))) as executor:
            return list(executor.map(self._log, wanted))

    def revisions(self, daemon_sets: tuple[DaemonSet, ...]) -> dict[str, str]:
        """The hash of the newest ControllerRevision by DaemonSet; empty without the right."""
        return self._revisions(daemon_sets)[0]

    def _revisions(
        self, daemon_sets: tuple[DaemonSet, ...]
    ) -> tuple[dict[str, str], tuple[Gap, ...]]:
        found: list[Any] = []
        gaps: list[Gap] = []
        for daemon_set in daemon_sets:
            path = f"/apis/apps/v1/namespaces/{daemon_set.namespace}/controllerrevisions"
            try:
                for page in self._api.pages(path, daemon_set_selector(daemon_set)):
                    found += page
            except ApiError as error:
                if error.status != 403:
                    raise
                gaps.append(_gap("list", "controllerrevisions", error))
        return newest_revisions(found), tuple(gaps)


@dataclass(frozen=True, slots=True)
class NodeLog:
    """What one node's logs gave: facts with ``log`` and ``previous_log``, and what refused."""

    name: str
    facts: NodeFacts
    gaps: tuple[Gap, ...] = ()


def _results(reading: list[Future[NodeLog]], progress: Progress) -> Iterator[NodeLog]:
    for count, future in enumerate(reading, start=1):
        yield future.result()
        progress.advance("logs", count, len(reading))


def _exec_verb(error: CalicoNicError) -> str:
    """The right that is missing: a WebSocket needs ``get``, since Kubernetes v1.35 ``create`` too.

    Mirrors AuthorizePodWebsocketUpgradeCreatePermission of kube-apiserver, whose refusal names no
    verb.
    """
    return "get" if "cannot get resource" in str(error) else "create"


def _gap(verb: str, resource: str, error: CalicoNicError, node: str | None = None) -> Gap:
    forbidden = isinstance(error, ApiError) and error.status == 403
    return Gap(verb, resource, str(error), node, forbidden)


def daemon_set_selector(daemon_set: DaemonSet) -> tuple[tuple[str, str], ...]:
    """The query that lists the pods of ``daemon_set`` by its selector."""
    labels = (daemon_set.spec.get("selector") or {}).get("matchLabels") or {}
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    return (("labelSelector", text),) if text else ()


def _pod_pages(api: Api, daemon_sets: tuple[DaemonSet, ...]) -> Iterator[list[Pod]]:
    for daemon_set in daemon_sets:
        path = f"/api/v1/namespaces/{daemon_set.namespace}/pods"
        for page in api.pages(path, daemon_set_selector(daemon_set)):
            decoded = (decode_pod(item) for item in page)
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
