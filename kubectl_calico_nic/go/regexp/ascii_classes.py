r"""The classes that are ASCII in Go: ``\d``, ``\s``, ``\w`` and ``[:alpha:]`` and its kin.

Mirrors regexp/syntax/perl_groups.go.
"""

from __future__ import annotations

from kubectl_calico_nic.go.regexp.rune_sets import RuneSet, rune_set


def _set(*ranges: str) -> RuneSet:
    return rune_set((ord(each[0]), ord(each[-1])) for each in ranges)


_DIGIT = _set("09")
_WORD = _set("09", "AZ", "az", "_")
_SPACE = _set("\t\n", "\f\r", " ")

_POSIX = {
    "alnum": _set("09", "AZ", "az"),
    "alpha": _set("AZ", "az"),
    "ascii": _set("\x00\x7f"),
    "blank": _set("\t", " "),
    "cntrl": _set("\x00\x1f", "\x7f"),
    "digit": _DIGIT,
    "graph": _set("!~"),
    "lower": _set("az"),
    "print": _set(" ~"),
    "punct": _set("!/", ":@", "[`", "{~"),
    "space": _set("\t\r", " "),
    "upper": _set("AZ"),
    "word": _WORD,
    "xdigit": _set("09", "AF", "af"),
}

PERL_CLASSES = {"d": (_DIGIT, False), "s": (_SPACE, False), "w": (_WORD, False)} | {
    "D": (_DIGIT, True),
    "S": (_SPACE, True),
    "W": (_WORD, True),
}
r"""The letter after the backslash -> the runes and whether it stands for all others."""

POSIX_CLASSES = {f"[:{name}:]": (runes, False) for name, runes in _POSIX.items()} | {
    f"[:^{name}:]": (runes, True) for name, runes in _POSIX.items()
}
"""The name as written -> the runes and whether it stands for all others."""
