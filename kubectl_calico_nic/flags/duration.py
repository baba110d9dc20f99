"""``--timeout`` as kubectl takes it."""

from __future__ import annotations

import re

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.go.duration import parse_go_duration


def parse_timeout(text: str, flag: str = "--timeout") -> float:
    """Seconds of a ``--timeout``: a Go duration such as ``90s`` or ``2m30s``; 0 is "no limit".

    Raises:
        UsageError: it is none, in the words of Go's time package and pflag.
    """
    seconds = parse_go_duration(text)
    if seconds is not None:
        return seconds
    bare = re.fullmatch(r"[+-]?\d+\.?\d*", text)
    reason = "missing unit in duration" if bare else "invalid duration"
    raise UsageError(f'invalid argument "{text}" for "{flag}" flag: time: {reason} "{text}"')
