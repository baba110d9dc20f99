"""A session with one API server: raw JSON in and out, deadlines, retries, watches, exec."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from kubectl_calico_nic.cluster.authentication.authenticated_transport import AuthenticatedTransport
from kubectl_calico_nic.cluster.errors import Gone, RequestTimedOut, UnexpectedAnswer
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.transport.answers import decoded
from kubectl_calico_nic.cluster.transport.pod_exec_stream import ExecResult, exec_query
from kubectl_calico_nic.cluster.transport.request_info import request_info
from kubectl_calico_nic.cluster.transport.request_log import RequestLog
from kubectl_calico_nic.cluster.transport.retry import Deadline, RetryPolicy
from kubectl_calico_nic.cluster.transport.watch import WatchEvent, watch_events
from kubectl_calico_nic.cluster.turns import Turns

Query = Sequence[tuple[str, str]]

# kubectl waits without end. This is for one request with all its attempts.
DEFAULT_REQUEST_SECONDS = 30.0
# API servers end a watch after 30 to 60 minutes; a proxy may cut it silently much sooner.
DEFAULT_WATCH_SECONDS = 300.0
_JSON = "application/json"
_PATH_SAFE = "/:@!$&'()*+,;=~"


class Session:
    """Requests to one cluster. A context manager; safe to use from several threads.

    Every method raises ClusterError: ApiError when the server refuses, ConnectionFailed when no
    answer comes, CredentialsError when a credential cannot be had (nothing is sent then).

    Args:
        connection: where to, and as whom.
        request_timeout: seconds for each request with its attempts; None for 30.
        concurrency: how many requests are in flight at most, watches aside; as many connections
            are kept.
        user_agent: sent with each request.
        warn: called once with the text of each warning that the server sends.
        retry_policy: how often and how soon to try again.
        log: what is shown of the requests; None for nothing.

    Raises:
        CredentialsError: the configured credentials cannot work.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        request_timeout: float | None,
        concurrency: int,
        user_agent: str,
        warn: Callable[[str], None],
        retry_policy: RetryPolicy | None = None,
        log: RequestLog | None = None,
    ) -> None:
        self.namespace = connection.namespace
        self._seconds = request_timeout or DEFAULT_REQUEST_SECONDS
        self.concurrency = concurrency
        self._end: Deadline | None = None
        self._turns = Turns(concurrency)
        self._compress = not connection.cluster.disable_compression
        self._transport = AuthenticatedTransport(
            connection,
            concurrency=concurrency,
            user_agent=user_agent,
            warn=warn,
            retry_policy=retry_policy or RetryPolicy(),
            throttled=self._turns.slow_down,
            log=log or RequestLog(),
        )

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def within(self, seconds: float) -> Session:
        """The same session, all of whose requests are over in ``seconds`` from now."""
        bounded = copy.copy(self)
        bounded._end = Deadline.after(seconds)
        return bounded

    @property
    def is_over(self) -> bool:
        """Whether the time of all requests together is up."""
        return self._end is not None and self._end.remaining <= 0

    def get(self, path: str, query: Query = ()) -> Any:
        """Reads one object or list; returns its JSON."""
        return self._exchange("GET", path, query)

    def pages(self, path: str, query: Query = (), limit: int = 250) -> Iterator[list[Any]]:
        """Reads a list page by page; yields the items of each page.

        When the continue token expires meanwhile (410), the list is read once more from its
        start, without the items that were already yielded.
        """
        seen: set[str] = set()
        token, restarted = "", False
        while True:
            more = [("limit", str(limit)), *([("continue", token)] if token else [])]
            try:
                page = self.get(path, [*query, *more])
            except Gone:
                if not token or restarted:
                    raise
                token, restarted = "", True
                continue
            items = [item for item in _items(page) if _identity(item) not in seen]
            seen.update(map(_identity, items))
            yield items
            token = _continue_token(page)
            if not token:
                return

    def log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
        since_time: str | None = None,
    ) -> bytes:
        """Reads a container's log: all of it, its beginning, or its end.

        Args:
            namespace: of the pod.
            pod: its name.
            container: its container.
            previous: of the container's former instance.
            tail_lines: only that many lines from the end.
            limit_bytes: only that many bytes, counted from where reading begins.
            since_time: RFC 3339; only what is younger.
        """
        options: Mapping[str, object] = {
            "container": container,
            "previous": "true" if previous else None,
            "tailLines": tail_lines,
            "limitBytes": limit_bytes,
            "sinceTime": since_time,
        }
        query = [(key, str(value)) for key, value in options.items() if value is not None]
        path = f"{_pod_path(namespace, pod)}/log"
        request = request_info("GET", path, query)
        headers = [("Accept", f"{_JSON}, */*")]
        with self._turn(self._seconds) as until:
            answer = self._transport.answer(
                request, _target(path, query), headers, None, until, most=limit_bytes
            )
        if answer.headers.get("content-type", "").startswith("text/html"):
            raise UnexpectedAnswer("the answer is a page of HTML, and no log")
        return answer.body

    def patch(self, path: str, body: Any, content_type: str, query: Query = ()) -> Any:
        """Patches one object; ``content_type`` names the kind of patch. Returns the object."""
        return self._exchange("PATCH", path, query, body, content_type)

    def delete(self, path: str, body: Any = None) -> Any:
        """Deletes one object; ``body`` holds DeleteOptions. Returns the server's answer."""
        return self._exchange("DELETE", path, (), body)

    def post(self, path: str, body: Any, query: Query = ()) -> Any:
        """Creates one object; returns it as the server has it."""
        return self._exchange("POST", path, query, body)

    def watch(
        self,
        path: str,
        query: Query = (),
        *,
        resource_version: str | None = None,
        deadline: float | None = None,
    ) -> Generator[WatchEvent, None, None]:
        """Watches a list; yields its events, bookmarks among them.

        Ends when the connection ends or the time is up; the next watch goes on from the last
        event's ``resource_version``.

        Args:
            path: of the list.
            query: selectors.
            resource_version: from where on; None for the present, with what there is now.
            deadline: the seconds after which it ends; None for five minutes.

        Raises:
            Gone: the resourceVersion is too old: list again.
        """
        seconds = DEFAULT_WATCH_SECONDS if deadline is None else deadline
        until = self._until(seconds)
        asked = [
            *query,
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(int(seconds) + 1)),
            *([("resourceVersion", resource_version)] if resource_version else []),
        ]
        request = request_info("GET", path, asked)
        begin = self._until(min(self._seconds, seconds))
        stream = self._transport.stream(request, _target(path, asked), [("Accept", _JSON)], begin)
        try:
            yield from watch_events(stream.chunks(until), request)
        finally:
            stream.close()

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, timeout: float
    ) -> ExecResult:
        """Runs a command in a container and waits for its end.

        Args:
            namespace: of the pod.
            pod: its name.
            container: its container.
            command: the program and its arguments; no shell is involved.
            timeout: seconds for everything; no more than for any other request.

        Raises:
            ExecFailed: it did not run to its end, or printed too much.
        """
        path = f"{_pod_path(namespace, pod)}/exec"
        target = _target(path, exec_query(container, command))
        with self._turn(min(timeout, self._seconds)) as until:
            return self._transport.execute(request_info("POST", path), target, until)

    def _exchange(
        self,
        method: str,
        path: str,
        query: Query,
        body: Any = None,
        content_type: str = _JSON,
    ) -> Any:
        request = request_info(method, path, query)
        headers = [("Accept", _JSON)]
        if self._compress:
            headers.append(("Accept-Encoding", "gzip"))
        content = None
        if body is not None:
            content = json.dumps(body, separators=(",", ":")).encode()
            headers.append(("Content-Type", content_type))
        target = _target(path, query)
        with self._turn(self._seconds) as until:
            answer = self._transport.answer(request, target, headers, content, until)
        return decoded(answer, request)

    def _until(self, seconds: float) -> Deadline:
        """The deadline of one request: its own, or that of all together where that comes first."""
        own = Deadline.after(seconds)
        return own if self._end is None or own.expires < self._end.expires else self._end

    @contextmanager
    def _turn(self, seconds: float) -> Iterator[Deadline]:
        """Waits until fewer than ``concurrency`` requests are in flight; time counts from then."""
        with ExitStack() as stack:
            try:
                left = None if self._end is None else self._end.remaining
                stack.enter_context(self._turns.turn(left))
            except TimeoutError:
                raise RequestTimedOut("context deadline exceeded", sent=False) from None
            yield self._until(seconds)


def _target(path: str, query: Query) -> str:
    text = quote(path, safe=_PATH_SAFE, errors="replace")
    return f"{text}?{urlencode(query, errors='replace')}" if query else text


def _pod_path(namespace: str, pod: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{pod}"


def _items(page: Any) -> list[Any]:
    items = page.get("items") if isinstance(page, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _continue_token(page: Any) -> str:
    metadata = page.get("metadata") if isinstance(page, dict) else None
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    return token if isinstance(token, str) else ""


def _identity(item: Any) -> str:
    """What makes an item of a list the same one in a second reading."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        return repr(item)
    return f"{metadata.get('uid')} {metadata.get('namespace')}/{metadata.get('name')}"
