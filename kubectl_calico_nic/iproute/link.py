"""Text of ``ip link show`` -> flags, MTU and master of a node's interfaces, and their order."""

from __future__ import annotations

import dataclasses
import functools
import re

from kubectl_calico_nic.calico.inventory import Interface, Inventory
from kubectl_calico_nic.iproute.lines import NotIpOutput, ip_lines

_HEADER = re.compile(r"(\d+): (\S+): <([^>]*)>(.*)")
_MTU = re.compile(r" mtu (\d+)")
_MASTER = re.compile(r" master (\S+)")
_END_OF_HEADER = "\\ "
"""What ``-o`` prints for the end of a line."""


def parse_header(line: str) -> Interface | None:
    """Read the line that begins an interface, in ``ip addr`` as in ``ip link`` output.

    ``bond4.100@bond4`` is the interface ``bond4.100``. None where ``line`` is no such line.
    """
    match = _HEADER.match(line)
    if match is None:
        return None
    index, name, flags, rest = match.groups()
    header = rest.partition(_END_OF_HEADER)[0]
    mtu, master = _MTU.search(header), _MASTER.search(header)
    return Interface(
        name=name.rpartition("@")[0] or name,
        index=int(index),
        flags=_flags(flags),
        mtu=int(mtu[1]) if mtu else None,
        master=master[1] if master else None,
    )


@functools.lru_cache(maxsize=1 << 10)
def _flags(text: str) -> frozenset[str]:
    """The flags between ``<`` and ``>``; hundreds of thousands of NICs share a few sets of them."""
    return frozenset(flag for flag in text.split(",") if flag)


def with_links(inventory: Inventory, link_text: str) -> Inventory:
    """Return ``inventory`` with what ``ip link show`` (with or without ``-o``) says.

    Adds flags, MTU and master, and the interfaces that have no address; the order becomes that of
    ``link_text``, which is the kernel's. Interfaces are told by index, else by name; one that only
    ``inventory`` has (it went away between the two commands) stays behind its former neighbour.

    Raises:
        NotIpOutput: ``link_text`` is neither blank nor output of ``ip link``.
    """
    links = [link for link in map(parse_header, ip_lines(link_text)) if link is not None]
    if not links:
        if link_text.strip():
            raise NotIpOutput("no interface in this text")
        return inventory
    known: dict[int | str | None, Interface] = {each.name: each for each in inventory.interfaces}
    known.update((each.index, each) for each in inventory.interfaces if each.index is not None)
    merged = [_merged(known.get(link.index) or known.get(link.name), link) for link in links]
    _insert_missing(merged, inventory)
    return dataclasses.replace(inventory, interfaces=tuple(merged))


def _merged(interface: Interface | None, link: Interface) -> Interface:
    """Return ``link`` with name and addresses of ``interface``, whose name is without a parent."""
    if interface is None:
        return link
    return dataclasses.replace(link, name=interface.name, addresses=interface.addresses)


def _insert_missing(merged: list[Interface], inventory: Inventory) -> None:
    names = [interface.name for interface in merged]
    position = -1
    for interface in inventory.interfaces:
        if interface.name in names:
            position = names.index(interface.name)
        else:
            position += 1
            merged.insert(position, interface)
            names.insert(position, interface.name)
