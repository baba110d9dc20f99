"""``make versions``: all unit tests with each CPython that is here, and with each client.

Every pair has a virtual environment of its own below ``build/versions``. Each Python runs with the
newest client, the oldest Python with the other clients too; ``MATRIX=full`` runs every pair.
``PYTHONS`` names Pythons that are not on the PATH, separated as there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from krew.interpreters import MINORS, Interpreter, interpreters

ROOT = Path(__file__).parent.parent
CLIENTS = (37, 36, 35)
"""The major versions of the package ``kubernetes`` that setup.cfg allows, the newest first."""
_PLACE = ROOT / "build" / "versions"
_HEAD = ("python", "kubernetes", "passed", "failed", "skipped", "seconds")
_KUBERNETES = "import importlib.metadata as m; print(m.version('kubernetes'), end='')"


@dataclass(frozen=True)
class Pair:
    """A Python and the major version of the client that it runs with."""

    python: Interpreter
    client: int

    @property
    def directory(self) -> Path:
        """Of its virtual environment."""
        return _PLACE / f"{self.python.version}-kubernetes-{self.client}"

    @property
    def executable(self) -> str:
        return str(self.directory / "bin" / "python")


@dataclass(frozen=True)
class Result:
    """What came of the tests of a pair; ``failed`` counts errors too."""

    python: str
    kubernetes: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    is_good: bool = False

    @property
    def row(self) -> tuple[str, ...]:
        counts = (self.passed, self.failed, self.skipped)
        return (self.python, self.kubernetes, *map(str, counts), f"{self.seconds:.0f}")


def pairs(pythons: Sequence[Interpreter], *, full: bool) -> list[Pair]:
    """What is run of all pairs; ``pythons`` come with the oldest first."""
    newest = CLIENTS[0]
    return [
        Pair(python, client)
        for client in CLIENTS
        for python in pythons
        if full or client == newest or python is pythons[0]
    ]


def main() -> int:
    """Run the tests of every pair and show the table; 1 if anything failed."""
    named = [path for path in os.environ.get("PYTHONS", "").split(os.pathsep) if path]
    found = interpreters(named)
    unused = sorted(set(named) - {python.path for python in found})
    absent = sorted(set(MINORS) - {python.minor for python in found})
    results = [_tried(pair) for pair in pairs(found, full=os.environ.get("MATRIX") == "full")]
    sys.stdout.write(_table(results))
    for path in unused:
        sys.stdout.write(f"not run: {path} is no CPython in range, or the second of its version\n")
    if absent:
        names = ", ".join(f"3.{minor}" for minor in absent)
        sys.stdout.write(f"not run, because there is no CPython {names} here\n")
    is_good = bool(results) and all(result.is_good for result in results)
    return 0 if is_good and not unused else 1


def _tried(pair: Pair) -> Result:
    _say(f"== CPython {pair.python.version}, kubernetes {pair.client}")
    if not _is_installed(pair):
        return Result(pair.python.version, f"{pair.client}: cannot be installed")
    report = pair.directory / "report.xml"
    report.unlink(missing_ok=True)
    command = [pair.executable, "-m", "pytest", "--numprocesses", "auto", f"--junitxml={report}"]
    started = time.monotonic()
    status = subprocess.run(command, cwd=ROOT).returncode
    seconds = time.monotonic() - started
    kubernetes = subprocess.run(
        [pair.executable, "-c", _KUBERNETES], capture_output=True, text=True, check=True
    ).stdout
    counts = _counts(report) if report.exists() else (0, 0, 0)
    return Result(pair.python.version, kubernetes, *counts, seconds, status == 0)


def _is_installed(pair: Pair) -> bool:
    """Make the environment of a pair, or bring it up to date."""
    pip = [pair.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    commands = [[*pip, "--editable", ".[test]", f"kubernetes=={pair.client}.*"]]
    if not Path(pair.executable).exists():
        commands.insert(0, [pair.python.path, "-m", "venv", str(pair.directory)])
    return all(subprocess.run(command, cwd=ROOT).returncode == 0 for command in commands)


def _counts(report: Path) -> tuple[int, int, int]:
    """How many passed, failed and were skipped, by pytest's own report."""
    suite = ET.parse(report).getroot()[0]
    total, failures, errors, skipped = (
        int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return total - failed - skipped, failed, skipped


def _table(results: Sequence[Result]) -> str:
    rows = [_HEAD, *(result.row for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
