"""What finished processes cost: time, CPU and memory, a command and its peer in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_RUNNER = Path(__file__).with_name("one_process.py")


@dataclass(frozen=True, slots=True)
class Command:
    """One program to run; ``accepted`` are the exit statuses of a run that did its work."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    accepted: frozenset[int] = frozenset({0})
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one finished process and its children: seconds, and the peak of its memory in MB."""

    wall: float
    user: float
    system: float
    peak: float

    @property
    def cpu(self) -> float:
        """Seconds of CPU time."""
        return self.user + self.system


class BenchmarkError(Exception):
    """A command failed: what it took means nothing."""


def run(command: Command) -> Cost:
    """Run ``command`` to its end, its output thrown away.

    Raises:
        BenchmarkError: it ended with another status than expected.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", _RUNNER, *command.arguments],
        env=dict(command.environment),
        cwd=command.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    cost = json.loads(done.stdout)
    status = cost.pop("status")
    if status not in command.accepted:
        words = " ".join(command.arguments)[:200]
        raise BenchmarkError(f"exit status {status}: {words}")
    return Cost(**cost)


def in_turn(runs: int, *commands: Command) -> list[list[Cost]]:
    """Run all commands ``runs`` times, one after the other, after once without counting.

    What is to run only once takes minutes, and nothing of that is the caches'.

    Returns:
        The costs of each command, in the order of the runs.
    """
    if runs > 1:
        for command in commands:
            run(command)
    rounds = [[run(command) for command in commands] for _ in range(runs)]
    return [list(costs) for costs in zip(*rounds, strict=True)]


def median(costs: Sequence[Cost], figure: Callable[[Cost], float]) -> float:
    """The median of one figure."""
    return statistics.median(map(figure, costs))


def ratio(
    costs: Sequence[Cost], peers: Sequence[Cost], figure: Callable[[Cost], float]
) -> tuple[float, float, float]:
    """How many times the peer's figure ours is, pair by pair: least, median, most."""
    ratios = [figure(ours) / figure(theirs) for ours, theirs in zip(costs, peers, strict=True)]
    return min(ratios), statistics.median(ratios), max(ratios)


def difference(costs: Sequence[Cost], peers: Sequence[Cost]) -> tuple[float, float, float]:
    """How many seconds longer than the peer ours takes, pair by pair: least, median, most."""
    seconds = [ours.wall - theirs.wall for ours, theirs in zip(costs, peers, strict=True)]
    return min(seconds), statistics.median(seconds), max(seconds)
