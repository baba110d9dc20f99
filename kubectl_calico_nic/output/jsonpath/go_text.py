"""JSON data as Go's ``%v`` prints it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def go_text(value: Any) -> str:
    """What ``fmt.Sprint`` makes of ``value``: ``map[a:1 b:[x y]]``, ``<nil>``, ``true``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return go_float(value)
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    return "<nil>" if value is None else str(value)


def go_float(value: float) -> str:
    """A float64: the shortest text that means it, without an exponent up to 21 digits."""
    shortest = Decimal(repr(value))
    exponent = shortest.adjusted()
    if not value or -4 <= exponent < 21:
        return f"{shortest.normalize():f}" if value else "0"
    first, *rest = map(str, shortest.normalize().as_tuple().digits)
    mantissa = ".".join(filter(None, (first, "".join(rest))))
    return f"{'-' if value < 0 else ''}{mantissa}e{exponent:+03d}"
