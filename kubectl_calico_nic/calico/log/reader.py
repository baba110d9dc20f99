"""Reading a calico-node log line by line, in memory that does not grow with the log."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kubectl_calico_nic.calico.log.address_pass import ADDRESS_EVENTS, AddressPass
from kubectl_calico_nic.calico.log.decision_runs import DecisionRuns
from kubectl_calico_nic.calico.log.line_format import (
    TIME_LENGTH,
    LogLine,
    parse_line,
    times_of,
)
from kubectl_calico_nic.calico.log.reading import INFORMED, LogReading, Stage
from kubectl_calico_nic.calico.log.repetition import Repetition
from kubectl_calico_nic.calico.messages import Event, Recognised, recognise
from kubectl_calico_nic.calico.version import Version

LONGEST_LINE = 8192
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
_DATASTORE_ERRORS = frozenset(
    {
        Event.DATASTORE_RETRIED,
        Event.DATASTORE_UNAUTHORIZED,
        Event.DATASTORE_CONFIG_ERROR,
        Event.DATASTORE_ACCESS_ERROR,
        Event.NODE_UNREADABLE,
        Event.KUBERNETES_NODE_UNREADABLE,
        Event.NODE_UPDATE_FAILED,
    }
)
_DATASTORE_ANSWERED = frozenset(
    {Event.DATASTORE_VERIFIED, Event.DATASTORE_READY, Event.USING_NODE_NAME}
)


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
        self._datastore_error: str | None = None
        self._lines = 0
        self._calico_lines = 0
        self._first_time: str | None = None
        self._last_time: str | None = None
        self._tail: collections.deque[str] = collections.deque(maxlen=_TAIL_LINES)
        self._newest_body: str | None = None
        self._repetition: Repetition | None = None

    def feed(self, line: str) -> None:
        """Take the next line, with or without its line ending."""
        text = line[:LONGEST_LINE].rstrip("\r\n")
        if not self.count_repeated((text,)):
            self.take(text, parse_line(text))

    def take(self, text: str, line: LogLine | None) -> None:
        """Take the next line without its line ending, and what ``parse_line`` says about it."""
        self._lines += 1
        self._tail.append(text)
        if line is None:
            self._take_plain(text)
        else:
            self._calico_lines += 1
            self._first_time = self._first_time or line.time
            self._last_time = line.time
            self._take(line, text)

    def count_repeated(self, texts: Sequence[str]) -> list[str]:
        """Take the next lines if they say what those before them said, whatever lies between.

        A line about another address, or of the start, ends such a repetition.

        Args:
            texts: one line or more, without their ends, that are alike behind their times.

        Returns:
            Their times; none where they are no repetition, and not one has been taken.
        """
        repetition = self._repetition
        if repetition is None or texts[0][TIME_LENGTH:] != repetition.body:
            return []
        times = times_of(texts)
        if times:
            self._lines += len(times)
            self._calico_lines += len(times)
            self._tail.extend(texts[-_TAIL_LINES:])
            self._last_time = times[-1]
            repetition.add(times)
        return times

    def reading(self) -> LogReading:
        """Return what the lines so far say; more may be fed afterwards."""
        self._take_repeated()
        runs = self._runs.copy()
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
            datastore_error=self._datastore_error,
        )

    def _take_plain(self, text: str) -> None:
        """Take a line without Calico's format: only the container's own scripts count."""
        said = recognise(text)
        if said is None:
            return
        self._end_repetition(None)
        self._notice_datastore(said, text)
        if said.event is Event.NODE_STARTED:
            self._end_pass()
            self._datastore_error = None
            self._started, self._exited, self._failing = True, False, False
        elif said.event is Event.NODE_NOT_STARTED:
            self._end_pass()
            self._exited = True

    def _take(self, line: LogLine, text: str) -> None:
        stage = _stage(line)
        if stage is None:
            return
        body = text[TIME_LENGTH:]
        is_again = body == self._newest_body
        self._end_repetition(body)
        said = recognise(line.text)
        if stage is Stage.STARTUP:
            self._notice_start(said)
        self._level_floor = _less_severe(self._level_floor, line.level)
        if said is None:
            return
        self._notice_names(said)
        if stage is Stage.STARTUP:
            self._notice_datastore(said, line.text)
        if said.event in ADDRESS_EVENTS:
            begins = self._take_address(said, line, stage)
            if begins and is_again and stage is Stage.MONITOR and said.event not in _FATAL:
                self._repetition = Repetition(body, line, said)
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
        self._datastore_error = None
        self._complete_start = first

    def _notice_names(self, said: Recognised) -> None:
        if said.event in _NAMING:
            self._node_name = said.fields.get("node", self._node_name)
        if said.event is Event.STARTING_NODE:
            self._version = Version.parse(said.fields["version"])
            self._end_pass()
            self._pass = AddressPass(self._pass.stage, self._version)

    def _notice_datastore(self, said: Recognised, text: str) -> None:
        if said.event in _DATASTORE_ERRORS:
            self._datastore_error = text
        elif said.event in _DATASTORE_ANSWERED:
            self._datastore_error = None

    def _take_address(self, said: Recognised, line: LogLine, stage: Stage) -> bool:
        """Take what is said about an address; return whether the next pass began with it."""
        if stage is not self._pass.stage:
            self._end_pass()
            self._pass = AddressPass(stage, self._version)
        if self._level_floor not in INFORMED and self._pass.is_check_alone(said):
            return False  # the message that decided may be one that the log level hides
        begins = self._pass.is_followed_by(said)
        if begins:
            self._end_pass()
        self._pass.take(said, line.text, line.time)
        return begins

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

    def _end_repetition(self, body: str | None) -> None:
        """Say that a line came that is not counted alone; ``body`` stands behind its time."""
        self._take_repeated()
        self._repetition = None
        self._newest_body = body

    def _take_repeated(self) -> None:
        """Take the lines that were only counted so far: all end a pass, the last one begins one."""
        repetition = self._repetition
        if repetition is None or repetition.last is None:
            return
        for decision in self._pass.decisions():
            last, count = repetition.before_last or decision.last, decision.count * repetition.count
            self._runs.add(replace(decision, last=last, count=count))
        self._pass = self._pass.successor()
        self._pass.take(repetition.said, repetition.line.text, repetition.last)
        self._repetition = Repetition(repetition.body, repetition.line, repetition.said)

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
    if one == other or other not in _LEVELS:
        return one
    return other if one is None else min(one, other, key=_LEVELS.index)
