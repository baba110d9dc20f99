"""Reading a calico-node log line by line, in memory that does not grow with the log."""

from __future__ import annotations

import collections
import copy
from collections.abc import Iterable

from kubectl_calico_nic.calico.log.address_pass import ADDRESS_EVENTS, AddressPass
from kubectl_calico_nic.calico.log.decision_runs import DecisionRuns
from kubectl_calico_nic.calico.log.line_format import LogLine, parse_line
from kubectl_calico_nic.calico.log.reading import LogReading, Stage
from kubectl_calico_nic.calico.messages import Event, Recognised, recognise
from kubectl_calico_nic.calico.version import Version

_LONGEST_LINE = 8192
"""Characters of a line that are looked at; Calico's messages are far shorter."""
_TAIL_LINES = 10

_STAGES = {
    "startup": Stage.STARTUP,
    "monitor-addresses": Stage.MONITOR,
    "node-services": Stage.MONITOR,
}
_STARTUP_FILES = frozenset({"startup.go", "reachaddr.go"})
"""Where the start-up's lines come from in v3.0 to v3.13, which name no component."""
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "FATAL", "PANIC")
_INFORMED = frozenset({"TRACE", "DEBUG", "INFO"})

_NAMING = frozenset(
    {
        Event.NODENAME_FROM_ENVIRONMENT,
        Event.NODENAME_FROM_FILE,
        Event.NODENAME_FROM_HOSTNAME,
        Event.NODENAME_DETERMINED,
        Event.STARTING_NODE,
        Event.USING_NODE_NAME,
    }
)
_FATAL = frozenset(
    {
        Event.METHOD_INVALID,
        Event.ENVIRONMENT_INVALID,
        Event.NONE_ENABLED,
        Event.NONE_CONFIGURED,
        Event.CONFIGURE_FAILED,
        Event.SERVICES_FAILED,
    }
)
"""Messages that end the process, whether or not its log level shows ``Terminating``."""


class LogReader:
    """Takes the lines of one container's log, oldest first, and says what they tell.

    Lines come without the prefixes of kubectl, stern or the container runtime. Any text is taken:
    what is not Calico's is counted and shown in the tail, nothing raises.
    """

    def __init__(self) -> None:
        self._runs = DecisionRuns()
        self._pass = AddressPass(Stage.STARTUP)
        self._node_name: str | None = None
        self._version: Version | None = None
        self._started = False
        self._exited = False
        self._failing = False
        self._complete_start = False
        self._level_floor: str | None = None
        self._lines = 0
        self._calico_lines = 0
        self._first_time: str | None = None
        self._last_time: str | None = None
        self._tail: collections.deque[str] = collections.deque(maxlen=_TAIL_LINES)

    def feed(self, line: str) -> None:
        """Take the next line, with or without its line ending."""
        text = line[:_LONGEST_LINE].rstrip("\r\n")
        self._lines += 1
        self._tail.append(text)
        parsed = parse_line(text)
        if parsed is None:
            self._take_plain(text)
        else:
            self._calico_lines += 1
            self._first_time = self._first_time or parsed.time
            self._last_time = parsed.time
            self._take(parsed)

    def reading(self) -> LogReading:
        """Return what the lines so far say; more may be fed afterwards."""
        runs = copy.deepcopy(self._runs)
        for decision in self._pass.decisions():
            runs.add(decision)
        return LogReading(
            decisions=runs.decisions(),
            node_name=self._node_name,
            version=self._version,
            started=self._started,
            terminated=self._exited or self._failing,
            complete_start=self._complete_start,
            level_floor=self._level_floor,
            lines=self._lines,
            calico_lines=self._calico_lines,
            first_time=self._first_time,
            last_time=self._last_time,
            tail=tuple(self._tail),
            omitted_decisions=runs.omitted,
        )

    def _take_plain(self, text: str) -> None:
        """Take a line without Calico's format: only the container's own scripts count."""
        said = recognise(text)
        if said is None:
            return
        if said.event is Event.NODE_STARTED:
            self._end_pass()
            self._started, self._exited, self._failing = True, False, False
        elif said.event is Event.NODE_NOT_STARTED:
            self._end_pass()
            self._exited = True

    def _take(self, line: LogLine) -> None:
        stage = _stage(line)
        if stage is None:
            return
        said = recognise(line.text)
        if stage is Stage.STARTUP:
            self._notice_start(said)
        self._level_floor = _less_severe(self._level_floor, line.level)
        if said is None:
            return
        self._notice_names(said)
        if said.event in ADDRESS_EVENTS:
            self._take_address(said, line, stage)
        self._notice_end(said, stage)

    def _notice_start(self, said: Recognised | None) -> None:
        """Begin anew with the first line of a start: the newest start counts."""
        first = said is not None and said.event is Event.LOG_LEVEL_SET
        if not first and not self._started and not self._exited:
            return
        self._end_pass()
        self._pass = AddressPass(Stage.STARTUP)
        self._started = self._exited = self._failing = False
        self._version = None
        self._level_floor = None
        self._complete_start = first

    def _notice_names(self, said: Recognised) -> None:
        if said.event in _NAMING:
            self._node_name = said.fields.get("node", self._node_name)
        if said.event is Event.STARTING_NODE:
            self._version = Version.parse(said.fields["version"])
            self._end_pass()
            self._pass = AddressPass(self._pass.stage, self._version)

    def _take_address(self, said: Recognised, line: LogLine, stage: Stage) -> None:
        if stage is not self._pass.stage:
            self._end_pass()
            self._pass = AddressPass(stage, self._version)
        if self._level_floor not in _INFORMED and self._pass.is_check_alone(said):
            return  # the message that decided may be one that the log level hides
        if self._pass.is_followed_by(said):
            self._end_pass()
        self._pass.take(said, line.text, line.time)

    def _notice_end(self, said: Recognised, stage: Stage) -> None:
        is_startup = stage is Stage.STARTUP
        if said.event is Event.TERMINATING:
            if is_startup:
                self._pass.terminate()
                self._exited = True
            self._end_pass()
        elif said.event in _FATAL:
            self._failing = self._failing or is_startup
            self._end_pass()
        elif said.event is Event.USING_NODE_NAME:
            self._end_pass()

    def _end_pass(self) -> None:
        for decision in self._pass.decisions():
            self._runs.add(decision)
        self._pass = self._pass.successor()


def read_log(lines: Iterable[str]) -> LogReading:
    """Return what the ``lines`` of one container's log say, oldest first."""
    reader = LogReader()
    for line in lines:
        reader.feed(line)
    return reader.reading()


def _stage(line: LogLine) -> Stage | None:
    """Return which process logged ``line``, None for those that do not look at addresses."""
    if line.component is not None:
        return _STAGES.get(line.component)
    return Stage.STARTUP if line.file in _STARTUP_FILES else None


def _less_severe(one: str | None, other: str) -> str | None:
    if other not in _LEVELS:
        return one
    return other if one is None else min(one, other, key=_LEVELS.index)
