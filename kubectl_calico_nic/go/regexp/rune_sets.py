"""Sets of runes (Unicode code points), as sorted boundaries.

Stands for the range lists of regexp/syntax/parse.go (cleanClass, negateClass, appendClass): the
set holds what lies between an even boundary and the odd one after it, so that ``(65, 91)`` is
A to Z, and a rune is in the set when an odd number of boundaries is not above it.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator

RuneSet = tuple[int, ...]

MAX_RUNE = 0x10FFFF
_END = MAX_RUNE + 1


def rune_set(ranges: Iterable[tuple[int, int]]) -> RuneSet:
    """Return the set of all ``(first, last)`` ranges, in any order, overlapping or not."""
    bounds: list[int] = []
    for first, last in sorted(ranges):
        if bounds and first <= bounds[-1]:
            bounds[-1] = max(bounds[-1], last + 1)
        else:
            bounds += (first, last + 1)
    return tuple(bounds)


def ranges_of(runes: RuneSet) -> Iterator[tuple[int, int]]:
    """Yield the ``(first, last)`` ranges of a set, in order."""
    for first, end in zip(runes[::2], runes[1::2], strict=True):
        yield first, end - 1


def complement(runes: RuneSet) -> RuneSet:
    """Return the runes that are not in the set."""
    bounds = runes[1:] if runes[:1] == (0,) else (0, *runes)
    return bounds[:-1] if bounds[-1:] == (_END,) else (*bounds, _END)


def contains(runes: RuneSet, rune: int) -> bool:
    """Say whether ``rune`` is in the set."""
    return bisect.bisect_right(runes, rune) % 2 == 1


ANY: RuneSet = (0, _END)
ANY_NOT_NEWLINE: RuneSet = complement(rune_set([(0x0A, 0x0A)]))
