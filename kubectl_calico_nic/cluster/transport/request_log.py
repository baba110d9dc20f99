"""What ``-v`` shows of the requests: kubectl's lines, and never a secret.

Mirrors debuggingRoundTripper of client-go (transport/round_trippers.go) and klog's format. From 1
on there is a total at the end, from 6 on a line for each answer, at 7 the headers that were sent,
at 8 those that came. Bodies are shown at no level: what pods and ConfigMaps hold may be secret.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from kubectl_calico_nic.cluster.go_text import quoted

TOTAL, ANSWERS, REQUEST_HEADERS, ANSWER_HEADERS = 1, 6, 7, 8
_SCHEMES = frozenset(("bearer", "basic", "negotiate"))
_SECRET_HEADERS = frozenset(("cookie", "location", "proxy-authorization", "set-cookie"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent, and when, by the log's ``clock``."""

    method: str
    url: str
    started: float

    @property
    def name(self) -> str:
        """How the log names it."""
        return f'verb="{self.method}" url={quoted(self.url)}'


@dataclass(slots=True)
class RequestLog:
    """Writes lines of klog; safe to use from several threads.

    Attributes:
        verbosity: the level of ``-v``.
        write: takes one line, without its end.
        now: the local time, for the lines.
        clock: seconds, for how long things took.
    """

    verbosity: int = 0
    write: Callable[[str], None] = lambda _: None
    now: Callable[[], datetime] = datetime.now
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _sent: int = 0
    _failed: int = 0
    _received: int = 0
    _seconds: float = 0.0

    def sent(self, method: str, url: str, headers: Iterable[tuple[str, str]]) -> Exchange:
        """A request goes out; ``url`` must hold no credentials."""
        exchange = Exchange(method, url, self.clock())
        if self.verbosity >= REQUEST_HEADERS:
            self._line(f'"Request" {exchange.name}', headers)
        return exchange

    def answered(
        self, exchange: Exchange, status: int, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """The head of its answer came; ``status`` is 0 when none did."""
        seconds = self.clock() - exchange.started
        with self._lock:
            self._sent += 1
            self._failed += not 100 <= status < 400
            self._seconds += seconds
        if self.verbosity < ANSWERS:
            return
        # From level 7 on, the line of the request has said which one it is.
        named = "" if self.verbosity >= REQUEST_HEADERS else f" {exchange.name}"
        shown = headers if self.verbosity >= ANSWER_HEADERS else ()
        text = f'"Response"{named} status="{_status(status)}"'
        self._line(text, shown, f" milliseconds={int(seconds * 1000)}")

    def received(self, count: int) -> None:
        """So many bytes of an answer's body came over the wire."""
        with self._lock:
            self._received += count

    def total(self) -> None:
        """All requests are over."""
        if self.verbosity >= TOTAL:
            self._line(
                f'"Total" requests={self._sent} failed={self._failed} '
                f"receivedBytes={self._received} milliseconds={int(self._seconds * 1000)}"
            )

    def _line(self, text: str, headers: Iterable[tuple[str, str]] = (), end: str = "") -> None:
        stamp = f"I{self.now():%m%d %H:%M:%S.%f} {os.getpid():>7} transport.py:0] "
        lines = [f"    {name}: {_masked(name, value)}" for name, value in sorted(headers)]
        block = [f"{text} headers=<", *lines, f" >{end}"] if lines else [f"{text}{end}"]
        with self._lock:
            for each in [f"{stamp}{block[0]}", *block[1:]]:
                self.write(each)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}" if status else ""
    except ValueError:
        return str(status)


def _masked(name: str, value: str) -> str:
    """The header's value without what is secret in it. Mirrors maskValue of client-go."""
    if name.lower() in _SECRET_HEADERS:
        return "<masked>"
    if name.lower() != "authorization" or not value:
        return value
    scheme = value.partition(" ")[0]
    return f"{scheme} <masked>" if scheme.lower() in _SCHEMES else "<masked>"
