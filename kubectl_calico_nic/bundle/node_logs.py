"""The logs in all files -> of every node the newest container's log, and the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kubectl_calico_nic.bundle.layouts.log_names import LogName
from kubectl_calico_nic.bundle.layouts.node_names import NodeNames
from kubectl_calico_nic.bundle.log_streams import ContainerLog
from kubectl_calico_nic.calico.log.decision_runs import DecisionRuns
from kubectl_calico_nic.calico.log.reading import LogReading

_TAIL_LINES = 10


@dataclass(frozen=True, slots=True)
class NodeLogs:
    """The logs of one node: the newest container's, and that of the container before it."""

    current: LogReading
    previous: LogReading | None = None


def logs_by_node(
    logs: Iterable[ContainerLog], names: NodeNames, known: frozenset[str]
) -> dict[str, NodeLogs]:
    """Sort ``logs`` by their node; ``known`` are the nodes that Kubernetes objects name."""
    found = list(logs)
    named_files = _named_files(found)
    of_nodes: dict[str, list[ContainerLog]] = {}
    for log in found:
        of_nodes.setdefault(_node_of(log, names, known, named_files), []).append(log)
    return {node: _newest(mine) for node, mine in of_nodes.items()}


def _named_files(logs: Iterable[ContainerLog]) -> dict[str, str]:
    """The node of each file without prefixes, where one log in it (or a part of it) names it."""
    return {
        log.name.file: log.reading.node_name
        for log in logs
        if log.reading.node_name is not None and not log.name.is_certain
    }


def _node_of(
    log: ContainerLog, names: NodeNames, known: frozenset[str], named_files: Mapping[str, str]
) -> str:
    """The node that a log is of.

    Its own words first, unless the pod is on another node that Kubernetes knows: calico-node may
    have another name for it. Then the pod, a prefix, the same file's other parts, the file's name.
    """
    own, name = log.reading.node_name, log.name
    of_pod = names.of_pod(name.pod) if name.pod else names.of_pod_in(name.stem)
    if own is not None and (of_pod is None or own in known or of_pod not in known):
        return own
    return of_pod or name.host or name.pod or named_files.get(name.file) or names.of_file(name.stem)


def _newest(logs: list[ContainerLog]) -> NodeLogs:
    waiting = sorted(logs, key=_age)
    current = _take_container(waiting)
    return NodeLogs(current, _take_container(waiting) if waiting else None)


def _age(log: ContainerLog) -> tuple[str, bool, int]:
    reading = log.reading
    return (reading.last_time or "", reading.complete_start, reading.lines)


def _take_container(logs: list[ContainerLog]) -> LogReading:
    """Take the newest container's log from the end of ``logs``, with its earlier parts.

    What is of the same time as a log from its start on is a copy of it.
    """
    newest = logs.pop()
    name, reading = newest.name, newest.reading
    while logs and _may_be_one(logs[-1].name, name):
        older = logs[-1].reading
        if _has_start(reading):
            if (older.last_time or "") <= (reading.first_time or ""):
                break
        elif older.terminated:
            break
        else:
            reading = _joined(older, reading)
        logs.pop()
    return reading


def _may_be_one(one: LogName, other: LogName) -> bool:
    """Whether two names may be those of one container."""
    pairs = ((one.pod, other.pod), (one.run, other.run))
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _has_start(reading: LogReading) -> bool:
    """Whether a log holds its container's start: without it, earlier lines are elsewhere."""
    return reading.complete_start or reading.started


def _joined(older: LogReading, newer: LogReading) -> LogReading:
    """Two parts of one container's log as one: a rotated log has several, and they may overlap."""
    runs = DecisionRuns()
    for decision in older.decisions:
        runs.add(decision)
    for decision in newer.decisions:
        if (decision.last or "") > (older.last_time or ""):
            runs.add(decision)
    return replace(
        older,
        decisions=runs.decisions(),
        node_name=newer.node_name or older.node_name,
        version=newer.version or older.version,
        terminated=newer.terminated,
        level_floor=newer.level_floor or older.level_floor,
        lines=older.lines + newer.lines,
        calico_lines=older.calico_lines + newer.calico_lines,
        first_time=older.first_time or newer.first_time,
        last_time=newer.last_time or older.last_time,
        tail=(*older.tail, *newer.tail)[-_TAIL_LINES:],
        omitted_decisions=older.omitted_decisions + newer.omitted_decisions + runs.omitted,
    )
