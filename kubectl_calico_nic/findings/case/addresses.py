"""Addresses and networks as texts, compared as the numbers that calico-node reads in them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Address, Network, parse_cidr, parse_ip


@dataclass(frozen=True, slots=True)
class _Parsed:
    address: Address
    network: Network | None


@functools.lru_cache(maxsize=1 << 16)
def _parse(text: str) -> _Parsed | None:
    """Read ``A`` or ``A/LENGTH``; None when it is neither."""
    if "/" not in text:
        address = parse_ip(text)
        return None if address is None else _Parsed(address, None)
    parsed = parse_cidr(text)
    return None if parsed is None else _Parsed(*parsed)


def bare(text: str) -> str:
    """The address without its length, in canonical text; ``text`` itself when it is none."""
    parsed = _parse(text)
    return text if parsed is None else parsed.address.text


def is_address(text: str, family: Family) -> bool:
    """Whether ``text`` (with or without a length) is an address of ``family``."""
    parsed = _parse(text)
    return parsed is not None and parsed.address.family is family


def same_address(one: str, other: str) -> bool:
    """Whether two texts are the same address, whatever their lengths."""
    return one == other or bare(one) == bare(other)


@functools.lru_cache(maxsize=1 << 16)
def network_of(text: str) -> str | None:
    """The network that ``A/LENGTH`` says it is in.

    None for a bare address and for the length of a single host (/32, /128): those say nothing
    about who else is there.
    """
    parsed = _parse(text)
    if parsed is None or parsed.network is None:
        return None
    network = parsed.network
    whole = network.family.max_prefix_length
    return None if network.prefix_length == whole else str(network)


def holds(network: str, address: str) -> bool:
    """Whether ``address`` (its own length does not count) is inside ``network`` (a CIDR)."""
    outer, inner = _parse(network), _parse(address)
    if outer is None or outer.network is None or inner is None:
        return False
    return inner.address in outer.network


def overlap(one: str, other: str) -> bool:
    """Whether one of two networks contains the other: one link, with masks that differ."""
    return _holds_network(one, other) or _holds_network(other, one)


def _holds_network(outer: str, inner: str) -> bool:
    wide, narrow = _parse(outer), _parse(inner)
    if wide is None or narrow is None or wide.network is None or narrow.network is None:
        return False
    return wide.network.prefix_length <= narrow.network.prefix_length and holds(outer, inner)


def can_serve(address: str) -> bool:
    """Whether calico-node may choose ``address``: global unicast, in Go's sense."""
    parsed = _parse(address)
    return parsed is not None and parsed.address.is_global_unicast


def by_number(text: str) -> tuple[int, int, int]:
    """Sort key of networks and addresses: IPv4 first, then by number, wider networks first."""
    parsed = _parse(text)
    if parsed is None:
        return (0, 0, 0)
    network = parsed.network
    number = parsed.address.number if network is None else network.number
    return (parsed.address.family, number, 0 if network is None else network.prefix_length)


def around(address: str, length: int) -> str | None:
    """The network of ``length`` bits that ``address`` is in; None when it is no address."""
    parsed = _parse(f"{bare(address)}/{length}")
    return None if parsed is None or parsed.network is None else str(parsed.network)
