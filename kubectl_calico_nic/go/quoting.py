"""Go's quoted strings (``strconv.Quote``), as logrus' string fields are printed."""

from __future__ import annotations

import re

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}
_UNESCAPES = {escape[1]: character for character, escape in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)

QUOTED = r'"(?:[^"\\]|\\.)*"'
"""The pattern of one quoted string."""


def quote(text: str) -> str:
    """Return ``text`` in double quotes, escaped as Go does."""
    return f'"{"".join(map(_escape, text))}"'


def unquote(text: str) -> str:
    """Return what the quoted ``text`` (it matches ``QUOTED``) stands for; never raises."""
    return _ESCAPE.sub(_unescape, text[1:-1])


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character == " " or character.isprintable():
        return character
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescape(match: re.Match[str]) -> str:
    hexadecimal = match[1] or match[2] or match[3]
    if hexadecimal is None:
        return _UNESCAPES.get(match[4], match[0])
    code = int(hexadecimal, 16)
    return chr(code) if code <= 0x10FFFF else match[0]
