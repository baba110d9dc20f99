"""The frame of a line in a calico-node log.

``2026-01-01 00:00:00.000 [INFO][9] startup/startup.go 427: text``; mirrors
libcalico-go/lib/logutils/logutils.go (lib/logrusr/formatter.go from v3.33).
"""

from __future__ import annotations

import datetime
import functools
import itertools
import operator
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kubectl_calico_nic.calico.messages import Message

TIME_LENGTH = len("2026-01-01 00:00:00.000")
"""Characters of the time that a line begins with."""

_BEHIND_TIME = operator.itemgetter(slice(TIME_LENGTH, None))
_MOST_TOGETHER = 1000
"""So many lines at once are held in memory."""
_TIMES = re.compile(r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})+", re.ASCII)
_BODY = re.compile(
    r" \[(?P<level>[A-Z]{1,16})\]"
    r"\[(?P<pid>\d{1,10})\] "
    r"(?:(?P<component>[A-Za-z0-9-]+)/)?"
    r"(?P<file>\S+) "
    r"(?P<line>-?\d{1,10}|<nil>): "
    r"(?P<text>.*)",
    re.ASCII | re.DOTALL,
)


class LogLine(NamedTuple):
    """A line in Calico's format.

    ``time`` is as printed: the container's own clock, milliseconds, no zone. ``component`` is
    None before v3.14.0. ``line`` is None where calico-node did not know it.
    """

    time: str
    level: str
    pid: int
    component: str | None
    file: str
    line: int | None
    text: str


def parse_line(text: str) -> LogLine | None:
    """Read one line without its newline; None when it is not in Calico's format."""
    time = time_of(text)
    if time is None:
        return None
    body = _parse_body(text[TIME_LENGTH:])
    return None if body is None else LogLine(time, *body)


def time_of(text: str) -> str | None:
    """The time that a line begins with; None when it begins with none."""
    time = text[:TIME_LENGTH]
    return time if _TIMES.fullmatch(time) else None


def alike(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield ``lines`` in order: neighbours that are the same behind their times come together."""
    for _, same in itertools.groupby(lines, key=_BEHIND_TIME):
        while texts := list(itertools.islice(same, _MOST_TOGETHER)):
            yield texts


def times_of(texts: Iterable[str]) -> list[str]:
    """The times that several lines begin with; none when one of them begins with none."""
    times = [text[:TIME_LENGTH] for text in texts]
    return times if _TIMES.fullmatch("".join(times)) else []


@functools.lru_cache(maxsize=256)
def _parse_body(body: str) -> tuple[str, int, str | None, str, int | None, str] | None:
    """Read what stands behind the time; a log repeats most of its lines but for the time."""
    match = _BODY.fullmatch(body)
    if match is None:
        return None
    number = match["line"]
    return (
        match["level"],
        int(match["pid"]),
        match["component"],
        match["file"],
        None if number == "<nil>" else int(number),
        match["text"],
    )


def format_line(time: datetime.datetime, pid: int, message: Message) -> str:
    """Return the line, without a newline, that calico-node's process ``pid`` prints at ``time``.

    A message without a level comes from a shell script and has no frame.
    """
    if not message.level:
        return message.text
    clock = time.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    component = f"{message.component}/" if message.component else ""
    place = f"{component}{message.file} {message.line}"
    return f"{clock} [{message.level}][{pid}] {place}: {message.text}"
