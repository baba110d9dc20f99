"""Files -> snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, TypeVar

from kubectl_calico_nic.bundle.found import CommandOutput, Found
from kubectl_calico_nic.bundle.layouts.node_names import NodeNames
from kubectl_calico_nic.bundle.node_logs import NodeLogs, logs_by_node
from kubectl_calico_nic.bundle.node_sessions import sessions_by_node
from kubectl_calico_nic.bundle.reading import NO_EVIDENCE, read_source
from kubectl_calico_nic.bundle.sources import find_sources
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation
from kubectl_calico_nic.iproute.lines import NotIpOutput
from kubectl_calico_nic.iproute.link import with_links
from kubectl_calico_nic.snapshot.decode import events_by_pod, newest_revisions, pods_by_node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import Gap, LogState, NodeFacts, Origin, Snapshot
from kubectl_calico_nic.workload.env import config_map_references

_LONE_LINKS = "ip link output of a node without its ip addr output"
_OVERLAY = "overlay"

_Value = TypeVar("_Value")


def read_files(
    paths: Iterable[str], stdin: BinaryIO | None, calico_version: str | None = None
) -> Snapshot:
    """Read everything below ``paths`` (``-`` is stdin) into a snapshot.

    ``calico_version`` is the version where no file names one. What is no evidence is left out and
    becomes a gap. Files were read when they were made: ``taken_at`` is the newest time that the
    objects in them bear.

    Raises:
        CalicoNicError: a path or a file that was named cannot be read, or nothing is evidence.
    """
    found = Found()
    for source in find_sources(paths, stdin):
        read_source(source, found)
    facts, gaps = _merge(found)
    left_out = list(found.left_out_texts())
    if not facts:
        reasons = "; ".join(left_out) or "the files name no node"
        raise CalicoNicError(f"nothing to inspect: {reasons}")
    references = _config_map_references(found)
    return Snapshot(
        nodes=facts,
        daemon_sets=tuple(found.daemon_sets[key] for key in sorted(found.daemon_sets)),
        config_maps=_only(found.config_maps, references),
        config_map_changes=_only(found.config_map_changes, references),
        revisions=newest_revisions(found.revisions),
        cluster_version=found.cluster_version or calico_version,
        installations=tuple(
            found.installations[name]
            for name in sorted(found.installations, key=lambda name: (name == _OVERLAY, name))
        ),
        taken_at=found.newest_time,
        gaps=(*(Gap("read", "files", f"left out {text}") for text in left_out), *gaps),
        origin=Origin.FILES,
    )


def _config_map_references(found: Found) -> frozenset[str]:
    """``NAMESPACE/NAME`` of the ConfigMaps that a calico-node container's env refers to."""
    containers = [(item.namespace, item.container) for item in found.daemon_sets.values()]
    containers += [(pod.namespace, pod.container) for pod in found.pods]
    return frozenset(
        f"{namespace}/{name}"
        for namespace, container in containers
        for name in config_map_references(container)
    )


def _only(found: Mapping[str, _Value], keys: frozenset[str]) -> dict[str, _Value]:
    return {key: value for key, value in found.items() if key in keys}


def _merge(found: Found) -> tuple[tuple[NodeFacts, ...], tuple[Gap, ...]]:
    pods = pods_by_node(found.pods)
    known = frozenset((*found.nodes, *pods))
    names = _node_names(found, known)
    logs = logs_by_node(found.logs, names, known)
    inventories = _inventories(found, names)
    sessions = sessions_by_node(found, names)
    events = events_by_pod(found.events)
    nodes = tuple(
        replace(
            _facts(name, found, pods.get(name), logs.get(name)),
            inventory=inventories.get(name),
            sessions=sessions.get(name),
            events=events.get(pods[name].uid, ()) if name in pods else (),
        )
        for name in sorted({*known, *logs, *inventories, *sessions})
    )
    return nodes, tuple(_log_gaps(found, pods.values()))


def _node_names(found: Found, known: frozenset[str]) -> NodeNames:
    named = [log for log in found.logs if log.reading.node_name]
    nameless = [log for log in found.logs if not log.reading.node_name and not log.name.is_certain]
    outputs = (*found.addresses, *found.links, *found.protocols)
    return NodeNames(
        nodes={*known, *(str(log.reading.node_name) for log in named)},
        pods={
            **{log.name.pod: str(log.reading.node_name) for log in named if log.name.pod},
            **{pod.name: pod.node for pod in found.pods if pod.node},
        },
        stems=(*(log.name.stem for log in nameless), *(output.stem for output in outputs)),
    )


def _inventories(found: Found, names: NodeNames) -> dict[str, Inventory]:
    """The inventory of each node: ``ip addr`` with ``ip link``, else the annotation."""
    annotated = {
        node.name: parse_interfaces_annotation(node.interfaces)
        for node in found.nodes.values()
        if node.interfaces is not None
    }
    read: dict[str, Inventory] = {}
    for output in found.addresses:
        try:
            inventory = parse_addresses(output.text)
        except NotIpOutput:  # its beginning only looked so
            found.leave_out(output.name, NO_EVIDENCE)
        else:  # ip link may stand in the same file
            read[names.of_file(output.stem)] = _with_links(inventory, output)
    for output in found.links:
        node = names.of_file(output.stem)
        if node in read:
            read[node] = _with_links(read[node], output)
        else:
            found.leave_out(output.name, _LONE_LINKS)
    return annotated | read


def _with_links(inventory: Inventory, output: CommandOutput) -> Inventory:
    try:
        return with_links(inventory, output.text)
    except NotIpOutput:  # ip -o addr lists addresses alone
        return inventory


def _facts(name: str, found: Found, pod: Pod | None, logs: NodeLogs | None) -> NodeFacts:
    return NodeFacts(
        name,
        node=found.nodes.get(name),
        pod=pod,
        log=logs.current if logs else None,
        log_state=LogState.READ if logs else _state_without_log(pod, found),
        previous_log=logs.previous if logs else None,
    )


def _state_without_log(pod: Pod | None, found: Found) -> LogState:
    if pod is None:
        return LogState.NOT_ASKED
    refusal = found.silent_logs.get(pod.key)
    if refusal is not None:
        return LogState.UNREADABLE if refusal else LogState.EMPTY
    state = pod.container_state
    has_run = state.restarts or state.state not in ("waiting", "unknown")
    return LogState.NOT_ASKED if has_run else LogState.EMPTY


def _log_gaps(found: Found, pods: Iterable[Pod]) -> Iterator[Gap]:
    """The logs that whoever made the files did not get."""
    for pod in pods:
        if refusal := found.silent_logs.get(pod.key):
            yield Gap("get", "pods/log", refusal, pod.node)
