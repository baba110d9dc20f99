"""Kubernetes objects in files: JSON, lists or single ones, several behind each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_calico_nic.errors import CalicoNicError


def read_json(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of one or more JSON values behind each other; items of lists one by one.

    Raises:
        CalicoNicError: it is no JSON; says in which line it breaks.
    """
    decoder = json.JSONDecoder()
    place = _after_blanks(text, 0)
    while place < len(text):
        try:
            document, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise broken(name, error.lineno, _words(error, text)) from None
        except (ValueError, RecursionError):  # a number of thousands of digits, or levels
            line = text.count("\n", 0, place) + 1
            raise broken(name, line, "a value of this document cannot be read") from None
        yield from items_of(document)
        place = _after_blanks(text, place)


def _after_blanks(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place


def _words(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return "unexpected end of JSON input"
    return f"invalid JSON: {error.msg}, column {error.colno}"


def broken(name: str, line: int, problem: str) -> CalicoNicError:
    """The error for a file that is neither YAML nor JSON from ``line`` on."""
    return CalicoNicError(f"read {name}: line {line}: {problem}")


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
