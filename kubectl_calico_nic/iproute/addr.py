"""Text of ``ip addr show`` -> the interfaces of a node and their addresses, in kernel order.

Mirrors print_addrinfo and print_linkinfo of iproute2's ip/ipaddress.c.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from kubectl_calico_nic.calico.autodetection.host_addresses import PEER
from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress, Inventory
from kubectl_calico_nic.go.net import parse_ip
from kubectl_calico_nic.iproute.lines import NotIpOutput, ip_lines
from kubectl_calico_nic.iproute.link import parse_header

_ONE_LINE = re.compile(r"(\d+): (\S+) +(inet6? .*)")
_ADDRESS = re.compile(r"inet(6?) ([0-9A-Fa-f.:]+)( peer [0-9A-Fa-f.:]+)?/(\d{1,3})(?!\S)(.*)")
_INDENTED = re.compile(r"\s+(inet6? .*)")
_END_OF_LINE = "\\ "
_WORDS_WITH_VALUE = frozenset(("metric", "brd", "any", "scope", "proto", "flags"))
_FLAGS = frozenset(
    (
        "secondary",
        "temporary",
        "tentative",
        "optimistic",
        "dadfailed",
        "deprecated",
        "dynamic",
        "home",
        "mngtmpaddr",
        "nodad",
        "noprefixroute",
        "autojoin",
        "stable-privacy",
        "permanent",
    )
)


class _Reading:
    """The interfaces of one text, in the order in which they first stand there."""

    def __init__(self) -> None:
        self._addresses: dict[tuple[str, str], list[InterfaceAddress]] = {}
        self._headers: dict[tuple[str, str], Interface] = {}
        self._current: tuple[str, str] | None = None

    def add_address(self, key: tuple[str, str] | None, text: str) -> None:
        """Take the address ``text`` of the interface ``key``: its index and name as written."""
        address = _address(text)
        if address is None:
            return
        if key is None:
            # Without the interface's own line, only the label tells whose it is.
            if address.label is None:
                return
            key = ("", address.label.partition(":")[0])
        if key in self._addresses:
            self._addresses[key].append(address)
        else:
            self._addresses[key] = [address]

    def add_line(self, line: str) -> None:
        """Take a line of the form that ``ip`` prints without ``-o``."""
        header = parse_header(line)
        if header is not None:
            self._current = (str(header.index), header.name)
            self._headers[self._current] = header
            self._addresses.setdefault(self._current, [])
            return
        indented = _INDENTED.match(line)
        if indented is not None:
            self.add_address(self._current, indented[1])

    def interfaces(self) -> tuple[Interface, ...]:
        """Return what was read."""
        return tuple(
            dataclasses.replace(self._headers[key], addresses=tuple(addresses))
            if key in self._headers
            else Interface(key[1], tuple(addresses), int(key[0]) if key[0] else None)
            for key, addresses in self._addresses.items()
        )


def parse_addresses(text: str) -> Inventory:
    """Return the interfaces in ``text``, output of ``ip addr show`` with or without ``-o``.

    With ``-o`` interfaces without an address are not listed and flags, MTU and master are not
    known (see ``with_links``). An address with a peer (``inet A peer B/24``) is A with B's prefix
    length and the flag ``peer``. Lines that are no output of ``ip`` are passed over, so that
    prompts and warnings around it do no harm; an address above the first interface's own line
    belongs to the interface of its label, or is passed over.

    Blank text gives an empty inventory.

    Raises:
        NotIpOutput: ``text`` is neither blank nor has one line of ``ip addr`` output.
    """
    reading = _Reading()
    for line in ip_lines(text):
        one_line = _ONE_LINE.match(line)
        if one_line is None:
            reading.add_line(line)
        else:
            index, name, address = one_line.groups()
            reading.add_address((index, name), address)
    interfaces = reading.interfaces()
    if not interfaces and text.strip():
        raise NotIpOutput("no interface in this text")
    return Inventory(interfaces)


@functools.lru_cache(maxsize=1 << 14)
def _address(text: str) -> InterfaceAddress | None:
    """Read ``inet ADDRESS[ peer PEER]/LENGTH ...``; the many equal ones of a cluster only once."""
    match = _ADDRESS.match(text)
    if match is None:
        return None
    is_ipv6, bare, peer, length, rest = match.groups()
    address, longest = parse_ip(bare), 128 if is_ipv6 else 32
    if address is None or (":" in bare) is not bool(is_ipv6) or int(length) > longest:
        return None
    words = rest.partition(_END_OF_LINE)[0].split()
    # The label comes last, and an interface may be called like a flag.
    has_label = not is_ipv6 and words and words[-2:-1] != ["scope"]
    label = words.pop() if has_label else None
    scope, flags = _details(words)
    return InterfaceAddress(
        address=bare if address.is_mapped else address.text,
        prefix_length=int(length),
        scope=scope,
        label=label,
        flags=frozenset((*flags, PEER) if peer else flags),
    )


def _details(words: list[str]) -> tuple[str | None, list[str]]:
    """Return the scope and the flags."""
    scope = None
    flags: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word in _WORDS_WITH_VALUE:
            value = next(remaining, None)
            scope = value if word == "scope" else scope
        elif word in _FLAGS:
            flags.append(word)
    return scope, flags
