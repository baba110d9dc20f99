"""urllib3's connections with total timeouts; for ``PoolManager.pool_classes_by_scheme``.

In a module of its own because it imports urllib3, which only a session needs.
"""

from __future__ import annotations

import socket
from http.client import RemoteDisconnected

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from kubectl_calico_nic.cluster.total_timeout import TotalTimeoutSocket


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return TotalTimeoutSocket.adopt(super()._new_conn())


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return TotalTimeoutSocket.adopt(super()._new_conn())

    def _tunnel(self) -> None:
        try:
            super()._tunnel()  # type: ignore[misc]
        except RemoteDisconnected:
            # As http.client words what a proxy refuses: nothing has reached the server.
            raise OSError("Tunnel connection failed: unexpected EOF") from None


class TotalTimeoutPool(HTTPConnectionPool):
    """Connections over plain http."""

    ConnectionCls = _Connection


class TotalTimeoutTLSPool(HTTPSConnectionPool):
    """Connections over TLS."""

    ConnectionCls = _TLSConnection
