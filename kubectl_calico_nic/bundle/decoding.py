"""Bytes of a file -> text, in memory that stays flat."""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterable, Iterator

from kubectl_calico_nic.bundle.archives.limits import UnreadableError

LARGEST_DOCUMENT = 256 * 1024**2
"""Bytes of a file that is read as a whole (JSON, YAML, ip output)."""

_SNIFFED_BYTES = 8 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf_8(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the content of a file as UTF-8 if it is UTF-16, without a byte order mark.

    UTF-16 with a byte order mark is what PowerShell's ``>`` writes.
    """
    first = next(blocks, b"")
    whole = itertools.chain([first.removeprefix(codecs.BOM_UTF8)], blocks)
    return _from_utf_16(whole) if first.startswith(_UTF_16) else whole


def _from_utf_16(blocks: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", errors="replace")


def is_binary(beginning: bytes) -> bool:
    """Whether a file that begins so holds no text, judged as grep does: by a NUL."""
    return b"\0" in beginning[:_SNIFFED_BYTES]


def decode_all(blocks: Iterable[bytes], name: str) -> str:
    """Return ``blocks`` as one text; what is no UTF-8 is replaced.

    Raises:
        UnreadableError: it is larger than what is read as a whole.
    """
    kept, size = [], 0
    for block in blocks:
        size += len(block)
        if size > LARGEST_DOCUMENT:
            raise UnreadableError(name, f"larger than {_in_mebibytes()} MiB, and no log")
        kept.append(block)
    return b"".join(kept).decode("utf-8", errors="replace")


def _in_mebibytes() -> int:
    return LARGEST_DOCUMENT // 1024**2
