"""Live progress of a long collection, on stderr and only for a person who waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from kubectl_calico_nic.environment import Environment

PATIENCE = 1.0
"""Seconds that nobody needs to be told anything."""


class LiveProgress:
    """One line that is rewritten: ``logs 120/400``. Shown only after ``PATIENCE`` seconds."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._began = environment.monotonic()
        self._status: Any = None
        self._is_closed = False
        self._lock = Lock()

    def advance(self, what: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` nodes are through ``what``."""
        text = f"{what} {done}/{total}"
        with self._lock:
            if self._is_closed:
                return
            if self._status is not None:
                self._status.update(text)
            elif self._environment.monotonic() - self._began >= PATIENCE and done < total:
                self._status = self._start(text)

    def _start(self, text: str) -> Any:
        from rich.console import Console

        status = Console(file=self._environment.stderr).status(text)
        status.start()
        return status

    def close(self) -> None:
        """Take the line off the terminal, for good."""
        with self._lock:
            self._is_closed = True
            if self._status is not None:
                self._status.stop()
                self._status = None


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
