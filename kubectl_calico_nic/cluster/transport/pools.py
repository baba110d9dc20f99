"""urllib3's connections with total timeouts, direct or through an HTTP proxy.

In a module of its own because it imports urllib3, which only a session needs.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from http.client import RemoteDisconnected
from typing import Any

from urllib3 import HTTPHeaderDict, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from kubectl_calico_nic.cluster.transport.total_timeout import TotalTimeoutSocket


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return TotalTimeoutSocket.adopt(super()._new_conn())


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return TotalTimeoutSocket.adopt(super()._new_conn())

    def _tunnel(self) -> None:
        try:
            super()._tunnel()
        except RemoteDisconnected:
            # As http.client words what a proxy refuses: nothing has reached the server.
            raise OSError("Tunnel connection failed: unexpected EOF") from None


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


class _ProxyManager(ProxyManager):
    """A proxy manager that leaves repeated headers apart, as each group's is."""

    def _set_proxy_headers(
        self, url: str, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        fields = HTTPHeaderDict(super()._set_proxy_headers(url))
        for name in headers or {}:
            fields.discard(name)
        fields.extend(headers or {})
        return fields


def pool_manager(options: Mapping[str, Any]) -> PoolManager:
    """The pools of direct connections; ``options`` are what each connection gets."""
    manager = PoolManager(**options)
    manager.pool_classes_by_scheme = _POOLS
    return manager


def proxy_pool_manager(
    url: str, headers: Mapping[str, str] | None, options: Mapping[str, Any]
) -> PoolManager:
    """The pools behind an HTTP proxy.

    Args:
        url: the proxy's.
        headers: what the proxy alone is to see.
        options: what each connection gets. A proxy over TLS proves itself with the same CA as the
            server, as with Go's http.Transport.
    """
    manager = _ProxyManager(
        url, proxy_headers=headers, proxy_ssl_context=options.get("ssl_context"), **options
    )
    manager.pool_classes_by_scheme = _POOLS
    return manager
