"""Between the plugin and the API server: cuts watches, holds requests up, notes what passes.

A test may also do something just before a write is passed on and just before its answer is.

Like ``kubectl proxy`` it listens without TLS on loopback and speaks as the administrator.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3

from .cluster import Cluster

_PATIENCE = 60.0
_PASSED_ON = ("Accept", "Content-Type", "User-Agent")
_WRITES = ("PATCH", "DELETE")


@dataclass
class Exchange:
    """One request that passed; a watch ``is_open`` once its answer began, with its ``events``.

    ``answer`` is what a write was answered, None until it was.
    """

    method: str
    target: str
    is_open: bool = False
    events: list[Any] = field(default_factory=list)
    answer: Any = None

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method in _WRITES

    @property
    def is_done(self) -> bool:
        """Whether that was done: a write whose guard failed was not."""
        return self.answer is not None and self.answer.get("code", 200) < 400

    @property
    def is_watch(self) -> bool:
        """Whether it asked for a watch."""
        return "watch" in parse_qs(urlsplit(self.target).query)

    @property
    def plural(self) -> str:
        """The last step of the path: what was listed."""
        return urlsplit(self.target).path.rsplit("/", 1)[-1]

    @property
    def expired(self) -> bool:
        """Whether the watch was told that its resourceVersion is too old."""
        return any(
            event["type"] == "ERROR" and event["object"]["code"] == 410 for event in self.events
        )


class ApiProxy(ThreadingHTTPServer):
    """Serves until its ``with`` statement ends; ``kubeconfig`` leads here.

    ``at_writes`` is called with every write before it is passed on, and again when its ``answer``
    has come; where it returns False the client hears nothing more.
    """

    daemon_threads = True

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exchanges: list[Exchange] = []
        self.watches: set[socket.socket] = set()
        self.changed = threading.Condition()
        self.at_writes: Callable[[Exchange], bool] = lambda _: True
        self.upstream = cluster.control_plane.server
        self.user = _Administrator.of(cluster.control_plane.kubeconfig())
        self.pool = self.user.pool()
        self.kubeconfig = self._write_kubeconfig(cluster.directory)
        self._passes = threading.Event()
        self._passes.set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def wait_for(self, condition: Callable[[list[Exchange]], bool]) -> None:
        """Wait until ``condition`` holds for what has passed."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.exchanges), _PATIENCE), [
                *self.exchanges
            ]

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Cut the watches; let nothing else pass while the block runs."""
        self._passes.clear()
        with self.changed:
            for connection in self.watches:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        try:
            yield
        finally:
            self._passes.set()

    def wait_to_pass(self) -> None:
        """Wait while requests are held up."""
        self._passes.wait(_PATIENCE)

    def connect(self) -> ssl.SSLSocket:
        """A connection to the API server, for what is not plain HTTP."""
        upstream = urlsplit(self.upstream)
        plain = socket.create_connection((upstream.hostname, upstream.port), _PATIENCE)
        return self.user.tls().wrap_socket(plain, server_hostname=upstream.hostname)

    def handle_error(self, *_: Any) -> None:
        """Be silent of connections that were cut."""

    def _write_kubeconfig(self, directory: Path) -> Path:
        cluster = {"server": self.url}
        configuration = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "proxy",
            "clusters": [{"name": "proxy", "cluster": cluster}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy"}}],
        }
        path = directory / "proxy.kubeconfig"
        path.write_text(json.dumps(configuration))
        return path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiProxy

    def _pass_on(self) -> None:
        self.server.wait_to_pass()
        exchange = Exchange(self.command, self.path)
        with self.server.changed:
            self.server.exchanges.append(exchange)
            self.server.changed.notify_all()
        if "Upgrade" in self.headers:
            self.close_connection = True
            self._tunnel()
        elif self._may_go_on(exchange):
            self._exchange(exchange)

    def _may_go_on(self, exchange: Exchange) -> bool:
        if exchange.is_write and not self.server.at_writes(exchange):
            self.close_connection = True
            return False
        return True

    def _exchange(self, exchange: Exchange) -> None:
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        answer = self.server.pool.request(
            self.command,
            self.server.upstream + self.path,
            headers=headers,
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None,
            preload_content=False,
        )
        body = b"" if exchange.is_watch else answer.read()
        if exchange.is_write:
            exchange.answer = json.loads(body)
        if not self._may_go_on(exchange):
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        if exchange.is_watch:
            self._stream(answer, exchange)
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_PATCH = do_POST = do_DELETE = _pass_on  # noqa: N815

    def _tunnel(self) -> None:
        """An exec: pass the bytes of both sides on until one of them ends."""
        with self.server.connect() as upstream:
            named = (each for each in self.headers.items() if each[0].lower() != "host")
            host = urlsplit(self.server.upstream).netloc
            head = [self.requestline, f"Host: {host}", *map(": ".join, named)]
            upstream.sendall("\r\n".join([*head, "", ""]).encode())
            other = {self.connection: upstream, upstream: self.connection}
            with contextlib.suppress(OSError):
                while True:
                    unread = [upstream] if upstream.pending() else []
                    for each in unread or select.select([*other], [], [])[0]:
                        if not (data := each.recv(65536)):
                            return
                        other[each].sendall(data)

    def _stream(self, answer: urllib3.BaseHTTPResponse, exchange: Exchange) -> None:
        self.close_connection = True
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        with self.server.changed:
            self.server.watches.add(self.connection)
            exchange.is_open = True
            self.server.changed.notify_all()
        unfinished = b""
        try:
            for chunk in answer.stream():
                self.wfile.write(chunk)
                *lines, unfinished = (unfinished + chunk).split(b"\n")
                with self.server.changed:
                    exchange.events += map(json.loads, lines)
                    self.server.changed.notify_all()
        except (OSError, urllib3.exceptions.HTTPError):
            return  # one of the two ends is gone
        finally:
            answer.close()
            with self.server.changed:
                self.server.watches.discard(self.connection)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def api_proxy(cluster: Cluster) -> Iterator[ApiProxy]:
    """A proxy before the API server of ``cluster``."""
    with ApiProxy(cluster) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


@dataclass(frozen=True)
class _Administrator:
    """Who may do everything: the paths of what proves it, and of what proves the server."""

    authority: str
    certificate: str
    key: str

    @classmethod
    def of(cls, kubeconfig: Path) -> _Administrator:
        configuration = json.loads(kubeconfig.read_text())
        user, cluster = configuration["users"][0]["user"], configuration["clusters"][0]["cluster"]
        authority = cluster["certificate-authority"]
        return cls(authority, user["client-certificate"], user["client-key"])

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(maxsize=16, retries=False, ssl_context=self.tls())
