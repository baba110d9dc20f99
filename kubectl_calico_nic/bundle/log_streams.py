"""Sorts the lines of a log file by the container that printed them, one reader for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kubectl_calico_nic.bundle.layouts.line_prefixes import PrefixedLine, strip_prefix
from kubectl_calico_nic.bundle.layouts.log_names import LogName
from kubectl_calico_nic.calico.log.line_format import TIME_LENGTH, LogLine, alike, parse_line
from kubectl_calico_nic.calico.log.reader import LONGEST_LINE, LogReader
from kubectl_calico_nic.calico.log.reading import LogReading
from kubectl_calico_nic.calico.messages import Event, recognise
from kubectl_calico_nic.snapshot.daemonset import CONTAINER

_LONGEST_PIECE = 8 * 1024
"""Characters after which a line in pieces is read without the pieces that follow."""
_KEPT_CONTAINERS = 2
"""Of one node, the newest containers in one file that are kept: its current one and the former."""
_MOST_JITTER = timedelta(minutes=1)
"""Processes of one container log next to each other; more than this back is another clock."""
_SERVICES = re.compile(
    r"\] (?:startup|monitor-addresses|node-services|felix|confd|tunnel-ip-allocator|shutdown"
    r"|cni-config-monitor|status-reporter|complete-startup|node)/"
)
"""The processes of the calico-node container (main.go); other containers of Calico name others,
its init containers ``init`` and ``hostpath-init``."""
_KNOWN_PREFIXES = 1000
"""So many texts in front of lines are remembered; those with a time in them are new each time."""
_NAMING = frozenset({Event.NODENAME_DETERMINED, Event.STARTING_NODE, Event.USING_NODE_NAME})


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """What one file holds of the log of one container.

    ``name`` is what the file's name, the path or a prefix tells of whose log it is.
    ``is_mixed`` says that it holds the lines of several containers, which nothing tells apart.
    """

    name: LogName
    reading: LogReading
    is_mixed: bool = False


@dataclass(slots=True)
class _Open:
    """A container's log that is being read."""

    reader: LogReader = field(default_factory=LogReader)
    nodes: set[str] = field(default_factory=set)
    last_time: str = ""
    is_calico_node: bool = False
    is_mixed: bool = False
    has_ended: bool = False


class _Stream:
    """The lines in one file that bear the same names: the logs of one or more containers.

    Every start begins the log of another container. Lines without any name in front may be those
    of several containers: one behind the other, which their starts tell apart, or mixed.
    """

    def __init__(self, name: LogName) -> None:
        self._name = name
        self._open = _Open()
        self._closed: dict[str | None, list[ContainerLog]] = {}
        self._pieces: dict[str | None, str] = {}

    def feed(self, line: PrefixedLine) -> None:
        text = line.text
        if self._pieces:
            text = self._pieces.pop(line.stream, "") + text
        if line.partial and len(text) < _LONGEST_PIECE:
            self._pieces[line.stream] = text
            return
        text = text[:LONGEST_LINE]
        if self.count_repeated((text,)):
            return
        parsed = parse_line(text)
        if parsed is not None:
            self._notice(parsed, text)
        elif text == "Calico node failed to start":
            self._open.has_ended = True
        self._open.reader.take(text, parsed)

    def count_repeated(self, texts: Sequence[str]) -> bool:
        """Take lines that are alike, if they only repeat what the lines before them said."""
        if self._pieces:
            return False
        log = self._open
        times = log.reader.count_repeated(texts)
        if times and times[0] >= log.last_time and times == sorted(times):
            log.last_time = times[-1]
        else:
            for time in times:
                self._notice_time(time)
        return bool(times)

    def _notice(self, line: LogLine, text: str) -> None:
        is_start = line.component == "startup" or (
            line.component is None and line.file == "startup.go"
        )
        said = recognise(line.text) if is_start else None
        event = said.event if said is not None else None
        if event is Event.LOG_LEVEL_SET or self._open.has_ended:
            self._close()
        log = self._open
        log.is_calico_node = log.is_calico_node or _SERVICES.search(text) is not None
        log.has_ended = event is Event.TERMINATING
        if said is not None and event in _NAMING:
            log.nodes.add(said.fields["node"])
        if not self._name.is_certain:
            log.is_mixed = log.is_mixed or len(log.nodes) > 1
        self._notice_time(line.time)

    def _notice_time(self, time: str) -> None:
        log = self._open
        if time >= log.last_time:
            log.last_time = time
        elif not self._name.is_certain and _steps_back(log.last_time, time):
            log.is_mixed = True

    def _close(self) -> None:
        """End the log of a container; of each node only the newest ones are kept."""
        log, self._open = self._open, _Open()
        reading = log.reader.reading()
        if not (log.is_calico_node or _tells(reading) or self._is_named(reading)):
            return
        kept = self._closed.setdefault(reading.node_name, [])
        kept.append(ContainerLog(self._name, reading, log.is_mixed))
        if len(kept) > _KEPT_CONTAINERS:
            kept.remove(min(kept, key=lambda each: each.reading.last_time or ""))

    def _is_named(self, reading: LogReading) -> bool:
        return self._name.container == CONTAINER and reading.calico_lines > 0

    def logs(self) -> Iterator[ContainerLog]:
        """End the stream and yield its logs; one that names no node belongs to the only other."""
        self._close()
        nameless = self._closed.pop(None, [])
        named = [log for logs in self._closed.values() for log in logs]
        yield from named
        nodes = {str(node) for node in self._closed}
        name = self._name.of_node(*nodes) if len(nodes) == 1 else self._name
        is_mixed = len(nodes) > 1 or any(log.is_mixed for log in named)
        for log in nameless:
            yield replace(log, name=name, is_mixed=log.is_mixed or is_mixed)


def read_containers(lines: Iterable[str], name: LogName) -> list[ContainerLog]:
    """Read the lines of a log file, in order; return the logs of calico-node in it.

    ``name`` is what the file's path tells. Lines of containers other than calico-node are left
    out where path or prefix names them. The readings count the lines that were given.
    """
    streams: dict[tuple[str | None, ...], _Stream] = {}
    known: dict[str, _Stream] = {}
    for text in _not_repeated(lines, known):
        place = text.find(" [") - TIME_LENGTH  # of Calico's own time, behind a prefix
        if place >= 0:
            repeating = known.get(text[:place])
            if repeating is not None and repeating.count_repeated((text[place:],)):
                continue
        line = strip_prefix(text)
        if (line.container or name.container) not in (None, CONTAINER):
            continue
        names = (line.pod, line.host, line.program)
        stream = streams.get(names)
        if stream is None:
            stream = streams[names] = _Stream(name.with_prefix(line))
        if place >= 0 and text[place:] == line.text and len(known) < _KNOWN_PREFIXES:
            known[text[:place]] = stream
        stream.feed(line)
    return [log for stream in streams.values() for log in stream.logs()]


def _not_repeated(lines: Iterable[str], known: Mapping[str, _Stream]) -> Iterator[str]:
    """The lines without those, bare of any prefix, that their stream could take many at once."""
    for texts in alike(lines):
        bare = known.get("")
        if len(texts) == 1 or bare is None or not bare.count_repeated(texts):
            yield from texts


def _tells(reading: LogReading) -> bool:
    """Whether something in a log can only be calico-node's."""
    return bool(reading.decisions or reading.node_name or reading.started or reading.level_floor)


def _steps_back(before: str, now: str) -> bool:
    """Whether ``now`` is so much earlier than ``before`` that another container logged it."""
    try:
        return datetime.fromisoformat(before) - datetime.fromisoformat(now) > _MOST_JITTER
    except ValueError:  # the form of a time, but no such day
        return False
