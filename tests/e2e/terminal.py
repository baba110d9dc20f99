"""A program on a terminal of its own, as a person sits at one."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PATIENCE = 90.0
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# The terminal must be the controlling one for its Ctrl-C to be a signal.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """A context manager; the program is killed at its end if it still runs."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._command = [sys.executable, "-c", _TAKE_TERMINAL, *map(str, command)]
        self._environment = {**environment, "TERM": "xterm", "COLUMNS": "160", "LINES": "40"}
        self._shown = ""
        self._changed = threading.Condition()

    def __enter__(self) -> Terminal:
        self._screen, self._keyboard = pty.openpty()
        self._reader = threading.Thread(target=self._read)
        self._process = subprocess.Popen(
            self._command,
            stdin=self._keyboard,
            stdout=self._keyboard,
            stderr=self._keyboard,
            env=self._environment,
            start_new_session=True,
        )
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._keyboard)
        self._reader.join()
        os.close(self._screen)

    @property
    def settings(self) -> list[Any]:
        """How the terminal is set: echo, line editing and all."""
        return termios.tcgetattr(self._keyboard)

    @property
    def text(self) -> str:
        """All that was written, without colours and cursor movements."""
        return _CONTROL.sub("", self._shown).replace("\r\n", "\n")

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor is seen."""
        return self._shown.rfind(_SHOW) >= self._shown.rfind(_HIDE)

    def wait_for(self, text: str) -> None:
        """Wait until ``text`` has been shown."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.text, _PATIENCE), self.text

    def type(self, keys: str) -> None:
        """Press ``keys``."""
        os.write(self._screen, keys.encode())

    def end(self) -> int:
        """Wait for the end of the program; return its status."""
        status = self._process.wait(_PATIENCE)
        self._drain()
        return status

    def _drain(self) -> None:
        """Wait until what the program wrote last has been read."""
        mark = f"-- {time.monotonic_ns()} --"
        os.write(self._keyboard, mark.encode())
        self.wait_for(mark)
        self._shown = self._shown.replace(mark, "")

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._screen, 65536)
            except OSError:
                return
            with self._changed:
                self._shown += data.decode(errors="replace")
                self._changed.notify_all()
