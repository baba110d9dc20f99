"""Opens the cluster that the connection flags name."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from typing import TYPE_CHECKING

from kubectl_calico_nic import __version__
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.flags.connection import connection_flags
from kubectl_calico_nic.flags.definition import Parsed

if TYPE_CHECKING:
    from kubectl_calico_nic.cluster.session import Session
    from kubectl_calico_nic.cluster.transport.request_log import RequestLog


def open_session(parsed: Parsed, environment: Environment) -> Session:
    """Resolve the kubeconfig as kubectl does and open a session; nothing is sent yet.

    Raises:
        CalicoNicError: bad flags, no or a broken configuration, in kubectl's words.
    """
    from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
    from kubectl_calico_nic.cluster.session import Session
    from kubectl_calico_nic.cluster.transport.retry import RetryPolicy
    from kubectl_calico_nic.collection.workers import DEFAULT_CONCURRENCY
    from kubectl_calico_nic.flags.limits import concurrency

    home = environment.environ.get("HOME") or os.path.expanduser("~")
    connection = resolve(connection_flags(parsed), environment.environ, home)
    return Session(
        connection,
        request_timeout=connection.request_timeout,
        concurrency=concurrency(parsed) or DEFAULT_CONCURRENCY,
        user_agent=user_agent(),
        warn=warner(environment),
        retry_policy=RetryPolicy(sleep=environment.sleep),
        log=request_log(parsed, environment),
    )


def user_agent() -> str:
    """What requests say they come from: ``kubectl-calico-nic/v0.1.0 (linux/amd64)``."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"kubectl-calico-nic/v{__version__} ({platform.system().lower()}/{machine})"


def warner(environment: Environment) -> Callable[[str], None]:
    """Who prints the server's warnings: ``Warning: TEXT`` on stderr, as kubectl does."""
    from kubectl_calico_nic.output.screen import DOUBTFUL, Span, line, write

    def warn(text: str) -> None:
        environment.server_warnings += 1
        write([line(Span("Warning:", DOUBTFUL), f" {text}")], environment.stderr, environment)

    return warn


def request_log(parsed: Parsed, environment: Environment) -> RequestLog:
    """What ``-v`` shows of the requests, on stderr."""
    from kubectl_calico_nic.cluster.transport.request_log import RequestLog
    from kubectl_calico_nic.output.screen import line, write

    def show(text: str) -> None:
        write([line(text)], environment.stderr, environment)

    return RequestLog(int(parsed.text("v") or 0), show)
