"""The syntax tree of a pattern.

Mirrors Regexp and Op of regexp/syntax/regexp.go. What only tells which match is found (greediness,
the names and numbers of groups) is left out: Calico asks no more than whether there is one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from kubectl_calico_nic.go.regexp.rune_sets import RuneSet


class Op(enum.Enum):
    """What a node matches."""

    EMPTY = enum.auto()
    LITERAL = enum.auto()
    CLASS = enum.auto()
    BEGIN_LINE = enum.auto()
    END_LINE = enum.auto()
    BEGIN_TEXT = enum.auto()
    END_TEXT = enum.auto()
    WORD_BOUNDARY = enum.auto()
    NO_WORD_BOUNDARY = enum.auto()
    CAPTURE = enum.auto()
    STAR = enum.auto()
    PLUS = enum.auto()
    QUEST = enum.auto()
    REPEAT = enum.auto()
    CONCAT = enum.auto()
    ALTERNATE = enum.auto()


UNLIMITED = None
"""The ``maximum`` of ``x{2,}``."""


@dataclass(slots=True, eq=False)
class Node:
    """A node of the tree; nothing changes it once parsing is over.

    ``literal`` and ``fold`` (``(?i)``) are those of LITERAL, which grows rune by rune while the
    parser reads; ``runes`` is the set of CLASS; ``minimum`` and ``maximum`` are those of REPEAT.
    ``height`` is that of the tree below, and ``copies`` how often counted repetition multiplies
    what is innermost in it. ``size`` is the size of the program as far as it was measured
    (limits.py).
    """

    op: Op
    subs: tuple[Node, ...] = field(default=(), repr=False)
    literal: list[str] = field(default_factory=list)
    fold: bool = False
    runes: RuneSet = ()
    minimum: int = 0
    maximum: int | None = 0
    height: int = field(init=False)
    copies: int = field(init=False)
    size: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.height = 1 + max((sub.height for sub in self.subs), default=0)
        self.copies = max((sub.copies for sub in self.subs), default=1)
        if self.op is Op.REPEAT:
            most = self.minimum if self.maximum is UNLIMITED else self.maximum
            self.copies = 1 if self.maximum == 0 else self.copies * max(most, 1)
