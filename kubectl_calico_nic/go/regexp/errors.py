"""What Go says of a pattern that it does not take.

Mirrors Error and ErrorCode of regexp/syntax/parse.go.
"""

from __future__ import annotations

import enum


class Reason(enum.Enum):
    """Why Go does not take a pattern; the value is Go's text."""

    INVALID_CLASS_RANGE = "invalid character class range"
    INVALID_ESCAPE = "invalid escape sequence"
    INVALID_NAMED_CAPTURE = "invalid named capture"
    INVALID_PERL_SYNTAX = "invalid or unsupported Perl syntax"
    INVALID_REPEAT_OPERATOR = "invalid nested repetition operator"
    INVALID_REPEAT_COUNT = "invalid repeat count"
    INVALID_UTF8 = "invalid UTF-8"
    MISSING_BRACKET = "missing closing ]"
    MISSING_PARENTHESIS = "missing closing )"
    MISSING_REPEAT_ARGUMENT = "missing argument to repetition operator"
    TRAILING_BACKSLASH = "trailing backslash at end of expression"
    UNEXPECTED_PARENTHESIS = "unexpected )"
    TOO_DEEP = "expression nests too deeply"
    TOO_LARGE = "expression too large"


class RegexpError(ValueError):
    """A pattern that Go rejects; its text is Go's (``error parsing regexp: ...``)."""

    def __init__(self, reason: Reason, expression: str) -> None:
        """Take Go's ``reason`` and the part of the pattern that Go blames."""
        super().__init__(f"error parsing regexp: {reason.value}: `{expression}`")
