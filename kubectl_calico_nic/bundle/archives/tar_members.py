"""The members of a tar archive, read front to back in memory that stays flat."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, cast

from kubectl_calico_nic.bundle.archives.limits import DAMAGED, UnreadableError

if TYPE_CHECKING:
    from typing_extensions import Self

    from kubectl_calico_nic.bundle.archives.unpacking import Readable

_LARGEST_HEADER = 64 * 1024
"""Bytes of a header that follows a header (a long name, pax); tarfile reads it as a whole."""
_HEADERS_OF_HEADERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_ERRORS = (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError)
"""What tarfile raises on broken archives, besides its own errors."""


class _BrokenHeaderError(Exception):
    """A header that tarfile would take for the archive's end, or read without bounds."""


class _Header(tarfile.TarInfo):
    """A header that is refused where it is broken."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError:
            if any(buf):  # blocks of zeros are the end
                raise _BrokenHeaderError from None
            raise
        is_long = header.type in _HEADERS_OF_HEADERS and header.size > _LARGEST_HEADER
        if header.size < 0 or is_long:
            raise _BrokenHeaderError
        return header


class _Content:
    """What a member holds."""

    def __init__(self, archive: str, file: IO[bytes]) -> None:
        self._archive = archive
        self._file = file

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except _ERRORS:
            raise UnreadableError(self._archive, DAMAGED) from None


def tar_members(name: str, file: Readable) -> Iterator[tuple[str, Readable | None]]:
    """Yield the name of every member and its content, None where it is no regular file.

    The content is read before the next member is asked for.

    Raises:
        UnreadableError: the archive called ``name`` is broken from here on.
    """
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", file), mode="r|", tarinfo=_Header) as archive:
            while (member := archive.next()) is not None:
                is_file = member.isreg() and not member.issparse()
                content = archive.extractfile(member) if is_file else None
                yield member.name, None if content is None else _Content(name, content)
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
    except (*_ERRORS, _BrokenHeaderError):
        raise UnreadableError(name, DAMAGED) from None
