"""Watches: events out of bytes, bookmarks, and the ways a watch ends."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.cluster.errors import ApiError, Gone, UnexpectedAnswer
from kubectl_calico_nic.cluster.transport.request_info import RequestInfo
from kubectl_calico_nic.cluster.transport.watch import WatchEvent, watch_events
from tests.cluster_connection import session_with
from tests.cluster_server import Handler, RecordingServer, Reply, serving, status

PODS = "/api/v1/namespaces/kube-system/pods"


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with serving() as server:
        yield server


def line(kind: str, name: str = "x", version: str = "7") -> bytes:
    body = {"metadata": {"name": name, "resourceVersion": version}}
    text = json.dumps({"type": kind, "object": body}, ensure_ascii=False)
    return text.encode() + b"\n"


def names(events: Iterator[WatchEvent]) -> list[tuple[str, str]]:
    return [(event.type, event.object["metadata"]["name"]) for event in events]


def test_events_come_as_they_are_sent(server: RecordingServer) -> None:
    whole = line("ADDED", "ä") + b"\n\r\n" + line("MODIFIED", "b") + line("BOOKMARK", "c", "99")
    chunks = [whole[i : i + 7] for i in range(0, len(whole), 7)]
    server.on(PODS, Reply(chunks=chunks))
    with session_with(server.url) as session:
        events = list(session.watch(PODS, [("labelSelector", "a=b")], resource_version="5"))
    assert names(iter(events)) == [("ADDED", "ä"), ("MODIFIED", "b"), ("BOOKMARK", "c")]
    assert events[-1].resource_version == "99"
    assert server.last.query == (
        ("labelSelector", "a=b"),
        ("watch", "true"),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", "301"),
        ("resourceVersion", "5"),
    )


@given(st.lists(st.text(max_size=8), max_size=4), st.data())
def test_chunks_may_end_anywhere(texts: list[str], data: st.DataObject) -> None:
    whole = b"".join(line("ADDED", text) for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    edges = [0, *cuts, len(whole)]
    chunks = [whole[a:b] for a, b in itertools.pairwise(edges)]
    events = watch_events(chunks, RequestInfo())
    assert names(events) == [("ADDED", text) for text in texts]


def test_half_an_event_is_none(server: RecordingServer) -> None:
    server.on(PODS, Reply(chunks=[line("ADDED", "a"), line("ADDED", "b")[:-5]]))
    with session_with(server.url) as session:
        assert names(session.watch(PODS)) == [("ADDED", "a")]


def cut_off(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    event = line("ADDED", "a")
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))


def until_closed(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + line("ADDED", "a"))


@pytest.mark.parametrize("misbehave", [cut_off, until_closed])
def test_a_connection_that_ends_ends_the_watch(server: RecordingServer, misbehave: Any) -> None:
    server.on(PODS, Reply(misbehave=misbehave))
    with session_with(server.url) as session:
        assert names(session.watch(PODS)) == [("ADDED", "a")]


def test_a_watch_ends_in_time_and_outlives_the_request_timeout(server: RecordingServer) -> None:
    def slowly() -> Iterator[bytes]:
        for name in "abcdefghijklmnopqrstuvwxyz":
            yield line("ADDED", name)
            time.sleep(0.05)

    server.on(PODS, Reply(chunks=slowly()))
    started = time.monotonic()
    with session_with(server.url, request_timeout=0.1) as session:
        seen = names(session.watch(PODS, deadline=0.3))
    assert 4 <= len(seen) <= 7
    assert 0.25 < time.monotonic() - started < 1.0


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(status(410, "Expired", "too old resource version: 1 (2)"), id="as status"),
        pytest.param(
            Reply(
                chunks=[
                    json.dumps(
                        {"type": "ERROR", "object": status(410, "Expired", "too old").body}
                    ).encode()
                    + b"\n"
                ]
            ),
            id="as event",
        ),
    ],
)
def test_an_old_resource_version_is_gone(server: RecordingServer, reply: Reply) -> None:
    server.on(PODS, reply)
    with session_with(server.url) as session, pytest.raises(Gone, match="too old"):
        list(session.watch(PODS, resource_version="1"))


def test_other_errors_and_rubbish_are_raised(server: RecordingServer) -> None:
    error = json.dumps({"type": "ERROR", "object": status(500, "InternalError", "oh").body})
    with session_with(server.url) as session:
        server.on(PODS, Reply(chunks=[error.encode() + b"\n"]))
        with pytest.raises(ApiError, match="oh"):
            list(session.watch(PODS))
        for rubbish in (b"<html>\n", b"[]\n", b'{"type": 1}\n', b'{"type":"ADDED"}\n'):
            server.on(PODS, Reply(chunks=[rubbish]))
            with pytest.raises(UnexpectedAnswer):
                list(session.watch(PODS))


def test_a_watch_that_cannot_begin_is_tried_again(server: RecordingServer) -> None:
    server.on(PODS, status(503, "ServiceUnavailable", "wait"), Reply(chunks=[line("ADDED", "a")]))
    with session_with(server.url) as session:
        assert names(session.watch(PODS)) == [("ADDED", "a")]


def test_a_watch_can_be_left(server: RecordingServer) -> None:
    server.on(PODS, Reply(chunks=[line("ADDED", "a")] * 50))
    server.on("/api/v1/nodes", Reply())
    with session_with(server.url) as session:
        events = session.watch(PODS)
        next(events)
        events.close()
        assert session.get("/api/v1/nodes") == {}
