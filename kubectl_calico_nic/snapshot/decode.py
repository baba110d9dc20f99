"""Kubernetes JSON -> the facts of a snapshot; unknown or broken fields count as absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.daemonset import CONTAINER
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import ContainerState, Pod

INTERFACES_ANNOTATION = "projectcalico.org/Interfaces"
_OS_LABEL = "kubernetes.io/os"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


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
    ready = _condition(status, "Ready").get("status")
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
        ready={"True": True, "False": False}.get(str(ready)),
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
        ready=status.get("ready") is True,
    )


def _calico_container(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    containers = _mappings(spec.get("containers"))
    return next((found for found in containers if found.get("name") == CONTAINER), {})


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


def decode_pod(item: Mapping[str, Any]) -> Pod:
    """Take a core/v1 Pod as JSON, return what the plugin needs of it."""
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
        container=_calico_container(spec),
        container_state=_decode_state(mine),
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
