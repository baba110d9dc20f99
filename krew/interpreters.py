"""The Pythons that the archive carries bytecode for, as far as they are on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MINORS = tuple(range(10, 15))
"""CPython 3.10 to 3.14."""

_VERSION = re.compile(r"CPython (3\.(\d+)\.\S+)")
_ASK = "import platform as p; print(p.python_implementation(), p.python_version())"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One CPython; ``version`` is its whole version, ``3.12.1``."""

    path: str
    version: str

    @property
    def minor(self) -> int:
        """The second number of its version."""
        return int(self.version.split(".")[1])


def interpreters(named: Sequence[str] = ()) -> tuple[Interpreter, ...]:
    """One working CPython for each minor version that is here, the oldest first.

    Args:
        named: paths of Pythons, which come before those that are found.
    """
    found = (_interpreter((*named, *_candidates(minor)), minor) for minor in MINORS)
    return tuple(interpreter for interpreter in found if interpreter is not None)


def _interpreter(paths: Sequence[str], minor: int) -> Interpreter | None:
    for path in paths:
        version = _version(path)
        if version is not None and version.split(".")[1] == str(minor):
            return Interpreter(path, version)
    return None


def _candidates(minor: int) -> list[str]:
    """Where ``python3.N`` may be: on the PATH, and where pyenv keeps those that are not chosen."""
    name = f"python3.{minor}"
    on_path = [shutil.which(name, path=place) for place in os.get_exec_path()]
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    kept = sorted(root.glob(f"versions/3.{minor}.*/bin/{name}"))
    return [path for path in (*on_path, *map(str, kept)) if path is not None]


def _version(path: str) -> str | None:
    if shutil.which(path) is None:
        return None
    command = [path, "-c", _ASK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    match = _VERSION.fullmatch(done.stdout.strip()) if done.returncode == 0 else None
    return match and match[1]
