"""Live progress of a long collection, on stderr and only for a person who waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.output.escape import brief, escape

PATIENCE = 1.0
"""Seconds that nobody needs to be told anything."""
_FIRST = "waiting for the API server"


class LiveProgress:
    """One line that is rewritten: ``reading logs: 398 of 400 nodes; waiting for node-7``.

    Shown only after ``PATIENCE`` seconds, even when nothing at all has come until then.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._text = _FIRST
        self._status: Any = None
        self._is_closed = False
        self._lock = Lock()
        self._timer = Timer(PATIENCE, self._start)
        self._timer.daemon = True
        self._timer.start()

    def advance(self, what: str, done: int, total: int, slowest: str | None) -> None:
        """Show that ``done`` of ``total`` nodes are through ``what``, and for whom we wait."""
        text = f"reading {what}: {done} of {total} nodes"
        if slowest is not None:
            more = f" and {total - done - 1} more" if total - done > 1 else ""
            text += f"; waiting for {brief(escape(slowest))}{more}"
        with self._lock:
            self._text = text
            if self._status is not None:
                self._status.update(_plain(text))

    def _start(self) -> None:
        from rich.console import Console

        with self._lock:
            if self._is_closed:
                return
            self._status = Console(file=self._environment.stderr).status(_plain(self._text))
            self._status.start()

    def close(self) -> None:
        """Take the line off the terminal, for good."""
        self._timer.cancel()
        with self._lock:
            self._is_closed = True
            if self._status is not None:
                self._status.stop()
                self._status = None


def _plain(text: str) -> Any:
    """Text in which no markup acts."""
    from rich.text import Text

    return Text(text)


@contextmanager
def progress(environment: Environment) -> Iterator[LiveProgress | None]:
    """Progress while the block runs; None where stderr is no terminal."""
    if not environment.stderr_is_terminal:
        yield None
        return
    live = LiveProgress(environment)
    try:
        yield live
    finally:
        live.close()
