"""urllib3's connections through SOCKS with total timeouts.

In a module of its own because it imports PySocks, which only few need.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection, SOCKSProxyManager

from kubectl_calico_nic.cluster.transport.total_timeout import TotalTimeoutSocket


class _Connection(SOCKSConnection):
    def _new_conn(self) -> socket.socket:
        return TotalTimeoutSocket.adopt(super()._new_conn())


class _TLSConnection(SOCKSHTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return TotalTimeoutSocket.adopt(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


def socks_pool_manager(
    url: str, name: str | None, password: str | None, options: Mapping[str, Any]
) -> SOCKSProxyManager:
    """The pools behind a SOCKS proxy.

    Args:
        url: ``socks5h://HOST:PORT``: as with Go, the proxy resolves the server's name.
        name: whom the proxy knows, None for nobody.
        password: theirs.
        options: what each connection gets.
    """
    manager = SOCKSProxyManager(url, name, password, **options)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
    return manager
