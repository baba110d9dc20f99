"""Takes off what kubectl, stern, the container runtime and journald put in front of a log line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from kubectl_calico_nic.snapshot.daemonset import CONTAINER

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NAME = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
_OFFSET = r"(?:Z|[+-]\d\d:?\d\d)"
_TIME = rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?{_OFFSET}"
_KUBECTL = re.compile(r"\[pod/(?P<pod>[^/\s\]]+)/(?P<container>[^\]\s]+)\] ?")
# Pods of a DaemonSet end in five characters; of any other name only the container convinces.
_STERN = re.compile(
    rf"(?:{_NAME} )?(?:(?P<pod>{_NAME}) (?P<container>{CONTAINER})"
    rf"|(?P<owned_pod>{_NAME}-[a-z0-9]{{5}}) (?P<other_container>{_NAME})) "
)
_PROCESS = r"(?P<host>[^\s\[\]:]+) (?P<program>[^\s\[\]]+)"
_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d+)?"
_JOURNALD = re.compile(
    rf"(?:[A-Z][a-z]{{2}} [ \d]\d {_CLOCK}"
    rf"|[A-Z][a-z]{{2}} \d{{4}}-\d\d-\d\d {_CLOCK} \S+"
    rf"|\[ *\d+\.\d+\]"
    rf"|{_TIME}(?= \S+ \S+\[\d+\]: )"
    rf") {_PROCESS}(?:\[\d+\])?: "
)
_RUNTIME = re.compile(rf"{_TIME} (?P<stream>stdout|stderr) (?P<tag>[FP])(?::\S*)? ")
_TIMESTAMP = re.compile(rf"(?:{_TIME}|\d\d-\d\d \d\d:\d\d:\d\d) ")
_DOCKER_CONTAINER = re.compile(r"k8s_(?P<container>[^_]+)_(?P<pod>[^_]+)_")


class PrefixedLine(NamedTuple):
    """A log line and what its prefix told: names are None where there was no such prefix.

    ``host`` is the node that stern or journald name, ``program`` what journald calls the process.
    ``partial`` marks a piece of a line that the container runtime cut: the next piece of the same
    ``stream`` (``stdout``, ``stderr``) continues it.
    """

    text: str
    pod: str | None = None
    container: str | None = None
    host: str | None = None
    partial: bool = False
    stream: str | None = None
    program: str | None = None


def strip_prefix(line: str) -> PrefixedLine:
    """Take one line as found in a file, return the line as the container printed it."""
    line = line.rstrip("\r\n")
    if line[10:11] == " " and line[4:5] == "-":  # most lines by far: Calico's own time comes first
        return PrefixedLine(line)
    if line[10:11] == "T" and (match := _RUNTIME.match(line)):
        return PrefixedLine(
            line[match.end() :], partial=match["tag"] == "P", stream=match["stream"]
        )
    if "\x1b[" in line:
        line = _COLOUR.sub("", line)
    if line.startswith("{"):
        return _json_line(line) or PrefixedLine(line)
    names = PrefixedLine(line)
    if match := _KUBECTL.match(line):
        names = PrefixedLine("", match["pod"], match["container"])
    elif match := _JOURNALD.match(line):
        names = PrefixedLine("", host=match["host"], program=match["program"])
    elif match := _STERN.match(line):
        pod, container = match["pod"] or match["owned_pod"], match["container"]
        names = PrefixedLine("", pod, container or match["other_container"])
    return _strip_time(names, line[match.end() :] if match else line)


def _strip_time(names: PrefixedLine, line: str) -> PrefixedLine:
    if match := _RUNTIME.match(line):
        partial = match["tag"] == "P"
        return names._replace(text=line[match.end() :], partial=partial, stream=match["stream"])
    if match := _TIMESTAMP.match(line):
        return names._replace(text=line[match.end() :])
    return names._replace(text=line)


def _json_line(line: str) -> PrefixedLine | None:
    """Read one line of docker's json-file driver, ``stern -o json`` or ``journalctl -o json``."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or "kind" in entry:
        return None
    names = {key: value for key, value in entry.items() if isinstance(value, str)}
    if "log" in names:
        text = names["log"]
        partial = not text.endswith("\n")
        return PrefixedLine(text.rstrip("\r\n"), partial=partial, stream=names.get("stream"))
    if "message" in names:
        text, host = names["message"].rstrip("\r\n"), names.get("nodeName")
        return PrefixedLine(text, names.get("podName"), names.get("containerName"), host)
    return _journal_entry(names) if "MESSAGE" in names else None


def _journal_entry(names: Mapping[str, Any]) -> PrefixedLine:
    """An entry of journald; docker's driver for it names the container."""
    box = _DOCKER_CONTAINER.match(names.get("CONTAINER_NAME", ""))
    return PrefixedLine(
        names["MESSAGE"].rstrip("\r\n"),
        box["pod"] if box else None,
        box["container"] if box else None,
        names.get("_HOSTNAME"),
        program=names.get("SYSLOG_IDENTIFIER"),
    )
