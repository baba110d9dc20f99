"""How large a pattern may be.

Mirrors checkLimits, checkSize, calcSize and checkHeight of regexp/syntax/parse.go, including what
they count by: Go measures the program only once the number of nodes that it allocated and the
counts of all repetitions make it possible that it is too large.
"""

from __future__ import annotations

from kubectl_calico_nic.go.regexp.errors import Reason, RegexpError
from kubectl_calico_nic.go.regexp.tree import UNLIMITED, Node, Op

MAX_REPEAT = 1000
_MAX_HEIGHT = 1000
_MAX_SIZE = (128 << 20) // 40  # 128 MB of instructions
_MAX_RUNES = (128 << 20) // 4


class Limits:
    """What a parser has used up so far of what Go allows a pattern."""

    def __init__(self, pattern: str) -> None:
        """Take the whole ``pattern``, which the errors blame."""
        self._pattern = pattern
        self._allocated = 0
        self._reusable = 0
        self._runes = 0
        self._repeats = 1
        self._measuring = False

    def allocate(self) -> None:
        """Count a new node; Go takes one that was released, if there is any."""
        if self._reusable:
            self._reusable -= 1
        else:
            self._allocated += 1

    def release(self, nodes: int = 1) -> None:
        """Count nodes that are no longer needed."""
        self._reusable += nodes

    def add_runes(self, node: Node) -> None:
        """Count what ``node`` itself holds of runes and boundaries of classes."""
        self._runes += len(node.literal) + len(node.runes)

    def check(self, node: Node) -> None:
        """Raise RegexpError if the pattern is too large or nests too deeply with ``node`` in it."""
        if self._runes > _MAX_RUNES or self._is_too_large(node):
            raise RegexpError(Reason.TOO_LARGE, self._pattern)
        if node.height > _MAX_HEIGHT:
            raise RegexpError(Reason.TOO_DEEP, self._pattern)

    def _is_too_large(self, node: Node) -> bool:
        if not self._measuring:
            if node.op is Op.REPEAT:
                self._repeats = min(self._repeats * _most(node), _MAX_SIZE)
            self._measuring = self._allocated >= _MAX_SIZE // self._repeats
        return self._measuring and _measured(node) > _MAX_SIZE


def _most(repeat: Node) -> int:
    return max(repeat.minimum if repeat.maximum is UNLIMITED else repeat.maximum, 1)


def _measured(node: Node) -> int:
    """Return the size of the program of ``node``, without recursion: trees are deep."""
    pending = [node]
    while pending:
        below = [sub for sub in pending[-1].subs if sub.size is None]
        if below:
            pending += below
        else:
            last = pending.pop()
            last.size = _size(last)
    return node.size or 1


def _size(node: Node) -> int:
    below = sum(sub.size or 1 for sub in node.subs)
    if node.op is Op.LITERAL:
        size = len(node.literal)
    elif node.op in (Op.CAPTURE, Op.STAR):
        size = 2 + below
    elif node.op in (Op.PLUS, Op.QUEST):
        size = 1 + below
    elif node.op is Op.ALTERNATE:
        size = below + len(node.subs) - 1
    elif node.op is Op.REPEAT:
        size = _repeat_size(node, below)
    else:
        size = below
    return max(size, 1)


def _repeat_size(node: Node, below: int) -> int:
    if node.maximum is not UNLIMITED:
        return node.maximum * below + node.maximum - node.minimum
    return 1 + node.minimum * below if node.minimum else 2 + below
