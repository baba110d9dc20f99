"""The server's side of exec: a WebSocket with the streams of a command."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import websocket

from tests.cluster_server import Handler, Reply

STDOUT, STDERR, ERROR = b"\x01", b"\x02", b"\x03"
SUCCESS = ERROR + json.dumps({"metadata": {}, "status": "Success"}).encode()


def exit_status(code: str) -> bytes:
    return (
        ERROR
        + json.dumps(
            {
                "status": "Failure",
                "reason": "NonZeroExitCode",
                "message": f"command terminated with non-zero exit code: exit status {code}",
                "details": {"causes": [{"reason": "ExitCode", "message": code}]},
            }
        ).encode()
    )


def frame(data: bytes, opcode: int = websocket.ABNF.OPCODE_BINARY, fin: int = 1) -> bytes:
    packed: bytes = websocket.ABNF(fin, 0, 0, 0, opcode, 0, data).format()
    return packed


CLOSE = frame(b"\x03\xe8", websocket.ABNF.OPCODE_CLOSE)


def upgrade(handler: Handler, protocol: str | None = None) -> None:
    """Answers the handshake; with the first protocol that was offered unless one is given."""
    key = handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    offered = handler.headers["Sec-WebSocket-Protocol"].split(",")
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
        f"Sec-WebSocket-Protocol: {protocol or offered[0]}",
    ]
    handler.wfile.write("\r\n".join([*lines, "", ""]).encode())


def streaming(
    *messages: bytes,
    protocol: str | None = None,
    end: bytes = CLOSE,
    afterwards: Callable[[Handler], Any] | None = None,
) -> Reply:
    """A command that sends these messages, each beginning with the byte of its stream."""
    return framed([frame(message) for message in messages], protocol, end, afterwards)


def framed(
    frames: Sequence[bytes],
    protocol: str | None = None,
    end: bytes = CLOSE,
    afterwards: Callable[[Handler], Any] | None = None,
) -> Reply:
    def misbehave(handler: Handler) -> None:
        upgrade(handler, protocol)
        for data in frames:
            handler.wfile.write(data)
        handler.wfile.write(end)
        if afterwards is not None:
            afterwards(handler)

    return Reply(misbehave=misbehave)
