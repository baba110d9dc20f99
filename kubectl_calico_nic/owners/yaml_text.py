"""YAML for people to paste: blocks of mappings and lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[./_-][A-Za-z0-9]+)*")
_NO_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""What YAML 1.1 or 1.2 reads as something else."""


class Literal(str):
    """A text of several lines that is written as a block, as it is."""

    __slots__ = ()


def yaml_text(value: Mapping[str, Any], indent: int = 0) -> str:
    """Write a mapping of texts, numbers, booleans, None, lists and mappings.

    Texts that could be anything but a word are JSON strings, which YAML reads as they are; the keys
    are ours and stand bare.
    """
    return "\n".join(" " * indent + line for line in _mapping(value))


def nested(path: str, value: Any) -> dict[str, Any]:
    """``{"a": {"b": value}}`` for ``a.b``."""
    for key in reversed(path.split(".")):
        value = {key: value}
    found: dict[str, Any] = value
    return found


def _mapping(value: Mapping[str, Any]) -> Iterator[str]:
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield f"{key}:"
            yield from (f"  {line}" for line in _mapping(item))
        elif isinstance(item, list) and item:
            yield f"{key}:"
            yield from _listed(item)
        elif isinstance(item, Literal):
            yield f"{key}: |-"
            yield from (f"  {line}" for line in item.split("\n"))
        else:
            yield f"{key}: {_scalar(item)}"


def _listed(items: list[Any]) -> Iterator[str]:
    for item in items:
        lines = list(_mapping(item)) if isinstance(item, Mapping) else [_scalar(item)]
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value) and value.lower() not in _NO_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
