"""Recorded start-ups of calico-node: what it logged and stored, by host and environment.

A recording is a JSON file ``{"calico", "nodes", "runs"}``. The project's own, in ``recordings/``,
are made from its model (see ``record.py``); recordings of the real calico-node, where a directory
of them lies beside the project, come first.
"""

from __future__ import annotations

import enum
import functools
import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubectl_calico_nic.simulator.nodes.host_network import HostNetwork

from .hosts import Host, incident_hosts, links_of

ADDRESS_ANNOTATIONS = ("projectcalico.org/IPv4Address", "projectcalico.org/IPv6Address")
INTERFACES_ANNOTATION = "projectcalico.org/Interfaces"
OWN_ANNOTATIONS = (*ADDRESS_ANNOTATIONS, INTERFACES_ANNOTATION)
OWN_DIRECTORY = Path(__file__).parent / "recordings"
REAL_DIRECTORY = Path(__file__).parents[3] / "shared" / "calico" / "recordings"
DIRECTORIES: tuple[Path, ...] = (REAL_DIRECTORY, OWN_DIRECTORY)

_DEFAULTS = {
    "IP": "",
    "IP6": "none",
    "IP_AUTODETECTION_METHOD": "",
    "IP6_AUTODETECTION_METHOD": "",
    "CALICO_NETWORKING_BACKEND": "bird",
    "CALICO_STARTUP_LOGLEVEL": "INFO",
    "DISABLE_NODE_IP_CHECK": "false",
}

Annotations = Mapping[str, str]


class Source(enum.Enum):
    """Where a run comes from."""

    CALICO_NODE = "a recording of the real calico-node"
    OWN_RECORDING = "a recording of the model"
    MODEL = "the model itself, because nothing was recorded"


@dataclass(frozen=True, slots=True)
class Run:
    """One start of calico-node, from the state it found to the state it left.

    ``stored`` and ``annotations`` are the node's own annotations before and after,
    ``other_nodes`` those of the other nodes; ``source`` says where the run comes from.
    """

    node: str
    env: Mapping[str, str]
    stored: Annotations
    other_nodes: Mapping[str, Annotations]
    exit_code: int
    log: tuple[str, ...]
    annotations: Annotations
    source: Source

    def to_json(self) -> dict[str, Any]:
        """The run as an entry of a recording."""
        return {
            "node": self.node,
            "env": dict(self.env),
            "stored": dict(self.stored),
            "other_nodes": {name: dict(stored) for name, stored in self.other_nodes.items()},
            "exit": self.exit_code,
            "log": list(self.log),
            "annotations": dict(self.annotations),
        }


class Recordings:
    """The runs of one Calico version, the first source first."""

    def __init__(self, hosts: Mapping[str, Host], runs: Iterable[Run]) -> None:
        self.hosts = hosts
        self.runs = tuple(runs)

    def find(
        self,
        node: str,
        env: Mapping[str, str],
        stored: Annotations,
        other_nodes: Mapping[str, Annotations],
    ) -> Run | None:
        """The first run that started from this state; None when there is none.

        A run that was recorded alone stands for every company in which nobody holds the address
        that it stored.
        """
        decisive = _decisive(env)
        for run in self.runs:
            if (
                run.node == node
                and _decisive(run.env) == decisive
                and addresses(run.stored) == addresses(stored)
                and _same_company(run, other_nodes)
            ):
                return run
        return None


@functools.cache
def load(version: str, directories: tuple[Path, ...] = DIRECTORIES) -> Recordings:
    """The recordings of ``version`` in ``directories``, those of the first one first.

    Without any there are no runs, only the hosts of the incident.
    """
    hosts: dict[str, Host] = {}
    runs: list[Run] = []
    for directory in directories:
        path = directory / f"{version}.json"
        if path.exists():
            recording = json.loads(path.read_text())
            source = Source.OWN_RECORDING if directory == OWN_DIRECTORY else Source.CALICO_NODE
            hosts = hosts or {name: _host(name, node) for name, node in recording["nodes"].items()}
            runs += (_run(entry, source) for entry in recording["runs"])
    return Recordings(hosts or incident_hosts(), runs)


def addresses(annotations: Annotations) -> dict[str, str]:
    """The annotations that hold an address of the node."""
    return {key: annotations[key] for key in ADDRESS_ANNOTATIONS if key in annotations}


def _same_company(run: Run, other_nodes: Mapping[str, Annotations]) -> bool:
    others = {name: addresses(stored) for name, stored in other_nodes.items()}
    if run.other_nodes:
        recorded = {name: addresses(stored) for name, stored in run.other_nodes.items()}
        return recorded == {name: stored for name, stored in others.items() if stored}
    taken = {_bare(address) for stored in others.values() for address in stored.values()}
    return not taken & {_bare(address) for address in addresses(run.annotations).values()}


def _bare(address: str) -> str:
    return str(ipaddress.ip_interface(address).ip)


def _decisive(env: Mapping[str, str]) -> dict[str, str]:
    """What calico-node's detection reads of its environment, defaults filled in."""
    return {name: env.get(name) or default for name, default in _DEFAULTS.items()}


def _host(name: str, node: Mapping[str, Any]) -> Host:
    addresses = node["ip_o_addr_show"]
    links = node.get("ip_o_link_show") or links_of(addresses)
    network = HostNetwork(addresses, links, routes=node["ip_route_get"])
    return Host(name, tuple(node["internal_ips"]), network)


def _run(entry: Mapping[str, Any], source: Source) -> Run:
    return Run(
        entry["node"],
        entry["env"],
        entry["stored"],
        entry["other_nodes"],
        entry["exit"],
        tuple(entry["log"]),
        entry["annotations"],
        source,
    )
