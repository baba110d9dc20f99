"""The simulated nodes are held to what real programs said: calico-node, iproute2 and BIRD."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.calico.bird.birdcl_output import parse_protocols
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.link import with_links
from kubectl_calico_nic.simulator.apiserver.exchange import Request
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.nodes.bird_mesh import is_ready, sessions, show_protocols
from kubectl_calico_nic.simulator.nodes.calico_node import CalicoNode
from kubectl_calico_nic.simulator.nodes.container_log import ContainerLog
from kubectl_calico_nic.simulator.nodes.host_network import HostNetwork, Nic, host_network
from kubectl_calico_nic.simulator.nodes.node_object import node_object
from kubectl_calico_nic.simulator.store import Store
from kubectl_calico_nic.simulator.story import SimulatedNode

SHARED = Path(__file__).parents[2] / "shared" / "calico"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no recordings here")

# What depends on how the recording was made: its IP pools, its CRDs, what is for developers.
_OTHER_BUSINESS = ("Skipping IP pool configuration", "Error getting resource Key=", "[DEBUG]")


def shared(name: str) -> Any:
    path = SHARED / name
    return json.loads(path.read_text()) if path.is_file() else {"runs": [], "cases": []}


RECORDING = shared("recordings/v3.24.6.json")
# A name cannot be resolved where no resolver is: the recording's timed out.
RUNS = [run for run in RECORDING["runs"] if ".invalid" not in str(run["env"])]


def messages(lines: list[str]) -> list[str]:
    """Level, place and text of log lines; the time and the process id differ in every run."""
    found = [re.sub(r"^\S+ \S+ (\[\w+\])\[\d+\] ", r"\1 ", line).rstrip() for line in lines]
    return [text for text in found if not any(word in text for word in _OTHER_BUSINESS)]


@needs_shared
@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run['node']} {run['env']}")
def test_calico_node_logs_and_stores_what_the_real_one_did(run: Mapping[str, Any]) -> None:
    host = RECORDING["nodes"][run["node"]]
    network = HostNetwork(host["ip_o_addr_show"], routes=host["ip_route_get"])
    node = SimulatedNode(run["node"], network, tuple(host["internal_ips"]), run["stored"])
    clock = Clock(pace=0)
    store = Store(clock.now)
    store.create("nodes", node_object(node, clock.now()))
    for name, stored in run["other_nodes"].items():
        other = SimulatedNode(name, network, (), stored)
        store.create("nodes", node_object(other, clock.now()))
    log = ContainerLog(threading.Condition())
    process = CalicoNode(store, clock, node, run["env"], Version(3, 24, 6, "v3.24.6"), log)

    assert process.start() == run["exit"]
    after = store.get("nodes", "", run["node"])
    assert after is not None
    assert after["metadata"].get("annotations", {}) == run["annotations"]
    text = log.answer(Request("GET", "/"), clock.now()).body.decode()
    *lines, end = text.splitlines()
    assert messages(lines) == messages(run["log"])
    assert end == f"Calico node {'failed to start' if run['exit'] else 'started successfully'}"


def protocols(text: str) -> list[list[str]]:
    """Name, protocol, table and state; how far a failing session has come varies by the second."""
    rows = [line.split() for line in text.splitlines()]
    return [row[:4] + (row[5:] if row[3:4] == ["up"] else []) for row in rows]


@needs_shared
@pytest.mark.parametrize("case", shared("bird.json")["cases"], ids=lambda case: str(case["case"]))
def test_bird_shows_what_the_real_one_did(case: Mapping[str, Any]) -> None:
    addresses = {
        node: f"{address}/{23 if address.startswith('172.16.16.') else 24}"
        for node, address in case["addresses"].items()
    }
    recorded = case["show_protocols"]
    running = {node for node, text in recorded.items() if text.startswith("BIRD")}
    for node in running:
        found = sessions(node, addresses, running, routed=case["rp_filter"] == 2)
        assert protocols(show_protocols(found, "16:08:53")) == protocols(recorded[node])


def test_protocols_are_laid_out_as_by_bird() -> None:
    addresses = {"node-1": "172.16.10.21/24", "node-2": "172.16.10.22/24"}
    shown = show_protocols(sessions("node-1", addresses, ["node-2"]), "16:08:53").splitlines()
    assert shown[2] == "kernel1  Kernel   master   up     16:08:53    "
    assert shown[5] == "Mesh_172_16_10_22 BGP      master   up     16:08:53    Established   "


def test_ipv6_sessions_are_read_back() -> None:
    addresses = {"node-1": "fd00::1/64", "node-2": "fd00::2/64", "node-3": "fd00:1::3/64"}
    found = sessions("node-1", addresses, addresses)
    read = parse_protocols(show_protocols(found, "16:08:53"))
    assert [(each.peer, each.state) for each in read] == [
        ("fd00::2", "Established"),
        ("fd00:1::3", "Active"),
    ]


def test_who_connects_is_decided_by_comparing_texts() -> None:
    """The template compares addresses as texts: 10.0.0.9 is higher than 10.0.0.10."""
    addresses = {"node-1": "10.0.0.9/24", "node-2": "10.0.0.10/24"}
    (one,), (other,) = (sessions(name, addresses, ()) for name in ("node-1", "node-2"))
    assert (one.info.split()[0], other.info.split()[0]) == ("Active", "Passive")


@pytest.mark.parametrize(
    ("established", "seconds", "ready"),
    [
        ([], 0, True),
        ([True, True], 0, True),
        ([True, False], 29, False),
        ([True, False], 30, True),
        ([False, False], 300, False),
    ],
)
def test_bird_is_ready_with_all_sessions_first_and_with_one_later(
    established: list[bool], seconds: float, ready: bool
) -> None:
    addresses = {f"node-{number}": f"10.0.0.{number}/24" for number in range(len(established) + 1)}
    running = {f"node-{number}" for number, up in enumerate(established, start=1) if up}
    assert is_ready(sessions("node-0", addresses, running), seconds) is ready


def test_the_texts_of_a_host_are_read_back_as_it_is() -> None:
    network = host_network(
        (
            Nic("mgmt", ("172.16.4.21/24",)),
            Nic("ens1f0", master="bond3", mtu=9000),
            Nic("bond3", ("172.16.16.21/23", "172.16.17.9/32"), mtu=9000),
            Nic("bond4", ("172.16.10.21/24", "2001:db8::21/64", "fe80::1/64"), carrier=False),
        )
    )
    inventory = with_links(parse_addresses(network.addresses), network.links)
    assert [(nic.name, nic.index, nic.mtu, nic.master) for nic in inventory.interfaces] == [
        ("lo", 1, 65536, None),
        ("mgmt", 2, 1500, None),
        ("ens1f0", 3, 9000, "bond3"),
        ("bond3", 4, 9000, None),
        ("bond4", 5, 1500, None),
    ]
    cidrs = {nic.name: [entry.cidr for entry in nic.addresses] for nic in inventory.interfaces}
    assert cidrs["bond3"] == ["172.16.16.21/23", "172.16.17.9/32"]
    assert cidrs["bond4"] == ["172.16.10.21/24", "2001:db8::21/64", "fe80::1/64"]
    assert [nic.name for nic in inventory.interfaces if nic.is_up is False] == ["bond4"]
    blocks = parse_addresses(network.address_blocks)
    assert [nic.addresses for nic in blocks.interfaces if nic.addresses] == [
        nic.addresses for nic in inventory.interfaces if nic.addresses
    ]
