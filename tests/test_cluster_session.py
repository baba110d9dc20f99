"""Requests to an API server: what is sent, what comes back, and in which words it fails."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import (
    ApiError,
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    UnexpectedAnswer,
)
from kubectl_calico_nic.cluster.kubeconfig.entries import UserEntry
from tests.cluster_connection import connection_to, session_for, session_with
from tests.cluster_server import Handler, RecordingServer, Reply, serving, status


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with serving() as server:
        yield server


OK = Reply(body={"ok": True})
NODES = "/api/v1/nodes"


def test_a_request_says_who_we_are_and_takes_compressed_json(server: RecordingServer) -> None:
    body = {"items": ["ä" * 100]}
    server.on(
        NODES,
        Reply(
            body=gzip.compress(json.dumps(body).encode()), headers=(("Content-Encoding", "gzip"),)
        ),
    )
    with session_with(server.url) as session:
        assert session.get(NODES, [("labelSelector", "a=b,c"), ("x", "ö")]) == body
    request = server.last
    assert request.query == (("labelSelector", "a=b,c"), ("x", "ö"))
    assert request.get("User-Agent") == "kubectl-calico-nic/test"
    assert request.get("Accept") == "application/json"
    assert request.get("Accept-Encoding") == "gzip"


def test_compression_can_be_turned_off(server: RecordingServer) -> None:
    server.on(NODES, OK)
    connection = connection_to(server.url, UserEntry(), disable_compression=True)
    with session_for(connection) as session:
        session.get(NODES)
    assert server.last.get("Accept-Encoding") in (None, "identity")


def test_writes_carry_their_body_and_its_type(server: RecordingServer) -> None:
    path = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"
    server.on(path, OK)
    patch = [{"op": "test", "path": "/metadata/resourceVersion", "value": "7"}]
    with session_with(server.url) as session:
        session.patch(path, patch, "application/json-patch+json", [("dryRun", "All")])
        session.delete(path, {"preconditions": {"uid": "u"}})
        session.post(path, {"a": 1}, [("fieldManager", "me")])
        session.delete(path)
    sent = [(r.method, r.get("Content-Type"), r.query, r.body) for r in server.requests]
    assert sent == [
        (
            "PATCH",
            "application/json-patch+json",
            (("dryRun", "All"),),
            json.dumps(patch, separators=(",", ":")).encode(),
        ),
        ("DELETE", "application/json", (), b'{"preconditions":{"uid":"u"}}'),
        ("POST", "application/json", (("fieldManager", "me"),), b'{"a":1}'),
        ("DELETE", None, (), b""),
    ]


def test_logs_are_bytes_and_only_the_asked_part(server: RecordingServer) -> None:
    path = "/api/v1/namespaces/kube-system/pods/calico-node-x/log"
    server.on(path, Reply(body=b"\xff\x00line\n", content_type="text/plain"))
    with session_with(server.url) as session:
        got = session.log(
            "kube-system",
            "calico-node-x",
            "calico-node",
            previous=True,
            tail_lines=5,
            limit_bytes=100,
            since_time="2026-01-01T00:00:00Z",
        )
        session.log("kube-system", "calico-node-x", "calico-node")
    assert got == b"\xff\x00line\n"
    assert server.requests[0].query == (
        ("container", "calico-node"),
        ("previous", "true"),
        ("tailLines", "5"),
        ("limitBytes", "100"),
        ("sinceTime", "2026-01-01T00:00:00Z"),
    )
    assert server.requests[1].query == (("container", "calico-node"),)


def page(names: str, token: str | None = None) -> Reply:
    items = [{"metadata": {"name": name, "uid": f"uid-{name}"}} for name in names]
    return Reply(body={"items": items, "metadata": {"continue": token} if token else {}})


def names(pages: Iterator[list[Any]]) -> list[list[str]]:
    return [[item["metadata"]["name"] for item in items] for items in pages]


def test_lists_are_read_page_by_page(server: RecordingServer) -> None:
    server.on(NODES, page("ab", "t1"), page("cd", "t2"), page("e"))
    with session_with(server.url) as session:
        assert names(session.pages(NODES, [("labelSelector", "x")], limit=2)) == [
            ["a", "b"],
            ["c", "d"],
            ["e"],
        ]
    assert [r.query[1:] for r in server.requests] == [
        (("limit", "2"),),
        (("limit", "2"), ("continue", "t1")),
        (("limit", "2"), ("continue", "t2")),
    ]


def test_an_expired_continue_token_starts_again_once_without_repeating(
    server: RecordingServer,
) -> None:
    expired = status(410, "Expired", "The provided continue parameter is too old")
    server.on(NODES, page("ab", "t1"), expired, page("abc", "t2"), page("d"))
    with session_with(server.url) as session:
        assert names(session.pages(NODES)) == [["a", "b"], ["c"], ["d"]]
    server.on(NODES, page("ab", "t1"), expired, page("ab", "t2"), expired)
    with session_with(server.url) as session, pytest.raises(Gone):
        list(session.pages(NODES))


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": [1, None]}])
def test_an_odd_list_is_read_without_raising(server: RecordingServer, body: Any) -> None:
    server.on(NODES, Reply(body=body))
    with session_with(server.url) as session:
        assert len(list(session.pages(NODES))) == 1


REFUSALS: dict[str, tuple[Reply, type[ClusterError], str]] = {
    "forbidden": (
        status(403, "Forbidden", 'nodes is forbidden: User "x" cannot list resource "nodes"'),
        Forbidden,
        'Error from server (Forbidden): nodes is forbidden: User "x" cannot list resource "nodes"',
    ),
    "not found": (
        status(404, "NotFound", 'nodes "x" not found'),
        NotFound,
        'Error from server (NotFound): nodes "x" not found',
    ),
    "conflict": (
        status(409, "Conflict", "the object has been modified"),
        Conflict,
        "Error from server (Conflict): the object has been modified",
    ),
    "invalid": (
        status(
            422,
            "Invalid",
            'DaemonSet.apps "x" is invalid',
            kind="DaemonSet",
            name="x",
            causes=[{"field": "a", "message": "b"}, {"field": "c", "message": "d"}],
        ),
        ApiError,
        'The DaemonSet "x" is invalid: \n* a: b\n* c: d',
    ),
    "one cause": (
        status(422, "Invalid", "no", kind="DaemonSet", name="x", causes=[{"field": "a"}]),
        ApiError,
        'The DaemonSet "x" is invalid: a: ',
    ),
    "unauthorized": (
        status(401, "Unauthorized", "Unauthorized"),
        ApiError,
        "error: You must be logged in to the server (Unauthorized)",
    ),
    "no reason": (status(400, "", "words"), ApiError, "Error from server: words"),
    "plain 404": (
        Reply(404, b"404 page not found", "text/plain"),
        NotFound,
        "Error from server (NotFound): the server could not find the requested resource "
        "(get nodes)",
    ),
    "html": (
        Reply(502, b'<html>\n<b>"Bad"</b>\x01</html>', "text/html"),
        ApiError,
        r'Error from server (InternalError): an error on the server ("<html>\n<b>\"Bad\"</b>\x01'
        '</html>") has prevented the request from succeeding (get nodes)',
    ),
    "teapot": (
        Reply(418, b"", "text/plain"),
        ApiError,
        "Error from server: the server responded with the status code 418 but did not return more "
        "information (get nodes)",
    ),
    "redirect": (
        Reply(302, b"", headers=(("Location", "https://u:p@evil.example/login?t=1"),)),
        UnexpectedAnswer,
        "error: the server redirects to https://evil.example, which is not followed",
    ),
    "html with success": (
        Reply(200, b"<html>Sign in</html>", "text/html"),
        UnexpectedAnswer,
        "error: the answer to list nodes is no JSON object but text/html, and begins "
        '"<html>Sign in</html>"; is this a Kubernetes API server?',
    ),
    "half JSON": (
        Reply(200, b'{"items": ['),
        UnexpectedAnswer,
        "error: the answer to list nodes is no JSON object but application/json, and begins "
        r'"{\"items\": ["; is this a Kubernetes API server?',
    ),
    "no object": (
        Reply(200, b"[]"),
        UnexpectedAnswer,
        "error: the answer to list nodes is no JSON object but application/json, and begins "
        '"[]"; is this a Kubernetes API server?',
    ),
    "nested too deep": (
        Reply(200, b"[" * 200_000),
        UnexpectedAnswer,
        "error: the answer to list nodes is no JSON object but application/json, and begins "
        f'"{"[" * 60}"; is this a Kubernetes API server?',
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_are_worded_as_kubectl_words_them(server: RecordingServer, name: str) -> None:
    reply, kind, text = REFUSALS[name]
    server.on(NODES, reply)
    with session_with(server.url) as session, pytest.raises(kind) as caught:
        session.get(NODES)
    assert caught.value.text == text
    assert caught.value.__context__ is None


def test_an_error_says_which_permission_is_missing(server: RecordingServer) -> None:
    server.on("/api*", status(403, "Forbidden", "no"))
    with session_with(server.url) as session:
        for call, permission in (
            (lambda: session.log("n", "p", "c"), "get pods/log in namespace n"),
            (lambda: session.get("/apis/apps/v1/daemonsets"), "list daemonsets (apps)"),
            (
                lambda: session.patch("/apis/apps/v1/namespaces/n/daemonsets/x", [], "a/b"),
                "patch daemonsets (apps) in namespace n",
            ),
            (lambda: list(session.watch(NODES, deadline=1.0)), "watch nodes"),
            (lambda: session.delete("/api/v1/namespaces/n/pods/p"), "delete pods in namespace n"),
        ):
            with pytest.raises(Forbidden) as caught:
                call()
            assert caught.value.request.permission == permission


def test_warnings_are_passed_on_once(server: RecordingServer) -> None:
    warnings = (
        ("Warning", r'299 - "a \"b\" is deprecated", 299 kube "second" "Sat, 25 Aug 2012"'),
        ("Warning", '199 - "not for people"'),
        ("Warning", "garbage"),
    )
    server.on(NODES, Reply(headers=warnings))
    told: list[str] = []
    with session_with(server.url, warn=told.append) as session:
        session.get(NODES)
        session.get(NODES)
    assert told == ['a "b" is deprecated', "second"]


def test_many_threads_share_a_session(server: RecordingServer) -> None:
    server.on(NODES, OK)
    with (
        session_with(server.url, concurrency=8) as session,
        ThreadPoolExecutor(8) as pool,
    ):
        assert list(pool.map(lambda _: session.get(NODES), range(40))) == [{"ok": True}] * 40


def test_connections_are_kept(server: RecordingServer) -> None:
    server.on(NODES, OK)
    connections = set()
    original = Handler.setup
    lock = threading.Lock()

    def counted(handler: Handler) -> None:
        with lock:
            connections.add(handler.client_address)
        original(handler)

    with pytest.MonkeyPatch.context() as patch, session_with(server.url) as session:
        patch.setattr(Handler, "setup", counted)
        for _ in range(5):
            session.get(NODES)
    assert len(connections) == 1
