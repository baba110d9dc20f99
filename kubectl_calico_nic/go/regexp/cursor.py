"""Reading a pattern rune by rune.

Mirrors nextRune and checkUTF8 of regexp/syntax/parse.go. Go reads bytes and we read text, in which
a byte that is not valid UTF-8 is a lone surrogate (``surrogateescape``).
"""

from __future__ import annotations

import re

from kubectl_calico_nic.go.regexp.errors import Reason, RegexpError

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What Go reads for a byte that is not valid UTF-8 in a text, and past the end of a pattern."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def replace_invalid(text: str) -> str:
    """Return ``text`` as Go reads it: every byte that is not valid UTF-8 is U+FFFD."""
    return _SURROGATE.sub(REPLACEMENT, text)


def check_utf8(text: str) -> None:
    """Raise RegexpError where ``text`` is not valid UTF-8."""
    invalid = _SURROGATE.search(text)
    if invalid:
        raise RegexpError(Reason.INVALID_UTF8, text[invalid.start() :])


class Cursor:
    """A position in a pattern."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        """Start at the beginning of ``text``."""
        self.text = text
        self.at = 0

    def peek(self, offset: int = 0) -> str:
        """Return the rune ``offset`` runes ahead without taking it, ``""`` past the end."""
        position = self.at + offset
        return self.text[position : position + 1]

    def starts_with(self, prefix: str) -> bool:
        """Say whether ``prefix`` comes next."""
        return self.text.startswith(prefix, self.at)

    def find(self, text: str) -> int:
        """Return where ``text`` comes next, -1 if it does not."""
        return self.text.find(text, self.at)

    def take(self) -> str:
        """Return the next rune and go past it.

        At the end it is U+FFFD, as in Go, so that callers find it not to be what they look for.

        Raises:
            RegexpError: it is not valid UTF-8.
        """
        rune = self.peek()
        if _SURROGATE.match(rune):
            raise RegexpError(Reason.INVALID_UTF8, self.text[self.at :])
        self.at += len(rune)
        return rune or REPLACEMENT

    def error(self, reason: Reason, start: int, end: int | None = None) -> RegexpError:
        """Return the error that blames what stands from ``start`` to ``end`` (default: here)."""
        return RegexpError(reason, self.text[start : self.at if end is None else end])
