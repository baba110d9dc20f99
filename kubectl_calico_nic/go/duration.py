"""Durations as Go writes them: ``90s``, ``2m30s``, ``1.5h``."""

from __future__ import annotations

import re

_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "\u00b5s": 1e-6,  # micro sign
    "\u03bcs": 1e-6,  # Greek mu; Go takes both
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_LONGEST = (2**63 - 1) / 1e9
"""Go counts nanoseconds in 64 bits: about 292 years."""
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")


def parse_go_duration(text: str) -> float | None:
    """Return the seconds of ``text``, None when it is no duration.

    Mirrors ParseDuration of Go's time/format.go.
    """
    sign = -1.0 if text.startswith("-") else 1.0
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0.0
    total, place = 0.0, 0
    while part := _PART.match(rest, place):
        number, unit = part.groups()
        total += float(number) * _SECONDS[unit]
        place = part.end()
    if not rest or place < len(rest) or total > _LONGEST:
        return None
    return sign * total
