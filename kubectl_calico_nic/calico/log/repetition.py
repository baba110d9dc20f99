"""A line that a log repeats without end: counted instead of read again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_calico_nic.calico.log.line_format import LogLine
from kubectl_calico_nic.calico.messages import Recognised


@dataclass(slots=True)
class Repetition:
    """A line that began two passes in a row, and how often it came since, each time for itself.

    ``body`` is the line behind its time. Every further one does what the second did: it ends the
    pass that the one before it began, and begins another. ``last`` and ``before_last`` are the
    times of the newest two that were counted, None without them.
    """

    body: str
    line: LogLine
    said: Recognised
    count: int = 0
    last: str | None = None
    before_last: str | None = None

    def add(self, times: Sequence[str]) -> None:
        """Count some more, logged at ``times``."""
        self.count += len(times)
        self.before_last, self.last = (self.last, *times)[-2:]
