"""Kubernetes objects in files of YAML, as kubectl reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from kubectl_calico_nic.bundle.objects import broken, items_of

_DEEPEST = 200
"""Levels of a document; no Kubernetes object has as many."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # the one of the two that is installed
    """YAML with JSON's types alone, so a time stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for start, resolvers in _Base.yaml_implicit_resolvers.items()
}


def read_yaml(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of one or more YAML documents; the items of lists one by one.

    Raises:
        CalicoNicError: it is no YAML; says in which line it breaks.
    """
    try:
        if _Base is not yaml.SafeLoader:
            _require_shallow(text, name)
        for document in yaml.load_all(text, Loader=_Loader):
            yield from items_of(document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise broken(name, mark.line + 1 if mark else 1, str(error.problem)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise broken(name, line, "control characters are not allowed") from None
    except (ValueError, RecursionError):  # such as a number of thousands of digits
        raise broken(name, 1, "a value of this file cannot be read") from None


def _require_shallow(text: str, name: str) -> None:
    """Refuse what is nested so deeply that libyaml's composer would overflow the stack.

    Python's own loader raises RecursionError instead.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise broken(name, line, "nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
