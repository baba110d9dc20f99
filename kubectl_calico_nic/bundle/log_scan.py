"""The lines of a large log that can matter, found about as fast as grep finds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST_LINE = 64 * 1024
"""Bytes of a line without an end that are kept: Calico's own lines are far shorter."""

_END_BYTES = 2 * 1024
"""All lines in so much at both ends of a block are looked at."""
_STEP_BYTES = 64 * 1024
"""Between them, so often a line is, whatever it says."""
_TELLING = (
    # Each begins with literal text: that is what makes the search fast.
    re.compile(rb"\] (?:startup|monitor-addresses/|node-services/|reachaddr\.go )"),
    re.compile(rb"Calico node (?:started|failed)"),
)
"""What the lines hold, prefixed or not, of which LogReader takes more than their time."""
_PIECE = re.compile(rb"[-+.:TZ0-9]{20,40} std(?:out|err) P ")


def lines_that_matter(blocks: Iterable[bytes]) -> Iterator[str]:
    """Yield lines of a log in order, without their ends, as text.

    Of every block these are the lines about a start or an address, the lines at its ends, and
    some in between: they tell when the log begins and ends, and which pods' lines a file holds.
    Memory grows neither with the log nor with a line that never ends.
    """
    for block in _of_whole_lines(blocks):
        lines = b"".join(_excerpt(block)).decode("utf-8", errors="replace")
        yield from lines.removesuffix("\n").split("\n")


def _of_whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut ``blocks`` where lines end; the middle of overlong lines is left out."""
    begun = b""
    for block in blocks:
        text = begun + block
        end = text.rfind(b"\n") + 1
        if end:
            yield text[:end]
        begun = text[end:] if end else text[:LONGEST_LINE]
    if begun:
        yield begun


def _excerpt(block: bytes) -> Iterator[bytes]:
    """Yield parts of ``block``, each some whole lines."""
    done = block.find(b"\n", _END_BYTES) + 1
    last = block.rfind(b"\n", 0, max(len(block) - _END_BYTES, 0)) + 1
    if not 0 < done < last:
        yield block
        return
    yield block[:done]
    for place in _places(block):
        if done <= place < last:
            start = block.rfind(b"\n", 0, place) + 1
            done = _end_of_line(block, start)
            yield block[start:done]
    yield block[max(done, last) :]


def _end_of_line(block: bytes, start: int) -> int:
    """Where the line ends, with the pieces that the container runtime cut off it."""
    end = block.find(b"\n", start) + 1 or len(block)
    while end < len(block) and _PIECE.match(block, start):
        start, end = end, block.find(b"\n", end) + 1 or len(block)
    return end


def _places(block: bytes) -> list[int]:
    telling = [match.start() for pattern in _TELLING for match in pattern.finditer(block)]
    return sorted((*telling, *range(0, len(block), _STEP_BYTES)))
