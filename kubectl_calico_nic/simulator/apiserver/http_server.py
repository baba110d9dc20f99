"""Serves the simulated API on loopback, over HTTP/1.1 with connections that are kept alive."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import select
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from websocket import ABNF, WebSocketException, frame_buffer

from kubectl_calico_nic.simulator.apiserver.exchange import Answer, Reply, Request, Stream, Upgrade

_WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LOOPBACK = "127.0.0.1"
_GOODBYE = 5.0
"""How long a client has to answer the end of a WebSocket, in seconds."""


class HttpServer(ThreadingHTTPServer):
    """Listens on a free port of the loopback interface; one thread for each connection."""

    # Threads are waited for when it stops: nothing of the simulator may outlive it.
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.answer = answer
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.failure: BaseException | None = None
        super().__init__((_LOOPBACK, 0), _Handler)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://{_LOOPBACK}:{self.server_address[1]}"

    def start(self) -> None:
        """Serve, in a thread of its own."""
        serve = self.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.05,), name="simulated-api")
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection; wait for their threads."""
        self.shutdown()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        if self._thread is not None:
            self._thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, so that ``stop`` can end it."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        """Keep what went wrong in here for whoever stops the server; clients may just leave."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.failure = self.failure or error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Buffered, so that headers and body leave in one packet.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: HttpServer

    def _serve(self) -> None:
        reply = self.server.answer(self._request())
        if isinstance(reply, Answer):
            self._send(reply)
        elif isinstance(reply, Stream):
            self._send_stream(reply)
        else:
            self._send_upgrade(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Be silent: the terminal belongs to the demo."""

    def _request(self) -> Request:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=unquote(url.path),
            query=parse_qs(url.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-cache, private")
        self.end_headers()
        self.wfile.write(answer.body)

    def _send_stream(self, stream: Stream) -> None:
        self.send_response(200)
        self.send_header("Content-Type", stream.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Cache-Control", "no-cache, private")
        self.end_headers()
        self.wfile.flush()
        for chunk in stream.chunks:
            if chunk:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            elif self._client_is_gone():
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def _client_is_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _send_upgrade(self, upgrade: Upgrade) -> None:
        key = self.headers.get("Sec-WebSocket-Key", "") + _WEBSOCKET_GUID
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest())  # noqa: S324 (RFC 6455)
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.send_header("Sec-WebSocket-Protocol", upgrade.protocol)
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        upgrade.serve(self.connection)
        self._await_close()

    def _await_close(self) -> None:
        """Read what the client still sends: closing first would cut off our last frames."""
        self.connection.settimeout(_GOODBYE)
        frames = frame_buffer(self._receive, skip_utf8_validation=True)
        with contextlib.suppress(OSError, WebSocketException):
            while frames.recv_frame().opcode != ABNF.OPCODE_CLOSE:
                pass

    def _receive(self, size: int) -> bytes:
        data: bytes = self.connection.recv(size)
        if not data:
            raise ConnectionResetError
        return data
