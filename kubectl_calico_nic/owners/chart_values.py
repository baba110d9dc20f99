"""Values of a chart that have to be merged into values that are there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.installation import field_of

_WHOLE = frozenset(field_of(family) for family in Family)
"""A field with one method: what was there goes, or the operator finds two."""
_MOST = 8
"""How many keys are named."""


def merging(present: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> str:
    """What happens to the ``present`` values when ``wanted`` are merged in, in words.

    Only keys are named, never values: a chart's values hold keys and pull secrets. None: they
    cannot be read.
    """
    if present is None:
        return "merge this in, all else there stays"
    replaced, kept = list(_replaced(present, wanted)), list(_kept(present, wanted))
    instead = f", instead of the {', '.join(replaced)} there" if replaced else ""
    more = f" and {len(kept) - _MOST} more" if len(kept) > _MOST else ""
    rest = f"; {', '.join(kept[:_MOST])}{more} there stay" if kept else ""
    return f"merge this in{instead}{rest}"


def _replaced(present: Mapping[str, Any], wanted: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for key, value in wanted.items():
        there = present.get(key)
        if there is None or there == value:
            continue
        if key not in _WHOLE and isinstance(there, Mapping) and isinstance(value, Mapping):
            yield from _replaced(there, value, f"{at}{key}.")
        else:
            yield f"{at}{key}"


def _kept(present: Mapping[str, Any], wanted: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for key, there in present.items():
        value = wanted.get(key)
        if key not in wanted:
            yield f"{at}{key}"
        elif key not in _WHOLE and isinstance(there, Mapping) and isinstance(value, Mapping):
            yield from _kept(there, value, f"{at}{key}.")
