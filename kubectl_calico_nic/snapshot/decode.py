"""Kubernetes JSON -> the facts of a snapshot; unknown or broken fields count as absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.daemonset import CONTAINER
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import ContainerState, Pod
from kubectl_calico_nic.snapshot.shape import is_container

INTERFACES_ANNOTATION = "projectcalico.org/Interfaces"
REFLECTOR_ANNOTATION = "projectcalico.org/RouteReflectorClusterID"
_OS_LABEL = "kubernetes.io/os"
ROUTINE_REASONS = ("Scheduled", "Pulling", "Pulled", "Created", "Started")
"""Reasons of events about pods that tell of nothing wrong."""
_MOST_EVENTS = 20
"""How many events of one pod are kept, the newest."""
_PEER_KINDS = {
    "NodeMesh": PeerKind.MESH,
    "NodePeer": PeerKind.NODE,
    "GlobalPeer": PeerKind.GLOBAL,
}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, (dict, Mapping)) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [
        item
        for item in (value if isinstance(value, list) else ())
        if isinstance(item, (dict, Mapping))
    ]


def _texts(value: object) -> dict[str, str]:
    return {str(key): item for key, item in _mapping(value).items() if isinstance(item, str)}


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = (item for item in _mappings(status.get("conditions")) if item.get("type") == kind)
    return next(found, {})


def decode_node(item: Mapping[str, Any]) -> Node:
    """Take a core/v1 Node as JSON, return what the plugin needs of it."""
    metadata, status = _mapping(item.get("metadata")), _mapping(item.get("status"))
    annotations, labels = _texts(metadata.get("annotations")), _texts(metadata.get("labels"))
    info = _mapping(status.get("nodeInfo"))
    condition = _condition(status, "Ready")
    ready = condition.get("status")
    return Node(
        name=str(metadata.get("name", "")),
        uid=str(metadata.get("uid", "")),
        labels=labels,
        internal_ips=tuple(
            str(entry.get("address", ""))
            for entry in _mappings(status.get("addresses"))
            if entry.get("type") == "InternalIP" and entry.get("address")
        ),
        stored={
            family: annotations[family.address_annotation]
            for family in Family
            if annotations.get(family.address_annotation)
        },
        interfaces=annotations.get(INTERFACES_ANNOTATION),
        is_route_reflector=REFLECTOR_ANNOTATION in annotations,
        ready={"True": True, "False": False}.get(str(ready)),
        unreachable=ready == "Unknown",
        ready_message=_optional(condition.get("message")),
        os=str(info.get("operatingSystem") or labels.get(_OS_LABEL) or "linux"),
        created=_optional(metadata.get("creationTimestamp")),
    )


def _decode_state(status: Mapping[str, Any]) -> ContainerState:
    states = _mapping(status.get("state"))
    name = next((word for word in ("running", "terminated", "waiting") if word in states), None)
    state = _mapping(states.get(name)) if name else {}
    last = _mapping(_mapping(status.get("lastState")).get("terminated"))
    exit_code, last_exit_code = state.get("exitCode"), last.get("exitCode")
    restarts = status.get("restartCount")
    return ContainerState(
        state=name or "unknown",
        reason=_optional(state.get("reason")),
        message=_optional(state.get("message")),
        exit_code=exit_code if isinstance(exit_code, int) else None,
        started_at=_optional(state.get("startedAt")),
        restarts=restarts if isinstance(restarts, int) else 0,
        last_exit_code=last_exit_code if isinstance(last_exit_code, int) else None,
        last_reason=_optional(last.get("reason")),
        ready=status.get("ready") is True,
    )


def _calico_container(spec: Mapping[str, Any], like: Pod | None) -> Mapping[str, Any]:
    for found in _mappings(spec.get("containers")):
        if like is not None and found == like.container:
            return like.container
        if found.get("name") == CONTAINER and is_container(found):
            return found
    return {}


def _controller(metadata: Mapping[str, Any]) -> str | None:
    owners = _mappings(metadata.get("ownerReferences"))
    owned = (item for item in owners if item.get("kind") == "DaemonSet" and item.get("controller"))
    owner = next(owned, None)
    return None if owner is None else f"{metadata.get('namespace', '')}/{owner.get('name', '')}"


def _pod_node(spec: Mapping[str, Any]) -> str:
    """The node a pod runs on, or is meant for while it is Pending.

    The DaemonSet controller aims a pod with a node affinity on ``metadata.name``
    (pkg/controller/daemon/util/daemonset_util.go, ReplaceDaemonSetPodNodeNameNodeAffinity).
    """
    if name := spec.get("nodeName"):
        return str(name)
    affinity = _mapping(_mapping(spec.get("affinity")).get("nodeAffinity"))
    required = _mapping(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    for term in _mappings(required.get("nodeSelectorTerms")):
        for rule in _mappings(term.get("matchFields")):
            values = rule.get("values")
            if rule.get("key") == "metadata.name" and isinstance(values, list) and values:
                return str(values[0])
    return ""


def decode_pod(item: Mapping[str, Any], like: Pod | None = None) -> Pod:
    """Take a core/v1 Pod as JSON, return what the plugin needs of it.

    What it has in common with ``like``, a pod of the same template, the two share: of thousands of
    pods the container is what takes the most room.
    """
    metadata, spec = _mapping(item.get("metadata")), _mapping(item.get("spec"))
    status, labels = _mapping(item.get("status")), _texts(metadata.get("labels"))
    statuses = _mappings(status.get("containerStatuses"))
    mine = next((found for found in statuses if found.get("name") == CONTAINER), {})
    ready = _condition(status, "Ready")
    return Pod(
        namespace=str(metadata.get("namespace", "")),
        name=str(metadata.get("name", "")),
        node=_pod_node(spec),
        uid=str(metadata.get("uid", "")),
        daemon_set=_controller(metadata),
        container=_calico_container(spec, like),
        container_state=_decode_state(mine),
        pending_init=_pending_init(status),
        phase=str(status.get("phase") or "Unknown"),
        reason=_optional(status.get("reason")),
        message=_optional(status.get("message")) or _why_unscheduled(status),
        ready=ready.get("status") == "True",
        ready_since=_optional(ready.get("lastTransitionTime")),
        created=_optional(metadata.get("creationTimestamp")),
        deleted="deletionTimestamp" in metadata,
        host_ip=_optional(status.get("hostIP")),
        revision_hash=labels.get("controller-revision-hash"),
        template_generation=labels.get("pod-template-generation"),
        labels=labels,
    )


def _pending_init(status: Mapping[str, Any]) -> tuple[str, ContainerState] | None:
    """The first init container that has not succeeded, with its state."""
    for item in _mappings(status.get("initContainerStatuses")):
        state = _decode_state(item)
        if state.state != "terminated" or state.exit_code != 0:
            return str(item.get("name", "")), state
    return None


def _why_unscheduled(status: Mapping[str, Any]) -> str | None:
    """What the scheduler says of a pod that it finds no place for."""
    scheduled = _condition(status, "PodScheduled")
    return _optional(scheduled.get("message")) if scheduled.get("status") == "False" else None


def pods_by_node(pods: Iterable[Pod]) -> dict[str, Pod]:
    """Choose the pod that counts on each node: the newest that is not being deleted."""
    chosen: dict[str, Pod] = {}
    for pod in sorted(pods, key=lambda pod: (not pod.deleted, pod.created or "")):
        if pod.node:
            chosen[pod.node] = pod
    return chosen


def newest_revisions(revisions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Take ControllerRevisions as JSON, return the newest hash by DaemonSet ``NAMESPACE/NAME``.

    Mirrors pkg/controller/daemon/update.go: the current revision is the one with the highest
    number, its hash is the label ``controller-revision-hash``.
    """
    newest: dict[str, tuple[int, str]] = {}
    for item in revisions:
        metadata = _mapping(item.get("metadata"))
        owner, number = _controller(metadata), item.get("revision")
        label = _texts(metadata.get("labels")).get("controller-revision-hash")
        if owner and label and isinstance(number, int):
            newest[owner] = max(newest.get(owner, (-1, "")), (number, label))
    return {owner: label for owner, (_, label) in newest.items()}


def events_by_pod(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[PodEvent, ...]]:
    """Take Events as JSON (``v1`` or ``events.k8s.io/v1``), return those of pods by the pod's uid.

    Oldest first, only the newest few of each pod, and none that tells of the ordinary.
    """
    found: dict[str, list[PodEvent]] = {}
    for item in events:
        about = _mapping(item.get("involvedObject") or item.get("regarding"))
        event = decode_event(item)
        uid = _optional(about.get("uid"))
        if about.get("kind") == "Pod" and uid and event.reason not in ROUTINE_REASONS:
            found.setdefault(uid, []).append(event)
    return {
        uid: tuple(sorted(mine, key=lambda event: event.last_seen or "")[-_MOST_EVENTS:])
        for uid, mine in found.items()
    }


def decode_event(item: Mapping[str, Any]) -> PodEvent:
    """Take an Event as JSON; a series counts and dates it where there is one."""
    series = _mapping(item.get("series"))
    counts = (series.get("count"), item.get("count"), item.get("deprecatedCount"))
    times = (
        series.get("lastObservedTime"),
        item.get("lastTimestamp"),
        item.get("deprecatedLastTimestamp"),
        item.get("eventTime"),
        _mapping(item.get("metadata")).get("creationTimestamp"),
    )
    return PodEvent(
        reason=str(item.get("reason") or ""),
        message=str(item.get("message") or item.get("note") or ""),
        count=next((count for count in counts if isinstance(count, int) and count > 0), 1),
        last_seen=next(filter(None, map(_optional, times)), None),
    )


def decode_node_status(item: Mapping[str, Any]) -> tuple[str, BgpSessions] | None:
    """Take a CalicoNodeStatus as JSON, return its node and the sessions it tells of.

    Mirrors node/pkg/status/populators/peers.go: where BIRD of either family does not answer, the
    peers of both are left out, so that an empty list tells nothing. ``Passive`` and ``Down`` have
    no word there: the state is empty. None where it tells of no session at all.
    """
    spec, status = _mapping(item.get("spec")), _mapping(item.get("status"))
    bgp, node = _mapping(status.get("bgp")), _optional(spec.get("node"))
    peers = {family: _mappings(bgp.get(f"peersV{family.value}")) for family in Family}
    by_family = {
        family: tuple(_session(peer) for peer in found if _optional(peer.get("peerIP")))
        for family, found in peers.items()
        if found
    }
    if node is None or not by_family:
        return None
    written = _optional(status.get("lastUpdated"))
    return node, BgpSessions(SessionsSource.CALICO_NODE_STATUS, by_family, written)


def _session(peer: Mapping[str, Any]) -> BgpSession:
    return BgpSession(
        peer=str(peer.get("peerIP")),
        kind=_PEER_KINDS.get(str(peer.get("type")), PeerKind.MESH),
        state=str(peer.get("state") or ""),
        since=str(peer.get("since") or ""),
    )


def decode_calico_version(item: Mapping[str, Any]) -> str | None:
    """Take Calico's ClusterInformation as JSON, return the version that it records."""
    return _optional(_mapping(item.get("spec")).get("calicoVersion"))


def decode_config_map(item: Mapping[str, Any]) -> Mapping[str, str]:
    """Take a core/v1 ConfigMap as JSON, return its texts."""
    return _texts(item.get("data"))


def decode_conditions(item: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Take any object as JSON, return the conditions of its status by type."""
    listed = _mappings(_mapping(item.get("status")).get("conditions"))
    return {str(condition.get("type")): condition for condition in listed}


def decode_available_replicas(item: Mapping[str, Any]) -> int:
    """Take a Deployment as JSON, return how many of its pods are available."""
    count = _mapping(item.get("status")).get("availableReplicas")
    return count if isinstance(count, int) else 0


def last_written(item: Mapping[str, Any]) -> str | None:
    """When an object was last written, RFC 3339: the newest time among its managedFields."""
    metadata = _mapping(item.get("metadata"))
    entries = _mappings(metadata.get("managedFields"))
    times = (_optional(entry.get("time")) for entry in entries)
    return max(filter(None, times), default=None) or _optional(metadata.get("creationTimestamp"))
