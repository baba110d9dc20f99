"""Runs the command line in process: ``calico_nic("inspect", "-o", "json")``."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.cli import main
from kubectl_calico_nic.environment import Environment


@dataclass(frozen=True)
class Result:
    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        return True


def calico_nic(
    *argv: str,
    environ: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    answer: str | None = None,
    terminal: bool = False,
    width: int | None = 100,
    **replaced: Any,
) -> Result:
    """Run one command line as kubectl would, and return its status and what it printed.

    ``answer`` is what a person types on the terminal that stdin then is.
    """
    stream = Terminal if terminal else io.StringIO
    stdout, stderr = stream(), stream()
    environment = Environment(
        stdin=io.TextIOWrapper(io.BytesIO(stdin)) if answer is None else Terminal(answer),
        stdout=stdout,
        stderr=stderr,
        environ={"HOME": "/nonexistent", **(environ or {})},
        program="kubectl-calico_nic",
        width=width,
        **replaced,
    )
    status = main(argv, environment)
    return Result(int(status), stdout.getvalue(), stderr.getvalue())
