"""Objects of the programs that install Calico: what their marks on Calico's objects point to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that a mark names.

    ``versions`` are those of the API that may serve it, newest first. Without a ``namespace`` it
    may be in any.
    """

    group: str
    versions: tuple[str, ...]
    plural: str
    name: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Companion:
    """One such object: raw JSON, never changed.

    ``values`` is what the YAML in ``spec.valuesContent`` says; None where there is none, or where
    it cannot be read.
    """

    object: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """``metadata``."""
        return mapping(self.object.get("metadata"))

    @property
    def spec(self) -> Mapping[str, Any]:
        """``spec``."""
        return mapping(self.object.get("spec"))

    def mark(self, key: str) -> str:
        """The label or annotation ``key``; empty where it has none."""
        for kind in ("labels", "annotations"):
            found = mapping(self.metadata.get(kind)).get(key)
            if isinstance(found, str):
                return found
        return ""


Companions = Mapping[Reference, tuple[Companion, ...]]
"""What was found of each; one that could not be read is absent."""


def mapping(value: object) -> Mapping[str, Any]:
    """``value`` where it is a mapping, else an empty one: an object may hold anything."""
    return value if isinstance(value, Mapping) else {}
