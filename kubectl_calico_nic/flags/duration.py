"""Durations as kubectl's flags take them."""

from __future__ import annotations

import re

from kubectl_calico_nic.errors import UsageError

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


def _go_duration(text: str) -> float | None:
    """Seconds of a Go duration (time.ParseDuration), None when ``text`` is none."""
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if body == "0":
        return 0.0
    if not body or not re.fullmatch(f"(?:{_PART.pattern})+", body):
        return None
    return sign * sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(body))


def parse_timeout(text: str, flag: str = "--timeout") -> float:
    """Seconds of a ``--timeout``: a Go duration such as ``90s`` or ``2m30s``; 0 is "no limit".

    Raises:
        UsageError: it is none, in the words of Go's time package and pflag.
    """
    seconds = _go_duration(text)
    if seconds is not None:
        return seconds
    bare = re.fullmatch(r"[+-]?\d+\.?\d*", text)
    reason = "missing unit in duration" if bare else "invalid duration"
    raise UsageError(f'invalid argument "{text}" for "{flag}" flag: time: {reason} "{text}"')


def parse_request_timeout(text: str) -> float | None:
    """Seconds of ``--request-timeout``: also a bare integer; None for 0, "no limit".

    Mirrors ParseTimeout of client-go (tools/clientcmd/overrides.go).

    Raises:
        UsageError: it is neither, in kubectl's words.
    """
    if re.fullmatch(r"[+-]?\d+", text):
        return float(text) or None
    seconds = _go_duration(text)
    if seconds is None or seconds < 0:
        raise UsageError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer "
            "followed by a corresponding time unit (e.g. 1s | 2m | 3h)"
        )
    return seconds or None
