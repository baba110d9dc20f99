r"""Character classes: ``[a-z]``, ``[^[:alpha:]_]``, ``\d``, ``\pL``, ``\p{^Greek}``.

Mirrors parseClass, parseClassChar, parseNamedClass, parsePerlClassEscape and parseUnicodeClass of
regexp/syntax/parse.go, with the flags of regexp.Compile (syntax.Perl).
"""

from __future__ import annotations

from kubectl_calico_nic.go.regexp.ascii_classes import PERL_CLASSES, POSIX_CLASSES
from kubectl_calico_nic.go.regexp.case_folding import folded
from kubectl_calico_nic.go.regexp.cursor import Cursor, check_utf8
from kubectl_calico_nic.go.regexp.errors import Reason
from kubectl_calico_nic.go.regexp.escapes import escaped_rune
from kubectl_calico_nic.go.regexp.rune_sets import RuneSet, complement, ranges_of, rune_set
from kubectl_calico_nic.go.regexp.unicode_classes import unicode_class

_POSIX_START = "[:"
_POSIX_END = ":]"
_MIN_POSIX_LENGTH = 3


def bracketed_class(cursor: Cursor, *, fold: bool) -> RuneSet:
    """Take the class at ``cursor``, which is at a ``[``; return its runes.

    Raises:
        RegexpError: Go does not take it.
    """
    start = cursor.at
    cursor.at += 1
    negated = cursor.peek() == "^"
    cursor.at += negated
    ranges: list[tuple[int, int]] = []
    is_first = True
    while is_first or cursor.peek() != "]":
        is_first = False
        named = _posix_class(cursor, fold=fold)
        if named is None:
            named = escaped_class(cursor, fold=fold)
        if named is None:
            named = _range(cursor, start, fold=fold)
        ranges.extend(ranges_of(named))
    cursor.at += 1
    runes = rune_set(ranges)
    return complement(runes) if negated else runes


def escaped_class(cursor: Cursor, *, fold: bool) -> RuneSet | None:
    r"""Take ``\d``, ``\pN`` or their kin and return the runes; None if there is none here.

    Raises:
        RegexpError: Go knows no class of this name.
    """
    if cursor.peek() != "\\":
        return None
    kind = cursor.peek(1)
    if kind in ("p", "P"):
        return _unicode_class(cursor, fold=fold)
    if kind not in PERL_CLASSES:
        return None
    cursor.at += 2
    return _ascii_class(*PERL_CLASSES[kind], fold=fold)


def _ascii_class(runes: RuneSet, negated: bool, *, fold: bool) -> RuneSet:
    if fold:
        runes = folded(runes)
    return complement(runes) if negated else runes


def _posix_class(cursor: Cursor, *, fold: bool) -> RuneSet | None:
    start = cursor.at
    if not cursor.starts_with(_POSIX_START) or not cursor.peek(_MIN_POSIX_LENGTH - 1):
        return None
    end = cursor.text.find(_POSIX_END, start + len(_POSIX_START))
    if end < 0:
        return None
    cursor.at = end + len(_POSIX_END)
    name = cursor.text[start : cursor.at]
    if name not in POSIX_CLASSES:
        raise cursor.error(Reason.INVALID_CLASS_RANGE, start)
    return _ascii_class(*POSIX_CLASSES[name], fold=fold)


def _unicode_class(cursor: Cursor, *, fold: bool) -> RuneSet:
    start = cursor.at
    negated = cursor.peek(1) == "P"
    cursor.at += 2
    letter = cursor.take()
    name = _braced_name(cursor, start) if letter == "{" else cursor.text[start + 2 : cursor.at]
    if name.startswith("^"):
        negated = not negated
        name = name[1:]
    runes = unicode_class(name, fold=fold)
    if runes is None:
        raise cursor.error(Reason.INVALID_CLASS_RANGE, start)
    return complement(runes) if negated else runes


def _braced_name(cursor: Cursor, start: int) -> str:
    end = cursor.find("}")
    if end < 0:
        check_utf8(cursor.text[start:])
        raise cursor.error(Reason.INVALID_CLASS_RANGE, start, len(cursor.text))
    name = cursor.text[cursor.at : end]
    check_utf8(name)
    cursor.at = end + 1
    return name


def _range(cursor: Cursor, class_start: int, *, fold: bool) -> RuneSet:
    """Take ``a`` or ``a-z``; a ``-`` before the closing bracket is itself."""
    start = cursor.at
    first = last = _class_rune(cursor, class_start)
    if cursor.peek() == "-" and cursor.peek(1) not in ("", "]"):
        cursor.at += 1
        last = _class_rune(cursor, class_start)
        if last < first:
            raise cursor.error(Reason.INVALID_CLASS_RANGE, start)
    runes = rune_set([(ord(first), ord(last))])
    return folded(runes) if fold else runes


def _class_rune(cursor: Cursor, class_start: int) -> str:
    if not cursor.peek():
        raise cursor.error(Reason.MISSING_BRACKET, class_start)
    return escaped_rune(cursor) if cursor.peek() == "\\" else cursor.take()
