"""Which source address ``can-reach=`` finds: what connecting a UDP socket would answer.

Mirrors ReachDestination of autodetection/reachaddr.go, Go's net.Dial and Linux's connect(2).
Only the kernel knows its routes, so the answer is what ``ip route get`` said, where it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kubectl_calico_nic.calico.autodetection.kernel_route import Route, parse_route
from kubectl_calico_nic.calico.inventory import InterfaceAddress, Inventory
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Address, parse_ip

_PORT = 80
_NOT_IN_A_HOST_NAME = re.compile(r"[/:\s]")
_UNSPECIFIED = {Family.IPV4: "0.0.0.0", Family.IPV6: "::"}  # noqa: S104 - nothing is bound
_LOOPBACK = {Family.IPV4: "127.0.0.1", Family.IPV6: "::1"}
_NO_SOURCE = "cannot assign requested address"


@dataclass(frozen=True, slots=True)
class Reach:
    """What connecting found: a ``source`` address, or the ``error`` in Go's words, or neither.

    With neither, ``why_unknown`` says what is missing.
    """

    source: str | None = None
    error: str | None = None
    why_unknown: str = ""


def reach(
    destination: str, family: Family, inventory: Inventory | None, routes: Mapping[str, str]
) -> Reach:
    """Return what connecting to ``destination`` finds on the node.

    ``routes`` maps destinations to what ``ip route get`` printed for them; ``inventory`` is
    needed for what the kernel does without asking its routes.
    """
    host, _, zone = destination.partition("%")
    address = parse_ip(host)
    if destination and (address is None or (zone and address.family is Family.IPV4)):
        return _reach_name(destination, family, routes)
    if address is None or address.text in ("::", _UNSPECIFIED[family]):
        return _reach_this_host(family, inventory)
    if address.family is not family:
        return _failed(family, f"address {destination}: no suitable address found")
    if zone:
        return _reach_zone(destination, routes)
    if _needs_zone(address):
        return _refused(address, "invalid argument")
    if address.text == _LOOPBACK[family] and _has(inventory, address.text):
        return Reach(source=address.text)
    if destination not in routes:
        return Reach(why_unknown=f"the route to {destination} is not known (ip route get)")
    return _by_route(address, parse_route(routes[destination]), inventory)


def _by_route(address: Address, route: Route, inventory: Inventory | None) -> Reach:
    if route.source is not None:
        return Reach(source=route.source)
    if address.family is Family.IPV6 and _lacks_source(route, inventory):
        return _refused(address, _NO_SOURCE)
    if route.error is not None:
        return _refused(address, route.error.lower())
    return Reach(why_unknown=f"ip route get {address.text} names no source address")


def _reach_name(name: str, family: Family, routes: Mapping[str, str]) -> Reach:
    """A name is resolved inside the pod, by a resolver that only the pod has."""
    if ":" in name and name.startswith("[") and name.endswith("]"):
        return _failed(family, f"address [{name}]:{_PORT}: missing port in address")
    labels = name.rstrip(".").lower().split(".")
    impossible = _NOT_IN_A_HOST_NAME.search(name) and not ("[" in name or "]" in name)
    if impossible or labels[-1] == "invalid":
        # RFC 6761: names under .invalid never resolve.
        return _failed(family, f"lookup {name}: no such host")
    source = parse_route(routes.get(name, "")).source
    address = parse_ip(source or "")
    if address is not None and address.family is family:
        return Reach(source=address.text)
    return Reach(why_unknown=f"the name {name} is resolved inside the pod")


def _reach_zone(destination: str, routes: Mapping[str, str]) -> Reach:
    source = parse_route(routes.get(destination, "")).source
    return Reach(source, why_unknown="" if source else f"the route to {destination} is not known")


def _reach_this_host(family: Family, inventory: Inventory | None) -> Reach:
    """Connect to nothing, ``0.0.0.0`` or ``::``: Linux takes them for the loopback address."""
    loopback = _LOOPBACK[family]
    if _has(inventory, loopback):
        return Reach(source=loopback)
    return Reach(why_unknown=f"it is not known whether the node has {loopback}")


def _failed(family: Family, error: str) -> Reach:
    return Reach(error=f"dial udp{family.value}: {error}")


def _refused(address: Address, error: str) -> Reach:
    family = address.family
    host = address.text if family is Family.IPV4 else f"[{address.text}]"
    return Reach(error=f"dial udp{family.value} {host}:{_PORT}: connect: {error}")


def _needs_zone(address: Address) -> bool:
    """Whether Linux wants an interface named: link-local IPv6, unicast and multicast."""
    first = address.number >> 112
    is_link_local = first & 0xFFC0 == 0xFE80 or first & 0xFF0F in (0xFF01, 0xFF02)
    return address.family is Family.IPV6 and is_link_local


def _addresses(inventory: Inventory | None) -> Iterator[InterfaceAddress]:
    for interface in inventory.interfaces if inventory else ():
        yield from interface.addresses


def _has(inventory: Inventory | None, text: str) -> bool:
    return any(address.address == text for address in _addresses(inventory))


def _lacks_source(route: Route, inventory: Inventory | None) -> bool:
    """Whether Linux finds no IPv6 source address, which it looks for before the route's error."""
    if route.error is None:
        return route.device is not None
    return inventory is not None and not any(map(_may_be_source, _addresses(inventory)))


def _may_be_source(address: InterfaceAddress) -> bool:
    if "optimistic" in address.flags:
        return True
    return ":" in address.address and not address.flags & {"tentative", "dadfailed"}
