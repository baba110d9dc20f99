"""Kubernetes objects in files of YAML, as kubectl reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from kubectl_calico_nic.bundle.limits import UnreadableError
from kubectl_calico_nic.bundle.objects import broken, items_of

_DEEPEST = 200
"""Levels of a document; no Kubernetes object has as many."""
_MAY_BE_DEEP = re.compile(rf"^ {{{_DEEPEST}}}|(?:[-?] ){{20}}|(?:[\[{{]\s*){{20}}", re.MULTILINE)
"""What a document nested so deeply holds, in one of the three ways to nest."""
_MOST_BRACKETS = 20
_LARGEST = 16 * 1024**2
"""Characters of a document that is read as a whole."""
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
    text: str, name: str, may_tell: MayTell = lambda _kind, _text: True
) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of one or more YAML documents; the items of lists one by one.

    Of a list as kubectl prints it, items that ``may_tell`` nothing are left out unread.

    Raises:
        UnreadableError: it is no YAML; says in which line it breaks.
    """
    begin = _LIST.match(text)
    if begin is not None:
        try:
            yield from _items(text, begin.end(), name, may_tell)
            return
        except _NotAsPrintedError:
            pass
    for document in _documents(text, name):
        yield from items_of(document)


class _NotAsPrintedError(Exception):
    """A list is broken, or not written as kubectl prints it."""


def _items(
    text: str, begin: int, name: str, may_tell: MayTell
) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a list as kubectl prints it, each read for itself.

    A document takes fifty times the memory of its text while it is read.

    Raises:
        _NotAsPrintedError: before anything was yielded from the item that is broken.
    """
    end = _END_OF_ITEMS.search(text, begin)
    last = end.start() if end else len(text)
    (around,) = _whole(f"{text[:begin]}{text[last:]}", name)
    kind = str(around.get("kind", "")).removesuffix("List")
    starts = [match.start() for match in _ITEM.finditer(text, begin, last)]
    for start, stop in zip(starts, [*starts[1:], last], strict=True):
        item = text[start:stop]
        named = _KIND.search(item)
        if may_tell(named[1] if named else kind, item):
            for document in _whole(item, name):
                yield from ({"kind": kind, **found} for found in items_of(document))


def _whole(text: str, name: str) -> list[Any]:
    try:
        return list(_documents(text, name))
    except UnreadableError:
        raise _NotAsPrintedError from None


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

    That is what is nested so deeply that libyaml's composer would overflow the stack, and aliases:
    a few lines of them stand for gigabytes.
    """
    brackets = text.count("[") + text.count("{")
    may_be_deep = brackets > _MOST_BRACKETS or _MAY_BE_DEEP.search(text)
    if not may_be_deep and not ("&" in text and "*" in text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise broken(name, line, "aliases are not read")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise broken(name, line, "nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
