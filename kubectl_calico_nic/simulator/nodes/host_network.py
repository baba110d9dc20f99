"""The network of a simulated host, as the text that iproute2 prints about it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import netaddr

_FOREVER = "valid_lft forever preferred_lft forever"
_UNREACHABLE = "RTNETLINK answers: Network is unreachable"


@dataclass(frozen=True, slots=True)
class Nic:
    """One interface: ``addresses`` with their prefix lengths, ``master`` the bond it belongs to.

    ``carrier`` False is a NIC that is up but has no link.
    """

    name: str
    addresses: tuple[str, ...] = ()
    mtu: int = 1500
    master: str | None = None
    carrier: bool = True


@dataclass(frozen=True, slots=True)
class HostNetwork:
    """What ``ip`` answers on a host; any text will do, broken ones too.

    ``addresses`` is ``ip -o addr show``, ``links`` is ``ip -o link show``, ``address_blocks`` is
    ``ip addr show``. ``routes`` maps a destination to what ``ip route get`` prints; an answer
    that begins with ``RTNETLINK`` or ``Error`` is an error.
    """

    addresses: str
    links: str = ""
    address_blocks: str = ""
    routes: Mapping[str, str] = field(default_factory=dict)
    gateway: tuple[str, str] | None = None

    def route(self, destination: str) -> str:
        """``ip -o route get DESTINATION``: the connected network, else the default gateway.

        The answers of ``routes`` come first. A name is no destination for ``ip``.
        """
        if destination in self.routes:
            return self.routes[destination]
        try:
            address = netaddr.IPAddress(destination, flags=netaddr.INET_PTON)
        except (netaddr.AddrFormatError, ValueError):
            family = "inet6" if ":" in destination else "inet"
            return f'Error: {family} prefix is expected rather than "{destination}".'
        own = list(_own_networks(self.addresses))
        if any(address == network.ip for _, network in own):
            return f"local {destination} dev lo src {destination} uid 0 \\    cache <local> "
        near = [(network.prefixlen, name, network) for name, network in own if address in network]
        if near:
            _, name, network = max(near)
            return _route(destination, f"dev {name}", network)
        for name, network in own:
            if self.gateway and (name, address.version) == (self.gateway[1], 4):
                return _route(destination, f"via {self.gateway[0]} dev {name}", network)
        return _UNREACHABLE

    def route_from(self, source: str, destination: str) -> str:
        """``ip -o route get DESTINATION from SOURCE``; the source must be an address of the host.

        The answer repeats it and names no other: the kernel has none to choose.
        """
        if not any(str(network.ip) == source for _, network in _own_networks(self.addresses)):
            return "RTNETLINK answers: Invalid argument"
        answer = self.route(destination)
        if " dev " not in answer:
            return answer
        without_source = re.sub(r" src \S+", "", answer)
        return without_source.replace(destination, f"{destination} from {source}", 1)


def host_network(nics: Sequence[Nic], gateway: tuple[str, str] | None = None) -> HostNetwork:
    """Write down a host with ``nics`` in kernel order, after the loopback interface.

    ``gateway`` is the address of the default route's router and the NIC it is behind.
    """
    everything = (Nic("lo", ("127.0.0.1/8", "::1/128"), mtu=65536), *nics)
    numbered = list(enumerate(everything, start=1))
    return HostNetwork(
        addresses="".join(
            f"{index}: {nic.name}    {line}\\       {_FOREVER}\n"
            for index, nic in numbered
            for line in _address_lines(nic)
        ),
        links="".join(f"{_link(index, nic)}\n" for index, nic in numbered),
        address_blocks="".join(_block(index, nic) for index, nic in numbered),
        gateway=gateway,
    )


def _address_lines(nic: Nic) -> Iterable[str]:
    for cidr in nic.addresses:
        if ":" not in cidr:
            scope = "host" if nic.name == "lo" else "global"
            broadcast = "" if nic.name == "lo" or cidr.endswith("/32") else _broadcast(cidr)
            yield f"inet {cidr}{broadcast} scope {scope} {nic.name}"
        elif nic.name == "lo":
            yield f"inet6 {cidr} scope host "
        else:
            scope = "link" if cidr.startswith("fe80:") else "global"
            yield f"inet6 {cidr} scope {scope} "


def _broadcast(cidr: str) -> str:
    return f" brd {netaddr.IPNetwork(cidr).broadcast}"


def _link(index: int, nic: Nic) -> str:
    head, tail = _link_parts(index, nic)
    return f"{head} mode DEFAULT group default qlen 1000\\    {tail}"


def _link_parts(index: int, nic: Nic) -> tuple[str, str]:
    if nic.name == "lo":
        tail = "link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00"
        return (
            f"{index}: lo: <LOOPBACK,UP,LOWER_UP> mtu {nic.mtu} qdisc noqueue state UNKNOWN",
            tail,
        )
    flags = ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"]
    if not nic.carrier:
        flags = ["NO-CARRIER", "BROADCAST", "MULTICAST", "UP"]
    if nic.master:
        flags.insert(flags.index("MULTICAST") + 1, "SLAVE")
    elif nic.name.startswith("bond"):
        flags.insert(flags.index("MULTICAST") + 1, "MASTER")
    master = f" master {nic.master}" if nic.master else ""
    state = "UP" if nic.carrier else "DOWN"
    # A locally administered address that tells the interfaces of one host apart.
    mac = f"02:00:00:00:00:{index:02x}"
    return (
        f"{index}: {nic.name}: <{','.join(flags)}> mtu {nic.mtu} qdisc noqueue{master}"
        f" state {state}",
        f"link/ether {mac} brd ff:ff:ff:ff:ff:ff",
    )


def _block(index: int, nic: Nic) -> str:
    head, tail = _link_parts(index, nic)
    lines = [f"{head} group default qlen 1000", f"    {tail}"]
    for line in _address_lines(nic):
        lines += [f"    {line}", f"       {_FOREVER}"]
    return "\n".join(lines) + "\n"


def _own_networks(text: str) -> Iterator[tuple[str, netaddr.IPNetwork]]:
    """The interfaces and addresses of ``ip -o addr show``; lines that are none are passed over."""
    for line in text.splitlines():
        words = line.split()
        if len(words) > 3 and words[2] in ("inet", "inet6"):
            with contextlib.suppress(netaddr.AddrFormatError):
                yield words[1], netaddr.IPNetwork(words[3])


def _route(destination: str, way: str, network: netaddr.IPNetwork) -> str:
    return f"{destination} {way} src {network.ip} uid 0 \\    cache "
