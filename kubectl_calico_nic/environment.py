"""Everything of the process that a test wants to replace: streams, terminal, clock, environ."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TextIO

EXIT_OK = 0
EXIT_ERROR = 1
EXIT_PROBLEM = 2
EXIT_HUNG_UP = 129
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM came: it ends a command as Ctrl-C does, with an exit status of its own."""


class HungUp(KeyboardInterrupt):
    """SIGHUP came: the terminal was closed. It ends a command as Ctrl-C does, too."""


def status_of(stop: KeyboardInterrupt) -> int:
    """The exit status of a command that ``stop`` ended."""
    # What Ctrl-C became on its way is told by what it came from.
    asked = stop.__cause__ if isinstance(stop.__cause__, KeyboardInterrupt) else stop
    if isinstance(asked, HungUp):
        return EXIT_HUNG_UP
    return EXIT_TERMINATED if isinstance(asked, Terminated) else EXIT_INTERRUPTED


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _terminal_size() -> os.terminal_size:
    import shutil  # brings the libraries of all compressed formats along

    return shutil.get_terminal_size((100, 24))


@dataclass
class Environment:
    """The world as the program sees it.

    ``environ`` is the process environment; ``program`` is ``argv[0]``. ``now`` gives the time in
    UTC, ``monotonic`` seconds for deadlines, ``sleep`` waits (seconds). ``server_warnings`` counts
    what the API server warned of, for ``--warnings-as-errors``.
    """

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    program: str = "kubectl-calico_nic"
    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    width: int | None = None
    height: int | None = None
    server_warnings: int = 0

    @property
    def command(self) -> str:
        """How the user calls this program: ``kubectl calico-nic`` when kubectl runs it as a plugin.

        Mirrors what krew's guide asks: decided by the name the executable was started as.
        """
        name = os.path.basename(self.program)
        if name.startswith("kubectl-") or name == "__main__.py":
            return "kubectl calico-nic"
        return name

    def forget_gone_streams(self) -> None:
        """Say nothing more where nobody listens: a closed pipe, a terminal that is gone."""
        for name in ("stdout", "stderr"):
            try:
                getattr(self, name).flush()
            except OSError:
                setattr(self, name, io.StringIO())

    @property
    def screen_height(self) -> int | None:
        """Lines of the terminal that shows stdout; None when it is no terminal."""
        if not self.stdout_is_terminal:
            return None
        return self.height or _terminal_size().lines

    @property
    def screen_width(self) -> int | None:
        """Columns of the terminal that shows stdout; None when it is no terminal."""
        if not self.stdout_is_terminal:
            return None
        return self.width or _terminal_size().columns

    @property
    def columns(self) -> int:
        """Columns that wrapped text may fill: the terminal's, those of ``COLUMNS``, or 100."""
        return self.width or _terminal_size().columns

    @property
    def stdout_is_terminal(self) -> bool:
        """Whether a person reads stdout on a terminal."""
        return self.stdout.isatty()

    @property
    def stderr_is_terminal(self) -> bool:
        """Whether a person reads stderr on a terminal."""
        return self.stderr.isatty()

    @property
    def allows_colour(self) -> bool:
        """Whether colour may be used on a terminal.

        Mirrors AllowsColorOutput of kubectl's cli-runtime (printers/terminal.go): ``NO_COLOR``
        present, even empty, or ``TERM=dumb`` turns it off.
        """
        return "NO_COLOR" not in self.environ and self.environ.get("TERM") != "dumb"
