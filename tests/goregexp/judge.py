"""Go's own regexp, or RE2 where there is no Go, to judge our answers."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent


@dataclass(frozen=True)
class Answer:
    """What Go says of a pattern: an error ("" if it takes it), and whether each name matches."""

    error: str
    matches: tuple[bool, ...]
    class_ranges: tuple[int, ...]


class Go:
    """Go's package regexp, built from the program beside this file."""

    def __init__(self, directory: Path) -> None:
        self._program = directory / "goregexp"
        environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOPROXY": "off"}
        subprocess.run(
            ["go", "build", "-o", self._program, "."], cwd=SOURCE, env=environment, check=True
        )
        version = subprocess.run(
            ["go", "env", "GOVERSION"], env=environment, check=True, capture_output=True, text=True
        ).stdout
        self.minor_version = int(version.split(".")[1])

    @staticmethod
    def is_installed() -> bool:
        return shutil.which("go") is not None

    def answers(self, questions: Iterable[tuple[str, Sequence[str]]]) -> list[Answer]:
        """Ask all questions, each a pattern and names, in one run of the program."""
        asked = "\n".join(
            json.dumps({"pattern": _encode(pattern), "names": [_encode(name) for name in names]})
            for pattern, names in questions
        )
        done = subprocess.run(
            [self._program], input=asked, check=True, capture_output=True, text=True
        )
        return [_answer(json.loads(line)) for line in done.stdout.splitlines()]


def _encode(text: str) -> str:
    return base64.b64encode(text.encode(errors="surrogateescape")).decode()


def _answer(line: dict[str, object]) -> Answer:
    error = base64.b64decode(str(line["error"] or "")).decode(errors="surrogateescape")
    return Answer(error, tuple(line["matches"] or ()), tuple(line["class"] or ()))  # type: ignore[arg-type]
