r"""Patterns that ask for plain text: most of those that people write for interfaces.

``^bond4$``, ``eth.*`` and ``(^docker.*)|(^cali.*)`` ask whether a name is, begins with, ends with
or holds a text. Go has short cuts of its own (Prefix of regexp/syntax/prog.go, regexp/onepass.go).
Why these give the same answer: a match may lie anywhere in a text, so that what may be empty at
either end of a pattern (``.*``) asks for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_calico_nic.go.regexp.tree import Node, Op


@dataclass(frozen=True, slots=True)
class PlainText:
    """Texts of which one must be the whole, the beginning, the end or a part of a name."""

    wholes: frozenset[str]
    beginnings: tuple[str, ...]
    ends: tuple[str, ...]
    parts: tuple[str, ...]

    def search(self, text: str) -> bool:
        """Say whether ``text`` is, begins with, ends with or holds one of the texts."""
        if text in self.wholes or text.startswith(self.beginnings) or text.endswith(self.ends):
            return True
        for part in self.parts:  # noqa: SIM110 (a generator would cost more than the search)
            if part in text:
                return True
        return False


def plain_text(tree: Node) -> PlainText | None:
    """Return what ``tree`` asks for, None where it asks for more than plain text."""
    texts = defaultdict(list)
    for alternative in _alternatives(tree):
        items = _trimmed(alternative)
        from_start = bool(items) and items[0].op is Op.BEGIN_TEXT
        items = items[from_start:]
        to_end = bool(items) and items[-1].op is Op.END_TEXT
        items = items[: len(items) - to_end] or [Node(Op.EMPTY)]
        if len(items) > 1:
            return None
        for each in _alternatives(items[0]):
            if not _is_plain(each):
                return None
            texts[from_start, to_end].append("".join(each.literal))
    return PlainText(
        frozenset(texts[True, True]),
        tuple(texts[True, False]),
        tuple(texts[False, True]),
        tuple(texts[False, False]),
    )


def required_text(tree: Node) -> str:
    """Return a text that is part of every match, as long as can be told without effort."""
    alternatives = list(_alternatives(tree))
    if len(alternatives) > 1:
        return ""
    texts = ("".join(item.literal) for item in _items(alternatives[0]) if _is_plain(item))
    return max(texts, key=len, default="")


def _alternatives(tree: Node) -> Iterator[Node]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if node.op in (Op.ALTERNATE, Op.CAPTURE):
            pending += node.subs
        else:
            yield node


def _items(node: Node) -> list[Node]:
    return list(node.subs) if node.op is Op.CONCAT else [node]


def _is_plain(node: Node) -> bool:
    return node.op is Op.EMPTY or (node.op is Op.LITERAL and not node.fold)


def _trimmed(node: Node) -> list[Node]:
    """Return the items of ``node`` without those at its ends that may be empty."""
    items = _items(node)
    while items and _may_be_empty(items[-1]):
        items.pop()
    asked = next((at for at, item in enumerate(items) if not _may_be_empty(item)), 0)
    return items[asked:]


def _may_be_empty(node: Node) -> bool:
    """Say whether ``node`` matches the empty text, wherever that is."""
    while node.op is Op.CAPTURE:
        (node,) = node.subs
    is_optional = node.op is Op.REPEAT and node.minimum == 0
    return is_optional or node.op in (Op.EMPTY, Op.STAR, Op.QUEST)
