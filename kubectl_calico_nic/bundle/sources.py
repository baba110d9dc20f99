"""The files of ``--from``: paths, directories and stdin -> named streams of bytes."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kubectl_calico_nic.errors import CalicoNicError

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: ``name`` is what messages call it, ``stem`` may name a node or a pod."""

    name: str
    stem: str
    path: Path | None = None
    stdin: BinaryIO | None = None

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """Open it for reading bytes.

        Raises:
            CalicoNicError: it cannot be read.
        """
        if self.path is None:
            assert self.stdin is not None
            yield io.BufferedReader(self.stdin)  # type: ignore[arg-type]
            return
        try:
            with self.path.open("rb") as stream:
                yield stream
        except OSError as error:
            raise CalicoNicError(f"cannot read {self.name}: {error.strerror}") from None


def find_sources(paths: Iterable[str], stdin: BinaryIO | None) -> list[Source]:
    """Every file below ``paths``, sorted within a directory; hidden files are left out.

    Raises:
        CalicoNicError: a path does not exist, or a directory holds no file.
    """
    found: list[Source] = []
    for text in paths:
        if text == STDIN:
            found.append(Source("stdin", "stdin", stdin=stdin))
            continue
        path = Path(text)
        if not path.exists():
            raise CalicoNicError(f'the path "{text}" does not exist')
        files = sorted(_files(path)) if path.is_dir() else [path]
        if not files:
            raise CalicoNicError(f'the directory "{text}" holds no file')
        found += [Source(str(file), _stem(file), file) for file in files]
    return found


def _files(directory: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(directory):
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        yield from (Path(parent) / name for name in names if not name.startswith("."))


def _stem(path: Path) -> str:
    """The name without its last ending: a node may be called ``node-1.example.com``."""
    known = (".log", ".txt", ".json", ".yaml", ".yml", ".out")
    return path.name.removesuffix(path.suffix) if path.suffix in known else path.name
