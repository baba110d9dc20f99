r"""Parsing a pattern.

Mirrors parse, parseRepeat, parseInt and parsePerlFlags of regexp/syntax/parse.go with the flags of
regexp.Compile (syntax.Perl): ``^`` and ``$`` are the ends of the text unless ``(?m)`` is set, and
``\pN``, ``\Q...\E`` and other Perl extensions are allowed.
"""

from __future__ import annotations

import re

from kubectl_calico_nic.go.regexp.classes import bracketed_class, escaped_class
from kubectl_calico_nic.go.regexp.cursor import Cursor, check_utf8
from kubectl_calico_nic.go.regexp.errors import Reason, RegexpError
from kubectl_calico_nic.go.regexp.escapes import escaped_rune
from kubectl_calico_nic.go.regexp.limits import MAX_REPEAT
from kubectl_calico_nic.go.regexp.rune_sets import ANY, ANY_NOT_NEWLINE
from kubectl_calico_nic.go.regexp.tree import UNLIMITED, Node, Op
from kubectl_calico_nic.go.regexp.tree_builder import Flags, TreeBuilder

_SIMPLE_REPETITIONS = {"*": Op.STAR, "+": Op.PLUS, "?": Op.QUEST}
_ASSERTION_ESCAPES = {
    "A": Op.BEGIN_TEXT,
    "b": Op.WORD_BOUNDARY,
    "B": Op.NO_WORD_BOUNDARY,
    "z": Op.END_TEXT,
}
_FLAG_NAMES = {"i": "fold", "m": "multi_line", "s": "dot_newline"}
_GREEDINESS_FLAG = "U"
_NAMED_GROUP = re.compile(r"\(\?P?<(?=.)", re.DOTALL)
_CAPTURE_NAME = re.compile("[A-Za-z0-9_]+")
_COUNT = "(0|[1-9][0-9]*)"
_REPETITION = re.compile(rf"\{{{_COUNT}(?:(,){_COUNT}?)?\}}")
_MAX_COUNT_DIGITS = len(str(MAX_REPEAT)) + 1


def parse(pattern: str) -> Node:
    """Return the syntax tree of ``pattern``.

    Raises:
        RegexpError: Go rejects it.
    """
    return _Parser(pattern).parse()


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._cursor = Cursor(pattern)
        self._builder = TreeBuilder(pattern)
        self._flags = Flags()
        self._repetition: int | None = None  # where it starts, if the last token was one

    def parse(self) -> Node:
        while self._cursor.peek():
            start = self._cursor.at
            is_repetition = self._token(self._cursor.peek())
            self._repetition = start if is_repetition else None
        tree = self._builder.finish()
        if self._builder.depth:
            raise RegexpError(Reason.MISSING_PARENTHESIS, self._pattern)
        return tree

    def _token(self, rune: str) -> bool:
        """Take the token that begins with ``rune``; return whether it is a repetition."""
        if rune in _SIMPLE_REPETITIONS:
            self._simple_repetition(rune)
            return True
        if rune == "{":
            return self._counted_repetition()
        if rune == "\\":
            self._escape()
        elif rune == "[":
            runes = bracketed_class(self._cursor, fold=self._flags.fold)
            self._builder.add(Node(Op.CLASS, runes=runes))
        elif rune in "(|)":
            self._grouping(rune)
        else:
            self._plain(rune)
        return False

    def _plain(self, rune: str) -> None:
        if rune == ".":
            runes = ANY if self._flags.dot_newline else ANY_NOT_NEWLINE
            self._builder.add(Node(Op.CLASS, runes=runes))
        elif rune == "^":
            self._builder.add(Node(Op.BEGIN_LINE if self._flags.multi_line else Op.BEGIN_TEXT))
        elif rune == "$":
            self._builder.add(Node(Op.END_LINE if self._flags.multi_line else Op.END_TEXT))
        else:
            self._literal(self._cursor.take())
            return
        self._cursor.at += 1

    def _literal(self, rune: str) -> None:
        self._builder.add(Node(Op.LITERAL, literal=[rune], fold=self._flags.fold))

    def _grouping(self, rune: str) -> None:
        if rune == "(" and self._cursor.peek(1) == "?":
            self._perl_group()
            return
        self._cursor.at += 1
        if rune == "(":
            self._builder.open_group(self._flags, is_capture=True)
        elif rune == "|":
            self._builder.begin_alternative()
        else:
            flags = self._builder.close_group()
            if flags is None:
                raise RegexpError(Reason.UNEXPECTED_PARENTHESIS, self._pattern)
            self._flags = flags

    def _simple_repetition(self, rune: str) -> None:
        start = self._cursor.at
        self._cursor.at += 1
        self._repeat(start, _SIMPLE_REPETITIONS[rune])

    def _counted_repetition(self) -> bool:
        """Take ``{2}``, ``{2,}`` or ``{2,5}``; a brace that begins none of these is itself."""
        start = self._cursor.at
        match = _REPETITION.match(self._pattern, start)
        if match is None:
            self._cursor.at += 1
            self._literal("{")
            return False
        self._cursor.at = match.end()
        minimum = _count(match[1])
        maximum: int | None = minimum
        if match[2]:
            maximum = _count(match[3]) if match[3] else UNLIMITED
        largest = max(minimum, maximum or 0)
        if largest > MAX_REPEAT or (maximum is not UNLIMITED and minimum > maximum):
            raise self._cursor.error(Reason.INVALID_REPEAT_COUNT, start)
        repetition = self._repeat(start, Op.REPEAT, minimum, maximum)
        if largest > 1 and repetition.copies > MAX_REPEAT:
            raise self._cursor.error(Reason.INVALID_REPEAT_COUNT, start)
        return True

    def _repeat(self, start: int, op: Op, minimum: int = 0, maximum: int | None = 0) -> Node:
        self._cursor.at += self._cursor.peek() == "?"
        if self._repetition is not None:
            raise self._cursor.error(Reason.INVALID_REPEAT_OPERATOR, self._repetition)
        repetition = self._builder.repeat(op, minimum, maximum)
        if repetition is None:
            raise self._cursor.error(Reason.MISSING_REPEAT_ARGUMENT, start)
        return repetition

    def _escape(self) -> None:
        kind = self._cursor.peek(1)
        if kind == "C":
            raise self._cursor.error(Reason.INVALID_ESCAPE, self._cursor.at, self._cursor.at + 2)
        if kind == "Q":
            self._quoted()
        elif kind in _ASSERTION_ESCAPES:
            self._builder.add(Node(_ASSERTION_ESCAPES[kind]))
            self._cursor.at += 2
        else:
            runes = escaped_class(self._cursor, fold=self._flags.fold)
            if runes is None:
                self._literal(escaped_rune(self._cursor))
            else:
                self._builder.add(Node(Op.CLASS, runes=runes))

    def _quoted(self) -> None:
        r"""Take ``\Q...\E``; without an end, all that follows is quoted."""
        text, end, _ = self._pattern[self._cursor.at + 2 :].partition(r"\E")
        quoted = Cursor(text)
        while quoted.peek():
            self._literal(quoted.take())
        self._cursor.at += 2 + len(text) + len(end)

    def _perl_group(self) -> None:
        named = _NAMED_GROUP.match(self._pattern, self._cursor.at)
        if named:
            self._named_group(named.end())
        else:
            self._flags_or_group()

    def _named_group(self, name_start: int) -> None:
        start = self._cursor.at
        end = self._cursor.find(">")
        if end < 0:
            check_utf8(self._pattern[start:])
            raise self._cursor.error(Reason.INVALID_NAMED_CAPTURE, start, len(self._pattern))
        name = self._pattern[name_start:end]
        check_utf8(name)
        self._cursor.at = end + 1
        if not _CAPTURE_NAME.fullmatch(name):
            raise self._cursor.error(Reason.INVALID_NAMED_CAPTURE, start)
        self._builder.open_group(self._flags, is_capture=True)

    def _flags_or_group(self) -> None:
        """Take ``(?i)``, ``(?i-s:`` or ``(?:``."""
        start = self._cursor.at
        self._cursor.at += len("(?")
        flags = self._flags
        value = True
        is_flag_due = False
        while self._cursor.peek():
            rune = self._cursor.take()
            if rune in _FLAG_NAMES:
                flags = flags._replace(**{_FLAG_NAMES[rune]: value})
                is_flag_due = False
            elif rune == _GREEDINESS_FLAG:
                is_flag_due = False
            elif rune == "-" and value:
                value = False
                is_flag_due = True
            elif rune in (":", ")") and not is_flag_due:
                if rune == ":":
                    self._builder.open_group(self._flags, is_capture=False)
                self._flags = flags
                return
            else:
                break
        raise self._cursor.error(Reason.INVALID_PERL_SYNTAX, start)


def _count(digits: str) -> int:
    """Read a count of a repetition; of one that is far too large, enough to tell that it is."""
    return int(digits[:_MAX_COUNT_DIGITS])
