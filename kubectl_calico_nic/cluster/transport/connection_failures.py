"""What urllib3 and ssl raise, in the words that Go's net/http has for it.

No text of theirs is passed on as it is: some of it holds headers, and so credentials.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator

from kubectl_calico_nic.cluster.errors import (
    AnswerBroken,
    ConnectionFailed,
    ConnectionRefused,
    RequestTimedOut,
    UntrustedServer,
)

_UNKNOWN_AUTHORITY = "certificate signed by unknown authority"
_VERIFY_CODES = {
    9: "certificate has expired or is not yet valid: current time is before its first day",
    10: "certificate has expired or is not yet valid: current time is after its last day",
    18: _UNKNOWN_AUTHORITY,
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    23: "certificate has been revoked",
}
_TIMED_OUT = "net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
_TIMED_OUT_IN_BODY = (
    "net/http: request canceled (Client.Timeout or context cancellation while reading body)"
)
_NOT_FOR_US = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


def connection_failure(
    error: BaseException, *, host: str, name: str, proxy: str = ""
) -> ConnectionFailed:
    """The error to report for one that a connection raised.

    Args:
        error: from urllib3, ssl or socket.
        host: ``HOST:PORT`` of the server.
        name: what its certificate must be for.
        proxy: ``HOST:PORT`` of the proxy in between, "" when there is none.
    """
    causes = list(_causes(error))
    where = proxy or host
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, name)
        if isinstance(cause, socket.gaierror):
            return _not_resolved(cause, where)
        if isinstance(cause, ConnectionRefusedError):
            if not proxy:
                return ConnectionRefused(host)
            return ConnectionFailed(
                f"proxyconnect tcp: dial tcp {proxy}: connect: connection refused", sent=False
            )
    return _before_the_request(causes, where) or _after_the_request(causes, host)


def broken_answer(failure: ConnectionFailed) -> AnswerBroken:
    """The failure of a connection over which the body of an answer was on its way."""
    timed_out = isinstance(failure, RequestTimedOut)
    words = _TIMED_OUT_IN_BODY if timed_out else str(failure)
    return AnswerBroken(words, transient=failure.transient)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that it stands for, the outermost first."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        nested = (
            *current.args,
            getattr(current, "original_error", None),
            getattr(current, "socket_err", None),  # PySocks'
            current.__cause__,
            current.__context__,
        )
        waiting.extend(item for item in nested if isinstance(item, BaseException))


def _untrusted(error: ssl.SSLCertVerificationError, name: str) -> UntrustedServer:
    code = error.verify_code
    reason = _VERIFY_CODES.get(code, "certificate is not valid")
    if code in _NOT_FOR_US:
        reason = f"certificate is not valid for {name}"
    return UntrustedServer(f"tls: failed to verify certificate: x509: {reason}")


def _not_resolved(error: socket.gaierror, where: str) -> ConnectionFailed:
    host = re.sub(r":\d+$", "", where)
    again = error.errno == socket.EAI_AGAIN
    why = "server misbehaving" if again else "no such host"
    return ConnectionFailed(f"dial tcp: lookup {host}: {why}", transient=again, sent=False)


def _before_the_request(causes: list[BaseException], where: str) -> ConnectionFailed | None:
    from urllib3 import exceptions

    for cause in causes:
        if isinstance(cause, exceptions.NewConnectionError):
            system = next((c for c in causes if isinstance(c, OSError) and c.strerror), None)
            why = system.strerror.lower() if system and system.strerror else "failed"
            return ConnectionFailed(f"dial tcp {where}: connect: {why}", sent=False)
        # After the former, which is a kind of it.
        if isinstance(cause, exceptions.ConnectTimeoutError):
            return ConnectionFailed(f"dial tcp {where}: i/o timeout", sent=False)
        tunnel = re.match(r"Tunnel connection failed: \d* ?(.*)", str(cause))
        if isinstance(cause, OSError) and tunnel:
            return ConnectionFailed(tunnel[1] or "proxy refused", transient=False, sent=False)
        if isinstance(cause, exceptions.LocationValueError):
            return ConnectionFailed("invalid URL", transient=False, sent=False)
    return None


def _after_the_request(causes: list[BaseException], host: str) -> ConnectionFailed:
    from urllib3 import exceptions

    if any(isinstance(c, TimeoutError) and "handshake" in str(c) for c in causes):
        return ConnectionFailed("net/http: TLS handshake timeout", sent=False)
    for cause in causes:
        if isinstance(cause, (exceptions.TimeoutError, TimeoutError)):
            return RequestTimedOut(_TIMED_OUT)
        if isinstance(cause, (http.client.IncompleteRead, exceptions.IncompleteRead)):
            return ConnectionFailed("unexpected EOF")
        if isinstance(cause, exceptions.DecodeError):
            return ConnectionFailed("gzip: invalid data")
        if isinstance(cause, ConnectionResetError) and not isinstance(
            cause, http.client.RemoteDisconnected
        ):
            return ConnectionFailed(f"read tcp {host}: read: connection reset by peer")
        if isinstance(cause, (http.client.RemoteDisconnected, BrokenPipeError)):
            return ConnectionFailed("EOF")
        if isinstance(cause, http.client.HTTPException):
            return ConnectionFailed(
                "net/http: HTTP/1.x transport connection broken: malformed HTTP response"
            )
        if isinstance(cause, ssl.SSLError):
            return _tls_failure(cause)
    names = ", ".join(type(cause).__name__ for cause in causes)
    return ConnectionFailed(f"the connection broke ({names})")


def _tls_failure(error: ssl.SSLError) -> ConnectionFailed:
    reason = getattr(error, "reason", None) or ""
    if isinstance(error, ssl.SSLEOFError) or "EOF" in reason:
        return ConnectionFailed("EOF")
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return ConnectionFailed(
            "tls: first record does not look like a TLS handshake", transient=False, sent=False
        )
    alert = re.match(r"(?:TLSV\d+|SSLV\d+)_ALERT_(.*)", reason)
    words = (alert[1] if alert else reason or "handshake failure").lower().replace("_", " ")
    start = "remote error: tls" if alert else "tls"
    return ConnectionFailed(f"{start}: {words}", transient=False)
