"""IP families, as Calico and Kubernetes name them."""

from __future__ import annotations

import enum

import netaddr


class Family(enum.IntEnum):
    """An IP family; the value is the number in Calico's messages (``IPv%d``)."""

    IPV4 = 4
    IPV6 = 6

    @property
    def label(self) -> str:
        """The family as reports show it: ``IPv4`` or ``IPv6``."""
        return f"IPv{self.value}"

    @property
    def max_prefix_length(self) -> int:
        """The prefix length of a single address: 32 or 128."""
        return 32 if self is Family.IPV4 else 128

    @property
    def ip_variable(self) -> str:
        """The environment variable that enables detection: ``IP`` or ``IP6``."""
        return "IP" if self is Family.IPV4 else "IP6"

    @property
    def method_variable(self) -> str:
        """The environment variable that holds the method."""
        return f"{self.ip_variable}_AUTODETECTION_METHOD"

    @property
    def address_annotation(self) -> str:
        """The Node annotation that calico-node stores the chosen address in.

        Mirrors libcalico-go/lib/backend/k8s/resources/node.go.
        """
        return f"projectcalico.org/{self.label}Address"


def family_of(address: str) -> Family | None:
    """Return the family of ``address`` (an IP, with or without ``/length``), None if it is none."""
    try:
        version = netaddr.IPAddress(address.partition("/")[0], flags=netaddr.INET_PTON).version
    except (netaddr.AddrFormatError, ValueError):
        return None
    return Family(version)
