"""Answers that stand ready, over TLS: what an API server that costs nothing would send.

Run as ``python -m benchmarks.static_server --nodes 1000 --directory DIR``: writes
``DIR/kubeconfig``, prints its path when it serves, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

from benchmarks import healthy_cluster as healthy
from tests.e2e.certificates import Authority

LOOPBACK = "127.0.0.1"
_PAGE = 250
"""What the plugin asks for."""
_JSON, _TEXT = b"application/json", b"text/plain"
_COMPRESSED_BYTES = 128 * 1024
"""Above this the API server compresses what it sends, at zlib's lowest level."""
_POD_LOG = f"/api/v1/namespaces/{healthy.NAMESPACE}/pods/"


class StaticCluster:
    """The answers of a healthy cluster of ``count`` nodes, whose logs go on for ``lines``."""

    def __init__(self, count: int, lines: int) -> None:
        self._nodes = {node.pod: node for node in healthy.nodes(count)}
        self._template = healthy.log_template(lines).encode()
        self._lines = self._template.splitlines(keepends=True)
        self._tails: dict[int, bytes] = {}
        self._answers: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self._prepare()

    def answer(self, target: str, compressed: bool) -> bytes:
        """The whole answer to a GET: head and body."""
        path, _, query = target.partition("?")
        if path.startswith(_POD_LOG) and path.endswith("/log"):
            return self._log(path, query)
        token = parse_qs(query).get("continue", [""])[0] if query else ""
        found = self._answers.get((path, token))
        return _NOT_FOUND if found is None else found[compressed]

    def _log(self, path: str, query: str) -> bytes:
        node = self._nodes.get(path[len(_POD_LOG) : -len("/log")])
        if node is None:
            return _NOT_FOUND
        options = dict(pair.split("=", 1) for pair in query.split("&"))
        tail, limit = options.get("tailLines"), int(options.get("limitBytes", len(self._template)))
        wanted = self._template if tail is None else self._tail(int(tail))
        # What is filled in may be shorter than its place in the template.
        return _answer(healthy.log_of(node, wanted[: limit + limit // 8])[:limit], _TEXT)

    def _tail(self, lines: int) -> bytes:
        if lines not in self._tails:
            self._tails[lines] = b"".join(self._lines[-lines:] if lines else [])
        return self._tails[lines]

    def _prepare(self) -> None:
        owner = healthy.as_stored(healthy.daemon_set(), 1)
        config_map = healthy.config_map()
        nodes, pods = [], []
        for node in self._nodes.values():
            described = healthy.as_stored(healthy.node_object(node), 1000 + node.number)
            pod = healthy.pod_object(node, owner, described)
            nodes.append(healthy.as_json(described))
            pods.append(healthy.as_json(healthy.as_stored(pod, 1_000_000 + node.number)))
        namespaced = f"/namespaces/{healthy.NAMESPACE}"
        for path in ("/apis/apps/v1/daemonsets", f"/apis/apps/v1{namespaced}/daemonsets"):
            self._list(path, "DaemonSet", [healthy.as_json(owner)])
        self._list("/api/v1/nodes", "Node", nodes)
        self._list(f"/api/v1{namespaced}/pods", "Pod", pods)
        revision = {
            "metadata": {
                "name": f"{healthy.NAME}-{healthy.REVISION}",
                "namespace": healthy.NAMESPACE,
                "labels": {**healthy.LABELS, "controller-revision-hash": healthy.REVISION},
                "ownerReferences": [
                    {"kind": "DaemonSet", "name": healthy.NAME, "controller": True}
                ],
            },
            "revision": 1,
        }
        revisions = [healthy.as_json(healthy.as_stored(revision, 2))]
        self._list(
            f"/apis/apps/v1{namespaced}/controllerrevisions", "ControllerRevision", revisions
        )
        one = f"/api/v1{namespaced}/configmaps/{config_map['metadata']['name']}"
        self._answers[one, ""] = _both(healthy.as_json(healthy.as_stored(config_map, 3)))

    def _list(self, path: str, kind: str, items: list[bytes]) -> None:
        for start in range(0, max(len(items), 1), _PAGE):
            rest = len(items) - start - _PAGE
            metadata: dict[str, object] = {"resourceVersion": "200000"}
            if rest > 0:
                metadata |= {"continue": str(start + _PAGE), "remainingItemCount": rest}
            head = json.dumps({"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata})
            joined = b",".join(items[start : start + _PAGE])
            body = b'%s,"items":[%s]}' % (head[:-1].encode(), joined)
            self._answers[path, str(start) if start else ""] = _both(body)


def _both(body: bytes) -> tuple[bytes, bytes]:
    """The answer as it is, and for clients that take it compressed."""
    plain = _answer(body, _JSON)
    if len(body) <= _COMPRESSED_BYTES:
        return plain, plain
    packed = gzip.compress(body, compresslevel=1, mtime=0)
    return plain, _answer(packed, _JSON, more=b"Content-Encoding: gzip\r\n")


def _answer(
    body: bytes, content_type: bytes, more: bytes = b"", status: bytes = b"200 OK"
) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n"
    return head % (status, content_type, more, len(body)) + body


_NOT_FOUND = _answer(
    b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"not found",'
    b'"reason":"NotFound","code":404}',
    _JSON,
    status=b"404 Not Found",
)


class _Connection(asyncio.Protocol):
    """One kept-alive connection; requests have no bodies."""

    def __init__(self, answer: Callable[[str, bool], bytes]) -> None:
        self._answer = answer
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._begun = (self._begun + data).split(b"\r\n\r\n")
        for request in requests:
            target = request.split(b" ", 2)[1].decode()
            self._transport.write(self._answer(target, b"gzip" in request))


async def _serve(cluster: StaticCluster, listener: socket.socket, context: ssl.SSLContext) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(cluster.answer), sock=listener, ssl=context
    )
    async with server:
        await server.serve_forever()


def _listen(port: int = 0) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(1024)
    return listener


def _kubeconfig(directory: Path, port: int, authority: Authority) -> Path:
    certificate, key = authority.client("admin", "system:masters")
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "static",
        "clusters": [
            {
                "name": "static",
                "cluster": {
                    "server": f"https://{LOOPBACK}:{port}",
                    "certificate-authority": str(authority.certificate),
                },
            }
        ],
        "users": [
            {
                "name": "admin",
                "user": {"client-certificate": str(certificate), "client-key": str(key)},
            }
        ],
        "contexts": [{"name": "static", "context": {"cluster": "static", "user": "admin"}}],
    }
    path = directory / "kubeconfig"
    path.write_text(json.dumps(configuration))
    return path


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.static_server")
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=2000, help="of each log after its start")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    authority = Authority(options.directory / "certificates")
    certificate, key = authority.server("static")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    cluster = StaticCluster(options.nodes, options.lines)
    first = _listen()
    port = first.getsockname()[1]
    children = []
    for number in range(options.processes):
        listener = first if number == 0 else _listen(port)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            asyncio.run(_serve(cluster, listener, context))
        children.append(child)
        listener.close()
    sys.stdout.write(f"{_kubeconfig(options.directory, port, authority)}\n")
    sys.stdout.flush()
    sys.stdin.read()
    for child in children:
        os.kill(child, signal.SIGTERM)
    return 0


if __name__ == "__main__":
    sys.exit(main())
