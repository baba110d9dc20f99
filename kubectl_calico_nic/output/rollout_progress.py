"""How far a rollout is, while it is followed: a live table on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.output.live_view import LiveView, live_view
from kubectl_calico_nic.output.rollout_table import node_lines, rollout_table, summary
from kubectl_calico_nic.output.screen import Line, line, write
from kubectl_calico_nic.rollout.state import Rollout


class RolloutProgress(Protocol):
    """Shows where a rollout stands, again and again."""

    def show(self, rollout: Rollout) -> None:
        """Show how far the nodes are."""

    def say(self, said: Line) -> None:
        """Say something that is not about a node."""


@contextmanager
def rollout_progress(environment: Environment, stream: TextIO) -> Iterator[RolloutProgress]:
    """Progress while the block runs; ``stream`` takes its lines where nobody sees a table."""
    if environment.stderr_is_terminal and environment.stdout_is_terminal:
        with live_view(environment) as view:
            yield _Table(view, environment)
    else:
        yield _Lines(stream, environment)


class _Table:
    """A table that is redrawn in place."""

    def __init__(self, view: LiveView, environment: Environment) -> None:
        self._view = view
        self._environment = environment

    def show(self, rollout: Rollout) -> None:
        height = self._environment.screen_height
        self._view.show([*rollout_table(rollout, height), line(), summary(rollout)])

    def say(self, said: Line) -> None:
        self._view.say(said)


class _Lines:
    """A line for each node that got further."""

    def __init__(self, stream: TextIO, environment: Environment) -> None:
        self._stream = stream
        self._environment = environment
        self._last: Rollout | None = None

    def show(self, rollout: Rollout) -> None:
        write(node_lines(self._last, rollout), self._stream, self._environment)
        self._stream.flush()
        self._last = rollout

    def say(self, said: Line) -> None:
        write([said], self._environment.stderr, self._environment)
        self._environment.stderr.flush()
