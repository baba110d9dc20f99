"""A command in a container, over a WebSocket.

Mirrors client-go (tools/remotecommand/websocket.go, v4.go) for a command without stdin and without
a terminal: binary messages, whose first byte names the stream.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kubectl_calico_nic.cluster.errors import (
    ClusterError,
    ExecFailed,
    RequestTimedOut,
)
from kubectl_calico_nic.cluster.transport.answers import Answer, error_from
from kubectl_calico_nic.cluster.transport.request_info import RequestInfo
from kubectl_calico_nic.cluster.transport.retry import Deadline

if TYPE_CHECKING:
    from kubectl_calico_nic.cluster.transport.bounded_websocket import BoundedWebSocket

# v5 can also close a stream, which we never need: v4 does as well.
_SUBPROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDOUT, _STDERR, _ERROR = 1, 2, 3
_MAX_BYTES = 4 * 1024 * 1024
_NO_END = "the command in the container did not end"


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command printed, and how it ended."""

    stdout: str
    stderr: str
    exit_code: int


def exec_query(container: str, command: Sequence[str]) -> list[tuple[str, str]]:
    """The query of an exec request without stdin and terminal."""
    arguments = [("command", argument) for argument in command]
    return [*arguments, ("container", container), ("stderr", "true"), ("stdout", "true")]


def run_command(
    sock: socket.socket,
    url: str,
    headers: Sequence[tuple[str, str]],
    request: RequestInfo,
    until: Deadline,
) -> ExecResult:
    """Runs a command over a connected socket, which is closed afterwards.

    Args:
        sock: connected to the server, TLS included; its timeout covers all reads together.
        url: of the exec request, with its query.
        headers: credentials and impersonation among them.
        request: what is asked, for errors.
        until: when it must have ended.

    Raises:
        ApiError: the server refused.
        ConnectionFailed: it did not answer as an API server does, or not in time.
        ExecFailed: the command did not run to its end, or printed more than 4 MiB.
    """
    import websocket

    sock.settimeout(max(until.remaining, 0.001))
    try:
        with sock:
            return _result(_streams(_upgraded(sock, url, headers)))
    except websocket.WebSocketBadStatusException as error:
        failure: ClusterError = _refused(error, request)
    except (websocket.WebSocketTimeoutException, TimeoutError):
        failure = RequestTimedOut(f"{_NO_END} in time")
    except (
        websocket.WebSocketConnectionClosedException,
        websocket.WebSocketProtocolException,
        websocket.WebSocketPayloadException,
        OSError,
    ):
        failure = ExecFailed(f"{_NO_END}: the connection broke")
    except websocket.WebSocketException:
        failure = ExecFailed(
            "the server does not offer exec over WebSockets "
            f"({' or '.join(_SUBPROTOCOLS)}); an old server or a proxy in between may be why"
        )
    # Outside the handlers: websocket-client's errors hold what was sent and received.
    raise failure


def _upgraded(
    sock: socket.socket, url: str, headers: Sequence[tuple[str, str]]
) -> BoundedWebSocket:
    import websocket

    from kubectl_calico_nic.cluster.transport.bounded_websocket import BoundedWebSocket

    connection = BoundedWebSocket(_MAX_BYTES)
    connection.connect(  # type: ignore[no-untyped-call]
        url.replace("http", "ws", 1),
        socket=sock,
        header=[f"{name}: {value}" for name, value in headers],
        host=urlsplit(url).netloc,
        subprotocols=list(_SUBPROTOCOLS),
        suppress_origin=True,
        redirect_limit=0,
    )
    if connection.getstatus() != 101:
        # Releases before 1.9 take a redirect that they may not follow for a connection.
        raise websocket.WebSocketException("redirected")
    return connection


def _streams(connection: BoundedWebSocket) -> Mapping[int, bytearray]:
    """All that comes on each stream until the server ends the connection.

    The exit status may overtake the last output, and so does not end the reading.
    """
    import websocket

    streams = {_STDOUT: bytearray(), _STDERR: bytearray(), _ERROR: bytearray()}
    while True:
        try:
            opcode, data = connection.recv_data()
        except (websocket.WebSocketConnectionClosedException, ConnectionError):
            if streams[_ERROR]:
                return streams
            raise
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return streams
        if data and data[0] in streams:
            streams[data[0]] += data[1:]


def _result(streams: Mapping[int, bytearray]) -> ExecResult:
    return ExecResult(
        stdout=streams[_STDOUT].decode("utf-8", "replace"),
        stderr=streams[_STDERR].decode("utf-8", "replace"),
        exit_code=_exit_code(streams[_ERROR]),
    )


def _exit_code(message: bytearray) -> int:
    """Reads the Status on the error stream. Mirrors errorDecoderV4 of client-go."""
    if not message:
        raise ExecFailed(f"{_NO_END}: the connection was closed without an exit status")
    try:
        status = json.loads(message)
    except (ValueError, RecursionError):
        status = None
    if not isinstance(status, dict):
        raise ExecFailed("error stream protocol error: no Status object")
    if status.get("status") == "Success":
        return 0
    if status.get("reason") != "NonZeroExitCode":
        raise ExecFailed(str(status.get("message") or "error stream protocol error: unknown error"))
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode":
            code = str(cause.get("message"))
            if re.fullmatch(r"[0-9]{1,3}", code):
                return int(code)
    raise ExecFailed("error stream protocol error: no ExitCode cause given")


def _refused(error: Any, request: RequestInfo) -> ClusterError:
    headers = {str(name).lower(): str(value) for name, value in (error.resp_headers or {}).items()}
    return error_from(Answer(error.status_code, error.resp_body or b"", headers), request)
