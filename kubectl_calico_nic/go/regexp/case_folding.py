"""Which runes are the same to ``(?i)``.

Mirrors unicode.SimpleFold (unicode/letter.go) and appendFoldedRange of regexp/syntax/parse.go.
Go's tables are those of Unicode 15.0, ours are Python's: letters with a case that Unicode took in
since 13.0 (Python 3.10) fold by Python's release, all others as in Go.
"""

from __future__ import annotations

import bisect
import functools
from collections import defaultdict
from collections.abc import Sequence

from kubectl_calico_nic.go.regexp.rune_sets import RuneSet, ranges_of, rune_set

_ASCII_END = 0x80
_BEYOND_ASCII = {"k": 0x212A, "s": 0x017F}  # the Kelvin sign and the long s
_LAST_CASED_PLANE = 0x20000


def orbit(rune: int) -> tuple[int, ...]:
    """Return all runes that are ``rune`` but for their case, itself included, in order."""
    if rune >= _ASCII_END:
        return _orbits().get(rune, (rune,))
    letter = chr(rune)
    if not letter.isalpha():
        return (rune,)
    pair = (ord(letter.upper()), ord(letter.lower()))
    extra = _BEYOND_ASCII.get(letter.lower())
    return pair if extra is None else (*pair, extra)


def folded(runes: RuneSet) -> RuneSet:
    """Return the set with all runes that differ from one of it by case alone."""
    ranges = list(ranges_of(runes))
    others = [
        (other, other)
        for first, last in ranges
        for rune in _foldable(first, last)
        for other in orbit(rune)
    ]
    return rune_set(ranges + others) if others else runes


def _foldable(first: int, last: int) -> Sequence[int]:
    """Return every rune of a range that may have another case."""
    if last < _ASCII_END:
        return range(first, last + 1)
    cased = _cased_runes()
    return cased[bisect.bisect_left(cased, first) : bisect.bisect_right(cased, last)]


@functools.cache
def _cased_runes() -> tuple[int, ...]:
    return tuple(sorted(_orbits()))


@functools.cache
def _orbits() -> dict[int, tuple[int, ...]]:
    """Return the orbit of every rune that has more than one member."""
    groups = defaultdict(list)
    for rune in range(_LAST_CASED_PLANE):
        groups[_simple_case_fold(chr(rune))].append(rune)
    return {rune: tuple(group) for group in groups.values() if len(group) > 1 for rune in group}


def _simple_case_fold(rune: str) -> str:
    """Return the status C and S mappings of Unicode's CaseFolding.txt.

    Python has the full mappings (``ß`` to ``ss``); where they give more than one rune, the simple
    one is the lower case, if that is a single rune.
    """
    return next((each for each in (rune.casefold(), rune.lower()) if len(each) == 1), rune)
