"""Connections and sessions for the tests of cluster/."""

from __future__ import annotations

import os
from typing import Any

from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.kubeconfig.entries import ClusterEntry, UserEntry
from kubectl_calico_nic.cluster.kubeconfig.server_address import server_address
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.cluster.transport.retry import RetryPolicy

QUICK = RetryPolicy(attempts=3, asked=3, first=0.001)


def connection_to(url: str, user: UserEntry | None = None, **cluster: Any) -> Connection:
    """A connection to a server of the tests, without going through a kubeconfig."""
    return Connection(
        server_address(url),
        "default",
        ClusterEntry(server=url, **cluster),
        user or UserEntry(token="t0"),
        environ={"PATH": os.environ["PATH"]},
    )


def session_for(connection: Connection, **options: Any) -> Session:
    """A session that hardly waits between attempts."""
    defaults: dict[str, Any] = {
        "request_timeout": 5.0,
        "concurrency": 2,
        "user_agent": "kubectl-calico-nic/test",
        "warn": lambda text: None,
        "retry_policy": QUICK,
    }
    return Session(connection, **{**defaults, **options})


def session_with(server_url: str, **options: Any) -> Session:
    """A session with a plain server."""
    return session_for(connection_to(server_url, UserEntry()), **options)
