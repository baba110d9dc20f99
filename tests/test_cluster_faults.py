"""What a session makes of servers and networks that fail: again, or the right words, in time."""

from __future__ import annotations

import errno
import gzip
import json
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from urllib3 import exceptions
from urllib3.connection import HTTPConnection

from kubectl_calico_nic.cluster.connection_failures import connection_failure
from kubectl_calico_nic.cluster.errors import (
    ApiError,
    ClusterError,
    ConnectionFailed,
    ConnectionRefused,
    RequestTimedOut,
)
from kubectl_calico_nic.cluster.retry import RetryPolicy
from tests.cluster_connection import session_with
from tests.cluster_server import Handler, RecordingServer, Reply, serving, status, unused_port


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with serving() as server:
        yield server


OK = Reply(body={"ok": True})
NODES = "/api/v1/nodes"


def write_then_reset(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def raw(data: bytes) -> Reply:
    return Reply(misbehave=lambda handler: handler.wfile.write(data))


FAULTS: dict[str, tuple[Reply, str]] = {
    "reset in the body": (Reply(misbehave=write_then_reset), "connection reset by peer"),
    "closed without an answer": (raw(b""), "EOF"),
    "short body": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "unexpected EOF"),
    "chunk cut off": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"),
        "unexpected EOF",
    ),
    "no HTTP": (raw(b"hello\r\n\r\n"), "malformed HTTP response"),
    "no gzip": (
        Reply(body=b"{}", headers=(("Content-Encoding", "gzip"),)),
        "gzip: invalid data",
    ),
    "internal error": (status(500, "InternalError", "etcd leader changed"), "leader changed"),
    "bad gateway": (Reply(502, b"", "text/html"), "InternalError"),
    "unavailable": (status(503, "ServiceUnavailable", "shutting down"), "shutting down"),
    "gateway timeout": (Reply(504, b"", "text/html"), "Timeout"),
    "too many requests": (
        Reply(429, b"", "text/plain", headers=(("Retry-After", "0"),)),
        "TooManyRequests",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_reads_survive_a_passing_fault(server: RecordingServer, name: str) -> None:
    server.on(NODES, FAULTS[name][0], OK)
    with session_with(server.url) as session:
        assert session.get(NODES) == {"ok": True}
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", FAULTS)
def test_a_lasting_fault_is_reported_after_some_attempts(
    server: RecordingServer, name: str
) -> None:
    reply, words = FAULTS[name]
    server.on(NODES, reply)
    with session_with(server.url) as session, pytest.raises(ClusterError) as caught:
        session.get(NODES)
    assert words in caught.value.text
    assert len(server.requests) == 3


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "too many requests"])
def test_writes_are_not_sent_twice(server: RecordingServer, name: str) -> None:
    server.on(NODES, FAULTS[name][0], OK)
    with session_with(server.url) as session, pytest.raises(ClusterError):
        session.patch(NODES, {}, "application/merge-patch+json")
    assert len(server.requests) == 1


def test_a_write_that_was_throttled_is_sent_again(server: RecordingServer) -> None:
    server.on(NODES, FAULTS["too many requests"][0], OK)
    with session_with(server.url) as session:
        assert session.patch(NODES, {}, "application/merge-patch+json") == {"ok": True}


def test_a_truncated_gzip_body_is_no_answer(server: RecordingServer) -> None:
    whole = gzip.compress(json.dumps({"items": list(range(1000))}).encode())
    server.on(NODES, Reply(body=whole[:-40], headers=(("Content-Encoding", "gzip"),)))
    with session_with(server.url) as session, pytest.raises(ClusterError):
        session.get(NODES)


def test_retry_after_is_obeyed(server: RecordingServer) -> None:
    waits: list[float] = []
    policy = RetryPolicy(attempts=3, first=0.001, sleep=waits.append)
    throttled = status(429, "TooManyRequests", "slow down")
    server.on(NODES, Reply(429, throttled.body, headers=(("Retry-After", "1"),)), OK)
    with session_with(server.url, retry_policy=policy) as session:
        session.get(NODES)
    assert waits == [1.0]


def test_no_wait_goes_beyond_the_deadline(server: RecordingServer) -> None:
    server.on(NODES, Reply(429, b"", headers=(("Retry-After", "60"),)))
    with session_with(server.url, request_timeout=1.0) as session, pytest.raises(ApiError):
        session.get(NODES)
    assert len(server.requests) == 1


def test_waits_grow_and_are_jittered() -> None:
    waits: list[float] = []
    policy = RetryPolicy(attempts=5, first=1.0, longest=3.0, sleep=waits.append)
    with (
        session_with(
            f"http://127.0.0.1:{unused_port()}", retry_policy=policy, request_timeout=60.0
        ) as session,
        pytest.raises(ConnectionRefused) as caught,
    ):
        session.get(NODES)
    for wait, most in zip(waits, [1.0, 2.0, 3.0, 3.0], strict=True):
        assert most / 2 <= wait <= most
    assert caught.value.text == (
        f"The connection to the server {caught.value.host} was refused - did you specify the right "
        "host or port?"
    )


def drip(data: bytes, pause: float) -> Callable[[Handler], None]:
    """Sends a byte now and then, so that no single read ever takes long."""

    def misbehave(handler: Handler) -> None:
        for index in range(len(data)):
            handler.wfile.write(data[index : index + 1])
            handler.wfile.flush()
            time.sleep(pause)

    return misbehave


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500, id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b" " * 5000, id="body"),
    ],
)
def test_the_deadline_is_for_the_whole_answer(server: RecordingServer, data: bytes) -> None:
    server.on(NODES, Reply(misbehave=drip(data, 0.02)))
    started = time.monotonic()
    with (
        session_with(server.url, request_timeout=0.3) as session,
        pytest.raises(RequestTimedOut) as caught,
    ):
        session.get(NODES)
    assert time.monotonic() - started < 1.0
    assert caught.value.text == (
        "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded "
        "while awaiting headers)"
    )


def test_a_name_that_does_not_resolve_is_not_tried_again() -> None:
    with (
        session_with("http://no-such-host.invalid:6443") as session,
        pytest.raises(ConnectionFailed) as caught,
    ):
        session.get(NODES)
    assert "Unable to connect to the server: dial tcp: lookup no-such-host.invalid: " in (
        caught.value.text
    )


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


CONNECTION: Any = HTTPConnection("h", 6443)


@pytest.mark.parametrize(
    ("error", "text", "sent"),
    [
        (
            caused(
                exceptions.NewConnectionError(CONNECTION, "x"),
                OSError(errno.EHOSTUNREACH, "No route to host"),
            ),
            "dial tcp h:6443: connect: no route to host",
            False,
        ),
        (exceptions.ConnectTimeoutError(CONNECTION, "x"), "dial tcp h:6443: i/o timeout", False),
        (
            caused(
                exceptions.NameResolutionError("h", CONNECTION, socket.gaierror(-3, "x")),
                socket.gaierror(socket.EAI_AGAIN, "x"),
            ),
            "dial tcp: lookup h: server misbehaving",
            False,
        ),
        (
            caused(
                exceptions.ReadTimeoutError(CONNECTION, "/", "x"),
                TimeoutError("_ssl.c:990: The handshake operation timed out"),
            ),
            "net/http: TLS handshake timeout",
            False,
        ),
        (exceptions.LocationParseError("x"), "invalid URL", False),
        (exceptions.SSLError(ssl.SSLEOFError(8, "x")), "EOF", True),
        (BrokenPipeError(errno.EPIPE, "x"), "EOF", True),
        (exceptions.HTTPError("secret"), "the connection broke (HTTPError)", True),
    ],
)
def test_what_the_libraries_raise_is_told_in_gos_words(
    error: BaseException, text: str, sent: bool
) -> None:
    failure = connection_failure(error, host="h:6443", name="h")
    assert failure.text == f"Unable to connect to the server: {text}"
    assert failure.sent is sent
