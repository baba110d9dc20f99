"""Durations for people."""

from __future__ import annotations

_MINUTES_FROM = 90
_HOURS_FROM = 90 * 60


def about(seconds: int) -> str:
    """``36 seconds``, ``7 minutes``, ``3 hours``: as exact as an estimate deserves."""
    if seconds == 1:
        return "1 second"
    if seconds < _MINUTES_FROM:
        return f"{seconds} seconds"
    if seconds < _HOURS_FROM:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours"
