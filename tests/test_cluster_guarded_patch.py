"""The one write, against a server whose object changes at the wrong moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from kubectl_calico_nic.cluster.connection_flags import ConnectionFlags
from kubectl_calico_nic.cluster.guarded_patch import ChangedMeanwhile, send_patch
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.cluster.kubeconfig import resolve
from kubectl_calico_nic.cluster.session import Session

from .simulated import CALICO_NODE, Simulated

MERGE = "merge-patch+json"


class Disturbed:
    """A session before whose every patch something else happens."""

    def __init__(self, session: Session, meanwhile: Callable[[int], None]) -> None:
        self._session = session
        self._meanwhile = meanwhile
        self.patches = 0

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        return self._session.get(path, query)

    def patch(
        self, path: str, body: Any, content_type: str, query: Sequence[tuple[str, str]] = ()
    ) -> Any:
        self.patches += 1
        self._meanwhile(self.patches)
        return self._session.patch(path, body, content_type, query)


class Change:
    """A change of the object as it is now: it adds a variable."""

    title = "daemonset kube-system/calico-node"
    path = CALICO_NODE

    def __init__(self, cluster: Simulated) -> None:
        self.object_before = cluster.daemon_set()
        self.resource_version = self.object_before["metadata"]["resourceVersion"]
        place = "/spec/template/spec/containers/0/env/-"
        self.patch = (
            {"op": "test", "path": "/metadata/resourceVersion", "value": self.resource_version},
            {"op": "add", "path": place, "value": {"name": "ADDED", "value": "once"}},
        )


@contextmanager
def disturbed(cluster: Simulated, meanwhile: Callable[[int], None]) -> Iterator[Disturbed]:
    connection = resolve(ConnectionFlags(kubeconfig=str(cluster.kubeconfig)), {}, "/nonexistent")
    with Session(
        connection, request_timeout=None, concurrency=1, user_agent="test", warn=print
    ) as session:
        yield Disturbed(session, meanwhile)


def send(session: Disturbed, change: Change) -> Any:
    return send_patch(session, change, field_manager="tester", server_dry_run=False)


def test_a_new_status_is_no_other_object() -> None:
    with Simulated() as cluster:

        def count(number: int) -> None:
            if number <= 3:
                status = {"status": {"numberMisscheduled": number}}
                cluster.request("PATCH", f"{CALICO_NODE}/status", status, MERGE)

        change = Change(cluster)
        with disturbed(cluster, count) as session:
            send(session, change)
        assert session.patches > 3
        assert cluster.env()["ADDED"] == "once"


@pytest.mark.parametrize(
    "edit",
    [
        {"metadata": {"labels": {"somebody": "else"}}},
        {"metadata": {"annotations": {"somebody": "else"}}},
        {"spec": {"minReadySeconds": 1}},
    ],
    ids=["label", "annotation", "spec"],
)
def test_what_somebody_else_changed_is_for_a_new_plan(edit: Any) -> None:
    with Simulated() as cluster:
        change = Change(cluster)
        with (
            disturbed(
                cluster, lambda _: cluster.request("PATCH", CALICO_NODE, edit, MERGE)
            ) as session,
            pytest.raises(ChangedMeanwhile),
        ):
            send(session, change)
        assert session.patches == 1
        assert "ADDED" not in cluster.env()


def test_a_status_that_never_rests_is_given_up() -> None:
    with Simulated() as cluster:

        def count(number: int) -> None:
            status = {"status": {"numberMisscheduled": number}}
            cluster.request("PATCH", f"{CALICO_NODE}/status", status, MERGE)

        change = Change(cluster)
        with disturbed(cluster, count) as session, pytest.raises(ChangedMeanwhile):
            send(session, change)
        assert "ADDED" not in cluster.env()


def test_a_refusal_of_the_same_object_is_told() -> None:
    with Simulated() as cluster:
        change = Change(cluster)
        change.patch = (*change.patch, {"op": "remove", "path": "/spec/nothing"})
        with (
            disturbed(cluster, lambda _: None) as session,
            pytest.raises(ApiError) as refused,
        ):
            send(session, change)
        assert not isinstance(refused.value, ChangedMeanwhile)
        assert session.patches == 1


def test_an_object_that_is_gone_is_told() -> None:
    with Simulated() as cluster:
        change = Change(cluster)

        def delete(_: int) -> None:
            cluster.request("DELETE", CALICO_NODE)

        with disturbed(cluster, delete) as session, pytest.raises(ApiError) as refused:
            send(session, change)
        assert refused.value.status == 404
