"""Go's own regexp, or RE2 where there is no Go, to judge our answers."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

SOURCE = Path(__file__).parent


Question = tuple[str, Sequence[str]]
"""A pattern and the names to search."""


@dataclass(frozen=True)
class Answer:
    """What is said of a pattern: an error ("" if it is taken), and whether each name matches."""

    error: str
    matches: tuple[bool, ...] = ()
    class_ranges: tuple[int, ...] = ()


class Go:
    """Go's package regexp, asked through the program beside this file."""

    def __init__(self, directory: Path) -> None:
        self._program = directory / "goregexp"
        environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOPROXY": "off"}
        subprocess.run(
            ["go", "build", "-o", self._program, "."], cwd=SOURCE, env=environment, check=True
        )
        version = subprocess.run(
            ["go", "env", "GOVERSION"], env=environment, check=True, capture_output=True, text=True
        ).stdout
        self.version = tuple(int(number) for number in re.findall(r"\d+", version)[:2])

    @staticmethod
    def is_installed() -> bool:
        return shutil.which("go") is not None

    def answers(self, questions: Iterable[Question]) -> list[Answer]:
        """Ask all questions in one run of the program."""
        asked = "\n".join(
            json.dumps({"pattern": _encode(pattern), "names": [_encode(name) for name in names]})
            for pattern, names in questions
        )
        done = subprocess.run(
            [self._program], input=asked, check=True, capture_output=True, text=True
        )
        return [_answer(json.loads(line)) for line in done.stdout.splitlines()]

    def can_judge(self, pattern: str, names: Sequence[str] = ()) -> bool:
        """Say whether Go is new enough: before 1.25 it knew fewer names of Unicode's classes."""
        return self.version >= (1, 25) or not re.search(r"\\[pP]", pattern)


def _encode(text: str) -> str:
    return base64.b64encode(text.encode(errors="surrogateescape")).decode()


def _answer(line: dict[str, Any]) -> Answer:
    error = base64.b64decode(line["error"] or "").decode(errors="surrogateescape")
    return Answer(error, tuple(line["matches"] or ()), tuple(line["class"] or ()))


RE2_DIFFERENCES = {
    r"\\C": "a single byte to RE2, an error to Go",
    r"\\[pP]": "RE2 knows the exact names of classes only, and all scripts",
    r"\{\d*,?\d{5}": "braces around a number that is far too large are literal to RE2",
}
"""What RE2 is known to answer otherwise than Go: a regex of such patterns, and why."""


class RE2:
    """RE2 itself (google-re2): Go's regexp but for RE2_DIFFERENCES and the texts of errors."""

    def __init__(self, re2: ModuleType) -> None:
        self._re2 = re2
        self._options = re2.Options()
        self._options.log_errors = False
        self._options.max_mem = 64 << 20

    def answers(self, questions: Iterable[Question]) -> list[Answer]:
        return [self._answer(*question) for question in questions]

    def can_judge(self, pattern: str, names: Sequence[str] = ()) -> bool:
        """Say whether RE2 should agree with Go; its Python binding takes valid UTF-8 only."""
        is_valid = not re.search("[\ud800-\udfff]", "".join((pattern, *names)))
        return is_valid and not any(re.search(known, pattern) for known in RE2_DIFFERENCES)

    def _answer(self, pattern: str, names: Sequence[str]) -> Answer:
        try:
            search = self._re2.compile(pattern, self._options).search
        except self._re2.error as error:
            return Answer(str(error) or "rejected")
        return Answer("", tuple(bool(search(name)) for name in names))
