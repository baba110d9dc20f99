"""The one write, against a server whose object changes at the wrong moment."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError, ConnectionFailed
from kubectl_calico_nic.cluster.guarded_patch import (
    JSON_PATCH,
    ChangedMeanwhile,
    OutcomeUnknown,
    Writer,
    send_patch,
)
from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from kubectl_calico_nic.cluster.session import Session

from .fault_proxy import Exchange, FaultProxy, lost_answer
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
        self.object_after = json.loads(json.dumps(self.object_before))
        (container,) = self.object_after["spec"]["template"]["spec"]["containers"]
        container["env"].append({"name": "ADDED", "value": "once"})
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


def send(session: Writer, change: Change) -> Any:
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


EDIT = {"metadata": {"labels": {"somebody": "else"}}}
EOF = ConnectionFailed("EOF")
NOT_SENT = ConnectionFailed("dial tcp: i/o timeout", sent=False)
GATEWAY = ApiError(504, "Timeout", "may still be processing the request")
LEADER = ApiError(500, "InternalError", "etcdserver: leader changed")


class Silent:
    """A session that loses answers; ``makes`` says for each patch whether it was made before."""

    def __init__(
        self,
        session: Session,
        error: Exception,
        makes: Sequence[bool],
        meanwhile: Callable[[], Any] = lambda: None,
    ) -> None:
        self._session = session
        self._error = error
        self._makes = list(makes)
        self._meanwhile = meanwhile
        self.patches = 0
        self.is_gone = False

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The server cannot be read until the block ends."""
        self.is_gone = True
        yield
        self.is_gone = False

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        if self.is_gone:
            raise EOF
        return self._session.get(path, query)

    def patch(
        self, path: str, body: Any, content_type: str, query: Sequence[tuple[str, str]] = ()
    ) -> Any:
        self.patches += 1
        if not self._makes:
            return self._session.patch(path, body, content_type, query)
        if self._makes.pop(0):
            self._session.patch(path, body, content_type, query)
        self._meanwhile()
        raise self._error


@contextmanager
def silent(
    cluster: Simulated,
    error: Exception,
    makes: Sequence[bool],
    meanwhile: Callable[[], Any] = lambda: None,
) -> Iterator[Silent]:
    with disturbed(cluster, lambda _: None) as session:
        yield Silent(session._session, error, makes, meanwhile)


def edited_by_others(cluster: Simulated) -> Callable[[], Any]:
    return lambda: cluster.request("PATCH", CALICO_NODE, EDIT, MERGE)


def with_a_new_status(cluster: Simulated) -> Callable[[], Any]:
    status = {"status": {"numberMisscheduled": 7}}
    return lambda: cluster.request("PATCH", f"{CALICO_NODE}/status", status, MERGE)


@pytest.mark.parametrize("error", [EOF, GATEWAY, LEADER], ids=str)
@pytest.mark.parametrize("then", [lambda _: lambda: None, with_a_new_status])
def test_a_change_whose_answer_was_lost_is_found_to_be_made(error: Exception, then: Any) -> None:
    with Simulated() as cluster:
        change = Change(cluster)
        with silent(cluster, error, [True], then(cluster)) as session:
            made = send(session, change)
        assert session.patches == 1
        assert made["metadata"]["generation"] > change.object_before["metadata"]["generation"]
        assert added(cluster) == 1


@pytest.mark.parametrize("then", [lambda _: lambda: None, with_a_new_status])
def test_a_change_that_was_lost_is_sent_again(then: Any) -> None:
    with Simulated() as cluster:
        with silent(cluster, EOF, [False, False], then(cluster)) as session:
            send(session, Change(cluster))
        # One more for each new status that the controllers write meanwhile.
        assert session.patches >= 3
        assert added(cluster) == 1


def test_a_change_that_lands_late_is_made_once() -> None:
    """It was still on its way when the object was read back: the guard stops the second one."""
    with Simulated() as cluster:
        change = Change(cluster)

        class Late(Silent):
            def patch(self, *arguments: Any) -> Any:
                if self.patches == 1:
                    self._session.patch(CALICO_NODE, list(change.patch), JSON_PATCH)
                return super().patch(*arguments)

        with disturbed(cluster, lambda _: None) as session:
            late = Late(session._session, EOF, [False])
            send(late, change)
        assert late.patches == 2
        assert added(cluster) == 1


def test_a_connection_that_keeps_breaking_is_told() -> None:
    with Simulated() as cluster:
        with (
            silent(cluster, EOF, [False] * 9) as session,
            pytest.raises(ConnectionFailed, match="EOF"),
        ):
            send(session, Change(cluster))
        assert session.patches == 3
        assert added(cluster) == 0


@pytest.mark.parametrize("error", [NOT_SENT, GATEWAY, LEADER], ids=str)
def test_a_change_that_was_not_made_is_told_in_the_servers_words(error: Exception) -> None:
    with Simulated() as cluster:
        with (
            silent(cluster, error, [False]) as session,
            pytest.raises(type(error)) as caught,
        ):
            send(session, Change(cluster))
        assert caught.value is error
        assert session.patches == 1


@pytest.mark.parametrize("makes", [True, False])
def test_what_others_changed_after_a_lost_answer_is_for_a_new_plan(makes: bool) -> None:
    with Simulated() as cluster:
        change = Change(cluster)
        with (
            silent(cluster, EOF, [makes], edited_by_others(cluster)) as session,
            pytest.raises(ChangedMeanwhile) as caught,
        ):
            send(session, change)
        assert caught.value.unanswered
        assert session.patches == 1
        assert added(cluster) == makes


def test_an_outcome_that_cannot_be_known_is_not_guessed() -> None:
    with Simulated() as cluster:
        change = Change(cluster)
        with (
            silent(cluster, EOF, [True]) as session,
            session.gone(),
            pytest.raises(OutcomeUnknown) as caught,
        ):
            send(session, change)
        assert session.patches == 1
    assert caught.value.text == (
        "error: daemonset kube-system/calico-node was sent its change, and no answer came (EOF); "
        "it cannot be read now, so look again before another try"
    )


def test_a_dry_run_that_got_no_answer_is_sent_again() -> None:
    with Simulated() as cluster:
        with silent(cluster, EOF, [True]) as session:
            send_patch(session, Change(cluster), field_manager="tester", server_dry_run=True)
        assert session.patches == 2
        assert added(cluster) == 0


def added(cluster: Simulated) -> int:
    (container,) = cluster.daemon_set()["spec"]["template"]["spec"]["containers"]
    return sum(entry["name"] == "ADDED" for entry in container["env"])


def half_closed(exchange: Exchange) -> None:
    """The server did it, has nothing to say of that, and keeps the connection."""
    exchange.answer()
    exchange.client.shutdown(socket.SHUT_WR)
    exchange.client.recv(1)


@pytest.mark.parametrize("fault", [half_closed, lost_answer], ids=["half-closed", "reset"])
def test_set_says_what_is_true_when_the_connection_ends_after_its_patch(fault: Any) -> None:
    with Simulated() as cluster, FaultProxy(cluster.cluster.server) as proxy:
        proxy.on("PATCH", "*", fault, times=1)
        done = cluster.run("set", "--interface=bond4", "--yes", f"--server={proxy.url}")
        assert (done.status, "daemonset.apps/calico-node" in done.stdout) == (0, True), done
        assert cluster.env()["IP_AUTODETECTION_METHOD"] == "interface=bond4"
        assert cluster.daemon_set()["metadata"]["generation"] == 2
        assert len(proxy.struck) == 1


class Answers:
    """A server that gives its answers to patches one after the other, and never changes."""

    def __init__(self, cluster: Simulated, *answers: Exception) -> None:
        self._cluster = cluster
        self._answers = list(answers)
        self.patches = 0

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        return self._cluster.daemon_set()

    def patch(self, *_: Any) -> Any:
        self.patches += 1
        raise self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


DENIED = ApiError(403, "Forbidden", "daemonsets.apps is forbidden")
CONFLICT = ApiError(409, "Conflict", "admission webhook denied the request: change freeze")


@pytest.mark.parametrize("then", [NOT_SENT, DENIED], ids=str)
def test_a_refusal_after_a_lost_answer_does_not_say_that_nothing_was_changed(
    then: Exception,
) -> None:
    with Simulated() as cluster, pytest.raises(OutcomeUnknown, match="no answer came") as caught:
        send(Answers(cluster, EOF, then), Change(cluster))
    assert str(then) in str(caught.value)


def test_a_webhook_that_denies_with_a_conflict_is_quoted() -> None:
    with Simulated() as cluster:
        session = Answers(cluster, CONFLICT)
        with pytest.raises(ApiError, match="change freeze"):
            send(session, Change(cluster))
    assert session.patches <= 3
