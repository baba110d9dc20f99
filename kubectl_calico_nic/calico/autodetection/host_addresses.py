"""The addresses of a host as calico-node reads them from its interfaces.

Mirrors GetInterfaces and convertInterface of autodetection/interfaces.go: all interfaces, walked
backwards; the addresses of one interface in the kernel's order.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress, Inventory
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Address, Network, parse_ip

PEER = "peer"
"""The word among an address's flags that says that the other end is named (``inet A peer B``)."""

_MAPPED = "::ffff:"

_BULK_READ_SINCE = Version(3, 32, 0)
"""Reads all addresses in one netlink dump, where one with a peer is a single address."""


def printed(address: InterfaceAddress, version: Version) -> str:
    """Return ``address`` as ``version`` stores it; bare where its prefix length is not known.

    From v3.32.0 on addr_linux.go reads the addresses through vishvananda/netlink, which gives an
    address with a peer the length /32 (/128); before, Go's net package gave it the peer's.
    """
    known = parse_ip(address.address)
    if known is None or address.prefix_length is None:
        return address.address
    length = known.prefix_length(address.prefix_length)
    if PEER in address.flags and version >= _BULK_READ_SINCE:
        length = known.family.max_prefix_length
    return f"{known.text}/{length}"


def qualifying(
    interface: Interface, family: Family, networks: tuple[Network, ...] = ()
) -> InterfaceAddress | None:
    """Return the first address that a method may choose: of the family and global unicast.

    With ``networks`` it must be in one of them. Mirrors FilteredEnumeration of filtered.go.
    """
    for address in interface.addresses:
        if _is_out_of_question(address.address, family):
            continue
        known = parse_ip(address.address)
        if known is None or known.family is not family or not known.is_global_unicast:
            continue
        if not networks or any(known in network for network in networks):
            return address
    return None


def _is_out_of_question(text: str, family: Family) -> bool:
    """Whether a glance at the text tells that it is of the other family, or link-local.

    A node has an interface for every pod, each with a link-local address of its own: reading all
    of them in full would take most of the time.
    """
    if ":" not in text:
        return family is Family.IPV6
    return text.startswith("fe80:") or (family is Family.IPV4 and not text.startswith(_MAPPED))


def holders(inventory: Inventory, wanted: Address) -> Iterator[tuple[Interface, InterfaceAddress]]:
    """Yield the interfaces that have ``wanted``, with the address there, in the order of the walk.

    The first is the one that Calico takes: the last in kernel order.
    """
    for interface in reversed(inventory.interfaces):
        for address in interface.addresses:
            if _is(address, wanted):
                yield interface, address


def _is(address: InterfaceAddress, wanted: Address) -> bool:
    """Whether they are the same to Go; both texts are canonical, but for mapped addresses."""
    text = address.address
    if not text.startswith(_MAPPED):
        return text == wanted.text
    known = parse_ip(text)
    return known is not None and (known.family, known.number) == (wanted.family, wanted.number)
