"""The flags that bound what a command asks of the cluster: how much at once, for how long."""

from __future__ import annotations

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Flag, Kind, Parsed
from kubectl_calico_nic.flags.duration import parse_timeout

CONCURRENCY = Flag(
    "concurrency",
    "How many requests are in flight at most; 32 when not given.",
    Kind.COUNT,
    placeholder="N",
)


def concurrency(parsed: Parsed) -> int | None:
    """The requests in flight at most; None when the flag was not given.

    Raises:
        UsageError: none at all.
    """
    text = parsed.text("concurrency")
    if text is None:
        return None
    if int(text) < 1:
        raise UsageError(f'invalid argument "{text}" for "--concurrency" flag: at least 1')
    return int(text)


def timeout(parsed: Parsed) -> float | None:
    """The seconds of ``--timeout``; None without end.

    Raises:
        UsageError: it is no duration.
    """
    return parse_timeout(parsed.text("timeout", "0s") or "0s") or None
