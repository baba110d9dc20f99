"""Kubernetes objects in files: JSON, lists or single ones, several behind each other."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from kubectl_calico_nic.bundle.archives.limits import UnreadableError

_LIST = re.compile(
    r'\{\s*(?:"apiVersion"\s*:\s*"[^"\\]*"\s*,\s*|"kind"\s*:\s*"(?P<kind>\w*)List"\s*,\s*'
    r'|"metadata"\s*:\s*\{[^{}]*\}\s*,\s*)*"items"\s*:\s*\[\s*'
)
"""How a list begins that kubectl prints, up to its first item."""


class NotAsPrintedError(Exception):
    """A list is broken, or not written as kubectl prints it: it has to be read as a whole."""


def read_json(text: str, name: str, *, item_by_item: bool = False) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of one or more JSON values behind each other; items of lists one by one.

    ``item_by_item`` reads each item of a list for itself, as long as it is written as kubectl
    prints it: a list may be many times larger than what it tells.

    Raises:
        NotAsPrintedError: with ``item_by_item`` alone; what was yielded so far is not to be used.
        UnreadableError: it is no JSON; says in which line it breaks.
    """
    decoder = json.JSONDecoder()
    place = _after_blanks(text, 0)
    while place < len(text):
        try:
            begin = _LIST.match(text, place) if item_by_item else None
            if begin is not None:
                place = yield from _read_items(decoder, text, begin)
            else:
                document, place = decoder.raw_decode(text, place)
                yield from items_of(document)
        except json.JSONDecodeError as error:
            raise broken(name, error.lineno, _words(error, text)) from None
        except (ValueError, RecursionError):  # a number of thousands of digits, or levels
            line = text.count("\n", 0, place) + 1
            raise broken(name, line, "a value of this document cannot be read") from None
        place = _after_blanks(text, place)


def _read_items(
    decoder: json.JSONDecoder, text: str, begin: re.Match[str]
) -> Generator[Mapping[str, Any], None, int]:
    """Yield the items of a list; return where it ends."""
    place, kind = begin.end(), begin["kind"]
    separator = ","
    while separator == "," and not text.startswith("]", place):
        try:
            item, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            raise NotAsPrintedError from None
        if not isinstance(item, dict) or (kind is None and "kind" not in item):
            raise NotAsPrintedError
        yield {"kind": kind, **item}
        place = _after_blanks(text, place)
        separator = text[place : place + 1]
        place = _after_blanks(text, place + 1) if separator == "," else place
    rest = _AFTER_ITEMS.match(text, place)
    if rest is None:
        raise NotAsPrintedError
    return rest.end()


_AFTER_ITEMS = re.compile(
    r'\]\s*(?:,\s*(?:"(?:apiVersion|kind)"\s*:\s*"[^"\\]*"|"metadata"\s*:\s*\{[^{}]*\})\s*)*\}'
)
"""How such a list ends."""


def _after_blanks(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place


def _words(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return "unexpected end of JSON input"
    return f"invalid JSON: {error.msg}, column {error.colno}"


def broken(name: str, line: int, problem: str) -> UnreadableError:
    """The error for a file that is neither YAML nor JSON from ``line`` on."""
    return UnreadableError(name, f"line {line}: {problem}")


def items_of(document: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a document: those of a JSON list, of a ``List``, or itself."""
    if isinstance(document, list):
        for item in document:
            yield from items_of(item)
    elif isinstance(document, Mapping):
        items = document.get("items")
        if not isinstance(items, list):
            yield document
            return
        kind = str(document.get("kind", "")).removesuffix("List")
        for item in items:
            if isinstance(item, Mapping):
                yield item if "kind" in item else {**item, "kind": kind}
