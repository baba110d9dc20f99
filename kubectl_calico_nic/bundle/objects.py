"""Kubernetes objects in files: JSON or YAML, lists or single ones, several documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from kubectl_calico_nic.errors import CalicoNicError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """YAML as kubectl reads it: JSON's types alone, so a time stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for start, resolvers in _Base.yaml_implicit_resolvers.items()
}


def read_objects(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield every object in ``text``; the items of lists one by one.

    Raises:
        CalicoNicError: it is neither JSON nor YAML; says where it breaks.
    """
    try:
        for document in _documents(text):
            yield from _items(document)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read as YAML or JSON"
        raise CalicoNicError(f"cannot read {name}:{where} {problem}".replace("::", ":")) from None


def _documents(text: str) -> Iterator[object]:
    if text.lstrip().startswith("{"):
        try:
            return iter([json.loads(text)])
        except ValueError:
            pass  # YAML's flow style, several documents, or broken: the YAML reader says which
    documents: Iterator[object] = yaml.load_all(text, Loader=_Loader)
    return documents


def _items(document: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for item in document:
            yield from _items(item)
    elif isinstance(document, Mapping):
        items = document.get("items")
        if isinstance(items, list):
            kind = str(document.get("kind", "")).removesuffix("List")
            for item in items:
                if isinstance(item, Mapping):
                    yield {"kind": kind, **item} if "kind" not in item else item
        else:
            yield document
