"""The interfaces that the Interfaces annotation leaves out, and which methods could see them.

Calico omits from the annotation what its default exclusions match (startup.go,
configureIPsAndSubnets). Of such interfaces nothing is known. What is assumed of them, and of
nothing else: they carry the names that the exclusions are about, those that container runtimes,
bridges, tunnels and Calico itself give, or a name that the method itself spells out.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator

from kubectl_calico_nic.calico.autodetection.methods import Method
from kubectl_calico_nic.calico.autodetection.name_filter import default_filter, name_filter
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.go.regexp import RegexpError

ASSUMPTION = (
    "assumed: interfaces that the annotation does not list carry names of Calico's default"
    " exclusions only (lo, docker0, br-*, veth*, cali*, tunl0, flannel.1, ...)"
)
"""The sentence that every answer from an annotation states."""

_NAMES = (
    "lo",
    "docker0",
    "docker_gwbridge",
    "cbr0",
    "dummy0",
    "podman0",
    "virbr0",
    "virbr0-nic",
    "lxcbr0",
    "br-int",
    "br-ex",
    "br-tun",
    "tunl0",
    "flannel.1",
    "flannel-v6.1",
    "flannel-wg",
    "kube-ipvs0",
    "cni0",
    "cni-podman0",
    "vxlan.calico",
    "vxlan-v6.calico",
    "wireguard.cali",
    "wg-v6.cali",
    "nodelocaldns",
)
_HASHED = (("veth", 7), ("veth", 8), ("cali", 11), ("br-", 12))
"""Names that end in so many hexadecimal digits."""

_WINDOWS_NAMES = ("Loopback Pseudo-Interface 1", "vEthernet (nat)", "vEthernet (DockerNAT)", "cbr0")
_SAMPLES = 64
_MAX_LITERALS = 32
_CLASS_ESCAPE = re.compile(r"\\[A-Za-z]")
_LITERAL = re.compile(r"[\w.-]+")
_HEXADECIMAL = re.compile("[0-9a-f]+")


@functools.lru_cache(maxsize=256)
def hidden_match(method: Method, version: Version, *, windows: bool) -> str | None:
    """Return a name that a hidden interface may carry and that ``method`` lets through.

    None where the method passes all of them over, or fails on a wrong regex.
    """
    passed_over = name_filter(method, version, windows=windows)
    if isinstance(passed_over, RegexpError):
        return None
    return next((name for name in _hidden_names(method, windows) if not passed_over(name)), None)


def _hidden_names(method: Method, windows: bool) -> Iterator[str]:
    """Yield names to try: the usual ones, then those that the method's own words suggest."""
    yield from _WINDOWS_NAMES if windows else _NAMES
    text = _CLASS_ESCAPE.sub(" ", " ".join(method.items)).replace("\\", "")
    literals = _LITERAL.findall(text)[:_MAX_LITERALS]
    excluded = [literal for literal in literals if _is_omitted(literal, windows)]
    yield from excluded
    yield from (name + literal for name in excluded for literal in literals)
    for prefix, length in _HASHED:
        for digits in _HEXADECIMAL.findall(text)[:_MAX_LITERALS]:
            yield prefix + digits[:length].ljust(length, "0")
            yield prefix + digits[:length].rjust(length, "0")
        for number in range(_SAMPLES):
            yield prefix + hashlib.sha256(str(number).encode()).hexdigest()[:length]


def _is_omitted(name: str, windows: bool) -> bool:
    """Whether the annotation omits an interface of that name (every version that writes one)."""
    return default_filter(NEWEST_KNOWN, windows=windows)(name) is not None
