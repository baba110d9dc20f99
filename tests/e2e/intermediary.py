"""A loopback proxy before the API server, where a test does something at a chosen request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from .cluster import Cluster
from .control_plane import LOOPBACK
from .editor import Editor

_HOP_BY_HOP = frozenset({"connection", "content-length", "host", "transfer-encoding"})


@dataclass(frozen=True)
class Answer:
    """What is answered instead of the API server."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Seen:
    """One request: when it came (seconds), its method and its path without the query."""

    at: float
    method: str
    path: str


Meanwhile = Callable[[Seen], Answer | None]


class Intermediary:
    """Passes requests on as the user of a kubeconfig, or the administrator; a context manager.

    ``meanwhile`` is called before each; what it returns is the answer, None passes the request on.
    ``seen`` lists them. Watches, and exec, are not for it.
    """

    def __init__(
        self, cluster: Cluster, meanwhile: Meanwhile, kubeconfig: Path | None = None
    ) -> None:
        self.seen: list[Seen] = []
        self.kubeconfig = cluster.directory / "intermediary.kubeconfig"
        self._meanwhile = meanwhile
        self._user = Editor.of(kubeconfig or cluster.control_plane.kubeconfig())
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())

    def __enter__(self) -> Intermediary:
        self.kubeconfig.write_text(json.dumps(_kubeconfig(self._server.server_port)))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def requests(self, method: str, path: str) -> list[Seen]:
        """Those of a method to a path."""
        return [each for each in self.seen if (each.method, each.path) == (method, path)]

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request."""
        seen = Seen(time.monotonic(), method, target.partition("?")[0])
        self.seen.append(seen)
        instead = self._meanwhile(seen)
        if instead is not None:
            return instead
        passed = {key: text for key, text in headers.items() if key.lower() not in _HOP_BY_HOP}
        response = self._user.pass_on(method, target, passed, body)
        return Answer(response.status, dict(response.headers), response.data)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        intermediary = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                found = intermediary.answer(self.command, self.path, dict(self.headers), body)
                self.send_response(found.status)
                for key, text in found.headers.items():
                    if key.lower() not in _HOP_BY_HOP:
                        self.send_header(key, text)
                self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer  # noqa: N815

        return Handler


def before_patches(act: Callable[[], object], times: int = 1) -> Callable[[Seen], None]:
    """Act before each of the first ``times`` patches."""
    count = 0

    def meanwhile(seen: Seen) -> None:
        nonlocal count
        if seen.method == "PATCH" and count < times:
            count += 1
            act()

    return meanwhile


def _kubeconfig(port: int) -> Mapping[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "intermediary",
        "clusters": [{"name": "intermediary", "cluster": {"server": f"http://{LOOPBACK}:{port}"}}],
        "contexts": [{"name": "intermediary", "context": {"cluster": "intermediary", "user": ""}}],
    }
