"""Objects as the rows that ``kubectl get`` shows.

Mirrors pkg/printers/internalversion/printers.go and apimachinery's pkg/util/duration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from kubectl_calico_nic.simulator.apiserver.pod_summary import summarise
from kubectl_calico_nic.simulator.apiserver.resources import (
    CONFIG_MAPS,
    DAEMON_SETS,
    EVENTS,
    NAMESPACES,
    NODES,
    PODS,
    REVISIONS,
    Resource,
)
from kubectl_calico_nic.simulator.store import Object
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION

Cells = Callable[[Object, datetime], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Columns:
    """``titles`` with a comma between; ``:integer`` is a type, ``+`` marks those of ``-o wide``."""

    titles: str
    cells: Cells

    def definitions(self) -> list[Object]:
        """``columnDefinitions`` of a Table."""
        return [_definition(title) for title in self.titles.split(",")]


def table(
    resource: Resource,
    items: Iterable[Object],
    now: datetime,
    *,
    metadata: Mapping[str, Any],
    include: str = "",
    headers: bool = True,
) -> Object:
    """Build a meta.k8s.io/v1 Table of ``items``.

    ``metadata`` is that of the list; ``include`` is the query parameter ``includeObject``
    (``Metadata`` when empty, ``None``, ``Object``).
    """
    columns = _COLUMNS.get(resource.key, _CUSTOM)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(metadata),
        "columnDefinitions": columns.definitions() if headers else None,
        "rows": [
            {"cells": [*columns.cells(item, now)], "object": _included(item, include)}
            for item in items
        ],
    }


def partial_metadata(item: Object) -> Object:
    """The object with nothing but its metadata, as the server has it inside.

    There the generation of a DaemonSet's template is a field; apps/v1 makes an annotation of it.
    """
    metadata = dict(item["metadata"])
    if item["kind"] == DAEMON_SETS.kind:
        annotations = dict(metadata.pop("annotations", {}))
        annotations.pop(TEMPLATE_GENERATION_ANNOTATION, None)
        metadata |= {"annotations": annotations} if annotations else {}
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
    }


def human_duration(seconds: float) -> str:
    """How long ago, in the two or three figures that ``kubectl get`` shows (``5m12s``, ``3d4h``).

    Mirrors HumanDuration of apimachinery's pkg/util/duration/duration.go.
    """
    whole = int(seconds)
    minutes, hours = whole // 60, whole // 3600
    days, years = hours // 24, hours // 24 // 365
    if whole < 0:
        return "0s" if whole >= -1 else "<invalid>"
    for limit, text in (
        (whole < 120, f"{whole}s"),
        (minutes < 10, _pair(minutes, "m", whole % 60, "s")),
        (minutes < 180, f"{minutes}m"),
        (hours < 8, _pair(hours, "h", minutes % 60, "m")),
        (hours < 48, f"{hours}h"),
        (hours < 24 * 8, _pair(days, "d", hours % 24, "h")),
        (hours < 24 * 365 * 2, f"{days}d"),
        (hours < 24 * 365 * 8, _pair(years, "y", days % 365, "d")),
    ):
        if limit:
            return text
    return f"{years}y"


def _pair(first: int, unit: str, second: int, smaller: str) -> str:
    return f"{first}{unit}" + (f"{second}{smaller}" if second else "")


def _definition(name: str) -> Object:
    title, _, kind = name.removeprefix("+").partition(":")
    return {
        "name": title,
        "type": kind or "string",
        "format": "name" if title == "Name" else "",
        "description": "",
        "priority": 1 if name.startswith("+") else 0,
    }


def _included(item: Object, include: str) -> Object | None:
    if include == "None":
        return None
    return item if include == "Object" else partial_metadata(item)


def _age(text: str | None, now: datetime) -> str:
    if not text:
        return "<unknown>"
    since = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return human_duration((now - since).total_seconds())


def _created(item: Object, now: datetime) -> str:
    return _age(item["metadata"].get("creationTimestamp"), now)


def _labels(labels: Mapping[str, str] | None) -> str:
    pairs = sorted((labels or {}).items())
    return ",".join(f"{key}={value}" for key, value in pairs) or "<none>"


def _node(item: Object, now: datetime) -> Sequence[Any]:
    status, labels = item.get("status", {}), item["metadata"].get("labels", {})
    conditions = {entry["type"]: entry["status"] for entry in status.get("conditions", ())}
    words = {"True": "Ready", None: "Unknown"}.get(conditions.get("Ready"), "NotReady")
    if item.get("spec", {}).get("unschedulable"):
        words += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix))
    info = status.get("nodeInfo", {})
    return (
        item["metadata"]["name"],
        words,
        ",".join(roles) or "<none>",
        _created(item, now),
        info.get("kubeletVersion", ""),
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        info.get("osImage", "<unknown>"),
        f"{info['kernelVersion']} ({info['architecture']})" if info else "<unknown>",
        info.get("containerRuntimeVersion", "<unknown>"),
    )


def _address(status: Mapping[str, Any], kind: str) -> str:
    found = (entry["address"] for entry in status.get("addresses", ()) if entry["type"] == kind)
    return next(found, "<none>")


def _pod(item: Object, now: datetime) -> Sequence[Any]:
    summary = summarise(item)
    restarts = str(summary.restarts)
    if summary.restarts and summary.last_restart:
        restarts += f" ({_age(summary.last_restart, now)} ago)"
    return (
        item["metadata"]["name"],
        f"{summary.ready}/{summary.containers}",
        summary.reason,
        restarts,
        _created(item, now),
        item["status"].get("podIP", "<none>"),
        item["spec"].get("nodeName", "<none>"),
        "<none>",
        "<none>",
    )


def _daemon_set(item: Object, now: datetime) -> Sequence[Any]:
    status, template = item.get("status", {}), item["spec"]["template"]["spec"]
    counts = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return (
        item["metadata"]["name"],
        *(status.get(name, 0) for name in counts),
        _labels(template.get("nodeSelector")),
        _created(item, now),
        ",".join(box["name"] for box in template["containers"]),
        ",".join(box["image"] for box in template["containers"]),
        _labels(item["spec"]["selector"].get("matchLabels")),
    )


def _revision(item: Object, now: datetime) -> Sequence[Any]:
    owner = next(iter(item["metadata"].get("ownerReferences", ())), None)
    controller = f"{owner['kind'].lower()}.apps/{owner['name']}" if owner else "<none>"
    return (item["metadata"]["name"], controller, item["revision"], _created(item, now))


def _config_map(item: Object, now: datetime) -> Sequence[Any]:
    return (item["metadata"]["name"], len(item.get("data", {})), _created(item, now))


def _namespace(item: Object, now: datetime) -> Sequence[Any]:
    return (item["metadata"]["name"], item["status"]["phase"], _created(item, now))


def _event(item: Object, now: datetime) -> Sequence[Any]:
    about, source = item["involvedObject"], item["source"]
    return (
        _age(item["lastTimestamp"], now),
        item["type"],
        item["reason"],
        f"{about['kind'].lower()}/{about['name']}",
        about.get("fieldPath", ""),
        ", ".join(source[key] for key in ("component", "host") if key in source),
        item["message"].strip(),
        _age(item["firstTimestamp"], now),
        item["count"],
        item["metadata"]["name"],
    )


def _custom(item: Object, now: datetime) -> Sequence[Any]:
    return (item["metadata"]["name"], _created(item, now))


_CUSTOM = _Columns("Name,Age", _custom)
_COLUMNS = {
    NAMESPACES.key: _Columns("Name,Status,Age", _namespace),
    NODES.key: _Columns(
        "Name,Status,Roles,Age,Version,+Internal-IP,+External-IP,+OS-Image,+Kernel-Version"
        ",+Container-Runtime",
        _node,
    ),
    PODS.key: _Columns(
        "Name,Ready,Status,Restarts,Age,+IP,+Node,+Nominated Node,+Readiness Gates",
        _pod,
    ),
    DAEMON_SETS.key: _Columns(
        "Name,Desired:integer,Current:integer,Ready:integer,Up-to-date:integer,Available:integer"
        ",Node Selector,Age,+Containers,+Images,+Selector",
        _daemon_set,
    ),
    REVISIONS.key: _Columns("Name,Controller,Revision,Age", _revision),
    CONFIG_MAPS.key: _Columns("Name,Data,Age", _config_map),
    EVENTS.key: _Columns(
        "Last Seen,Type,Reason,Object,+Subobject,+Source,Message,+First Seen,+Count,+Name",
        _event,
    ),
}
