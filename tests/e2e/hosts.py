"""The hosts of the incident: three networks, and bonds whose order differs between nodes.

On node-1 and node-2 bond4 has the higher interface index, on node-3 and node-4 bond3 has, so
first-found takes the storage network there. They have what the recorded hosts have, no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kubectl_calico_nic.simulator.nodes.host_network import HostNetwork, Nic, host_network

_NUMBERS = range(1, 5)
_DESTINATIONS = (
    *(f"172.16.{network}.{host}" for network in (4, 10, 16) for host in (1, *range(21, 30))),
    "8.8.8.8",
    "1.1.1.1",
)


@dataclass(frozen=True, slots=True)
class Host:
    """A node's interfaces and routes, and the InternalIPs of its Node."""

    name: str
    internal_ips: tuple[str, ...]
    network: HostNetwork

    @property
    def routes(self) -> Mapping[str, str]:
        """What ``ip -o route get`` prints, for the destinations that the tests ask for."""
        answers = {each: self.network.route(each) for each in _DESTINATIONS}
        answers.update(self.network.routes)
        return {each: text for each, text in answers.items() if " dev " in text}

    def write(self, directory: Path) -> None:
        """Put the answers where ``bin/ip`` looks for them."""
        (directory / "route").mkdir(parents=True, exist_ok=True)
        (directory / "addr").write_text(self.network.addresses)
        (directory / "link").write_text(self.network.links)
        for destination, route in self.routes.items():
            (directory / "route" / destination).write_text(route + "\n")


def incident_hosts() -> dict[str, Host]:
    """The four hosts by node name."""
    return {f"node-{number}": _incident_host(number) for number in _NUMBERS}


def links_of(addresses: str) -> str:
    """``ip -o link show`` for a host of which only ``ip -o addr show`` was recorded."""
    names = dict.fromkeys(re.findall(r"^\d+: (\S+)", addresses, re.MULTILINE))
    return host_network([Nic(name) for name in names if name != "lo"]).links


def _incident_host(number: int) -> Host:
    management = Nic("mgmt", (f"172.16.4.2{number}/24",))
    storage = Nic("bond3", (f"172.16.16.2{number}/23",))
    cluster = Nic("bond4", (f"172.16.10.2{number}/24", f"2001:db8:10::2{number}/64"))
    bonds = (storage, cluster) if number <= 2 else (cluster, storage)
    network = host_network((management, *bonds), gateway=("172.16.10.1", "bond4"))
    return Host(f"node-{number}", (f"172.16.10.2{number}",), network)
