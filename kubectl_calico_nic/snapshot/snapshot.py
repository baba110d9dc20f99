"""The frozen facts of one cluster at one moment; what ``collection`` and ``bundle`` deliver."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import LogReading
from kubectl_calico_nic.snapshot.bgp import BgpSessions
from kubectl_calico_nic.snapshot.calico_objects import CalicoObjects
from kubectl_calico_nic.snapshot.companions import Companions
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.operator_state import OperatorState
from kubectl_calico_nic.snapshot.pod import Pod


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was asked for and could not be read.

    ``verb`` and ``resource`` are RBAC's words (``get``, ``pods/log``); ``reason`` is a sentence
    for people; ``forbidden`` says that a permission is missing; ``node`` is None where it
    concerns the whole cluster.
    """

    verb: str
    resource: str
    reason: str
    node: str | None = None
    forbidden: bool = False


class LogState(enum.Enum):
    """What is known about a container's log."""

    NOT_ASKED = "not asked"
    READ = "read"
    EMPTY = "empty"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """Everything that was read about one node.

    ``node`` is None for a node known only from a log or a pod. ``pod`` is its calico-node pod
    (the newest that is not being deleted). ``log`` is the reading of the current container's log
    and ``previous_log`` that of the container before it (read when it crash-loops).
    ``inventory`` is the best that was read: ``ip addr`` before the annotation. ``routes`` maps a
    destination to the text of ``ip route get`` for it, ``peer_routes`` a BGP peer to the same for
    what comes from the node's own address. ``events`` are those of its pod, oldest first.
    ``sessions`` are None where BIRD was not asked or gave no answer.
    """

    name: str
    node: Node | None = None
    pod: Pod | None = None
    log: LogReading | None = None
    log_state: LogState = LogState.NOT_ASKED
    previous_log: LogReading | None = None
    inventory: Inventory | None = None
    routes: Mapping[str, str] = field(default_factory=dict)
    peer_routes: Mapping[str, str] = field(default_factory=dict)
    events: tuple[PodEvent, ...] = ()
    sessions: BgpSessions | None = None


class Origin(enum.Enum):
    """Where a snapshot comes from."""

    CLUSTER = "cluster"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The facts of one cluster.

    ``nodes`` are sorted by name. ``config_maps`` maps ``NAMESPACE/NAME`` to ``data`` for the
    ConfigMaps that a calico-node container's env refers to; one that could not be read is absent.
    ``cluster_version`` is ClusterInformation's ``calicoVersion``. ``revisions`` maps the key of a
    DaemonSet to the hash of its newest ControllerRevision. ``config_map_changes`` maps
    ``NAMESPACE/NAME`` to when the ConfigMap was last written, and ``taken_at`` is when the facts
    were read (both RFC 3339; of files it is the newest time that objects in them bear).
    ``installations`` are the operator's Installation objects (raw JSON, never changed),
    ``default`` before ``overlay``; empty where there are none or may not be read.
    ``operator`` is None where none was asked about, ``calico`` and ``companions`` empty.
    """

    nodes: tuple[NodeFacts, ...] = ()
    daemon_sets: tuple[DaemonSet, ...] = ()
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)
    cluster_version: str | None = None
    config_map_changes: Mapping[str, str] = field(default_factory=dict)
    installations: tuple[Mapping[str, Any], ...] = ()
    operator: OperatorState | None = None
    calico: CalicoObjects = field(default_factory=CalicoObjects)
    companions: Companions = field(default_factory=dict)
    taken_at: str | None = None
    gaps: tuple[Gap, ...] = ()
    origin: Origin = Origin.CLUSTER

    def node(self, name: str) -> NodeFacts | None:
        """The facts of the node ``name``; None when there is none."""
        return next((facts for facts in self.nodes if facts.name == name), None)

    def daemon_set(self, key: str) -> DaemonSet | None:
        """The DaemonSet ``NAMESPACE/NAME``; None when there is none."""
        return next((found for found in self.daemon_sets if found.key == key), None)
