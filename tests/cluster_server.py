"""A small recording HTTP(S) server for the tests of cluster/: it answers as told, or worse."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import trustme

Misbehaviour = Callable[["Handler"], None]


@dataclass(frozen=True)
class Reply:
    """One answer. ``body`` is sent as JSON unless it is bytes; ``chunks`` are sent chunked."""

    status: int = 200
    body: Any = b"{}"
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    chunks: Iterable[bytes] | None = None
    misbehave: Misbehaviour | None = None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes
    client: str | None
    target: str
    server_name: str | None = None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


def status(code: int, reason: str, message: str, **details: Any) -> Reply:
    """A Kubernetes Status object as an error answer."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
        "code": code,
    }
    return Reply(code, body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # What is no HTTP at all is answered as every other server answers it: with a status line.
    default_request_version = "HTTP/1.1"
    # Head and body go out as two writes, between which Nagle would wait for 40 ms.
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        self.server.owner.record(
            Recorded(
                self.command,
                parts.path,
                tuple(parse_qsl(parts.query, keep_blank_values=True)),
                tuple(self.headers.items()),
                self.rfile.read(length),
                self._client(),
                self.path,
                getattr(self.connection, "server_name", None),
            )
        )
        self._send(self.server.owner.next_reply(parts.path))

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_CONNECT = _serve  # noqa: N815

    def _send(self, reply: Reply) -> None:
        if reply.misbehave is not None:
            self.close_connection = True
            reply.misbehave(self)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.chunks is None:
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in reply.chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _client(self) -> str | None:
        certificate = getattr(self.connection, "getpeercert", dict)()
        if not certificate:
            return None
        names = [value for part in certificate["subject"] for key, value in part]
        return ",".join(names)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: RecordingServer

    def __init__(self, address: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that hang up, or do not trust us, are part of the tests


@dataclass
class RecordingServer:
    """``replies`` by path (a path may end in ``*``); of several the last one repeats."""

    url: str
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    requests: list[Recorded] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def on(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def record(self, request: Recorded) -> None:
        with self._lock:
            self.requests.append(request)

    def next_reply(self, path: str) -> Reply:
        with self._lock:
            for pattern, replies in self.replies.items():
                if path == pattern or (pattern[-1] == "*" and path.startswith(pattern[:-1])):
                    return replies.pop(0) if len(replies) > 1 else replies[0]
        return status(404, "NotFound", "the server could not find the requested resource")

    @property
    def last(self) -> Recorded:
        return self.requests[-1]


@contextmanager
def serving(
    tls: ssl.SSLContext | None = None, *, address: str = "127.0.0.1"
) -> Iterator[RecordingServer]:
    """Serves on loopback until the block ends."""
    server = _Server(address)
    if tls is not None:
        tls.sni_callback = _remember_name
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "https" if tls else "http"
    host = f"[{address}]" if ":" in address else address
    owner = server.owner = RecordingServer(f"{scheme}://{host}:{server.server_address[1]}")
    owner.on("/version", Reply(body={"gitVersion": "v1.37.1"}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield owner
    finally:
        server.shutdown()
        server.server_close()


def _remember_name(connection: Any, name: str | None, _: ssl.SSLContext) -> None:
    connection.server_name = name


class Authority:
    """A certificate authority with files for a kubeconfig, all below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca = trustme.CA()
        self.ca_pem = self.ca.cert_pem.bytes()
        self.ca_file = directory / "ca.crt"
        self.ca_file.write_bytes(self.ca_pem)

    def server_tls(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        self.ca.configure_trust(context)
        return context

    def client(self, name: str) -> tuple[Path, Path]:
        """A client certificate for a user: the paths of certificate and key."""
        issued = self.ca.issue_cert(
            f"{name}@example.invalid", common_name=name, organization_name="tests"
        )
        certificate, key = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return certificate, key


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kubeconfig(
    server: str,
    *,
    cluster: Mapping[str, Any] | None = None,
    user: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A kubeconfig with one context ``x`` of cluster ``c`` and user ``u``."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "u", "user": dict(user or {})}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", **(context or {})}}],
        "current-context": "x",
    }
