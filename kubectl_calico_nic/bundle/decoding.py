"""Bytes of a file -> text: unpacked and decoded, in memory that stays flat."""

from __future__ import annotations

import codecs
import gzip
import io
import itertools
import zlib
from collections.abc import Iterable, Iterator

from kubectl_calico_nic.errors import CalicoNicError

BLOCK_BYTES = 256 * 1024
"""Files are read in blocks of this size."""
LARGEST_UNPACKED = 4 * 1024**3
"""Bytes that a compressed file may unpack to."""
LARGEST_DOCUMENT = 256 * 1024**2
"""Bytes of a file that is read as a whole (JSON, YAML, ip output)."""

_GZIP = b"\x1f\x8b\x08"
_SNIFFED_BYTES = 8 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_blocks(file: io.BufferedReader, name: str) -> Iterator[bytes]:
    """Yield the content of ``file`` in blocks: unpacked if it is gzip's, as UTF-8 if it is UTF-16.

    UTF-16 with a byte order mark is what PowerShell's ``>`` writes. No byte order mark is left.

    Raises:
        CalicoNicError: the compressed data is damaged, or unpacks to more than the limit.
    """
    packed = file.peek(len(_GZIP)).startswith(_GZIP)
    blocks = _unpacked(file, name) if packed else iter(lambda: file.read(BLOCK_BYTES), b"")
    first = next(blocks, b"")
    whole = itertools.chain([first.removeprefix(codecs.BOM_UTF8)], blocks)
    return _as_utf_8(whole) if first.startswith(_UTF_16) else whole


def _unpacked(file: io.BufferedReader, name: str) -> Iterator[bytes]:
    total = 0
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            while block := unpacked.read(BLOCK_BYTES):
                total += len(block)
                if total > LARGEST_UNPACKED:
                    raise CalicoNicError(f"read {name}: unpacks to more than 4 GiB")
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise CalicoNicError(f"read {name}: its gzip data is damaged or cut off") from None


def _as_utf_8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", errors="replace")


def is_binary(beginning: bytes) -> bool:
    """Whether a file that begins so holds no text, judged as grep does: by a NUL."""
    return b"\0" in beginning[:_SNIFFED_BYTES]


def decode_all(blocks: Iterable[bytes], name: str) -> str:
    """Return ``blocks`` as one text; what is no UTF-8 is replaced.

    Raises:
        CalicoNicError: it is larger than what is read as a whole.
    """
    kept, size = [], 0
    for block in blocks:
        size += len(block)
        if size > LARGEST_DOCUMENT:
            raise CalicoNicError(f"read {name}: larger than 256 MiB, and no log")
        kept.append(block)
    return b"".join(kept).decode("utf-8", errors="replace")
