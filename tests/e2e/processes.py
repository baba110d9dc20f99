"""Child processes with their logs in files, which never outlive the run that started them."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_END_DEADLINE = 20.0


class ProcessGuard:
    """A child that ends what is left when this process ends in any way, SIGKILL included.

    It follows a pipe, which ends with the process that holds it; then it kills the processes that
    are still watched and removes ``directory``.
    """

    def __init__(self, directory: Path) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", __file__, directory],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def watch(self, pid: int) -> None:
        """Kill ``pid`` too."""
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        """``pid`` has ended; its number may soon be another process's."""
        self._tell(f"-{pid}")

    def close(self) -> None:
        """End the guard, and with it all that it still watches."""
        self._guard.communicate(timeout=_END_DEADLINE)

    def _tell(self, change: str) -> None:
        assert self._guard.stdin is not None
        self._guard.stdin.write(change + "\n")
        self._guard.stdin.flush()


class Process:
    """One program: started, killed and started again with the same arguments and log file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        guard: ProcessGuard,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        self._command = [str(word) for word in command]
        self._guard = guard
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id, while it was started."""
        assert self._process is not None, self.name
        return self._process.pid

    def start(self) -> None:
        """Start it; what it prints is appended to its log.

        A session of its own keeps Ctrl-C away from it: who started it ends it.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        self._guard.watch(self._process.pid)

    def kill(self) -> None:
        """End it at once, as a machine that loses power would."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait(_END_DEADLINE)
        self._guard.forget(self._process.pid)
        self._process = None

    def log_tail(self, lines: int = 12, width: int = 300) -> str:
        """The last lines of its log, cut at ``width``."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(line[:width] for line in text.splitlines()[-lines:])


def _guard(directory: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: set[int] = set()
    for change in sys.stdin:
        pid = int(change[1:])
        watched = watched | {pid} if change[0] == "+" else watched - {pid}
    for pid in watched:
        _end(pid)
    shutil.rmtree(directory, ignore_errors=True)


def _end(pid: int) -> None:
    """Kill a process that is not a child of this one and, where the system can, see it end."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "linux":
            process = os.pidfd_open(pid)
            os.kill(pid, signal.SIGKILL)
            select.select([process], [], [], _END_DEADLINE)
        else:
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    _guard(sys.argv[1])
