"""What the files gave so far, and what was left out of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from kubectl_calico_nic.bundle.log_streams import ContainerLog
from kubectl_calico_nic.snapshot.bgp import BgpSessions
from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet
from kubectl_calico_nic.snapshot.decode import (
    ROUTINE_REASONS,
    decode_calico_version,
    decode_node,
    decode_node_status,
    decode_pod,
    last_written,
)
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.shape import is_daemon_set, is_installation

_NAMED_FILES = 3
"""So many files are named for one reason; what is left is counted."""
_NAMED_REASONS = 20
"""So many reasons are given."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
_OPERATOR = "operator.tigera.io/"


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What ``ip addr``, ``ip link`` or ``birdcl`` printed on one node.

    ``stem`` is the file's name.
    """

    name: str
    stem: str
    text: str


@dataclass(slots=True)
class Found:
    """Everything read from files.

    ``silent_logs`` maps ``NAMESPACE/POD`` to why the log of its calico-node is not there, nothing
    where it is empty. ``newest_time`` is the newest time of a status (RFC 3339, UTC).
    ``left_out`` maps a reason to the names of files.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    pods: list[Pod] = field(default_factory=list)
    daemon_sets: dict[str, DaemonSet] = field(default_factory=dict)
    config_maps: dict[str, Mapping[str, str]] = field(default_factory=dict)
    config_map_changes: dict[str, str] = field(default_factory=dict)
    revisions: list[Mapping[str, Any]] = field(default_factory=list)
    installations: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    node_statuses: dict[str, BgpSessions] = field(default_factory=dict)
    cluster_version: str | None = None
    addresses: list[CommandOutput] = field(default_factory=list)
    links: list[CommandOutput] = field(default_factory=list)
    protocols: list[CommandOutput] = field(default_factory=list)
    logs: list[ContainerLog] = field(default_factory=list)
    silent_logs: dict[str, str] = field(default_factory=dict)
    newest_time: str | None = None
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def absorb(self, other: Found) -> None:
        """Take what ``other`` holds, as read after what is here."""
        for each in fields(self):
            mine, more = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, dict):
                mine.update(more)
            elif isinstance(mine, list):
                mine.extend(more)
        self.cluster_version = other.cluster_version or self.cluster_version
        self.note_time(other.newest_time)

    def leave_out(self, name: str, reason: str) -> None:
        """Note that the file ``name`` is no evidence, and why."""
        self.left_out.setdefault(reason, []).append(name)

    def left_out_texts(self) -> Iterator[str]:
        """What was left out, for people: a line for each reason."""
        reasons = list(self.left_out.items())
        for reason, names in reasons[:_NAMED_REASONS]:
            more = f" and {len(names) - _NAMED_FILES:,} more" if len(names) > _NAMED_FILES else ""
            yield f"{', '.join(names[:_NAMED_FILES])}{more} ({reason})"
        rest = sum(len(names) for _, names in reasons[_NAMED_REASONS:])
        if rest:
            yield f"{rest:,} more files, for other reasons"

    def add_object(self, item: Mapping[str, Any]) -> bool:
        """Take a Kubernetes object; say whether it is of a kind that tells something."""
        take = _TAKERS.get(str(item.get("kind")))
        metadata = item.get("metadata")
        if take is None or not isinstance(metadata, Mapping):
            return False
        return isinstance(metadata.get("name"), str) and take(self, item)

    def note_time(self, *times: object) -> None:
        """Take times from an object's status: the files are not older than the newest of them."""
        for time in times:
            if isinstance(time, str) and _TIME.fullmatch(time):
                self.newest_time = max(time, self.newest_time or "")


def may_tell(kind: str, text: str) -> bool:
    """Whether an object of ``kind`` whose text is ``text`` may be worth reading."""
    return kind in _TAKERS and (kind not in _OF_CALICO_NODE or CONTAINER in text)


def _take_node(found: Found, item: Mapping[str, Any]) -> bool:
    node = decode_node(item)
    found.nodes[node.name] = node
    found.note_time(*_times(item, "lastHeartbeatTime", "lastTransitionTime"))
    return True


def _take_pod(found: Found, item: Mapping[str, Any]) -> bool:
    pod = decode_pod(item)
    if pod.container:
        found.pods.append(pod)
        found.note_time(pod.container_state.started_at, *_times(item, "lastTransitionTime"))
    return bool(pod.container)


def _times(item: Mapping[str, Any], *keys: str) -> Iterator[object]:
    """The times of an object's conditions."""
    status = item.get("status")
    conditions = status.get("conditions") if isinstance(status, Mapping) else None
    for condition in conditions if isinstance(conditions, list) else ():
        if isinstance(condition, Mapping):
            yield from (condition.get(key) for key in keys)


def _take_daemon_set(found: Found, item: Mapping[str, Any]) -> bool:
    if not (_runs_calico_node(item) and is_daemon_set(item)):
        return False
    daemon_set = DaemonSet(item)
    found.daemon_sets[daemon_set.key] = daemon_set
    return True


def _runs_calico_node(item: Mapping[str, Any]) -> bool:
    """Whether a DaemonSet's template, if it is one, has the container that runs calico-node."""
    containers: Any = item
    for key in ("spec", "template", "spec", "containers"):
        containers = containers.get(key) if isinstance(containers, Mapping) else None
    if not isinstance(containers, list) or not all(
        isinstance(container, Mapping) for container in containers
    ):
        return False
    return any(container.get("name") == CONTAINER for container in containers)


def _take_config_map(found: Found, item: Mapping[str, Any]) -> bool:
    metadata, data = item["metadata"], item.get("data")
    key = f"{metadata.get('namespace', '')}/{metadata['name']}"
    found.config_maps[key] = {
        str(name): value
        for name, value in (data.items() if isinstance(data, Mapping) else ())
        if isinstance(value, str)
    }
    if written := last_written(item):
        found.config_map_changes[key] = written
    return True


def _take_revision(found: Found, item: Mapping[str, Any]) -> bool:
    found.revisions.append(item)
    return True


def _take_cluster_information(found: Found, item: Mapping[str, Any]) -> bool:
    version = decode_calico_version(item)
    found.cluster_version = version or found.cluster_version
    return version is not None


def _take_installation(found: Found, item: Mapping[str, Any]) -> bool:
    is_operators = str(item.get("apiVersion", "")).startswith(_OPERATOR) and is_installation(item)
    if is_operators:
        found.installations[item["metadata"]["name"]] = item
    return is_operators


def _take_event(found: Found, item: Mapping[str, Any]) -> bool:
    about = item.get("involvedObject") or item.get("regarding")
    if not isinstance(about, Mapping) or about.get("kind") != "Pod":
        return False
    found.note_time(item.get("lastTimestamp"), item.get("eventTime"))
    if item.get("reason") not in ROUTINE_REASONS:
        found.events.append(item)
    return True


def _take_node_status(found: Found, item: Mapping[str, Any]) -> bool:
    known = decode_node_status(item)
    if known is None:
        return False
    node, sessions = known
    before = found.node_statuses.get(node)
    if before is None or (before.as_of or "") < (sessions.as_of or ""):
        found.node_statuses[node] = sessions
    found.note_time(sessions.as_of)
    return True


_TAKERS = {
    "Node": _take_node,
    "Pod": _take_pod,
    "DaemonSet": _take_daemon_set,
    "ConfigMap": _take_config_map,
    "ControllerRevision": _take_revision,
    "ClusterInformation": _take_cluster_information,
    "Installation": _take_installation,
    "Event": _take_event,
    "CalicoNodeStatus": _take_node_status,
}
_OF_CALICO_NODE = frozenset(("Pod", "DaemonSet", "ControllerRevision"))
"""Kinds of which only those that name the container tell something."""
