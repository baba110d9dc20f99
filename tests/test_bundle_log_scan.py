"""Of a large log only the lines that matter are read, and the reading stays the same."""

from __future__ import annotations

import dataclasses
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.bundle.assemble import read_files
from kubectl_calico_nic.bundle.layouts.line_prefixes import strip_prefix
from kubectl_calico_nic.bundle.log_scan import LONGEST_LINE, lines_that_matter
from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.calico.log.reading import LogReading
from tests.bundle_files import NAMELESS_STYLES, calico_log, failed_log, text

FELIX = "2026-01-01 00:02:30.500 [INFO][64] felix/int_dataplane.go 1836: Received *proto.Update"
NOISE = [FELIX, "bird: Mesh_172_16_10_22: State changed to start", "", "\ufffd", "] Calico node ["]


def blocks_of(log: bytes, size: int) -> Iterator[bytes]:
    return (log[place : place + size] for place in range(0, len(log), size))


def told(reading: LogReading) -> LogReading:
    """A reading without what depends on which lines were looked at."""
    return dataclasses.replace(reading, lines=0, calico_lines=0, tail=(), last_time=None)


MESSAGES = (*calico_log("node-1", monitored=3), *failed_log("node-1", hour=3), *NOISE)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(MESSAGES), max_size=60), st.integers(16, 4000))
def test_the_reading_is_that_of_the_whole_log(lines: list[str], size: int) -> None:
    log = text(lines).encode()
    assert told(read_log(lines_that_matter(blocks_of(log, size)))) == told(read_log(lines))


@pytest.mark.parametrize("style", NAMELESS_STYLES.values(), ids=NAMELESS_STYLES)
def test_prefixes_hide_nothing(style) -> None:  # type: ignore[no-untyped-def]
    lines = [*calico_log("node-1"), *[FELIX] * 3000, *calico_log("node-1", hour=5)]
    log = text(style("node-1", line) for line in lines).encode()
    read = list(lines_that_matter(blocks_of(log, 50_000)))
    pieces = "".join(strip_prefix(line).text for line in read)
    wanted = {line for line in lines if "startup/" in line or "Calico node" in line}
    assert [line for line in wanted if line not in pieces] == []


def test_of_a_large_log_little_is_read() -> None:
    lines = [*calico_log("node-1"), *[FELIX] * 3000, *calico_log("node-1", hour=5)]
    read = list(lines_that_matter(blocks_of(text(lines).encode(), 50_000)))
    assert len(read) < 200
    excerpt, whole = read_log(read), read_log(lines)
    assert told(excerpt) == told(whole)
    assert (excerpt.last_time, excerpt.tail) == (whole.last_time, whole.tail)


@given(st.lists(st.binary(max_size=300), max_size=30), st.integers(1, 200))
def test_no_bytes_raise(lines: list[bytes], size: int) -> None:
    list(lines_that_matter(blocks_of(b"\n".join(lines), size)))


def test_a_small_log_is_read_whole() -> None:
    lines = calico_log("node-1")
    assert list(lines_that_matter([text(lines).encode()])) == lines


def test_a_line_without_end_is_cut() -> None:
    blocks = [b"x" * 100_000] * 5
    (line,) = lines_that_matter([*blocks, b"\n"])
    assert len(line) <= LONGEST_LINE


class Endless(io.RawIOBase):
    """A log that is made while it is read: a start, then ``size`` bytes of ``line``."""

    def __init__(self, size: int, line: bytes) -> None:
        self._start = text(calico_log("node-1")).encode()
        self._chunk = line * (64 * 1024 // len(line) + 1)
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def, override]
        source = self._start or self._chunk[: max(self._left, 0)]
        taken = source[: len(buffer)]
        self._left -= 0 if self._start else len(taken)
        self._start = b""
        buffer[: len(taken)] = taken
        return len(taken)


def peak_of(size: int, line: bytes) -> int:
    """Bytes that reading a log of ``size`` bytes takes at most."""
    stdin = io.BufferedReader(Endless(size, line))
    tracemalloc.start()
    try:
        snapshot = read_files(["-"], stdin)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    (node,) = snapshot.nodes
    assert node.log is not None
    assert node.log.decisions[0].address == "172.16.10.21/24"
    return peak


@pytest.mark.parametrize(
    "line",
    [f"{FELIX}\n".encode(), b"[pod/calico-node-x7k2p/calico-node] bird: x\n", b"x"],
    ids=["many lines", "many lines of a pod", "one line"],
)
def test_memory_does_not_grow_with_the_log(line: bytes) -> None:
    peak_of(1_000_000, line)  # what is imported and cached once
    small, large = peak_of(2_000_000, line), peak_of(60_000_000, line)
    assert large < small + 1_000_000
    assert large < 8_000_000


def test_memory_does_not_grow_with_the_number_of_starts() -> None:
    start = text(failed_log("node-1")).encode()
    peak_of(300_000, start)
    assert peak_of(1_000_000, start) < peak_of(500_000, start) + 700_000
