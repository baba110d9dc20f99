"""Kubernetes objects in files: JSON, lists or single ones, several behind each other."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from kubectl_calico_nic.bundle.limits import UnreadableError


_LIST = re.compile(
    r'\{\s*(?:"apiVersion"\s*:\s*"[^"\\]*"\s*,\s*|"kind"\s*:\s*"(?P<kind>\w*)List"\s*,\s*'
    r'|"metadata"\s*:\s*\{[^{}]*\}\s*,\s*)*"items"\s*:\s*\[\s*'
)
"""How a list begins that kubectl prints, up to its first item."""


def read_json(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of one or more JSON values behind each other; items of lists one by one.

    Raises:
        UnreadableError: it is no JSON; says in which line it breaks.
    """
    decoder = json.JSONDecoder()
    place = _after_blanks(text, 0)
    while place < len(text):
        try:
            place = yield from _read_value(decoder, text, place)
        except json.JSONDecodeError as error:
            raise broken(name, error.lineno, _words(error, text)) from None
        except (ValueError, RecursionError):  # a number of thousands of digits, or levels
            line = text.count("\n", 0, place) + 1
            raise broken(name, line, "a value of this document cannot be read") from None
        place = _after_blanks(text, place)


def _read_value(
    decoder: json.JSONDecoder, text: str, place: int
) -> Generator[Mapping[str, Any], None, int]:
    """Yield the objects of one value; return where it ends."""
    begin = _LIST.match(text, place)
    if begin is not None:
        end = yield from _read_items(decoder, text, begin)
        if end is not None:
            return end
    document, end = decoder.raw_decode(text, place)
    yield from items_of(document)
    return end


def _read_items(
    decoder: json.JSONDecoder, text: str, begin: re.Match[str]
) -> Generator[Mapping[str, Any], None, int | None]:
    """Yield the items of a list, each read for itself: a list may be larger than what it tells.

    Returns where the list ends; None where it has to be read as a whole: it is broken or the kind
    of its items stands behind them. Nothing is lost then, and what was yielded comes once more.
    """
    place, kind = begin.end(), begin["kind"]
    separator = ","
    while separator == "," and not text.startswith("]", place):
        try:
            item, place = decoder.raw_decode(text, place)
        except ValueError:
            return None
        if not isinstance(item, dict) or (kind is None and "kind" not in item):
            return None
        yield {"kind": kind, **item}
        place = _after_blanks(text, place)
        separator = text[place : place + 1]
        place = _after_blanks(text, place + 1) if separator == "," else place
    rest = _AFTER_ITEMS.match(text, place)
    return None if rest is None else rest.end()


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
