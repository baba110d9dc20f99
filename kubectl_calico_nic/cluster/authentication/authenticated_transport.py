"""Requests as somebody: with fresh credentials, once more after a 401, again after a fault."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TypeVar

from kubectl_calico_nic.cluster.authentication.credentials import Credentials, credential_source
from kubectl_calico_nic.cluster.authentication.impersonation import impersonation_headers
from kubectl_calico_nic.cluster.errors import (
    ApiError,
    ClusterError,
    ConnectionFailed,
    RequestTimedOut,
    Unauthorized,
)
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.transport.answers import Answer, check, parse_warnings
from kubectl_calico_nic.cluster.transport.pod_exec_stream import ExecResult, run_command
from kubectl_calico_nic.cluster.transport.request_info import RequestInfo
from kubectl_calico_nic.cluster.transport.request_log import RequestLog
from kubectl_calico_nic.cluster.transport.retry import Deadline, RetryPolicy
from kubectl_calico_nic.cluster.transport.tls import tls_context
from kubectl_calico_nic.cluster.transport.transport import AnswerStream, OutgoingRequest, Transport

T = TypeVar("T")
Headers = Sequence[tuple[str, str]]

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class AuthenticatedTransport:
    """Sends requests with one user's credentials; safe to use from several threads.

    Args:
        connection: where to, and as whom.
        concurrency: how many threads will ask at once.
        user_agent: sent with each request.
        warn: called once with the text of each warning that the server sends.
        retry_policy: how often and how soon to try again.
        throttled: told each time that the server asks for fewer requests (429).
        log: told of every request.

    Raises:
        CredentialsError: the configured credentials cannot work.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        concurrency: int,
        user_agent: str,
        warn: Callable[[str], None],
        retry_policy: RetryPolicy,
        throttled: Callable[[], None],
        log: RequestLog,
    ) -> None:
        self._connection = connection
        self._concurrency = concurrency
        self._warn = warn
        self._warned: set[str] = set()
        self._retry = retry_policy
        self._throttled = throttled
        self._log = log
        self._source = credential_source(connection)
        if connection.user.exec is not None and connection.address.is_tls:
            # Nobody is asked to log in for a server that could not be trusted then.
            tls_context(connection.cluster, Credentials())
        self._headers = (
            ("User-Agent", user_agent),
            *impersonation_headers(connection.user),
        )
        self._transport: tuple[tuple[bytes, bytes], Transport] | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Closes the connections."""
        with self._lock:
            if self._transport is not None:
                self._transport[1].close()
        self._log.total()

    def answer(
        self,
        request: RequestInfo,
        target: str,
        headers: Headers,
        body: bytes | None,
        until: Deadline,
        *,
        most: int | None = None,
    ) -> Answer:
        """One successful answer; a read is tried again as long as that makes sense.

        Of one that is longer than ``most`` bytes the beginning is read.

        Raises:
            ClusterError: there is none.
        """

        def attempt(credentials: Credentials) -> Answer:
            transport = self._transport_for(credentials)
            outgoing = self._outgoing(request.method, target, credentials, headers, body, most)
            answer = transport.send(outgoing, self._left(until))
            self._pass_on_warnings(answer)
            check(answer, request)
            return answer

        return self._run(attempt, idempotent=request.method == "GET", until=until)

    def stream(
        self, request: RequestInfo, target: str, headers: Headers, until: Deadline
    ) -> AnswerStream:
        """A successful answer whose body still comes; ``until`` is for its beginning.

        Raises:
            ClusterError: there is none.
        """

        def attempt(credentials: Credentials) -> AnswerStream:
            transport = self._transport_for(credentials)
            outgoing = self._outgoing(request.method, target, credentials, headers, None)
            stream = transport.stream(outgoing, self._left(until))
            self._pass_on_warnings(stream.answer)
            try:
                check(stream.answer, request)
            except BaseException:
                stream.close()
                raise
            return stream

        return self._run(attempt, idempotent=True, until=until)

    def execute(self, request: RequestInfo, target: str, until: Deadline) -> ExecResult:
        """Runs a command over a connection of its own, with the same identity and trust.

        Raises:
            ClusterError: it did not run to its end.
        """

        def attempt(credentials: Credentials) -> ExecResult:
            headers = self._all_headers(credentials, ())
            url = self._connection.address.url + target
            exchange = self._log.sent("GET", url, headers)
            try:
                sock = self._transport_for(credentials).open_socket(self._left(until))
                result = run_command(sock, url, headers, request, until)
            except ClusterError as error:
                self._log.answered(exchange, error.status if isinstance(error, ApiError) else 0)
                raise
            self._log.answered(exchange, HTTPStatus.SWITCHING_PROTOCOLS)
            self._log.received(len(result.stdout.encode()) + len(result.stderr.encode()))
            return result

        return self._run(attempt, idempotent=False, until=until)

    def _run(self, attempt: Callable[[Credentials], T], *, idempotent: bool, until: Deadline) -> T:
        def authenticated() -> T:
            credentials = self._source.current()
            try:
                return attempt(credentials)
            except Unauthorized:
                if not self._source.renew(credentials):
                    raise
            return attempt(self._source.current())

        def heeded() -> T:
            try:
                return authenticated()
            except ApiError as error:
                if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                    self._throttled()
                raise

        return self._retry.run(heeded, idempotent=idempotent, deadline=until)

    def _outgoing(
        self,
        method: str,
        target: str,
        credentials: Credentials,
        headers: Headers,
        body: bytes | None,
        most: int | None = None,
    ) -> OutgoingRequest:
        complete = self._all_headers(credentials, headers)
        return OutgoingRequest(method, target, complete, body, most)

    def _all_headers(
        self, credentials: Credentials, headers: Headers
    ) -> tuple[tuple[str, str], ...]:
        proof = [("Authorization", credentials.authorization)] if credentials.authorization else []
        complete = (*self._headers, *proof, *headers)
        for name, value in complete:
            if _CONTROL.search(value):
                # Without the value, which may be a secret. The words are Go's net/http.
                raise ConnectionFailed(
                    f'net/http: invalid header field value for "{name}"',
                    transient=False,
                    sent=False,
                )
        return complete

    def _transport_for(self, credentials: Credentials) -> Transport:
        """The connections with this client certificate; a new one makes the old ones useless."""
        key = (credentials.certificate, credentials.key)
        with self._lock:
            if self._transport is None or self._transport[0] != key:
                transport = Transport(self._connection, credentials, self._concurrency, self._log)
                if self._transport is not None:
                    self._transport[1].close()
                self._transport = (key, transport)
            return self._transport[1]

    def _left(self, until: Deadline) -> float:
        if until.remaining <= 0:
            raise RequestTimedOut("context deadline exceeded", sent=False)
        return until.remaining

    def _pass_on_warnings(self, answer: Answer) -> None:
        for text in parse_warnings(answer.warnings):
            with self._lock:
                is_new = text not in self._warned
                self._warned.add(text)
            if is_new:
                self._warn(text)
