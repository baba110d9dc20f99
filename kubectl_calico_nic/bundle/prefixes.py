"""Takes off what kubectl, stern, the CRI and journald put in front of a log line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_KUBECTL = re.compile(r"\[pod/(?P<pod>[^/\s\]]+)/(?P<container>[^\]\s]+)\] ?")
_CRI = re.compile(rf"{_TIME} (?:stdout|stderr) (?P<tag>[FP]) ")
_TIMESTAMP = re.compile(rf"{_TIME} ")
_POD = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
_STERN = re.compile(
    rf"(?:(?P<namespace>{_POD}) )?(?P<pod>{_POD}-[a-z0-9]{{5}}) (?P<container>[a-z0-9][-a-z0-9]*) "
)
_JOURNALD = re.compile(
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?P<host>\S+) (?P<program>[^\s\[:]+)(?:\[\d+\])?: "
)


@dataclass(frozen=True, slots=True)
class PrefixedLine:
    """A log line and what its prefix told: names are None where there was no such prefix.

    ``host`` is journald's host name. ``partial`` marks a piece of a line that the container
    runtime cut (CRI tag P): the next piece continues it.
    """

    text: str
    pod: str | None = None
    container: str | None = None
    host: str | None = None
    partial: bool = False


def strip_prefix(line: str) -> PrefixedLine:
    """Take one line as found in a file, return the line as the container printed it."""
    line = line.rstrip("\r\n")
    if "\x1b[" in line:
        line = _COLOUR.sub("", line)
    if line.startswith("{"):
        return _json_line(line)
    pod = container = host = None
    if match := _KUBECTL.match(line):
        pod, container, line = match["pod"], match["container"], line[match.end() :]
    elif match := _JOURNALD.match(line):
        host, line = match["host"], line[match.end() :]
    elif match := _STERN.match(line):
        pod, container, line = match["pod"], match["container"], line[match.end() :]
    if match := _CRI.match(line):
        return PrefixedLine(line[match.end() :], pod, container, host, match["tag"] == "P")
    if match := _TIMESTAMP.match(line):
        line = line[match.end() :]
    return PrefixedLine(line, pod, container, host)


def _json_line(line: str) -> PrefixedLine:
    """One line of docker's json-file driver or of ``stern -o json``."""
    try:
        entry = json.loads(line)
    except ValueError:
        return PrefixedLine(line)
    if not isinstance(entry, dict):
        return PrefixedLine(line)
    text = entry.get("log", entry.get("message"))
    if not isinstance(text, str):
        return PrefixedLine(line)
    pod, container, host = (entry.get(key) for key in ("podName", "containerName", "nodeName"))
    return PrefixedLine(
        text.rstrip("\n"),
        pod if isinstance(pod, str) else None,
        container if isinstance(container, str) else None,
        host if isinstance(host, str) else None,
        "log" in entry and not text.endswith("\n"),
    )
