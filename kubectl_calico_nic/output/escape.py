"""Cluster text is data: whatever could act on a terminal is shown as an escape instead."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"[ -~]*")
_ACTING_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, format characters, surrogates, private use, unassigned, line and paragraph ends."""
_DISPLACING_CATEGORIES = frozenset({"Mn", "Me", "Zs"})
"""Marks, which pile up on what stands before them, and blanks that are not the one of ASCII."""
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
"""A terminal reorders the columns around such letters."""
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols without a shape: fillers of Hangul, the empty Braille pattern."""
LONGEST = 1000
"""More characters than this of one text of the cluster are cut on screen."""


def escape(text: str) -> str:
    r"""Make ``text`` safe to show on one line.

    Control characters (ESC, CR, newline, C1), format characters (bidirectional overrides, zero
    width), surrogates and unassigned code points become ``\x1b`` or ``\u202e``; so do marks,
    right-to-left letters and invisible ones, which would move or hide what stands beside them.
    kubectl escapes ESC and CR alone (cli-runtime pkg/printers/terminal.go, WriteEscaped).
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(_escape_character(character) for character in text)


def brief(text: str, most: int = LONGEST) -> str:
    """``text``, cut where it is longer than ``most`` characters; says how much is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}... ({len(text) - most} more characters)"


def _escape_character(character: str) -> str:
    if not _displaces(character):
        return character
    code = ord(character)
    if code < 0x100:
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _displaces(character: str) -> bool:
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    return (
        category in _ACTING_CATEGORIES
        or category in _DISPLACING_CATEGORIES
        or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
        or character in _INVISIBLE
    )
