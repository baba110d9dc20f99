"""Files -> snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from kubectl_calico_nic.bundle.content import PEEK_BYTES, Content, tell_content
from kubectl_calico_nic.bundle.log_streams import LogStream, read_streams
from kubectl_calico_nic.bundle.objects import read_objects
from kubectl_calico_nic.bundle.sources import Source, find_sources
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log_reading import LogReading
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation
from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet
from kubectl_calico_nic.snapshot.decode import (
    decode_node,
    decode_pod,
    newest_revisions,
    pods_by_node,
)
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts, Origin, Snapshot


@dataclass(slots=True)
class _Found:
    """What the files gave so far."""

    nodes: dict[str, Node] = field(default_factory=dict)
    pods: list[Pod] = field(default_factory=list)
    daemon_sets: dict[str, DaemonSet] = field(default_factory=dict)
    config_maps: dict[str, Mapping[str, str]] = field(default_factory=dict)
    revisions: list[Mapping[str, Any]] = field(default_factory=list)
    inventories: dict[str, Inventory] = field(default_factory=dict)
    streams: list[LogStream] = field(default_factory=list)


def read_files(
    paths: Iterable[str], stdin: BinaryIO | None, calico_version: str | None = None
) -> Snapshot:
    """Read everything below ``paths`` (``-`` is stdin) into a snapshot.

    ``calico_version`` is the version where no file names one.

    Raises:
        CalicoNicError: a path or file cannot be read, or nothing in them is evidence.
    """
    found = _Found()
    sources = find_sources(paths, stdin)
    for source in sources:
        _read(source, found)
    facts = _merge(found)
    if not facts:
        names = ", ".join(source.name for source in sources[:3])
        raise CalicoNicError(
            f"nothing to inspect in {names}: neither a calico-node log, nor the output of ip addr, "
            "nor Nodes or pods as JSON or YAML"
        )
    return Snapshot(
        nodes=facts,
        daemon_sets=tuple(found.daemon_sets[key] for key in sorted(found.daemon_sets)),
        config_maps=found.config_maps,
        revisions=newest_revisions(found.revisions),
        cluster_version=calico_version,
        origin=Origin.FILES,
    )


def _read(source: Source, found: _Found) -> None:
    with source.open() as file:
        content = tell_content(file.peek(PEEK_BYTES)[:PEEK_BYTES].decode("utf-8", "replace"))
        if content is Content.LOG:
            streams = read_streams(file, source.stem)
            found.streams += [stream for stream in streams if stream.reader.reading().calico_lines]
        elif content is not Content.EMPTY:
            text = file.read().decode("utf-8-sig", "replace")
            if content is Content.ADDRESSES:
                found.inventories[source.stem] = parse_addresses(text)
            else:
                for item in read_objects(text, source.name):
                    _sort_in(item, found)


def _sort_in(item: Mapping[str, Any], found: _Found) -> None:
    kind = item.get("kind")
    if kind == "Node":
        node = decode_node(item)
        found.nodes[node.name] = node
    elif kind == "Pod":
        pod = decode_pod(item)
        if pod.container:
            found.pods.append(pod)
    elif kind == "DaemonSet":
        daemon_set = DaemonSet(item)
        if any(box.get("name") == CONTAINER for box in daemon_set.containers):
            found.daemon_sets[daemon_set.key] = daemon_set
    elif kind == "ConfigMap":
        metadata = item.get("metadata") or {}
        key = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        found.config_maps[key] = item.get("data") or {}
    elif kind == "ControllerRevision":
        found.revisions.append(item)


def _merge(found: _Found) -> tuple[NodeFacts, ...]:
    pods = pods_by_node(found.pods)
    logs = _logs_by_node(found)
    names = sorted({*found.nodes, *pods, *logs, *found.inventories})
    return tuple(
        NodeFacts(
            name,
            node=found.nodes.get(name),
            pod=pods.get(name),
            log=logs.get(name),
            log_state=LogState.READ if name in logs else LogState.NOT_ASKED,
            inventory=_inventory(found, name),
        )
        for name in names
    )


def _inventory(found: _Found, name: str) -> Inventory | None:
    if name in found.inventories:
        return found.inventories[name]
    node = found.nodes.get(name)
    if node is None or node.interfaces is None:
        return None
    return parse_interfaces_annotation(node.interfaces)


def _logs_by_node(found: _Found) -> dict[str, LogReading]:
    """The newest log of each node: its own words name the node, else its pod, else its file."""
    nodes_of_pods = {pod.name: pod.node for pod in found.pods}
    newest: dict[str, LogReading] = {}
    for stream in found.streams:
        reading = stream.reader.reading()
        name = reading.node_name or nodes_of_pods.get(stream.name) or stream.name
        known = newest.get(name)
        if known is None or (reading.last_time or "") >= (known.last_time or ""):
            newest[name] = reading
    return newest
