"""What is packed (gzip, tar, zip, and one in another) -> the files inside, one after the other.

Nothing is ever written under a name that stands in an archive: names are labels. Links, devices
and whatever else is no regular file are passed over.
"""

from __future__ import annotations

import gzip
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple, Protocol, cast

from kubectl_calico_nic.bundle.archives import limits
from kubectl_calico_nic.bundle.archives.limits import (
    DAMAGED,
    Allowance,
    UnreadableError,
    require_ratio,
)
from kubectl_calico_nic.bundle.archives.tar_members import tar_members
from kubectl_calico_nic.bundle.archives.zip_directory import require_small_directory

BLOCK_BYTES = 256 * 1024
"""Files are read in blocks of this size."""

_HEAD_BYTES = 512
"""Enough to tell every form: a tar says so behind its first member's name."""
_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_LABEL = 500
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises on broken archives, besides its own error."""


class Readable(Protocol):
    """What files are read from, front to back."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, nothing at the end."""


class Part(NamedTuple):
    """One file: what messages call it, its content in blocks, and whether an archive holds it."""

    name: str
    blocks: Iterator[bytes]
    is_member: bool


LeaveOut = Callable[[str, str], None]
"""Takes the name of what could not be read, and why."""


def unpack(name: str, file: Readable, leave_out: LeaveOut) -> Iterator[Part]:
    """Yield every file in ``file``: itself where it is not packed.

    Files come in the archive's order, and each is read before the next one is asked for. A member
    that cannot be read is given to ``leave_out``.

    Raises:
        UnreadableError: ``file`` itself is broken, or a limit is reached; while a part's blocks
            are read too. What came before stays good.
    """
    return _Unpacking(Allowance(name), leave_out).parts(name, file, 0, is_member=False)


class _Unpacking:
    """Unpacks one path, with one allowance for all its layers."""

    def __init__(self, allowance: Allowance, leave_out: LeaveOut) -> None:
        self._allowance = allowance
        self._leave_out = leave_out

    def parts(self, name: str, file: Readable, depth: int, *, is_member: bool) -> Iterator[Part]:
        head = _read_fully(file, _HEAD_BYTES)
        whole = _Rejoined(head, file)
        is_gzip, is_tar, is_zip = _forms(head)
        if not (is_gzip or is_tar or is_zip):
            yield Part(name, iter(lambda: _read_fully(whole, BLOCK_BYTES), b""), is_member)
            return
        if depth == limits.DEEPEST:
            raise UnreadableError(name, f"packed more than {limits.DEEPEST} times over")
        if is_gzip:
            unpacked = _Unpacked(name, whole, self._allowance)
            yield from self.parts(name, unpacked, depth + 1, is_member=is_member)
            return
        for member, content in tar_members(name, whole) if is_tar else self._zip(name, whole, file):
            self._allowance.count_file()
            label = _label(name, member)
            if content is not None and label is not None:
                yield from self._member(label, content, depth + 1)

    def _member(self, label: str, content: Readable, depth: int) -> Iterator[Part]:
        """Unpack a member; a problem of its own costs the others nothing."""
        has_begun = False
        try:
            for part in self.parts(label, content, depth, is_member=True):
                has_begun = True
                yield part
        except UnreadableError as error:
            if not error.name.startswith(label):
                raise  # what holds it is broken, or gave enough
            self._leave_out(the_rest_of(error.name, has_begun), error.problem)

    def _zip(
        self, name: str, whole: Readable, file: Readable
    ) -> Iterator[tuple[str, Readable | None]]:
        with tempfile.TemporaryFile() as copy:
            seekable = _seekable(file)
            if seekable is None:
                self._copy(whole, copy)
                seekable = copy
            require_small_directory(name, seekable)
            try:
                archive = zipfile.ZipFile(seekable)
            except _ZIP_ERRORS:
                raise UnreadableError(name, DAMAGED) from None
            with archive:
                for info in archive.infolist():
                    yield from self._zip_member(name, archive, info)

    def _zip_member(
        self, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo
    ) -> Iterator[tuple[str, Readable | None]]:
        label = f"{name}/{printable(info.filename)}"
        mode = info.external_attr >> 16
        if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
            yield info.filename, None
        elif info.flag_bits & 1 or info.compress_type not in _READABLE_METHODS:
            why = "encrypted" if info.flag_bits & 1 else "packed with a method that is not read"
            self._leave_out(label, why)
        else:
            try:
                content = archive.open(info)
            except _ZIP_ERRORS:
                self._leave_out(label, DAMAGED)
                return
            with content:
                member = _label(name, info.filename) or label
                packed = info.compress_size
                yield info.filename, _ZipMember(member, content, packed, self._allowance)

    def _copy(self, whole: Readable, target: IO[bytes]) -> None:
        while block := whole.read(BLOCK_BYTES):
            self._allowance.count_bytes(len(block))
            target.write(block)


class _Rejoined:
    """A file whose beginning was read already."""

    def __init__(self, head: bytes, file: Readable) -> None:
        self._head = head
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head or self._file.read(size)


class _Counted:
    """A file, and how many bytes of it were read."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.count += len(data)
        return data


class _Unpacked:
    """What a gzip file holds; once it is broken it stays so."""

    def __init__(self, name: str, file: Readable, allowance: Allowance) -> None:
        self._name = name
        self._packed = _Counted(file)
        self._file = gzip.GzipFile(fileobj=cast("IO[bytes]", self._packed), mode="rb")
        self._allowance = allowance
        self._given = 0
        self._error: UnreadableError | None = None

    def read(self, size: int, /) -> bytes:
        if self._error is not None:
            raise self._error
        try:
            data = self._file.read(size)
            self._given += len(data)
            self._allowance.count_bytes(len(data))
            require_ratio(self._name, self._packed.count, self._given)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self._error = UnreadableError(self._name, "its gzip data is damaged or cut off")
            raise self._error from None
        except UnreadableError as error:
            self._error = error
            raise
        return data


class _ZipMember:
    """A member of a zip archive."""

    def __init__(self, name: str, file: IO[bytes], packed: int, allowance: Allowance) -> None:
        self._name = name
        self._file = file
        self._packed = packed
        self._given = 0
        self._allowance = allowance

    def read(self, size: int, /) -> bytes:
        try:
            data = self._file.read(size)
        except _ZIP_ERRORS:
            raise UnreadableError(self._name, DAMAGED) from None
        self._given += len(data)
        self._allowance.count_bytes(len(data))
        require_ratio(self._name, self._packed, self._given)
        return data


def the_rest_of(name: str, has_begun: bool) -> str:
    """What messages call the part of an archive that cannot be read."""
    return f"the rest of {name}" if has_begun else name


def _forms(head: bytes) -> tuple[bool, bool, bool]:
    """Whether a file that begins so is of gzip, tar or zip."""
    is_zip = head.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    return head.startswith(b"\x1f\x8b\x08"), head[257:262] == b"ustar", is_zip


def _read_fully(file: Readable, size: int) -> bytes:
    """Read until ``size`` bytes are there or the file ends: a pipe gives what it has."""
    kept = [file.read(size)]
    missing = size - len(kept[0])
    while kept[-1] and missing:
        kept.append(file.read(missing))
        missing -= len(kept[-1])
    return b"".join(kept)


def _seekable(file: Readable) -> IO[bytes] | None:
    """The file itself where any place of it can be read: a zip's directory is at its end."""
    seekable = getattr(file, "seekable", None)
    return cast("IO[bytes]", file) if seekable is not None and seekable() else None


def _label(archive: str, member: str) -> str | None:
    """What messages call a member, and what tells its node; None for a hidden one.

    It reads as a path and is never used as one.
    """
    words = printable(member).replace("\\", "/").split("/")
    parts = [word for word in words if word not in ("", ".", "..")]
    if not parts or any(part.startswith(".") for part in parts):
        return None
    return f"{archive}/{'/'.join(parts)[-_LONGEST_LABEL:]}"


def printable(path: str) -> str:
    """A path as text that can be written: a file's name may be no UTF-8."""
    return path.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
