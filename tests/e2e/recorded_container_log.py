"""A container's log files as a container runtime writes them (the CRI format)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

CURRENT, PREVIOUS = "current.log", "previous.log"
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


def write_log(directory: Path, recorded: Sequence[str], started: datetime) -> None:
    """Make ``recorded`` the current log, its times moved so that it begins at ``started``.

    What was current becomes the previous one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    current = directory / CURRENT
    if current.exists():
        os.replace(current, directory / PREVIOUS)
    unfinished = directory / "unfinished.log"
    unfinished.write_text("".join(_cri_lines(recorded, started)))
    os.replace(unfinished, current)


def _cri_lines(recorded: Sequence[str], started: datetime) -> list[str]:
    lines = []
    shift: timedelta | None = None
    time = started
    for line in recorded:
        match = _TIME.match(line)
        if match is not None:
            written = datetime.strptime(match[0], _TIME_FORMAT).replace(tzinfo=timezone.utc)
            shift = started - written if shift is None else shift
            time = written + shift
            line = f"{time:{_TIME_FORMAT}}"[:-3] + line[match.end() :]
        lines.append(f"{time:%Y-%m-%dT%H:%M:%S.%f}000Z stdout F {line}\n")
    return lines
