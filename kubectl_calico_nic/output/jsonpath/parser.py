"""Reads a template. Mirrors k8s.io/client-go util/jsonpath/parser.go, its messages included."""

from __future__ import annotations

import re

from kubectl_calico_nic.output.jsonpath.nodes import (
    Choice,
    Constant,
    Expression,
    Field,
    Filter,
    Keyword,
    Node,
    Recursion,
    Slice,
    Template,
    Wildcard,
)

_DICTIONARY_KEY = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)")
_NUMBER = re.compile(r"[+-]?[\d.]*")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_TERMINATORS = frozenset(" \t\r\n.,[]$@{}")


class TemplateSyntaxError(Exception):
    """The template cannot be read; the text is kubectl's reason."""


def parse_template(text: str) -> Template:
    """Read ``text``.

    Raises:
        TemplateSyntaxError: it is no template.
    """
    expressions: list[Expression] = []
    place = 0
    while place < len(text):
        opening = text.find("{", place)
        literal = text[place:] if opening < 0 else text[place:opening]
        if literal:
            expressions.append((Constant(literal),))
        if opening < 0:
            break
        action = _Action(text, opening + 1)
        expressions.append(action.read())
        place = action.place
    return tuple(expressions)


def _expression(text: str) -> Expression:
    """One expression that stands inside another."""
    expressions = parse_template(f"{{{text}}}")
    return expressions[0]


class _Action:
    """One walk over what stands between braces."""

    def __init__(self, text: str, place: int) -> None:
        self.text = text
        self.place = place
        self.nodes: list[Node] = []

    def read(self) -> Expression:
        """The nodes up to the closing brace; ``place`` is then behind it."""
        while not self.text.startswith("}", self.place):
            if self.text.startswith("[?(", self.place):
                self._filter()
            elif self.text.startswith("..", self.place):
                self._recursion()
            else:
                self._other()
        self.place += 1
        return tuple(self.nodes)

    def _other(self) -> None:
        character = self._peek()
        if character in ("", "\r", "\n"):
            raise TemplateSyntaxError("unclosed action")
        if character in " @$":
            self.place += 1
        elif character == "[":
            self._array()
        elif character in "\"'":
            self._quote(character)
        elif character == ".":
            self.place += 1
            self._field()
        elif character in "+-" or character.isdecimal():
            self._number()
        elif character == "_" or character.isalpha():
            self._keyword()
        else:
            shown = f"U+{ord(character):04X} '{character}'"
            raise TemplateSyntaxError(f"unrecognized character in action: {shown}")

    def _peek(self) -> str:
        return self.text[self.place : self.place + 1]

    def _keyword(self) -> None:
        word = self._word()
        constant = {"true": True, "false": False}.get(word)
        self.nodes.append(Keyword(word) if constant is None else Constant(constant))

    def _word(self, *, escapes: bool = False) -> str:
        """Up to what may follow a name; with ``escapes`` a backslash hides one such character."""
        start = self.place
        while self.place < len(self.text) and self.text[self.place] not in _TERMINATORS:
            self.place += 2 if escapes and self.text[self.place] == "\\" else 1
        self.place = min(self.place, len(self.text))
        return self.text[start : self.place]

    def _field(self) -> None:
        name = self._word(escapes=True)
        self.nodes.append(Wildcard() if name == "*" else Field(name.replace("\\", "")))

    def _recursion(self) -> None:
        if self.nodes and isinstance(self.nodes[-1], Recursion):
            raise TemplateSyntaxError("invalid multiple recursive descent")
        self.place += 2
        self.nodes.append(Recursion())
        following = self._peek()
        if following == "_" or following.isalpha() or following.isdecimal():
            self._field()

    def _number(self) -> None:
        match = _NUMBER.match(self.text, self.place)
        assert match is not None
        self.place = match.end()
        try:
            whole = _INTEGER.fullmatch(match[0])
            self.nodes.append(Constant(int(match[0]) if whole else float(match[0])))
        except ValueError:
            raise TemplateSyntaxError(f"cannot parse number {match[0]}") from None

    def _quote(self, quote: str) -> None:
        start = self.place
        self.place += 1
        while not (self._peek() == quote and self.text[self.place - 1] != "\\"):
            if self._peek() in ("", "\n"):
                raise TemplateSyntaxError("unterminated quoted string")
            self.place += 1
        self.place += 1
        self.nodes.append(Constant(_unquoted(self.text[start : self.place])))

    def _array(self) -> None:
        start = self.place + 1
        while self._peek() != "]":
            if self._peek() in ("", "\n"):
                raise TemplateSyntaxError("unterminated array")
            self.place += 1
        self.place += 1
        inside = self.text[start : self.place - 1]
        key = _DICTIONARY_KEY.fullmatch(inside)
        if "," in inside:
            members = [_expression(f"[{part.strip(' ')}]") for part in inside.split(",")]
            self.nodes.append(Choice(tuple(members)))
        elif key is not None:
            self.nodes += _expression(f".{key[1]}")
        else:
            self.nodes.append(_slice(":" if inside == "*" else inside))

    def _filter(self) -> None:
        self.place += 3
        start, quote, closed = self.place, "", False
        while not (self._peek() == ")" and bool(quote) == closed):
            character = self._peek()
            if character in ("", "\n"):
                raise TemplateSyntaxError("unterminated filter")
            if character in "\"'" and not quote:
                quote = character
            elif character == quote and self.text[self.place - 1] != "\\":
                closed = True
            self.place += 1
        inside = self.text[start : self.place]
        self.place += 1
        if self._peek() != "]":
            raise TemplateSyntaxError("unclosed array expect ]")
        self.place += 1
        self.nodes.append(_condition(inside))


def _condition(text: str) -> Filter:
    comparison = _COMPARISON.fullmatch(text)
    if comparison is None:
        return Filter(_expression(text), (), "exists")
    left, operator, right = comparison.groups()
    return Filter(_expression(left), _expression(right), operator)


def _slice(text: str) -> Slice:
    match = _SLICE.fullmatch(text)
    if match is None:
        raise TemplateSyntaxError(f"invalid array index {text}")
    start, end, step = (_index(part) for part in match.groups())
    single = not match[2]
    return Slice(start, (start or 0) + 1 if single else end, step, single)


def _index(part: str | None) -> int | None:
    digits = (part or "").removeprefix(":")
    if digits == "-":
        raise TemplateSyntaxError("array index - is not a number")
    return int(digits) if digits else None


def _unquoted(text: str) -> str:
    """The inside of a quoted string. Mirrors UnquoteExtend, which takes both quotes."""
    quote, inside = text[0], text[1:-1]

    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code is not None and int(code, 16) <= 0x10FFFF:
            return chr(int(code, 16))
        if match[4] is not None and int(match[4], 8) < 256:
            return chr(int(match[4], 8))
        known = quote if match[5] == quote else _ESCAPED.get(match[5] or "")
        if known is None:
            raise TemplateSyntaxError(f"unquote string {text} error invalid syntax")
        return known

    return _ESCAPE.sub(character, inside)
