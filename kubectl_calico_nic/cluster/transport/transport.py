"""One attempt at one request, over pooled connections with one TLS identity."""

from __future__ import annotations

import importlib.util
import logging
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from kubectl_calico_nic.cluster.authentication.credentials import Credentials
from kubectl_calico_nic.cluster.errors import ConnectionFailed, KubeconfigError, UnexpectedAnswer
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.transport.answers import Answer
from kubectl_calico_nic.cluster.transport.connection_failures import (
    broken_answer,
    connection_failure,
)
from kubectl_calico_nic.cluster.transport.gzip_body import gunzipped
from kubectl_calico_nic.cluster.transport.proxies import proxy_for
from kubectl_calico_nic.cluster.transport.request_log import RequestLog
from kubectl_calico_nic.cluster.transport.retry import Deadline
from kubectl_calico_nic.cluster.transport.tls import tls_context

if TYPE_CHECKING:
    import urllib3

# As kubectl's limit for a TLS handshake: long for a network, short for a host that is away.
_CONNECT_SECONDS = 10.0
_CHUNK_BYTES = 65536
_PIECE_BYTES = 1024 * 1024
_MOST_BYTES = 128 * 1024 * 1024
"""No page of a list is longer by far: whoever sends more is no API server."""


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """What goes over the wire.

    ``target`` is path and query below the server's prefix. ``headers`` may name one several times;
    their values are sent as UTF-8. ``body`` is None for none. Of an answer longer than ``most``
    bytes the beginning is read; None: there is no longer one.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    most: int | None = None


class AnswerStream:
    """An answer whose body still comes; must be closed."""

    def __init__(self, answer: Answer, response: urllib3.BaseHTTPResponse, log: RequestLog) -> None:
        self.answer = answer
        self._response = response
        self._log = log

    def chunks(self, until: Deadline) -> Iterator[bytes]:
        """Yields the body as it comes; ends with the connection, however that ends, or in time."""
        import urllib3

        self._extend(until.remaining)
        while until.remaining > 0:
            try:
                chunk = self._response.read1(_CHUNK_BYTES)
            except (urllib3.exceptions.HTTPError, OSError):
                return
            if not chunk:
                return
            yield chunk

    def _extend(self, seconds: float) -> None:
        """Gives the body its own time; without a kept connection it keeps that of the beginning."""
        connection: Any = self._response.connection
        if connection is not None and connection.sock is not None:
            connection.sock.settimeout(seconds)

    def close(self) -> None:
        """Drops the connection: what is left of the body is not worth reading."""
        self._log.received(self._response.tell())
        self._response.close()


class Transport:
    """Connections to one server with one client certificate; safe to use from several threads.

    Raises:
        ClusterError: certificates or the proxy cannot be used.
    """

    def __init__(
        self, connection: Connection, credentials: Credentials, concurrency: int, log: RequestLog
    ) -> None:
        self._address = connection.address
        self._log = log
        cluster = connection.cluster
        self._proxy = proxy_for(connection.address.url, cluster.proxy_url, connection.environ)
        self._proxy_host = urlsplit(self._proxy).netloc.rpartition("@")[2] if self._proxy else ""
        self._name = cluster.tls_server_name or urlsplit(connection.address.url).hostname or ""
        context = tls_context(cluster, credentials) if connection.address.is_tls else None
        self._is_socks = bool(self._proxy and self._proxy.startswith("socks"))
        # An HTTP proxy reads plain requests itself, and has to be told the server in each.
        self._is_forwarded = bool(self._proxy and not self._is_socks and context is None)
        self._pools = _pools(connection, self._proxy, concurrency, context)
        self._pool: urllib3.HTTPConnectionPool | None = None

    def send(self, request: OutgoingRequest, seconds: float) -> Answer:
        """Sends a request and reads its whole answer.

        Args:
            request: what to send.
            seconds: for everything: connecting, sending, and the whole answer.

        Raises:
            ConnectionFailed: no whole answer came.
            UnexpectedAnswer: it has no end.
        """
        response = self._response(request, seconds)
        answer = _answer(response, self._body(response, request.most))
        self._log.received(response.tell())
        return answer

    def stream(self, request: OutgoingRequest, seconds: float) -> AnswerStream:
        """Sends a request and reads the beginning of its answer; an error's body is read whole.

        Args:
            request: what to send.
            seconds: until the body begins.

        Raises:
            ConnectionFailed: no answer came.
        """
        response = self._response(request, seconds)
        body = b"" if response.status == HTTPStatus.OK else self._body(response, None)
        return AnswerStream(_answer(response, body), response, self._log)

    def _response(self, request: OutgoingRequest, seconds: float) -> urllib3.BaseHTTPResponse:
        """The head of an answer; its body is still to be read."""
        import urllib3

        url = self._address.url + request.target
        exchange = self._log.sent(request.method, url, request.headers)
        options: dict[str, Any] = {
            "body": request.body,
            "headers": _fields(request.headers),
            "timeout": urllib3.Timeout(total=seconds, connect=min(seconds, _CONNECT_SECONDS)),
            "retries": False,
            "redirect": False,
            "preload_content": False,
        }
        try:
            if self._is_forwarded:
                response = self._pools.urlopen(request.method, url, **options)
            else:
                target = self._address.prefix + request.target
                # The manager would parse the URL again to find this pool, each time.
                response = self._server().urlopen(
                    request.method, target, assert_same_host=False, **options
                )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            failure = self._failure(error)
            self._log.answered(exchange, 0)
        else:
            self._log.answered(exchange, response.status, response.headers.items())
            return response
        # Outside the handler, so that nothing of urllib3 hangs on the error.
        raise failure

    def _body(self, response: urllib3.BaseHTTPResponse, most: int | None) -> bytes:
        import urllib3

        limit, pieces, length = most or _MOST_BYTES, [], 0
        try:
            for piece in _pieces(response):
                pieces.append(piece)
                length += len(piece)
                if length > limit:
                    break
        except (urllib3.exceptions.HTTPError, OSError) as error:
            failure = broken_answer(self._failure(error))
        else:
            if length > limit:
                response.close()
            if length > limit and most is None:
                raise UnexpectedAnswer(f"the answer is longer than {_MOST_BYTES >> 20} MiB")
            return b"".join(pieces)[:limit]
        raise failure

    def open_socket(self, seconds: float) -> socket.socket:
        """A new connected socket to the server, through proxy and TLS, for other protocols.

        Raises:
            ConnectionFailed: the server cannot be reached or is not the one we want.
        """
        import urllib3

        try:
            connection = self._new_connection()
            connection.timeout = min(seconds, _CONNECT_SECONDS)
            connection.connect()
            connected: socket.socket = connection.sock
        except (urllib3.exceptions.HTTPError, OSError) as error:
            failure = self._failure(error)
        else:
            return connected
        raise failure

    def _server(self) -> urllib3.HTTPConnectionPool:
        """The connections to the server, directly or through what hands everything on."""
        pool = self._pool
        if pool is None:
            pool = self._pool = self._pools.connection_from_url(self._address.url)
        return pool

    def _new_connection(self) -> Any:
        """A connection outside the pool, not yet connected."""
        pool = self._server()
        connection: Any = pool._new_conn()
        if self._proxy and not self._is_socks:
            server = urlsplit(self._address.url)
            connection.set_tunnel(
                server.hostname,
                server.port or (443 if self._address.is_tls else 80),
                headers=pool.proxy_headers,
                scheme=urlsplit(self._proxy).scheme,
            )
        return connection

    def close(self) -> None:
        """Closes the connections that wait in the pool."""
        self._pools.clear()
        self._pool = None

    def _failure(self, error: Exception) -> ConnectionFailed:
        return connection_failure(
            error, host=self._address.host, name=self._name, proxy=self._proxy_host
        )


def _fields(headers: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The headers for urllib3; http.client sends latin-1: this makes it send UTF-8."""
    import urllib3

    encoded = [(name, value.encode("utf-8").decode("latin-1")) for name, value in headers]
    fields = dict(encoded)
    return fields if len(fields) == len(encoded) else urllib3.HTTPHeaderDict(encoded)


def _pieces(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The body, decompressed."""
    raw = _raw_pieces(response)
    is_gzip = response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
    return gunzipped(raw) if is_gzip else raw


def _raw_pieces(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    while not response.closed and (piece := response.read(_PIECE_BYTES, decode_content=False)):
        yield piece


def _answer(response: urllib3.BaseHTTPResponse, body: bytes) -> Answer:
    return Answer(
        status=response.status,
        body=body,
        headers={name.lower(): value for name, value in response.headers.items()},
        warnings=tuple(response.headers.getlist("Warning")),
    )


def _pools(
    connection: Connection, proxy: str | None, concurrency: int, context: ssl.SSLContext | None
) -> urllib3.PoolManager:
    """The connection pools, with our TLS, which is made of data rather than files."""
    import urllib3

    from kubectl_calico_nic.cluster.transport.pools import pool_manager, proxy_pool_manager

    # What ends in an error is reported as one; urllib3's own lines would stand beside it.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    options = _pool_options(connection, concurrency)
    if context is not None:
        options["ssl_context"] = context
        if context.verify_mode == ssl.CERT_NONE:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if proxy is None:
        return pool_manager(options)
    if proxy.startswith("socks"):
        return _socks_pools(proxy, options)
    return proxy_pool_manager(proxy, _proxy_headers(proxy), options)


def _pool_options(connection: Connection, concurrency: int) -> dict[str, Any]:
    """What every pool gets, whatever leads to the server.

    The kubernetes client would set up the same, after 0.2 seconds of imports.
    """
    # A few more than the workers: a watch may hold one.
    options: dict[str, Any] = {"maxsize": concurrency + 2, "retries": False}
    if connection.cluster.tls_server_name:
        options["server_hostname"] = connection.cluster.tls_server_name
    return options


def _socks_pools(proxy: str, options: Mapping[str, Any]) -> urllib3.PoolManager:
    host = urlsplit(proxy).netloc.rpartition("@")[2]
    if importlib.util.find_spec("socks") is None:
        raise KubeconfigError(
            f"the proxy {host} speaks SOCKS, for which Python needs the package PySocks"
        )
    from kubectl_calico_nic.cluster.transport.socks_connections import socks_pool_manager

    name, password = _decoded_userinfo(proxy)
    return socks_pool_manager(f"socks5h://{host}", name or None, password or None, options)


def _proxy_headers(proxy: str | None) -> Mapping[str, str] | None:
    import urllib3

    name, password = _decoded_userinfo(proxy or "")
    if not (name or password):
        return None
    # Bytes of UTF-8, which make_headers takes as latin-1 only.
    pair = f"{name}:{password}".encode().decode("latin-1")
    return urllib3.make_headers(proxy_basic_auth=pair)


def _decoded_userinfo(proxy: str) -> tuple[str, str]:
    """Name and password of a proxy's URL, where what is special stands as ``%40``."""
    parts = urlsplit(proxy)
    return unquote(parts.username or ""), unquote(parts.password or "")
