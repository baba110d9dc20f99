"""Compressed bodies: whole, or known not to be."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_GZIP = 31  # zlib's window bits for the gzip format
_PIECE_BYTES = 1024 * 1024


def gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decompresses a body piece by piece; no piece that comes out is longer than a mebibyte.

    urllib3 takes one that was cut off for a whole one.

    Raises:
        urllib3.exceptions.DecodeError: it is no gzip.
        urllib3.exceptions.IncompleteRead: its end is missing.
    """
    from urllib3 import exceptions

    decoder, count = zlib.decompressobj(_GZIP), 0
    for piece in pieces:
        rest = piece
        while rest:
            if decoder.eof:
                decoder = zlib.decompressobj(_GZIP)
            try:
                found = decoder.decompress(rest, _PIECE_BYTES)
            except zlib.error as error:
                raise exceptions.DecodeError(str(error)) from None
            count += len(found)
            yield found
            rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if not decoder.eof:
        raise exceptions.IncompleteRead(count, 1)
