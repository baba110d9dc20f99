"""The files of ``--from``: paths, directories and stdin -> named streams of bytes."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

from kubectl_calico_nic.bundle.archives.limits import UnreadableError
from kubectl_calico_nic.bundle.archives.unpacking import printable
from kubectl_calico_nic.errors import CalicoNicError

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: ``name`` is what messages call it. ``path`` is None for stdin.

    ``is_named`` says that somebody asked for this very file, not for a folder around it.
    """

    name: str
    path: Path | None = None
    stdin: BinaryIO | None = None
    is_named: bool = True

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """Open it for reading bytes; stdin stays open afterwards.

        Raises:
            CalicoNicError: stdin is closed.
            UnreadableError: it cannot be opened, or not be read while it is open.
        """
        try:
            if self.path is not None:
                with self.path.open("rb") as file:
                    yield file
            elif isinstance(self.stdin, io.BufferedReader):
                yield self.stdin
            elif self.stdin is not None:
                yield io.BufferedReader(cast("io.RawIOBase", self.stdin))
            else:
                raise CalicoNicError("stdin cannot be read: it is closed")
        except OSError as error:
            raise UnreadableError(self.name, _reason(error)) from None


def find_sources(paths: Iterable[str], stdin: BinaryIO | None) -> list[Source]:
    """Every file below ``paths``, sorted within a directory, none of them twice.

    Below a directory, hidden files, symbolic links and whatever is no regular file are left out,
    so that nothing outside of it is read and nothing blocks. A path given by name may be a link
    or a pipe.

    Raises:
        CalicoNicError: a path does not exist or cannot be read, or a directory holds no file.
    """
    found: dict[str, Source] = {}
    for text in paths:
        if text == STDIN:
            found[STDIN] = Source("stdin", stdin=stdin)
            continue
        for path in _files(text):
            source = Source(printable(path), Path(path), is_named=path == text)
            found.setdefault(os.path.realpath(path), source)
    return list(found.values())


def _files(text: str) -> list[str]:
    try:
        mode = os.stat(text).st_mode
    except FileNotFoundError:
        raise CalicoNicError(f'the path "{printable(text)}" does not exist') from None
    except OSError as error:
        _refuse("stat", printable(text), error)
    if not stat.S_ISDIR(mode):
        return [text]
    files = sorted(_walk(text))
    if not files:
        raise CalicoNicError(
            f'the directory "{printable(text)}" holds no file to read: hidden files and symbolic '
            "links are left out"
        )
    return files


def _walk(directory: str) -> Iterator[str]:
    """Every regular file below ``directory``."""
    for parent, folders, names in os.walk(directory, onerror=_refuse_folder):
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        for name in names:
            path = os.path.join(parent, name)
            if not name.startswith(".") and _is_regular(path):
                yield path


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:  # it has gone since its folder was read
        return False


def _refuse_folder(error: OSError) -> NoReturn:
    _refuse("open", printable(str(error.filename)), error)


def _refuse(action: str, name: str, error: OSError) -> NoReturn:
    """Word an error of the operating system as Go does: ``open x: permission denied``."""
    raise CalicoNicError(f"{action} {name}: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
