"""Lines that a log repeats are only counted: the reading is that of reading each of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.calico.log.reader import LogReader
from kubectl_calico_nic.calico.log.reading import LogReading
from tests import calico_logs as logs


class Patient(LogReader):
    """Reads every line for itself."""

    def count_repeated(self, texts: Sequence[str]) -> list[str]:
        return []


MONITORED = (
    "INFO Using autodetected IPv4 address on interface bond4: 172.16.10.21/24",
    "INFO Using autodetected IPv4 address on interface bond3: 172.16.16.21/23",
    logs.FOUND,
    logs.FOUND_V6,
    'INFO Including CIDR information from host interface. CIDR="172.16.10.21/24"',
    'INFO Auto-detected address by connecting to remote Destination="8.8.8.8" IP=172.16.10.21',
    "INFO Using autodetected IPv4 address 172.16.10.21/24, detected by connecting to 8.8.8.8",
    logs.KEPT,
    f"WARNING {logs.NOT_FOUND}",
    logs.FATAL,
    logs.FATAL_V6,
    "INFO Using IPv4 address from environment: IP=10.0.0.9",
    "INFO IPv4 address 172.16.10.21 discovered on interface bond4",
    "WARNING Unable to confirm IPv4 address 172.16.10.21 is assigned to this host",
    f"WARNING {logs.CONFLICT}",
    logs.CLEARED,
    "ERROR Invalid IP autodetection method: banana",
    "INFO Node IPv4 changed, will check for conflicts",
    "DEBUG something else",
    logs.END,
)
BODIES = (
    *((component, message) for component in ("monitor-addresses", "startup", None)
      for message in MONITORED),
    ("node-services", MONITORED[0]),
    ("startup", "INFO Early log level set to info"),
    ("startup", "INFO Starting node node-1 with version v3.22.1"),
    ("felix", "INFO Summarising 12 dataplane reconciliation loops over 1m3.4s"),
)  # fmt: skip
PLAIN = ("Calico node started successfully", "Calico node failed to start", "bird: Started", "")


def lines_of(chosen: Iterable[tuple[str | None, str] | str]) -> list[str]:
    """One line for each, a minute apart."""
    return [
        each if isinstance(each, str) else logs.log(each[0], each[1], minute=number % 60)[0]
        for number, each in enumerate(chosen)
    ]


def readings(reader: LogReader, lines: Iterable[str], every: int) -> list[LogReading]:
    found = []
    for number, line in enumerate(lines):
        reader.feed(line)
        if number % every == 0:
            found.append(reader.reading())
    return [*found, reader.reading()]


RUNS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(BODIES) | st.sampled_from(PLAIN), min_size=1, max_size=3),
        st.integers(1, 6),
    ),
    max_size=6,
)


@settings(max_examples=400)
@given(RUNS, st.integers(1, 9))
def test_counting_reads_the_same(runs: list[tuple[list[tuple[str, str]], int]], every: int) -> None:
    chosen = [body for bodies, count in runs for body in bodies * count]
    lines = lines_of(chosen)
    assert readings(LogReader(), lines, every) == readings(Patient(), lines, every)


@settings(max_examples=200)
@given(RUNS)
def test_counting_many_lines_at_once_reads_the_same(
    runs: list[tuple[list[tuple[str, str]], int]],
) -> None:
    reader, patient = LogReader(), Patient()
    for _, alike in itertools.groupby(
        lines_of([body for bodies, count in runs for body in bodies * count]),
        key=lambda line: line[23:],
    ):
        texts = list(alike)
        for number, line in enumerate(texts):
            patient.feed(line)
            if number < 2:
                reader.feed(line)
        rest = texts[2:]
        if rest and not reader.count_repeated(rest):
            for line in rest:
                reader.feed(line)
    assert reader.reading() == patient.reading()


@pytest.mark.parametrize("message", MONITORED[:5])
def test_what_repeats_is_counted(message: str) -> None:
    lines = lines_of([("monitor-addresses", message)] * 50)
    reader, patient = LogReader(), Patient()
    counted = 0
    for line in lines:
        patient.feed(line)
        if reader.count_repeated([line]):
            counted += 1
        else:
            reader.feed(line)
    assert counted == 48
    assert reader.reading() == patient.reading()
    (decision,) = reader.reading().decisions
    assert (decision.count, decision.last) == (50, "2026-01-01 00:49:00.000")


@pytest.mark.parametrize("time", ["2026-01-01 00:00:0x.000", "2026-01-01T00:00:00.000", "x" * 23])
def test_a_line_without_a_time_is_no_repetition(time: str) -> None:
    lines = lines_of([("monitor-addresses", MONITORED[0])] * 3)
    reader = LogReader()
    for line in lines:
        reader.feed(line)
    assert reader.count_repeated([time + lines[0][23:]]) == []
    assert reader.count_repeated([lines[0], time + lines[0][23:]]) == []
