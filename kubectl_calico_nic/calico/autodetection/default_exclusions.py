"""The interfaces that ``first-found`` and ``skip-interface=`` never consider, by version.

Mirrors DEFAULT_INTERFACES_TO_EXCLUDE of calico-node: autodetection_linux.go and
autodetection_windows.go (startup_linux.go and startup_windows.go before v3.22.0, startup.go
before v3.9). The order is Calico's, because its error messages show the joined list.
"""

from __future__ import annotations

import bisect

from kubectl_calico_nic.calico.version import Version

_UNANCHORED = (
    "docker.*",
    "cbr.*",
    "dummy.*",
    "virbr.*",
    "lxcbr.*",
    "veth.*",
    "lo",
    "cali.*",
    "tunl.*",
    "flannel.*",
    "kube-ipvs.*",
)
_UNANCHORED_WITH_CNI = (*_UNANCHORED, "cni.*")
_ANCHORED = tuple(f"^{pattern}" for pattern in _UNANCHORED_WITH_CNI)
_WITH_TUNNELS = (
    *_ANCHORED,
    r"^vxlan\.calico.*",
    r"^vxlan-v6\.calico.*",
    r"^wireguard\.cali.*",
    r"^wg-v6\.cali.*",
)
_WITH_NODELOCALDNS = (*_WITH_TUNNELS, "^nodelocaldns.*")
_NEWEST = (
    "^docker.*",
    "^cbr.*",
    "^dummy.*",
    "^podman.*",
    "^virbr.*",
    "^lxcbr.*",
    "^veth.*",
    "^lo",
    "^br-.*",
    "^cali.*",
    "^tunl.*",
    "^flannel.*",
    "^kube-ipvs.*",
    "^cni.*",
    r"^vxlan\.calico.*",
    r"^vxlan-v6\.calico.*",
    r"^wireguard\.cali.*",
    r"^wg-v6\.cali.*",
    "^nodelocaldns.*",
)
_SINCE: tuple[tuple[Version, tuple[str, ...]], ...] = (
    (Version(0, 0, 0), _UNANCHORED),
    (Version(3, 15, 0), _UNANCHORED_WITH_CNI),
    (Version(3, 23, 4), _ANCHORED),
    (Version(3, 23, 5), _WITH_TUNNELS),
    (Version(3, 24, 0), _UNANCHORED_WITH_CNI),
    (Version(3, 24, 3), _ANCHORED),
    (Version(3, 24, 4), _WITH_TUNNELS),
    (Version(3, 24, 6), _WITH_NODELOCALDNS),
    (Version(3, 25, 0), _NEWEST),
)
_STARTS = tuple(since for since, _ in _SINCE)

_WINDOWS = (
    ".*cbr.*",
    ".*[Dd]ocker.*",
    r".*\(nat\).*",
    ".*Calico.*_ep",
    "Loopback.*",
)


def default_exclusions(version: Version, *, windows: bool = False) -> tuple[str, ...]:
    """Return the regexes of ``version``, as Calico writes them; a name that one finds is out.

    The same list decides which interfaces the Interfaces annotation (v3.31.0 and newer) omits.
    """
    if windows:
        return _WINDOWS
    return _SINCE[bisect.bisect_right(_STARTS, version) - 1][1]
