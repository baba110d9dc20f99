"""Known bugs of Calico releases that concern the address of a node, in one table.

A bug of every release is no entry here: that is how Calico works. Each entry was read in the
release's own source (startup.go, autodetection_methods.go, autodetection_linux.go).
"""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.calico.version import Version


@dataclass(frozen=True, slots=True)
class KnownBug:
    """One bug.

    ``what`` is a sentence without its end, with ``{version}`` in it; ``cure`` is what to do.
    ``ranges`` are the releases that have it: from the first one, up to but without the second.
    ``issue`` is where it was reported, empty where that is not known.
    """

    what: str
    ranges: tuple[tuple[Version, Version], ...]
    cure: str
    issue: str = ""

    def is_in(self, version: Version) -> bool:
        """Whether ``version`` has the bug."""
        return any(since <= version < mended for since, mended in self.ranges)

    def words(self, version: Version) -> str:
        """The bug for people."""
        return self.what.format(version=version)


INTERNAL_IP_STORES_NETWORK = KnownBug(
    "kubernetes-internal-ip of Calico {version} stores the network's address (x.y.z.0) on every "
    "node",
    ((Version(3, 22, 0), Version(3, 22, 4)), (Version(3, 23, 0), Version(3, 23, 2))),
    "upgrade to v3.22.4, v3.23.2 or newer first, or choose another method",
    "projectcalico/calico#6228",
)
INTERNAL_IP_READ_ONCE = KnownBug(
    "kubernetes-internal-ip of Calico {version} reads the InternalIP at its start and never again",
    ((Version(3, 22, 0), Version(3, 29, 0)),),
    "restart calico-node there; v3.29.0 and newer read it at every re-detection",
    "projectcalico/calico#8700",
)
UNANCHORED_EXCLUSIONS = KnownBug(
    "Calico {version} leaves out every NIC with lo, cali, cni or the like anywhere in its name",
    ((Version(3, 0, 0), Version(3, 23, 4)), (Version(3, 24, 0), Version(3, 24, 3))),
    "name the NIC with interface=, which has no default list, or upgrade to v3.24.3 or newer",
    "projectcalico/calico#6760",
)
OWN_TUNNEL_CHOSEN = KnownBug(
    "Calico {version} takes its own tunnels (vxlan.calico, wireguard.cali) for NICs",
    ((Version(3, 23, 4), Version(3, 23, 5)), (Version(3, 24, 3), Version(3, 24, 4))),
    "name the NIC or the network, or upgrade to v3.24.4 or newer",
)
EXPLICIT_IP_AS_SINGLE_HOST = KnownBug(
    "Calico {version} stores an IP without a prefix length as /32: every other node counts as "
    "outside its subnet, and CrossSubnet always encapsulates",
    ((Version(3, 0, 0), Version(3, 18, 0)),),
    "write IP with its length (10.0.0.1/24), or upgrade to v3.18.0 or newer",
    "projectcalico/calico#4254",
)

KNOWN_BUGS = (
    INTERNAL_IP_STORES_NETWORK,
    INTERNAL_IP_READ_ONCE,
    UNANCHORED_EXCLUSIONS,
    OWN_TUNNEL_CHOSEN,
    EXPLICIT_IP_AS_SINGLE_HOST,
)
"""The table."""
