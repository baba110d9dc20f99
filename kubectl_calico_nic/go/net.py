"""Which texts Go's ``net`` package takes for addresses and networks, and what it makes of them.

Mirrors net.ParseIP, net.ParseCIDR, IP.IsGlobalUnicast and IPNet.Contains of Go (1.17 and newer),
and libcalico-go/lib/net, which calico-node reads every address and network with. An IPv4-mapped
IPv6 address (``::ffff:10.0.0.1``) is an IPv4 address everywhere in Go.
"""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass

from kubectl_calico_nic.family import Family

_MAPPED_PREFIX = 0xFFFF << 32
_MAPPED_LENGTH = 96
_MAX_LENGTH_DIGITS = 3
_READERS: dict[Family, type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address]] = {
    Family.IPV4: ipaddress.IPv4Address,
    Family.IPV6: ipaddress.IPv6Address,
}
_CACHED_ADDRESSES = 1 << 16


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address as Go sees it.

    ``number`` is its value in ``family``, ``text`` what Go prints. ``is_mapped`` says that it was
    written as an IPv4-mapped IPv6 address, so that prefix lengths beside it count from 128.
    """

    family: Family
    number: int
    text: str
    is_global_unicast: bool
    is_mapped: bool = False

    def prefix_length(self, written: int) -> int:
        """Return the length that Go prints for the ``written`` one."""
        return max(written - _MAPPED_LENGTH, 0) if self.is_mapped else written


@dataclass(frozen=True, slots=True)
class Network:
    """A network as Go sees it: ``number`` has no host bits."""

    family: Family
    number: int
    prefix_length: int

    def __contains__(self, address: Address) -> bool:
        shift = self.family.max_prefix_length - self.prefix_length
        same_family = address.family is self.family
        return same_family and address.number >> shift == self.number >> shift

    def __str__(self) -> str:
        return f"{_text(self.family, self.number)}/{self.prefix_length}"


@functools.lru_cache(maxsize=_CACHED_ADDRESSES)
def parse_ip(text: str) -> Address | None:
    """Return the address that ``text`` is, None where net.ParseIP returns nil.

    No blanks, no leading zeros (``010.0.0.1``), no zone (``fe80::1%eth0``).
    """
    if "%" in text:
        return None
    family = Family.IPV6 if ":" in text else Family.IPV4
    try:
        number = int(_READERS[family](text))
    except ValueError:
        return None
    is_mapped = family is Family.IPV6 and number >> 32 == 0xFFFF
    if is_mapped:
        family, number = Family.IPV4, number - _MAPPED_PREFIX
    global_unicast = _is_global_unicast(family, number)
    return Address(family, number, _text(family, number), global_unicast, is_mapped)


@functools.lru_cache(maxsize=1024)
def parse_cidr(text: str) -> tuple[Address, Network] | None:
    """Return address and network of ``text``, None where net.ParseCIDR returns an error.

    Host bits are fine (``172.16.10.7/24`` is 172.16.10.7 in 172.16.10.0/24); a netmask, a missing
    length or one out of range is not.
    """
    host, slash, mask = text.partition("/")
    address = parse_ip(host)
    if not slash or address is None or not (mask.isascii() and mask.isdigit()):
        return None
    digits = mask.lstrip("0") or "0"
    if len(digits) > _MAX_LENGTH_DIGITS:
        return None
    network = _network(address, int(digits))
    return None if network is None else (address, network)


def parse_cidr_or_ip(text: str) -> tuple[Address, int] | None:
    """Return address and prefix length of ``text``; a bare address counts as /32 or /128.

    Mirrors ParseCIDROrIP of libcalico-go/lib/net/ipnet.go. None where neither can be read.
    """
    parsed = parse_cidr(text)
    if parsed is not None:
        address, network = parsed
        return address, network.prefix_length
    bare = parse_ip(text)
    return None if bare is None else (bare, bare.family.max_prefix_length)


def _network(address: Address, length: int) -> Network | None:
    """Return the network of ``address``; a mapped one is an IPv4 network from /96 on."""
    family, number = address.family, address.number
    if address.is_mapped:
        family, number = Family.IPV6, number + _MAPPED_PREFIX
    if length > family.max_prefix_length:
        return None
    if address.is_mapped and length >= _MAPPED_LENGTH:
        family, number, length = Family.IPV4, address.number, length - _MAPPED_LENGTH
    shift = family.max_prefix_length - length
    return Network(family, number >> shift << shift, length)


def _text(family: Family, number: int) -> str:
    return str(_READERS[family](number))


def _is_global_unicast(family: Family, number: int) -> bool:
    """Go's idea: private ranges are, loopback, link-local, multicast and broadcast are not."""
    if family is Family.IPV6:
        link_local, multicast = number >> 118 == 0xFE80 >> 6, number >> 120 == 0xFF
        return number > 1 and not link_local and not multicast
    first = number >> 24
    multicast = first >> 4 == 0xE
    link_local = number >> 16 == 0xA9FE
    broadcast = number == 0xFFFFFFFF
    return bool(number) and first != 127 and not (multicast or link_local or broadcast)
