"""Kubernetes objects in files of YAML, as kubectl reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from kubectl_calico_nic.bundle.archives.limits import UnreadableError
from kubectl_calico_nic.bundle.objects import NotAsPrintedError, broken, items_of

_DEEPEST = 200
"""Levels of a document; no Kubernetes object has as many."""
_MAY_BE_DEEP = re.compile(rf"^ {{{_DEEPEST}}}|(?:[-?] ){{20}}|(?:[\[{{]\s*){{20}}", re.MULTILINE)
"""What a document nested so deeply holds, in one of the three ways to nest."""
_MOST_BRACKETS = 20
_LARGEST = 16 * 1024**2
"""Characters of a document that is read as a whole."""
_LARGEST_ALIASED = 1_000_000
"""Values of a document in which aliases stand for others, each counted where it stands."""
_LIST = re.compile(r"(?:#.*\n|\s*\n|---\n)*(?:apiVersion: v1\n)?items:\n(?=- )")
"""How a list begins that kubectl prints: its items follow, each at the line's start."""
_ITEM = re.compile(r"^- ", re.MULTILINE)
_END_OF_ITEMS = re.compile(r"^[^- \n#]", re.MULTILINE)
_KIND = re.compile(r"^(?:- |  )kind: ([A-Za-z]+)$", re.MULTILINE)

MayTell = Callable[[str, str], bool]
"""Takes an object's kind and its text; says whether it is worth reading."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # the one of the two that is installed
    """YAML with JSON's types alone, so a time stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for start, resolvers in _Base.yaml_implicit_resolvers.items()
}


def read_yaml(
    text: str, name: str, *, item_by_item: MayTell | None = None
) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of one or more YAML documents; the items of lists one by one.

    With ``item_by_item`` each item of a list is read for itself, as long as it is written as
    kubectl prints it, and those that it says tell nothing are left out unread: a parsed document
    takes fifty times the memory of its text.

    Raises:
        NotAsPrintedError: with ``item_by_item`` alone; what was yielded so far is not to be used.
        UnreadableError: it is no YAML; says in which line it breaks.
    """
    begin = _LIST.match(text)
    if item_by_item is not None and begin is not None:
        yield from _items(text, begin.end(), name, item_by_item)
        return
    for document in _documents(text, name):
        yield from items_of(document)


def _items(text: str, begin: int, name: str, may_tell: MayTell) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a list whose first item begins at ``begin``."""
    end = _END_OF_ITEMS.search(text, begin)
    last = end.start() if end else len(text)
    around = _single(f"{text[:begin]}{text[last:]}", name)
    kind = str(around.get("kind", "")) if isinstance(around, Mapping) else ""
    kind = kind.removesuffix("List")
    starts = [match.start() for match in _ITEM.finditer(text, begin, last)]
    for start, stop in zip(starts, [*starts[1:], last], strict=True):
        item = text[start:stop]
        named = _KIND.search(item)
        if may_tell(named[1] if named else kind, item):
            for found in items_of(_single(item, name)):
                yield {"kind": kind, **found}


def _single(text: str, name: str) -> Any:
    """The only document of a part of a list."""
    try:
        documents = list(_documents(text, name))
    except UnreadableError:
        raise NotAsPrintedError from None
    if len(documents) != 1:
        raise NotAsPrintedError
    return documents[0]


def _documents(text: str, name: str) -> Iterator[Any]:
    if len(text) > _LARGEST:
        limit = f"{_LARGEST // 1024**2} MiB"
        raise UnreadableError(name, f"larger than {limit}, and no list as kubectl prints it")
    try:
        _require_simple(text, name)
        yield from yaml.load_all(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise broken(name, mark.line + 1 if mark else 1, str(error.problem)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise broken(name, line, "control characters are not allowed") from None
    except (ValueError, RecursionError):  # such as a number of thousands of digits
        raise broken(name, 1, "a value of this file cannot be read") from None


def _require_simple(text: str, name: str) -> None:
    """Refuse what no tool prints for a Kubernetes object, and what would not end well.

    That is what is nested so deeply that libyaml's composer would overflow the stack, and aliases
    that stand for themselves, or for gigabytes.
    """
    brackets = text.count("[") + text.count("{")
    may_be_deep = brackets > _MOST_BRACKETS or _MAY_BE_DEEP.search(text)
    if not may_be_deep and not ("&" in text and "*" in text):
        return
    sizes: dict[str | None, int] = {}
    open_anchors: list[str | None] = []
    open_sizes = [0]
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_anchors.append(event.anchor)
            open_sizes.append(1)
            if len(open_sizes) > _DEEPEST:
                raise broken(name, line, "nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            size = open_sizes.pop()
            sizes[open_anchors.pop()] = size
            open_sizes[-1] += size
        elif isinstance(event, yaml.AliasEvent):
            open_sizes[-1] += sizes.get(event.anchor, 1)
            if event.anchor in open_anchors or open_sizes[-1] > _LARGEST_ALIASED:
                raise broken(name, line, "an alias stands for itself, or for too much")
