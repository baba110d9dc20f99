"""Sorts the lines of log files by the pod or node that printed them, one reader for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from kubectl_calico_nic.bundle.prefixes import strip_prefix
from kubectl_calico_nic.calico.log_reader import LogReader
from kubectl_calico_nic.snapshot.daemonset import CONTAINER

LINE_BYTES = 64 * 1024
"""More of one line is not looked at: Calico's own lines are far shorter."""


@dataclass(slots=True)
class LogStream:
    """One container's log. ``name`` is what the prefix or the file called it."""

    name: str
    pod: str | None
    reader: LogReader = field(default_factory=LogReader)
    partial: str = ""

    def feed(self, text: str, partial: bool) -> None:
        """Take one line, or a piece of one that the container runtime cut."""
        if len(self.partial) < LINE_BYTES:
            self.partial += text
        if not partial:
            self.reader.feed(self.partial)
            self.partial = ""


def read_streams(file: BinaryIO, stem: str) -> list[LogStream]:
    """Read a log file line by line; memory does not grow with it.

    Lines of containers other than calico-node are left out where a prefix names them.
    """
    streams: dict[str | None, LogStream] = {}
    for raw in _lines(file):
        line = strip_prefix(raw)
        if line.container not in (None, CONTAINER):
            continue
        key = line.pod or line.host
        stream = streams.get(key)
        if stream is None:
            stream = streams[key] = LogStream(key or stem, line.pod)
        stream.feed(line.text, line.partial)
    return list(streams.values())


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a file, each cut at ``LINE_BYTES``; what follows of it is skipped."""
    while data := file.readline(LINE_BYTES):
        yield data.decode("utf-8", errors="replace")
        while not data.endswith(b"\n") and (data := file.readline(LINE_BYTES)):
            pass
