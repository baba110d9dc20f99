"""Cluster text is data: whatever could act on a terminal is shown as an escape instead."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"[ -~]*")
_ACTING_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def escape(text: str) -> str:
    r"""Make ``text`` safe to show on one line.

    Control characters (ESC, CR, newline, C1), format characters (bidirectional overrides, zero
    width), surrogates and unassigned code points become ``\x1b`` or ``\u202e``. kubectl escapes
    ESC and CR alone (cli-runtime pkg/printers/terminal.go, WriteEscaped).
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(_escape_character(character) for character in text)


def _escape_character(character: str) -> str:
    if unicodedata.category(character) not in _ACTING_CATEGORIES:
        return character
    code = ord(character)
    if code < 0x100:
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
