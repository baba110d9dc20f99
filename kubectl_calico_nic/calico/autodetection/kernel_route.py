"""What the kernel answers to ``ip route get``.

It stands here and not in ``iproute`` because ``can-reach=`` is decided by it, and ``calico``
imports nothing above itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kubectl_calico_nic.go.net import parse_ip

_REFUSAL = re.compile(r"RTNETLINK answers: (.+)")
_ROUTE_TYPES = frozenset(
    ("local", "broadcast", "multicast", "anycast", "unreachable", "blackhole", "prohibit", "throw")
)
_WORDS_WITH_VALUE = frozenset(
    ("via", "from", "dev", "src", "table", "proto", "scope", "metric", "uid", "mark", "error")
)
_ERRORS = {
    "-13": "Permission denied",
    "-22": "Invalid argument",
    "-101": "Network is unreachable",
    "-113": "No route to host",
}
"""The kernel's error numbers of routes that lead nowhere, in iproute2's words."""


@dataclass(frozen=True, slots=True)
class Route:
    """One answer; nothing is set where the text is no answer of the kernel's.

    ``source`` is the address that packets get (Go's text), None where the kernel named none;
    ``device`` the interface that they leave by; ``error`` why there is no route.
    """

    source: str | None = None
    device: str | None = None
    error: str | None = None


def parse_route(text: str) -> Route:
    """Read the output of ``ip route get``, with or without ``-o``, stderr included; never raises.

    ``RTNETLINK answers: ...`` and routes of type ``unreachable`` give an error. An error of
    ``ip`` itself (``any valid prefix is expected``) says nothing about the route.
    """
    for line in text.splitlines():
        refusal = _REFUSAL.search(line)
        if refusal is not None:
            return Route(error=refusal[1].strip())
        words = line.replace("\\", " ").split()
        destination = next((word for word in words if word not in _ROUTE_TYPES), "")
        if parse_ip(destination) is not None:
            return _route(words)
    return Route()


def _route(words: list[str]) -> Route:
    values = dict(_pairs(words))
    if "error" in values:
        return Route(error=_ERRORS.get(values["error"], f"error {values['error']}"))
    source = parse_ip(values.get("src", ""))
    return Route(source=source.text if source else None, device=values.get("dev"))


def _pairs(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield the words that have a value, with it; a device may be called ``src``."""
    remaining = iter(words)
    for word in remaining:
        if word in _WORDS_WITH_VALUE:
            yield word, next(remaining, "")
