"""Which parts of a container's log are read, and that they say what the whole log says."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest

from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.calico.log.reading import LogReading
from kubectl_calico_nic.collection.logs import HEAD_BYTES, TAIL_LINES, read_current_log
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.pod import Pod
from tests.calico_logs import FOUND, GOOD_END, monitor, startup

POD = Pod("kube-system", "calico-node-x", "node-1")
STARTED = [*startup(FOUND, *GOOD_END), "Calico node started successfully"]
MOVED = "INFO Using autodetected IPv4 address 172.16.16.21/23 on matching interface bond3"


@dataclass
class Kubelet:
    """Gives the parts of one log that it is asked for, as the kubelet does."""

    text: bytes
    asked: list[tuple[int | None, int | None]] = field(default_factory=list)

    def log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
    ) -> bytes:
        self.asked.append((tail_lines, limit_bytes))
        lines = self.text.splitlines(keepends=True)
        return b"".join(lines if tail_lines is None else lines[-tail_lines:])[:limit_bytes]


def felix(count: int, what: str = "Summarising 12 dataplane reconciliation loops") -> list[str]:
    return [
        f"2026-01-01 01:{number // 60 % 60:02}:{number % 60:02}.000 [INFO][71] "
        f"felix/summary.go 100: {what} {number}"
        for number in range(count)
    ]


def read(*lines: str, end: str = "\n") -> tuple[LogReading, Kubelet]:
    kubelet = Kubelet(("\n".join(lines) + end).encode())
    return read_current_log(kubelet, POD), kubelet  # type: ignore[arg-type]


def without_counts(reading: LogReading) -> LogReading:
    """What a reading says, but for how many lines it is of."""
    return dataclasses.replace(reading, lines=0, calico_lines=0)


def test_a_short_log_is_read_whole_with_one_request() -> None:
    lines = [*STARTED, *felix(TAIL_LINES - len(STARTED) - 1)]
    reading, kubelet = read(*lines)

    assert reading == read_log(lines)
    assert len(kubelet.asked) == 1


def test_of_a_long_log_both_ends_are_read_and_nothing_between() -> None:
    reading, kubelet = read(*STARTED, *felix(5000), *monitor(MOVED, MOVED))
    decision = reading.latest(Family.IPV4)

    assert len(kubelet.asked) == 2
    assert [found.interface for found in reading.decisions] == ["bond4", "bond3"]
    assert decision is not None
    assert (decision.interface, decision.count) == ("bond3", 2)
    assert reading.started


@pytest.mark.parametrize("between", [TAIL_LINES - 20, TAIL_LINES - 1, TAIL_LINES, TAIL_LINES + 40])
def test_ends_that_meet_are_not_read_twice(between: int) -> None:
    again = monitor(FOUND, FOUND, FOUND)
    lines = [*STARTED, *again, *felix(between, what="short")]
    reading, _ = read(*lines)

    assert without_counts(reading) == without_counts(read_log(lines))
    assert reading.lines <= len(lines)


def test_of_a_long_log_the_lines_of_other_components_need_not_be_looked_at() -> None:
    """What is said is the same whether or not anybody looked at Felix's lines."""
    middle = felix(5000)
    lines = [*STARTED, *middle, *monitor(FOUND, MOVED, FOUND)]
    head = b"\n".join(line.encode() for line in lines)[:HEAD_BYTES].decode().split("\n")[:-1]
    reading, _ = read(*lines)

    assert without_counts(reading) == without_counts(read_log([*head, *lines[-TAIL_LINES:]]))
    assert 0 < reading.lines < TAIL_LINES


@pytest.mark.parametrize("length", [10, 2 * TAIL_LINES])
def test_a_last_line_that_is_still_being_written_counts(length: int) -> None:
    reading, _ = read(*STARTED, *felix(length), *monitor(MOVED), end="")
    decision = reading.latest(Family.IPV4)

    assert decision is not None
    assert decision.interface == "bond3"


def test_lines_too_long_for_what_is_read_are_left_out() -> None:
    reading, _ = read(*STARTED, "x" * 300 * 1024, *monitor(MOVED))

    assert [found.interface for found in reading.decisions] == ["bond4"]


def test_an_empty_log_has_no_lines() -> None:
    reading, kubelet = read(end="")

    assert reading.lines == 0
    assert len(kubelet.asked) == 1
