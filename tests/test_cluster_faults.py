"""What a session makes of servers and networks that fail: again, or the right words, in time."""

from __future__ import annotations

import errno
import gzip
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3 import exceptions
from urllib3.connection import HTTPConnection

from kubectl_calico_nic.cluster.errors import (
    ApiError,
    ClusterError,
    ConnectionFailed,
    ConnectionRefused,
)
from kubectl_calico_nic.cluster.transport.connection_failures import connection_failure
from kubectl_calico_nic.cluster.transport.retry import RetryPolicy
from tests.cluster_connection import session_with
from tests.cluster_kubectl import Setup, needs_kubectl, write_files
from tests.cluster_server import (
    Handler,
    RecordingServer,
    Reply,
    kubeconfig,
    serving,
    status,
    unused_port,
)


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
    assert waits == [pytest.approx(1.0, abs=0.01)]


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


def drip(head: bytes, rest: bytes, pause: float = 0.02) -> Callable[[Handler], None]:
    """Sends a byte of the rest now and then, so that no single read ever takes long."""

    def misbehave(handler: Handler) -> None:
        handler.wfile.write(head)
        for index in range(len(rest)):
            handler.wfile.write(rest[index : index + 1])
            handler.wfile.flush()
            time.sleep(pause)

    return misbehave


def half_closed(handler: Handler) -> None:
    """Says that it has nothing more to say, and keeps the connection."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    handler.connection.shutdown(socket.SHUT_WR)
    handler.connection.recv(1)


HEAD = b"HTTP/1.1 200 OK\r\n"
LATE = (
    "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while "
    "awaiting headers)"
)
LATE_IN_BODY = (
    "error: unexpected error when reading response body. Please retry. Original error: net/http: "
    "request canceled (Client.Timeout or context cancellation while reading body)"
)


@pytest.mark.parametrize(
    ("head", "rest", "words"),
    [
        pytest.param(b"", b"", LATE, id="nothing"),
        pytest.param(HEAD, b"X-A: b\r\n" * 500, LATE, id="headers"),
        pytest.param(HEAD + b"Content-Length: 500\r\n\r\n", b" " * 500, LATE_IN_BODY, id="body"),
        pytest.param(HEAD + b"Content-Length: 500\r\n\r\n", b"", LATE_IN_BODY, id="silent body"),
    ],
)
def test_the_deadline_is_for_the_whole_answer(
    server: RecordingServer, head: bytes, rest: bytes, words: str
) -> None:
    done = threading.Event()

    def misbehave(handler: Handler) -> None:
        drip(head, rest)(handler)
        done.wait(5.0)

    server.on(NODES, Reply(misbehave=misbehave))
    started = time.monotonic()
    with (
        session_with(server.url, request_timeout=0.3) as session,
        pytest.raises(ConnectionFailed) as caught,
    ):
        session.get(NODES)
    assert time.monotonic() - started < 1.0
    assert caught.value.text == words
    assert len(server.requests) == 1
    done.set()


def test_a_half_closed_connection_is_not_waited_for(server: RecordingServer) -> None:
    server.on(NODES, Reply(misbehave=half_closed), OK)
    started = time.monotonic()
    with session_with(server.url) as session:
        assert session.get(NODES) == {"ok": True}
    assert time.monotonic() - started < 1.0


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(
    server: RecordingServer,
) -> None:
    """A kept connection that ended unnoticed costs a write nothing: it had not been sent."""

    def answer_once(handler: Handler) -> None:
        handler.wfile.write(HEAD + b"Content-Length: 2\r\n\r\n{}")
        handler.connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    closed = threading.Event()
    server.on(NODES, Reply(misbehave=answer_once), OK)
    with session_with(server.url) as session:
        session.get(NODES)
        assert closed.wait(5.0)
        assert session.patch(NODES, {}, "application/merge-patch+json") == {"ok": True}


def test_the_server_is_asked_again_as_long_as_it_wishes(server: RecordingServer) -> None:
    throttled = Reply(429, b"", headers=(("Retry-After", "0"),))
    policy = RetryPolicy(first=0.0001, longest=0.0001)
    server.on(NODES, *[throttled] * 10, OK)
    with session_with(server.url, retry_policy=policy) as session:
        assert session.get(NODES) == {"ok": True}
    server.on(NODES, throttled)
    server.requests.clear()
    with session_with(server.url, retry_policy=policy) as session, pytest.raises(ApiError):
        session.get(NODES)
    assert len(server.requests) == 11


@needs_kubectl
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(misbehave=half_closed), id="half-closed"),
        pytest.param(raw(HEAD + b"Content-Length: 9\r\n\r\n{"), id="short body"),
        pytest.param(raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{"), id="chunk"),
        pytest.param(Reply(misbehave=lambda _: time.sleep(1.5)), id="no answer"),
    ],
)
def test_faults_are_told_in_kubectls_words(
    server: RecordingServer, tmp_path: Path, reply: Reply
) -> None:
    path = "/api/v1/namespaces/default/events"
    server.on(path, reply)
    write_files(tmp_path, {".kube/config": kubeconfig(server.url)})
    theirs = Setup(tmp_path).kubectl("events", "--request-timeout=1s")
    with (
        session_with(server.url, request_timeout=1.0) as session,
        pytest.raises(ConnectionFailed) as caught,
    ):
        session.get(path)
    # Which of Go's timers is the first one to end an attempt is a matter of chance.
    words = re.sub(r"context deadline exceeded$", LATE[33:], theirs.stderr.splitlines()[-1])
    words = words.replace("context deadline exceeded (", "net/http: request canceled (")
    assert words == caught.value.text
    assert theirs.returncode == 1


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
