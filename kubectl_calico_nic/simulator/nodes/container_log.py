"""The log of one container, and the part of it that a client asks for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from kubectl_calico_nic.simulator.apiserver.exchange import TEXT, Answer, Request, Stream
from kubectl_calico_nic.simulator.apiserver.status_errors import bad_request

_HEARTBEAT = 1.0
"""How often a followed log looks whether its client is still there, in real seconds."""


class ContainerLog:
    """Lines with the time that the container runtime noted; ``written`` is told of each."""

    def __init__(self, written: threading.Condition) -> None:
        self._written = written
        self._lines: list[tuple[datetime, str]] = []
        self._ended = False

    def write(self, time: datetime, text: str) -> None:
        """Append the lines of ``text``."""
        with self._written:
            self._lines += [(time, line) for line in text.split("\n")]
            self._written.notify_all()

    def end(self) -> None:
        """Nothing more will be written: the container ended."""
        with self._written:
            self._ended = True
            self._written.notify_all()

    def answer(self, request: Request, now: datetime) -> Answer | Stream:
        """Answer as the kubelet does: ``tailLines``, ``limitBytes``, ``timestamps``, ``follow``...

        Raises:
            StatusError: 400, an option is malformed.
        """
        limit = request.number("limitBytes")
        timestamps = request.flag("timestamps")
        start = self._first_wanted(request, now)
        if request.flag("follow"):
            return Stream(_limited(self._follow(start, timestamps), limit), TEXT)
        with self._written:
            lines = self._lines[start:]
        text = b"".join(_encoded(time, line, timestamps) for time, line in lines)
        return Answer(200, text[:limit], TEXT)

    def _first_wanted(self, request: Request, now: datetime) -> int:
        since = _since(request, now)
        tail = request.number("tailLines")
        with self._written:
            count = len(self._lines)
            start = 0
            if since is not None:
                start = sum(time < since for time, _ in self._lines)
        return start if tail is None else max(start, count - tail)

    def _follow(self, start: int, timestamps: bool) -> Iterator[bytes]:
        while True:
            with self._written:
                if len(self._lines) == start and not self._ended:
                    self._written.wait(_HEARTBEAT)
                lines, ended = self._lines[start:], self._ended
            start += len(lines)
            yield b"".join(_encoded(time, line, timestamps) for time, line in lines)
            if ended:
                return


def _since(request: Request, now: datetime) -> datetime | None:
    seconds = request.number("sinceSeconds")
    if seconds is not None:
        return now - timedelta(seconds=seconds)
    text = request.parameter("sinceTime")
    if not text:
        return None
    seconds_text, _, fraction = text.rstrip("Z").partition(".")
    try:
        time = datetime.strptime(seconds_text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        return time + timedelta(seconds=float(f"0.{fraction or 0}"))
    except ValueError as error:
        raise bad_request(f'parsing time "{text}": {error}') from error


def _encoded(time: datetime, line: str, timestamps: bool) -> bytes:
    stamp = f"{time:%Y-%m-%dT%H:%M:%S.%f}000Z " if timestamps else ""
    return f"{stamp}{line}\n".encode()


def _limited(chunks: Iterator[bytes], limit: int | None) -> Iterator[bytes]:
    if limit is None:
        yield from chunks
        return
    for chunk in chunks:
        yield chunk[:limit]
        limit -= len(chunk)
        if limit <= 0:
            return
