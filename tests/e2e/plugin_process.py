"""The plugin's own executable as a process: its lines as they come, and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .cluster import Cluster

EXECUTABLE = Path(sys.executable).parent / "kubectl-calico_nic"
RECORD = "kubectl-calico-nic/previous"
"""The annotation in which the plugin keeps what it replaced."""
_PATIENCE = 90.0


@dataclass(frozen=True)
class Ended:
    """How a run of the plugin ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """The lines of stdout."""
        return self.stdout.splitlines()


class PluginProcess:
    """A run of the plugin that a test watches from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._changed = threading.Condition()
        self._lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=("stdout", process.stdout)),
            threading.Thread(target=self._read, args=("stderr", process.stderr)),
        ]
        for reader in self._readers:
            reader.start()

    def wait_for(self, text: str, *, stream: str = "stdout", seconds: float = _PATIENCE) -> str:
        """The first line of a stream that holds ``text``, as soon as it is there."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                lines = self._lines[stream]
                found = next((line for line in lines if text in line), None)
                if found is not None:
                    return found
                assert self._process.poll() is None or self._is_reading(), self._said()
                left = deadline - time.monotonic()
                assert left > 0, f"no {text!r} on {stream}: {self._said()}"
                self._changed.wait(min(left, 1.0))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until(self, condition: Callable[[], bool], seconds: float = _PATIENCE) -> None:
        """Wait until something holds that nobody tells of."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self._said()
            time.sleep(0.01)

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """What Ctrl-C on a terminal sends, or another signal."""
        self._process.send_signal(number)

    def end(self, seconds: float = _PATIENCE) -> Ended:
        """Wait for its end."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running: {self._said()}") from None
        for reader in self._readers:
            reader.join(_PATIENCE)
        return Ended(status, *("".join(self._lines[name]) for name in ("stdout", "stderr")))

    def _read(self, name: str, stream: IO[str]) -> None:
        for line in stream:
            with self._changed:
                self._lines[name].append(line)
                self._changed.notify_all()

    def _is_reading(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def _said(self) -> str:
        return "\n".join(f"{name}:\n{''.join(lines)}" for name, lines in self._lines.items())


@dataclass(frozen=True)
class Program:
    """An installation of the plugin: the words that start it, and where they mean it.

    ``environ`` is all that its user's environment has but the cluster; None for that of the tests.
    """

    words: tuple[str, ...]
    environ: Mapping[str, str] | None = None

    def environment(self, cluster: Cluster, kubeconfig: Path | None) -> dict[str, str]:
        """The environment of a command on ``cluster``."""
        ours = cluster.environment(kubeconfig)
        if self.environ is None:
            return ours
        return {**self.environ, "KUBECONFIG": ours["KUBECONFIG"]}


ITSELF = Program((str(EXECUTABLE),))
"""The one that is installed beside the tests."""


@contextmanager
def plugin(
    cluster: Cluster, *arguments: str, kubeconfig: Path | None = None, program: Program = ITSELF
) -> Iterator[PluginProcess]:
    """The plugin with ``arguments``, running; killed at the end of the block if it still does."""
    with subprocess.Popen(
        [*program.words, *arguments],
        env=program.environment(cluster, kubeconfig),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield PluginProcess(process)
        finally:
            process.kill()


def run(
    cluster: Cluster, *arguments: str, kubeconfig: Path | None = None, program: Program = ITSELF
) -> Ended:
    """Run the plugin with ``arguments`` to its end."""
    with plugin(cluster, *arguments, kubeconfig=kubeconfig, program=program) as process:
        return process.end()
