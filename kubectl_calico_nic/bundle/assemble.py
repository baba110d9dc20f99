"""Files -> snapshot."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from kubectl_calico_nic.bundle.content import Content, tell_content
from kubectl_calico_nic.bundle.decoding import decode_all, read_blocks
from kubectl_calico_nic.bundle.file_names import stem_of
from kubectl_calico_nic.bundle.found import Found, IpOutput
from kubectl_calico_nic.bundle.log_names import log_name
from kubectl_calico_nic.bundle.log_scan import lines_that_matter
from kubectl_calico_nic.bundle.log_streams import read_containers
from kubectl_calico_nic.bundle.node_logs import NodeLogs, logs_by_node
from kubectl_calico_nic.bundle.node_names import NodeNames
from kubectl_calico_nic.bundle.objects import read_json
from kubectl_calico_nic.bundle.sources import Source, find_sources
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation
from kubectl_calico_nic.iproute.lines import NotIpOutput
from kubectl_calico_nic.iproute.link import with_links
from kubectl_calico_nic.snapshot.decode import newest_revisions, pods_by_node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import Gap, LogState, NodeFacts, Origin, Snapshot

_NO_EVIDENCE = "no calico-node log, no ip addr output, no Node, pod or DaemonSet of calico-node"
_MIXED = "lines of several containers without saying whose; kubectl logs --prefix says it"
_LONE_LINKS = "ip link output of a node without its ip addr output"
_NAMED_FILES = 3
"""So many files are named for one reason; what is left is counted."""


def read_files(
    paths: Iterable[str], stdin: BinaryIO | None, calico_version: str | None = None
) -> Snapshot:
    """Read everything below ``paths`` (``-`` is stdin) into a snapshot.

    ``calico_version`` is the version where no file names one. What is no evidence is left out and
    becomes a gap.

    Raises:
        CalicoNicError: a path or file cannot be read, or nothing in them is evidence.
    """
    found = Found()
    for source in find_sources(paths, stdin):
        _read(source, found)
    facts = _merge(found)
    if not facts:
        reasons = "; ".join(_left_out(found)) or "the files name no node"
        raise CalicoNicError(f"nothing to inspect: {reasons}")
    return Snapshot(
        nodes=facts,
        daemon_sets=tuple(found.daemon_sets[key] for key in sorted(found.daemon_sets)),
        config_maps=found.config_maps,
        revisions=newest_revisions(found.revisions),
        cluster_version=found.cluster_version or calico_version,
        gaps=tuple(Gap("read", "files", f"left out {text}") for text in _left_out(found)),
        origin=Origin.FILES,
    )


def _left_out(found: Found) -> Iterator[str]:
    for reason, names in found.left_out.items():
        more = f" and {len(names) - _NAMED_FILES} more" if len(names) > _NAMED_FILES else ""
        yield f"{', '.join(names[:_NAMED_FILES])}{more} ({reason})"


def _read(source: Source, found: Found) -> None:
    with source.open() as file:
        blocks = read_blocks(file, source.name)
        first = next(blocks, b"")
        content = tell_content(first)
        _take(content, itertools.chain([first], blocks), source.name, found)


def _take(content: Content, blocks: Iterable[bytes], name: str, found: Found) -> None:
    """Read the rest of a file as what it is."""
    if content in (Content.EMPTY, Content.BINARY):
        found.leave_out(name, content.value)
    elif content is Content.LOG:
        _take_log(blocks, name, found)
    elif content is Content.ADDRESSES:
        found.addresses.append(IpOutput(name, stem_of(name), decode_all(blocks, name)))
    elif content is Content.LINKS:
        found.links.append(IpOutput(name, stem_of(name), decode_all(blocks, name)))
    else:
        items = _objects(content, decode_all(blocks, name), name)
        taken = [found.add_object(item) for item in items]
        if not any(taken):
            found.leave_out(name, _NO_EVIDENCE)


def _objects(content: Content, text: str, name: str) -> Iterator[Mapping[str, Any]]:
    if content is Content.JSON:
        return read_json(text, name)
    from kubectl_calico_nic.bundle.yaml_objects import read_yaml  # slow to import

    return read_yaml(text, name)


def _take_log(blocks: Iterable[bytes], name: str, found: Found) -> None:
    logs = read_containers(lines_that_matter(blocks), log_name(name))
    found.logs += [log for log in logs if not log.is_mixed]
    if any(log.is_mixed for log in logs):
        found.leave_out(name, _MIXED)
    elif not logs:
        found.leave_out(name, _NO_EVIDENCE)


def _merge(found: Found) -> tuple[NodeFacts, ...]:
    pods = pods_by_node(found.pods)
    known = frozenset((*found.nodes, *pods))
    names = _node_names(found, known)
    logs = logs_by_node(found.logs, names, known)
    inventories = _inventories(found, names)
    return tuple(
        _facts(name, found, pods.get(name), logs.get(name), inventories.get(name))
        for name in sorted({*known, *logs, *inventories})
    )


def _node_names(found: Found, known: frozenset[str]) -> NodeNames:
    named = [log for log in found.logs if log.reading.node_name]
    nameless = [log for log in found.logs if not log.reading.node_name and not log.name.is_certain]
    outputs = (*found.addresses, *found.links)
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
            found.leave_out(output.name, _NO_EVIDENCE)
        else:  # ip link may stand in the same file
            read[names.of_file(output.stem)] = _with_links(inventory, output)
    for output in found.links:
        node = names.of_file(output.stem)
        if node in read:
            read[node] = _with_links(read[node], output)
        else:
            found.leave_out(output.name, _LONE_LINKS)
    return annotated | read


def _with_links(inventory: Inventory, output: IpOutput) -> Inventory:
    try:
        return with_links(inventory, output.text)
    except NotIpOutput:  # ip -o addr lists addresses alone
        return inventory


def _facts(
    name: str, found: Found, pod: Pod | None, logs: NodeLogs | None, inventory: Inventory | None
) -> NodeFacts:
    return NodeFacts(
        name,
        node=found.nodes.get(name),
        pod=pod,
        log=logs.current if logs else None,
        log_state=LogState.READ if logs else LogState.NOT_ASKED,
        previous_log=logs.previous if logs else None,
        inventory=inventory,
    )
