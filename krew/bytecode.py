"""Bytecode beside the sources, so that nothing is compiled at start-up in a read-only directory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from krew.interpreters import Interpreter


def add_bytecode(library: Path, interpreters: Iterable[Interpreter]) -> None:
    """Compile everything below ``library`` once for each interpreter.

    The files are used whatever the times of the sources are (PEP 552, unchecked): unpacking an
    archive changes those. The same interpreter writes the same bytes wherever ``library`` is.

    Raises:
        subprocess.CalledProcessError: a source cannot be compiled.
    """
    for interpreter in interpreters:
        command = [
            *(interpreter.path, "-m", "compileall", "-q"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(library), str(library)),
        ]
        # The order of a set of strings, which is part of the bytecode, depends on the hash seed.
        environment = {"PYTHONHASHSEED": "0"}
        subprocess.run(command, check=True, env=environment)  # noqa: S603
