"""The objects around the DaemonSets, and the events of their pods."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.collect import Collector, Scope
from kubectl_calico_nic.collection.pod_events import with_events
from kubectl_calico_nic.collection.port import Executed, Query
from kubectl_calico_nic.snapshot.decode import events_by_pod, last_written
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

from .simulated import Simulated, changed_incident

INSTALLATIONS = "/apis/operator.tigera.io/v1/installations"
CRD = "/apis/crd.projectcalico.org/v1/clusterinformations/default"
NATIVE = "/apis/projectcalico.org/v3/clusterinformations/default"
CONFIG = "/api/v1/namespaces/kube-system/configmaps/calico-config"
EVENTS = "/api/v1/namespaces/kube-system/events"
OPERATOR = {
    "apiVersion": "operator.tigera.io/v1",
    "kind": "Installation",
    "name": "default",
    "controller": True,
}
BACKEND = {
    "name": "CALICO_NETWORKING_BACKEND",
    "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": "calico_backend"}},
}


@dataclass
class Api:
    """An API server that has what is in ``found`` by path; a number is the status of a refusal."""

    found: Mapping[str, Any]
    asked: list[str] = field(default_factory=list)

    def get(self, path: str, query: Query = ()) -> Any:
        self.asked.append(path)
        answer = self.found.get(path, 404)
        if isinstance(answer, int):
            raise ApiError(answer, "reason", "message")
        return answer

    def pages(self, path: str, query: Query = (), limit: int = 500) -> Iterator[list[Any]]:
        yield from self.get(path)

    def log(self, namespace: str, pod: str, container: str, **_: Any) -> bytes:
        raise AssertionError(pod)

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, timeout: float
    ) -> Executed:
        raise AssertionError(command)


def collected(
    found: Mapping[str, Any],
    *,
    image: str = "calico/node:v3.24.6",
    owners: Sequence[Mapping[str, Any]] = (),
    env: Sequence[Mapping[str, Any]] = (),
) -> Snapshot:
    """What is collected of a cluster without nodes, whose DaemonSet is like this."""
    container = {"name": "calico-node", "image": image, "env": list(env)}
    item = {
        "metadata": {
            "namespace": "kube-system",
            "name": "calico-node",
            "ownerReferences": list(owners),
        },
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    around = {
        "/apis/apps/v1/daemonsets": [[item]],
        "/api/v1/nodes": [[]],
        "/api/v1/namespaces/kube-system/pods": [[]],
    }
    collector = Collector(
        Api({**around, **found}), now=lambda: datetime(2026, 1, 2, 3, 4, 5, 6, timezone.utc)
    )
    return collector.collect(Scope())


def gaps(snapshot: Snapshot) -> list[tuple[str, str, bool]]:
    return [(gap.verb, gap.resource, gap.forbidden) for gap in snapshot.gaps]


def test_the_time_is_that_of_the_clock_here() -> None:
    assert collected({}).taken_at == "2026-01-02T03:04:05Z"


def test_installations_are_read_where_one_of_them_is_the_owner() -> None:
    listed = [[{"metadata": {"name": "overlay"}}, {"metadata": {"name": "default"}}]]
    owned = collected({INSTALLATIONS: listed}, owners=[OPERATOR])
    assert [item["metadata"]["name"] for item in owned.installations] == ["default", "overlay"]
    assert collected({INSTALLATIONS: listed}).installations == ()
    assert gaps(collected({}, owners=[OPERATOR])) == []
    assert gaps(collected({INSTALLATIONS: 403}, owners=[OPERATOR])) == [
        ("list", "installations.operator.tigera.io", True)
    ]


VERSION = {"spec": {"calicoVersion": "v3.27.5"}}


@pytest.mark.parametrize(
    ("image", "found", "version", "missing"),
    [
        ("calico/node:v3.24.6", {CRD: VERSION}, None, []),
        ("calico/node@sha256:00", {CRD: VERSION}, "v3.27.5", []),
        ("calico/node:ours", {CRD: VERSION}, "v3.27.5", []),
        ("calico/node", {NATIVE: VERSION}, "v3.27.5", []),
        ("calico/node", {}, None, []),
        ("calico/node", {CRD: {"spec": None}}, None, []),
        (
            "calico/node",
            {CRD: 403},
            None,
            [("get", "clusterinformations.crd.projectcalico.org", True)],
        ),
    ],
)
def test_the_clusters_version_is_read_where_the_image_names_none(
    image: str, found: dict[str, Any], version: str | None, missing: list[Any]
) -> None:
    snapshot = collected(found, image=image)
    assert snapshot.cluster_version == version
    assert gaps(snapshot) == missing


def test_when_a_config_map_was_written_last() -> None:
    entries = [{"time": "2026-01-01T00:00:00Z"}, {"time": "2026-01-01T12:00:00Z"}, {}, None]
    item = {"metadata": {"managedFields": entries}, "data": {"calico_backend": "bird"}}
    snapshot = collected({CONFIG: item}, env=[BACKEND])
    assert snapshot.config_maps == {"kube-system/calico-config": {"calico_backend": "bird"}}
    assert snapshot.config_map_changes == {"kube-system/calico-config": "2026-01-01T12:00:00Z"}
    assert collected({}, env=[BACKEND]).config_map_changes == {}


@pytest.mark.parametrize(
    ("metadata", "written"),
    [
        ({}, None),
        ({"creationTimestamp": "2026-01-01T00:00:00Z"}, "2026-01-01T00:00:00Z"),
        ({"managedFields": "junk", "creationTimestamp": 1}, None),
    ],
)
def test_an_object_without_managed_fields(metadata: Any, written: str | None) -> None:
    assert last_written({"metadata": metadata}) == written


def event(reason: str, uid: str = "u1", kind: str = "Pod", **fields: Any) -> dict[str, Any]:
    return {"involvedObject": {"kind": kind, "uid": uid}, "reason": reason, **fields}


def test_events_are_those_of_the_pod_oldest_first() -> None:
    found = events_by_pod(
        [
            event("Unhealthy", message="new", count=7, lastTimestamp="2026-01-01T02:00:00Z"),
            event("BackOff", message="old", lastTimestamp="2026-01-01T01:00:00Z"),
            event("Pulled", message="image is there"),
            event("Killing", uid="u2", message="other pod"),
            event("FailedCreate", kind="DaemonSet"),
            event("Killing", uid=""),
            {},
        ]
    )
    assert found["u1"] == (
        PodEvent("BackOff", "old", 1, "2026-01-01T01:00:00Z"),
        PodEvent("Unhealthy", "new", 7, "2026-01-01T02:00:00Z"),
    )
    assert set(found) == {"u1", "u2"}


def test_an_event_of_the_newer_api() -> None:
    series = {"count": 9, "lastObservedTime": "2026-01-01T02:00:00.000000Z"}
    new = {
        "regarding": {"kind": "Pod", "uid": "u1"},
        "reason": "FailedScheduling",
        "note": "0/4 nodes are available",
        "eventTime": "2026-01-01T01:00:00.000000Z",
        "deprecatedCount": 1,
    }
    first = PodEvent("FailedScheduling", new["note"], 1, new["eventTime"])  # type: ignore[arg-type]
    again = PodEvent("FailedScheduling", new["note"], 9, series["lastObservedTime"])  # type: ignore[arg-type]
    assert events_by_pod([new])["u1"] == (first,)
    assert events_by_pod([{**new, "series": series}])["u1"] == (again,)


def test_only_the_newest_events_of_a_pod_are_kept() -> None:
    many = [
        event("Unhealthy", message=str(number), lastTimestamp=f"2026-01-01T00:{number:02}:00Z")
        for number in range(60)
    ]
    assert [each.message for each in events_by_pod(many)["u1"]] == [str(n) for n in range(40, 60)]


def snapshot_with(*pods: Pod) -> Snapshot:
    return Snapshot(nodes=tuple(NodeFacts(pod.node, pod=pod) for pod in pods))


POD = Pod("kube-system", "calico-node-x", "node-1", uid="u1")


def test_each_namespace_is_asked_once_for_the_events_of_its_pods() -> None:
    other = dataclasses.replace(POD, node="node-2", uid="u2")
    api = Api({EVENTS: [[event("Unhealthy")], [event("Killing", uid="u2")]]})
    found = with_events(api, snapshot_with(POD, other))
    assert [[each.reason for each in facts.events] for facts in found.nodes] == [
        ["Unhealthy"],
        ["Killing"],
    ]
    assert (api.asked, found.gaps) == ([EVENTS], ())


def test_very_many_events_are_not_all_read() -> None:
    found = with_events(
        Api({EVENTS: ([event("Unhealthy")] for _ in range(99))}), snapshot_with(POD)
    )
    (gap,) = found.gaps
    assert (gap.verb, gap.resource, gap.forbidden) == ("list", "events", False)
    assert len(found.nodes[0].events) == 20


@pytest.mark.parametrize("status", [403, 500])
def test_events_that_cannot_be_read_are_a_gap(status: int) -> None:
    found = with_events(Api({EVENTS: status}), snapshot_with(POD))
    assert gaps(found) == [("list", "events", status == 403)]


@pytest.mark.parametrize(
    ("verb", "resource", "flags"),
    [
        ("list", "events", ()),
        ("list", "caliconodestatuses", ("--probe", "never")),
    ],
)
def test_a_missing_right_is_named_once(verb: str, resource: str, flags: tuple[str, ...]) -> None:
    with Simulated(changed_incident(denied=frozenset({(verb, resource)}))) as cluster:
        result = cluster.run("inspect", *flags)
    (told,) = [line for line in result.stderr.splitlines() if resource in line]
    assert told.startswith(f"Warning: no permission to {verb} {resource}")
