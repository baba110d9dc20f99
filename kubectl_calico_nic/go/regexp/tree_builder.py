"""Putting the syntax tree together while a pattern is read from left to right.

Mirrors the parse stack of regexp/syntax/parse.go: push, maybeConcat, repeat, concat, alternate,
collapse, parseVerticalBar and parseRightParen. Go also factors what alternatives have in common
(``ab|ac`` becomes ``a[bc]``). That changes no answer, only what the limits on size and depth count
in patterns of thousands of alternatives, and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kubectl_calico_nic.go.regexp.case_folding import orbit
from kubectl_calico_nic.go.regexp.limits import Limits
from kubectl_calico_nic.go.regexp.rune_sets import ranges_of
from kubectl_calico_nic.go.regexp.tree import Node, Op

_MAX_FOLDED_PAIR = 2


class Flags(NamedTuple):
    """The flags that ``(?ims)`` sets and that change whether a text matches."""

    fold: bool = False
    multi_line: bool = False
    dot_newline: bool = False


@dataclass(slots=True)
class _Group:
    """A group that is still open: the alternatives that are complete, and the items of the last."""

    flags: Flags
    is_capture: bool
    alternatives: list[Node] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


class TreeBuilder:
    """Builds a tree; every method may raise RegexpError when the pattern becomes too large."""

    def __init__(self, pattern: str) -> None:
        """Take the whole ``pattern``, which the errors blame."""
        self._limits = Limits(pattern)
        self._groups = [_Group(Flags(), is_capture=False)]

    @property
    def depth(self) -> int:
        """How many groups are open."""
        return len(self._groups) - 1

    def add(self, node: Node) -> None:
        """Add an item; a class of a single letter, in one or both cases, becomes a literal."""
        self._limits.allocate()
        self._push(node)

    def repeat(self, op: Op, minimum: int = 0, maximum: int | None = 0) -> Node | None:
        """Repeat the last item; return the repetition, None where there is nothing to repeat."""
        items = self._groups[-1].items
        if not items:
            return None
        self._limits.allocate()
        items[-1] = Node(op, subs=(items[-1],), minimum=minimum, maximum=maximum)
        self._limits.check(items[-1])
        return items[-1]

    def open_group(self, flags: Flags, *, is_capture: bool) -> None:
        """Begin a group, after which ``flags`` hold again."""
        self._limits.allocate()
        self._join_literals()
        self._groups.append(_Group(flags, is_capture))

    def begin_alternative(self) -> None:
        """Begin the next alternative of the group."""
        group = self._groups[-1]
        if not group.alternatives:
            self._limits.allocate()
        self._end_alternative()

    def close_group(self) -> Flags | None:
        """End the group; return the flags that hold after it, None where no group is open."""
        content = self.finish()
        if not self.depth:
            return None
        group = self._groups.pop()
        self._push(Node(Op.CAPTURE, subs=(content,)) if group.is_capture else content)
        return group.flags

    def finish(self) -> Node:
        """Return what the innermost group, or the whole pattern, has become."""
        self._end_alternative()
        return self._checked(self._collapsed(Op.ALTERNATE, self._groups[-1].alternatives))

    def _end_alternative(self) -> None:
        group = self._groups[-1]
        self._join_literals()
        if not group.items:
            self._limits.allocate()
            group.items.append(Node(Op.EMPTY))
        group.alternatives.append(self._checked(self._collapsed(Op.CONCAT, group.items)))
        group.items = []

    def _push(self, node: Node) -> None:
        self._limits.add_runes(node)
        joined = self._join_literals()
        literal = _as_literal(node)
        self._groups[-1].items.append(literal or node)
        if literal and joined:
            return  # Go puts it into the node that it has just emptied, and checks nothing
        self._limits.release(joined)
        self._limits.check(literal or node)

    def _join_literals(self) -> int:
        """Join the last two items if both are literals; return how many nodes that spares.

        They wait for the item after them, because a repetition takes the last rune alone.
        """
        items = self._groups[-1].items
        if len(items) < 2:
            return 0
        first, last = items[-2:]
        if first.op is not Op.LITERAL or last.op is not Op.LITERAL or first.fold != last.fold:
            return 0
        first.literal += last.literal
        items.pop()
        return 1

    def _checked(self, node: Node) -> Node:
        self._limits.add_runes(node)
        self._limits.check(node)
        return node

    def _collapsed(self, op: Op, subs: list[Node]) -> Node:
        """Return ``op`` of ``subs``, without an ``op`` directly below it."""
        if len(subs) == 1:
            return subs[0]
        self._limits.allocate()
        self._limits.release(sum(sub.op is op for sub in subs))
        flat = [each for sub in subs for each in (sub.subs if sub.op is op else (sub,))]
        return Node(op, subs=tuple(flat))


def _as_literal(node: Node) -> Node | None:
    """Return ``[a]`` as ``a`` and ``[Aa]`` as ``(?i:a)``, None for all other nodes."""
    if node.op is not Op.CLASS or len(node.runes) not in (2, 4):
        return None
    ranges = list(ranges_of(node.runes))
    first, last = ranges[0][0], ranges[-1][1]
    if first == last:
        return Node(Op.LITERAL, literal=[chr(first)])
    size = sum(end - start + 1 for start, end in ranges)
    if size != _MAX_FOLDED_PAIR or set(orbit(first)) != {first, last}:
        return None
    return Node(Op.LITERAL, literal=[chr(first)], fold=True)
