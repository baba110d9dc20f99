"""Searching texts: a deterministic automaton that is built while it runs.

Mirrors what regexp/exec.go and regexp/backtrack.go answer to MatchString; the way is that of RE2's
dfa.cc. The matcher follows all ways through a pattern at once, so that a rune costs at most one
visit to every position of the automaton, and what a rune led to is remembered: a name of known
runes costs one lookup per rune.
"""

from __future__ import annotations

import enum
import functools

from kubectl_calico_nic.go.regexp.automaton import Automaton, Context, Position, Reach
from kubectl_calico_nic.go.regexp.tree import Node

_MAX_REMEMBERED = 100_000

_END = ""
"""Stands for the end of the text where a rune is asked for."""

_EVERYWHERE = (
    Context.BEGIN_LINE
    | Context.END_LINE
    | Context.END_TEXT
    | Context.WORD_BOUNDARY
    | Context.NO_WORD_BOUNDARY
)
"""All that may hold behind the beginning of a text."""


class _Kind(enum.Enum):
    """What assertions look at in a rune; EDGE is beyond the text."""

    EDGE = enum.auto()
    NEWLINE = enum.auto()
    WORD = enum.auto()
    OTHER = enum.auto()


class _State(dict[str, "_State"]):
    """A state: maps a rune to the next state, which is found when it is first needed."""

    __slots__ = ("_matcher", "before", "positions", "reached")

    def __init__(self, matcher: Matcher, positions: frozenset[Position], before: _Kind) -> None:
        super().__init__()
        self._matcher = matcher
        self.positions = positions
        self.before = before
        self.reached: dict[Context, Reach] = {}

    def __missing__(self, rune: str) -> _State:
        state = self[rune] = self._matcher.next_state(self, rune)
        return state


class Matcher:
    """Searches texts for a pattern.

    What is remembered between texts has a limit; beyond it the matcher starts anew.
    """

    def __init__(self, tree: Node) -> None:
        """Take the syntax ``tree`` of the pattern."""
        self.automaton = Automaton(tree)
        self._start = _State(self, frozenset(), _Kind.EDGE)
        self._matched = _State(self, frozenset(), _Kind.EDGE)
        self._failed = _State(self, frozenset(), _Kind.EDGE)
        self._states: dict[tuple[frozenset[Position], _Kind], _State] = {}
        self._remembered = 0
        start = self.automaton.reach([self.automaton.start], _EVERYWHERE)
        self._is_anchored = not start.reading and not start.end

    def search(self, text: str) -> bool:
        """Say whether the pattern matches anywhere in ``text``, which is valid UTF-8."""
        matched, failed = self._matched, self._failed
        state = self._start
        for rune in text:
            state = state[rune]
            if state is matched:
                return True
            if state is failed:
                return False
        return state[_END] is matched

    def next_state(self, state: _State, rune: str) -> _State:
        """Return the state after ``rune`` or the end of the text (for _State alone)."""
        self._remember(1)
        kind = _kind(rune)
        reach = self._reach(state, _context(state.before, kind))
        if reach.end:
            return self._matched
        if rune == _END:
            return self._failed
        past = self.automaton.read(reach, rune)
        positions = frozenset(each for each in past if each is not None)
        if len(positions) < len(past):
            return self._matched
        if self._is_anchored and not positions:
            return self._failed
        return self._state(positions, kind)

    def _reach(self, state: _State, context: Context) -> Reach:
        reach = state.reached.get(context)
        if reach is None:
            reach = self.automaton.reach(self._positions(state), context)
            self._remember(len(reach.reading))
            state.reached[context] = reach
        return reach

    def _positions(self, state: _State) -> list[Position]:
        """Return where the automaton stands in ``state``, a match that begins here included."""
        if self._is_anchored and state is not self._start:
            return list(state.positions)
        return [*state.positions, self.automaton.start]

    def _state(self, positions: frozenset[Position], before: _Kind) -> _State:
        """Return the one state there is of this kind."""
        state = self._states.get((positions, before))
        if state is None:
            self._remember(len(positions))
            state = self._states[positions, before] = _State(self, positions, before)
        return state

    def _remember(self, amount: int) -> None:
        """Count what is remembered; forget it all when it has become too much."""
        self._remembered += amount
        if self._remembered <= _MAX_REMEMBERED:
            return
        self._remembered = amount
        for state in (self._start, *self._states.values()):
            state.clear()
            state.reached.clear()
        self._states.clear()


def _kind(rune: str) -> _Kind:
    if rune == _END:
        return _Kind.EDGE
    if rune == "\n":
        return _Kind.NEWLINE
    is_word = rune.isascii() and (rune.isalnum() or rune == "_")
    return _Kind.WORD if is_word else _Kind.OTHER


@functools.cache
def _context(before: _Kind, after: _Kind) -> Context:
    """Return what holds between two runes (EmptyOpContext of prog.go)."""
    is_boundary = (before is _Kind.WORD) != (after is _Kind.WORD)
    context = Context.WORD_BOUNDARY if is_boundary else Context.NO_WORD_BOUNDARY
    if before in (_Kind.EDGE, _Kind.NEWLINE):
        context |= Context.BEGIN_LINE
    if after in (_Kind.EDGE, _Kind.NEWLINE):
        context |= Context.END_LINE
    if before is _Kind.EDGE:
        context |= Context.BEGIN_TEXT
    return context | Context.END_TEXT if after is _Kind.EDGE else context
