"""Between the plugin and the API server: cuts watches, holds requests up, notes what passes.

Like ``kubectl proxy`` it listens without TLS on loopback and speaks as the administrator.
"""

from __future__ import annotations

import contextlib
import json
import socket
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


@dataclass
class Exchange:
    """One request that passed; a watch ``is_open`` once its answer began, with its ``events``."""

    method: str
    target: str
    is_open: bool = False
    events: list[Any] = field(default_factory=list)

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
    """Serves until its ``with`` statement ends; ``kubeconfig`` leads here."""

    daemon_threads = True

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exchanges: list[Exchange] = []
        self.watches: set[socket.socket] = set()
        self.changed = threading.Condition()
        self.upstream = cluster.control_plane.server
        self.pool = _administrator(cluster.control_plane.kubeconfig())
        self.kubeconfig = self._write_kubeconfig(cluster.directory)
        self._passes = threading.Event()
        self._passes.set()

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

    def handle_error(self, *_: Any) -> None:
        """Be silent of connections that were cut."""

    def _write_kubeconfig(self, directory: Path) -> Path:
        cluster = {"server": f"http://127.0.0.1:{self.server_address[1]}"}
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
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        answer = self.server.pool.request(
            self.command,
            self.server.upstream + self.path,
            headers=headers,
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None,
            preload_content=False,
        )
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        if exchange.is_watch:
            self._stream(answer, exchange)
        else:
            body = answer.read()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_PATCH = _pass_on  # noqa: N815

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


def _administrator(kubeconfig: Path) -> urllib3.PoolManager:
    configuration = json.loads(kubeconfig.read_text())
    user, cluster = configuration["users"][0]["user"], configuration["clusters"][0]["cluster"]
    return urllib3.PoolManager(
        maxsize=16,
        retries=False,
        ca_certs=cluster["certificate-authority"],
        cert_file=user["client-certificate"],
        key_file=user["client-key"],
    )
