r"""Escape sequences that stand for a single rune: ``\.``, ``\n``, ``\x41``, ``\101``.

Mirrors parseEscape of regexp/syntax/parse.go.
"""

from __future__ import annotations

import string

from kubectl_calico_nic.go.regexp.cursor import Cursor
from kubectl_calico_nic.go.regexp.errors import Reason
from kubectl_calico_nic.go.regexp.rune_sets import MAX_RUNE

_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_OCTAL_DIGITS = frozenset(string.octdigits)
_HEX_DIGITS = frozenset(string.hexdigits)
_MAX_OCTAL_DIGITS = 3


def escaped_rune(cursor: Cursor) -> str:
    r"""Take the escape sequence at ``cursor``, which is at a backslash; return what it stands for.

    Raises:
        RegexpError: Go has no such escape sequence (``\Z``, ``\8``, ``\xg``).
    """
    start = cursor.at
    cursor.at += 1
    if not cursor.peek():
        raise cursor.error(Reason.TRAILING_BACKSLASH, cursor.at)
    kind = cursor.take()
    rune = _rune(kind, cursor)
    if rune is None:
        raise cursor.error(Reason.INVALID_ESCAPE, start)
    return rune


def _rune(kind: str, cursor: Cursor) -> str | None:
    if kind == "0" or (kind in _OCTAL_DIGITS and cursor.peek() in _OCTAL_DIGITS):
        return _octal(kind, cursor)
    if kind == "x" and cursor.peek():
        return _hexadecimal(cursor)
    if kind in _CONTROLS:
        return _CONTROLS[kind]
    return kind if kind.isascii() and not kind.isalnum() else None


def _octal(digits: str, cursor: Cursor) -> str:
    while len(digits) < _MAX_OCTAL_DIGITS and cursor.peek() in _OCTAL_DIGITS:
        digits += cursor.take()
    return chr(int(digits, 8))


def _hexadecimal(cursor: Cursor) -> str | None:
    first = cursor.take()
    if first == "{":
        return _braced(cursor)
    digits = first + cursor.take()
    return chr(int(digits, 16)) if _HEX_DIGITS.issuperset(digits) else None


def _braced(cursor: Cursor) -> str | None:
    value = digits = 0
    while cursor.peek():
        digit = cursor.take()
        if digit == "}":
            return chr(value) if digits else None
        if digit not in _HEX_DIGITS:
            return None
        value = value * 16 + int(digit, 16)
        digits += 1
        if value > MAX_RUNE:
            return None
    return None
