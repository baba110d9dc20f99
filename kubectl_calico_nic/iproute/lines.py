"""Lines of what ``ip`` prints, however they were carried here."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class NotIpOutput(ValueError):
    """Nothing in a text is output of ``ip``: it is something else.

    An empty text (or blanks) is not that: readers answer it with an empty inventory.
    """


def ip_lines(text: str) -> list[str]:
    """Return the lines of ``text`` without colours and carriage returns."""
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    return text.replace("\r", "").split("\n")
