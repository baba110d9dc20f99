"""Go's regular expressions.

calico-node compiles the patterns of ``interface=`` and ``skip-interface=`` with Go's package
``regexp`` (RE2 syntax) and asks MatchString of every interface's name. This package takes and
rejects the same patterns, with the same error texts, and gives the same answers, in time that is
bounded by the size of the pattern times the length of the text. It follows Go 1.26; its modules
say which of Go's sources they mirror, and where an answer may differ from Go's.
"""

from __future__ import annotations

import functools

from kubectl_calico_nic.go.regexp.cursor import replace_invalid
from kubectl_calico_nic.go.regexp.errors import RegexpError
from kubectl_calico_nic.go.regexp.matcher import Matcher
from kubectl_calico_nic.go.regexp.parser import parse
from kubectl_calico_nic.go.regexp.plain_text import plain_text, required_text
from kubectl_calico_nic.go.regexp.tree import Node

__all__ = ["Regexp", "RegexpError", "compile"]

_CACHED_PATTERNS = 256


class Regexp:
    """A pattern that Go takes.

    ``pattern`` is its text. It remembers between texts, up to a limit, and can be used for any
    number of them.
    """

    __slots__ = ("_required", "_search", "pattern")

    def __init__(self, pattern: str, tree: Node) -> None:
        """Take the ``pattern`` and its syntax ``tree``; use compile() instead."""
        self.pattern = pattern
        self._required = required_text(tree)
        self._search = (plain_text(tree) or Matcher(tree)).search

    def search(self, text: str) -> bool:
        """Say whether the pattern matches anywhere in ``text`` (Go: MatchString).

        Bytes that are not valid UTF-8 reach this as lone surrogates (``surrogateescape``); each
        counts as U+FFFD, as in Go.
        """
        if not text.isascii():
            text = replace_invalid(text)
        return self._required in text and self._search(text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pattern!r})"


@functools.lru_cache(maxsize=_CACHED_PATTERNS)
def compile(pattern: str) -> Regexp:  # noqa: A001 (the name it has in Go and in re)
    """Return the compiled ``pattern``.

    Raises:
        RegexpError: Go rejects it; the text of the error is Go's.
    """
    return Regexp(pattern, parse(pattern))
