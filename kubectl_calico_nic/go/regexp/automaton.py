r"""The nondeterministic automaton of a pattern, built as far as texts lead into it.

Stands for regexp/syntax/simplify.go, compile.go and prog.go. Go unrolls ``x{2,5}`` to
``xx(x(x(x)?)?)?`` and compiles that into instructions. Here a position in the tree plays the part
of an instruction: where in it the matcher stands, how often it went through every repetition
around that, and what comes after. There are as many as Go has instructions, but those that no text
reaches (in ``x{1000}``, with names of 15 characters) are never made.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_calico_nic.go.regexp.case_folding import orbit
from kubectl_calico_nic.go.regexp.rune_sets import contains
from kubectl_calico_nic.go.regexp.tree import UNLIMITED, Node, Op


class Context(enum.IntFlag):
    """What holds between two runes of a text (EmptyOp of prog.go)."""

    BEGIN_LINE = enum.auto()
    END_LINE = enum.auto()
    BEGIN_TEXT = enum.auto()
    END_TEXT = enum.auto()
    WORD_BOUNDARY = enum.auto()
    NO_WORD_BOUNDARY = enum.auto()


_ASSERTIONS = {
    Op.BEGIN_LINE: Context.BEGIN_LINE,
    Op.END_LINE: Context.END_LINE,
    Op.BEGIN_TEXT: Context.BEGIN_TEXT,
    Op.END_TEXT: Context.END_TEXT,
    Op.WORD_BOUNDARY: Context.WORD_BOUNDARY,
    Op.NO_WORD_BOUNDARY: Context.NO_WORD_BOUNDARY,
}


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """Before ``node``, at its rune, part or pass number ``index``; ``after`` comes next.

    The position after the last is None: all of the pattern is matched.
    """

    node: Node
    index: int
    after: Position | None

    def takes(self, rune: str) -> bool:
        """Say whether a position that reads takes ``rune``."""
        if self.node.op is Op.CLASS:
            return contains(self.node.runes, ord(rune))
        wanted = self.node.literal[self.index]
        return rune == wanted or (self.node.fold and ord(rune) in orbit(ord(wanted)))


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be reached from some positions without reading: those that read, and the end."""

    reading: tuple[Position, ...]
    end: bool


class Automaton:
    """The automaton of a syntax tree.

    ``steps`` counts the visits to positions: the whole of the work that a matcher does.
    """

    def __init__(self, tree: Node) -> None:
        """Take the syntax ``tree`` of the pattern."""
        self.steps = 0
        self._positions: dict[tuple[Node, int, Position | None], Position] = {}
        self.start = self._at(tree, 0, None)

    def reach(self, positions: Iterable[Position | None], context: Context) -> Reach:
        """Return what ``positions`` reach where ``context`` holds; each is visited once."""
        pending = list(positions)
        visited = set(pending)
        reading = []
        while pending:
            position = pending.pop()
            self.steps += 1
            if position is None:
                continue
            if position.node.op in (Op.LITERAL, Op.CLASS):
                reading.append(position)
                continue
            for following in self._following(position, context):
                if following not in visited:
                    visited.add(following)
                    pending.append(following)
        return Reach(tuple(reading), end=None in visited)

    def read(self, reach: Reach, rune: str) -> set[Position | None]:
        """Return where the automaton may stand once it has read ``rune``."""
        self.steps += len(reach.reading)
        return {self._past(position) for position in reach.reading if position.takes(rune)}

    def _past(self, position: Position) -> Position | None:
        """Return what comes after the rune that ``position`` reads."""
        node, index = position.node, position.index + 1
        if node.op is Op.LITERAL and index < len(node.literal):
            return self._at(node, index, position.after)
        return position.after

    def _following(self, position: Position, context: Context) -> Iterator[Position | None]:
        """Yield where the automaton may stand next, without reading."""
        node, index, after = position.node, position.index, position.after
        if node.op in _ASSERTIONS:
            if _ASSERTIONS[node.op] in context:
                yield after
        elif node.op is Op.CONCAT:
            is_last = index + 1 == len(node.subs)
            yield self._at(
                node.subs[index], 0, after if is_last else self._at(node, index + 1, after)
            )
        elif node.op in (Op.ALTERNATE, Op.CAPTURE):
            for sub in node.subs:
                yield self._at(sub, 0, after)
        elif node.op is Op.EMPTY:
            yield after
        else:
            yield from self._repeated(position)

    def _repeated(self, position: Position) -> Iterator[Position | None]:
        """Yield what follows after ``index`` passes through the repetition at ``position``."""
        node, index, after = position.node, position.index, position.after
        minimum, maximum = _bounds(node)
        if index >= minimum:
            yield after
        if maximum is UNLIMITED or index < maximum:
            passes = min(index + 1, minimum) if maximum is UNLIMITED else index + 1
            yield self._at(node.subs[0], 0, self._at(node, passes, after))

    def _at(self, node: Node, index: int, after: Position | None) -> Position:
        """Return the one position there is of this kind."""
        key = (node, index, after)
        position = self._positions.get(key)
        if position is None:
            position = self._positions[key] = Position(node, index, after)
        return position


def _bounds(repetition: Node) -> tuple[int, int | None]:
    """Return how often a repetition passes at least and at most."""
    if repetition.op is Op.REPEAT:
        return repetition.minimum, repetition.maximum
    return {Op.STAR: (0, UNLIMITED), Op.PLUS: (1, UNLIMITED), Op.QUEST: (0, 1)}[repetition.op]
