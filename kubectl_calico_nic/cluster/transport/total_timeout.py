"""Sockets whose timeout covers everything from when it is set, not each single read.

A server that sends one byte now and then would otherwise keep a request alive for ever.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

_EXPIRED = 1e-6


class _TotalTimeout:
    """Mixed into a socket class: ``settimeout`` starts a clock that every read is held to."""

    _expires: float | None = None

    def settimeout(self, value: float | None, /) -> None:
        """Gives all further reads together ``value`` seconds; None: as long as it takes."""
        self._expires = time.monotonic() + value if value else None
        super().settimeout(value)  # type: ignore[misc]

    def recv(self, *args: Any) -> bytes:
        """Receives bytes within what is left of the time."""
        self._hold_to_clock()
        received: bytes = super().recv(*args)  # type: ignore[misc]
        return received

    def recv_into(self, *args: Any) -> int:
        """Receives into a buffer within what is left of the time."""
        self._hold_to_clock()
        count: int = super().recv_into(*args)  # type: ignore[misc]
        return count

    def _hold_to_clock(self) -> None:
        if self._expires is not None:
            left = max(self._expires - time.monotonic(), _EXPIRED)
            super().settimeout(left)  # type: ignore[misc]


class TotalTimeoutSocket(_TotalTimeout, socket.socket):
    """A plain socket with a total timeout."""

    @classmethod
    def adopt(cls, other: socket.socket) -> TotalTimeoutSocket:
        """Takes over a connected socket, with its timeout."""
        timeout = other.gettimeout()
        adopted = cls(fileno=other.detach())
        adopted.settimeout(timeout)
        return adopted


class TotalTimeoutSSLSocket(_TotalTimeout, ssl.SSLSocket):
    """A TLS socket with a total timeout; for ``SSLContext.sslsocket_class``."""
