"""A small JSON client of the API server: it waits through watches and survives restarts."""

from __future__ import annotations

import json
import logging
import ssl
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3
import websocket

# It warns of every refused connection that is tried again, and that is how starting looks.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

Object = dict[str, Any]

NOT_FOUND, CONFLICT = 404, 409
_EXEC_STATUS = 3

_SOCKET_TIMEOUT = 30.0
_RETRY_SECONDS = 0.1
# A refused connection is retried for half a minute: the API server is starting or restarting.
_RETRIES = urllib3.Retry(
    total=None,
    connect=300,
    read=5,
    status=300,
    other=0,
    status_forcelist=(429, 503),
    allowed_methods=None,
    backoff_factor=_RETRY_SECONDS / 2,
    backoff_max=_RETRY_SECONDS,
    raise_on_status=False,
)


class ApiError(Exception):
    """The API server's answer was a failure."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        super().__init__(f"{method} {path}: {status} {message}")
        self.status = status


class ApiClient:
    """Speaks for one user, known by a client certificate."""

    def __init__(self, server: str, authority: Path, certificate: Path, key: Path) -> None:
        self._server = server
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._tls.load_cert_chain(certificate, key)
        self._pool = urllib3.PoolManager(
            maxsize=16,
            retries=_RETRIES,
            timeout=_SOCKET_TIMEOUT,
            ssl_context=self._tls,
        )

    def get(self, path: str, **query: str) -> Any:
        """The object or list at ``path``."""
        return self._request("GET", path, query=query)

    def is_ready(self) -> bool:
        """Whether the API server says so, now or within a second."""
        retries = _RETRIES.new(connect=10, status=10, status_forcelist=(500, 503))
        try:
            return (
                self._pool.request("GET", self._server + "/readyz", retries=retries).status == 200
            )
        except urllib3.exceptions.HTTPError:
            return False

    def text(self, path: str, **query: str) -> str:
        """What ``path`` answers when that is not JSON, a log for example."""
        return self._send("GET", path, query=query).data.decode()

    def can_execute(self, path: str, *command: str, container: str, seconds: float) -> bool:
        """Whether ``command`` succeeds in a container of the pod at ``path``, within ``seconds``.

        Raises:
            OSError: it could not be run.
            websocket.WebSocketException: likewise.
        """
        query = [("container", container), ("stdout", "true")]
        query += (("command", word) for word in command)
        connection = websocket.create_connection(
            f"{self._server.replace('https', 'wss')}{path}/exec?{urllib.parse.urlencode(query)}",
            subprotocols=["v5.channel.k8s.io"],
            sslopt={"context": self._tls},
            timeout=seconds,
        )
        try:
            frame = connection.recv()
            while frame and frame[0] != _EXEC_STATUS:
                frame = connection.recv()
        finally:
            connection.close()
        return bool(frame and json.loads(frame[1:])["status"] == "Success")

    def create(self, path: str, body: Object) -> Any:
        """POST ``body`` to the collection at ``path``."""
        return self._request("POST", path, body)

    def ensure(self, path: str, body: Object) -> None:
        """Create ``body`` in the collection at ``path`` unless it is there."""
        try:
            self.create(path, body)
        except ApiError as error:
            if error.status != CONFLICT:
                raise

    def merge(self, path: str, body: Object) -> Any:
        """PATCH with a JSON merge patch."""
        return self._request("PATCH", path, body, "application/merge-patch+json")

    def delete(self, path: str, **options: Any) -> None:
        """DELETE the object or collection, ``options`` as in DeleteOptions; absent is fine."""
        try:
            self._request("DELETE", path, options)
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise

    def watch(
        self, path: str, resource_version: str, seconds: float, **query: str
    ) -> Iterator[Any]:
        """The events of a collection after ``resource_version``, for at most ``seconds``."""
        query = {
            **query,
            "watch": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(max(1, int(seconds))),
        }
        response = self._send("GET", path, query=query, stream=True, read_timeout=seconds)
        unfinished = b""
        try:
            for chunk in response.stream():
                *lines, unfinished = (unfinished + chunk).split(b"\n")
                for event in map(json.loads, lines):
                    if event["type"] == "ERROR":
                        return
                    yield event
        except (urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ProtocolError):
            return
        finally:
            response.close()

    def follow(self, path: str, seconds: float, **query: str) -> Iterator[list[Object]]:
        """The items of a collection: now, and again after every change, for ``seconds``.

        Lists again where a watch ends, as informers do.
        """
        deadline = time.monotonic() + seconds
        while True:
            listing = self.get(path, **query)
            items = {item["metadata"]["uid"]: item for item in listing["items"]}
            yield list(items.values())
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return
            version = listing["metadata"]["resourceVersion"]
            for event in self.watch(path, version, remaining, **query):
                _apply(event, items)
                yield list(items.values())

    def wait_for(
        self,
        path: str,
        condition: Callable[[list[Object]], bool],
        seconds: float = 30.0,
        **query: str,
    ) -> list[Object]:
        """The items of a collection as soon as ``condition`` holds for them.

        Raises:
            TimeoutError: it did not hold within ``seconds``; the text names what was there.
        """
        items: list[Object] = []
        for items in self.follow(path, seconds, **query):
            if condition(items):
                return items
        raise TimeoutError(f"after {seconds:.0f}s at {path}: {_outline(items)}")

    def wait_until_gone(self, path: str, name: str, seconds: float = 30.0) -> None:
        """Wait until the collection at ``path`` holds no ``name``."""
        selector = f"metadata.name={name}"
        self.wait_for(path, lambda items: not items, seconds, fieldSelector=selector)

    def _request(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        return json.loads(self._send(method, path, body, content_type, query).data)

    def _send(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
        *,
        stream: bool = False,
        read_timeout: float = _SOCKET_TIMEOUT,
    ) -> urllib3.BaseHTTPResponse:
        response = self._pool.request(
            method,
            self._server + path + ("?" + urllib.parse.urlencode(query) if query else ""),
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": content_type, "Accept": "application/json, */*"},
            preload_content=not stream,
            timeout=urllib3.Timeout(connect=_SOCKET_TIMEOUT, read=read_timeout),
        )
        if response.status >= 400:
            raise ApiError(method, path, response.status, _message(response.data))
        return response


def _apply(event: Object, items: dict[str, Object]) -> None:
    item = event["object"]
    if event["type"] == "DELETED":
        items.pop(item["metadata"]["uid"], None)
    else:
        items[item["metadata"]["uid"]] = item


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")


def _outline(items: Iterable[Object]) -> str:
    return json.dumps(
        [{"name": item["metadata"]["name"], "status": item.get("status", {})} for item in items]
    )
