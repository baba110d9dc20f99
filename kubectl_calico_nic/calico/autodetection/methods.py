"""The grammar of ``IP_AUTODETECTION_METHOD`` and ``IP6_AUTODETECTION_METHOD``."""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass

from kubectl_calico_nic.calico.version import Version

_SEPARATOR = re.compile(r"[\t\n\f\r ]*,[\t\n\f\r ]*")
"""Go's ``\\s*,\\s*``: its ``\\s`` is these blanks and no others."""


class MethodKind(enum.Enum):
    """A method; the value is its word in the grammar."""

    FIRST_FOUND = "first-found"
    INTERFACE = "interface"
    SKIP_INTERFACE = "skip-interface"
    CAN_REACH = "can-reach"
    CIDR = "cidr"
    KUBERNETES_INTERNAL_IP = "kubernetes-internal-ip"

    @property
    def since(self) -> Version:
        """The first release that knows the method."""
        return _SINCE.get(self, Version(3, 0, 0))


_SINCE = {
    MethodKind.CIDR: Version(3, 16, 0),
    MethodKind.KUBERNETES_INTERNAL_IP: Version(3, 22, 0),
}
_LISTS = (MethodKind.INTERFACE, MethodKind.SKIP_INTERFACE, MethodKind.CIDR)


@dataclass(frozen=True, slots=True)
class Method:
    """A method as Calico reads it.

    ``text`` is the whole value, untouched. ``items`` are the regexes or networks of its list, as
    split at the commas, or the one destination of ``can-reach=``; empty for the other two.
    """

    kind: MethodKind
    text: str
    items: tuple[str, ...] = ()


class InvalidMethod(ValueError):
    """Calico does not know the method: it prints so and its process ends, exit status 1."""


@functools.lru_cache(maxsize=256)
def parse_method(text: str, version: Version) -> Method:
    """Return what ``version`` of calico-node makes of the value ``text``.

    The value is case sensitive and not trimmed; the regexes and networks of a list are not
    checked here. Mirrors AutoDetectCIDR of autodetection_methods.go (startup.go before v3.22.0).

    Raises:
        InvalidMethod: this version does not know the method.
    """
    if text in ("", MethodKind.FIRST_FOUND.value):
        return Method(MethodKind.FIRST_FOUND, text)
    internal_ip = MethodKind.KUBERNETES_INTERNAL_IP
    if text.startswith(internal_ip.value) and version >= internal_ip.since:
        return Method(internal_ip, text)
    word, equals, rest = text.partition("=")
    if equals and word == MethodKind.CAN_REACH.value:
        return Method(MethodKind.CAN_REACH, text, (rest,))
    for kind in _LISTS:
        if equals and word == kind.value and version >= kind.since:
            return Method(kind, text, tuple(_SEPARATOR.split(rest)))
    raise InvalidMethod(f"Calico {version} does not know the method {text!r}")
