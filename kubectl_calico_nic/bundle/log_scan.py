"""The lines of a large log that can matter, found about as fast as grep finds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST_LINE = 64 * 1024
"""Bytes of a line without an end that are kept: Calico's own lines are far shorter."""

_END_BYTES = 4 * 1024
"""All lines in so much at both ends of a log are looked at."""
_TELLING = re.compile(rb"\] (?:startup|monitor-addresses/|node-services/|reachaddr\.go )[^\n]*\n?")
"""What the lines hold, prefixed or not, of which LogReader takes more than their time.

It begins with literal text: that is what makes the search fast.
"""
_STARTED = re.compile(rb"Calico node (?:started|failed)[^\n]*\n?")
_PIECE_OF_CRI = re.compile(rb" std(?:out|err) P [^\n]*\n?")
_FRAMED = re.compile(rb'[-+.:TZ0-9]{20,40} std(?:out|err) |\{"log":')
"""How lines begin that the container runtime may have cut in pieces."""
_PIECE = re.compile(
    # Of the CRI (tag P), and of docker (the text does not end with a newline).
    rb'[-+.:TZ0-9]{20,40} std(?:out|err) P |\{"log":"(?!.*\\n","stream":)'
)


def lines_that_matter(blocks: Iterable[bytes]) -> Iterator[str]:
    """Yield lines of a log in order, without their ends, as text.

    These are the lines about a start or an address, those at both ends of the log, and the last
    of each block between: they tell when the log begins and ends, and which pods' lines it holds.
    Memory grows neither with the log nor with a line that never ends.
    """
    held, head = b"", _END_BYTES
    for block in whole_lines(blocks):
        if held:
            yield from _lines(held, head, tail=1)
            head = max(head - len(held), 0)
        held = block
    yield from _lines(held, head, tail=_END_BYTES)


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut ``blocks`` where lines end; the end of overlong lines is left out."""
    begun = b""
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join((begun, memoryview(block)[:end]))
            begun = block[end:]
        else:
            begun = (begun + block)[:LONGEST_LINE]
    if begun:
        yield begun


def _lines(block: bytes, head: int, tail: int) -> list[str]:
    """The telling lines of ``block``, and all within ``head`` and ``tail`` bytes of its ends."""
    text = b"".join(_excerpt(block, head, tail)).decode("utf-8", errors="replace")
    return text.removesuffix("\n").split("\n") if text else []


def _excerpt(block: bytes, head: int, tail: int) -> Iterator[bytes]:
    """Yield parts of ``block``, each some whole lines."""
    done = _end_of_line(block, block.rfind(b"\n", 0, head) + 1) if head else 0
    last = block.rfind(b"\n", 0, max(len(block) - tail, 0)) + 1
    yield block[:done]
    last_line = block.rfind(b"\n", 0, -1) + 1
    is_framed = any(_FRAMED.match(block, start) for start in (0, last_line))
    for place, end in _telling_spans(block, is_framed):
        if done <= place < last:
            start = block.rfind(b"\n", done, place) + 1 or done
            done = _end_of_line(block, start) if is_framed else end
            yield block[start:done]
    yield block[max(done, last) :]


def _telling_spans(block: bytes, is_framed: bool) -> list[tuple[int, int]]:
    """The ends of the lines that tell something, each from what tells that; in order."""
    spans = [match.span() for match in _TELLING.finditer(block)]
    more = [match.span() for match in _STARTED.finditer(block)]
    if is_framed:
        more += [match.span() for match in _PIECE_OF_CRI.finditer(block)]
    return sorted(spans + more) if more else spans


def _end_of_line(block: bytes, start: int) -> int:
    """Where the line ends, with the pieces that the container runtime cut off it."""
    end = block.find(b"\n", start) + 1 or len(block)
    while end < len(block) and _PIECE.match(block, start):
        start, end = end, block.find(b"\n", end) + 1 or len(block)
    return end
