"""Recommendations for the hosts of the vectors, grouped at random, against brute force."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.calico.autodetection.network_address_bug import stores_network_address
from kubectl_calico_nic.calico.autodetection.selection import select
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.family import Family, family_of
from kubectl_calico_nic.findings.case.addresses import can_serve, network_of
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

from .clusters import cluster, decision, detected, log, node
from .test_diagnosis_recommendation import gives_everybody_its_address, kind

VECTORS = Path(__file__).parent.parent.parent / "shared" / "calico" / "vectors"
SEED = 20261123
CLUSTERS = 24

Host = tuple[Inventory, tuple[str, ...]]


def hosts(version: str) -> list[Host]:
    """The inventories of the vectors that have an IPv4 address a node can serve with."""
    cases: Any = json.loads((VECTORS / f"{version}.json").read_text())["cases"]
    inventories = [parse_addresses(case["ip_o_addr_show"]) for case in cases]
    found = [(inventory, tuple(serving(inventory))) for inventory in inventories]
    return [host for host in found if host[1]]


def serving(inventory: Inventory) -> Iterator[str]:
    for interface in inventory.interfaces:
        for item in interface.addresses:
            if family_of(item.address) is Family.IPV4 and can_serve(item.address):
                yield item.address


def group(random_: random.Random, known: list[Host], version: Version, size: int) -> Snapshot:
    """A cluster of ``size`` hosts at most, each with an InternalIP of its own among its addresses.

    All run first-found, and say in their logs what it chose.
    """
    taken: set[str] = set()
    nodes: list[NodeFacts] = []
    for number, (inventory, addresses) in enumerate(random_.sample(known, size)):
        free = [address for address in addresses if address not in taken]
        if free:
            taken.add(internal_ip := random_.choice(free))
            nodes.append(wrong_or_right(f"n{number}", internal_ip, inventory, version))
    return cluster(*nodes, version=str(version))


def wrong_or_right(name: str, ip: str, inventory: Inventory, version: Version) -> NodeFacts:
    chosen = select("first-found", Family.IPV4, inventory, version)
    said = decision(Outcome.FAILED, method="first-found")
    if chosen.address:
        said = detected(chosen.address, chosen.interface)
    reading = log(said, version=version)
    return node(name, internal_ip=ip, log=reading, inventory=inventory, ready=False)


def values_that_could_work(snapshot: Snapshot, version: Version) -> Iterator[str]:
    """Every value of each kind, of the NICs and the networks of the expected addresses."""
    names, networks = set(), set()
    for facts in snapshot.nodes:
        assert facts.node is not None
        assert facts.inventory is not None
        for nic in facts.inventory.interfaces:
            mine = [item for item in nic.addresses if item.address in facts.node.internal_ips]
            names |= {f"^{nic.name}$" for _ in mine}
            networks |= {network for item in mine if (network := network_of(item.cidr))}
    for start, items, most in (("interface=", names, 3), ("cidr=", networks, 4)):
        for size in range(1, most + 1):
            for chosen in itertools.combinations(sorted(items), size):
                yield start + ",".join(chosen)
    if not stores_network_address(version):
        yield "kubernetes-internal-ip"


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not here")
@pytest.mark.parametrize(
    ("version", "sizes"),
    [
        ("v3.22.1", (2, 2, 3)),  # its bug leaves no value that suits everybody
        ("v3.24.6", (2, 3, 4, 6, 10, 20, 50)),
        ("v3.31.7", (2, 3, 4, 6, 10, 20, 50)),
    ],
)
def test_what_is_recommended_works_and_nothing_simpler_is_missed(
    version: str, sizes: tuple[int, ...]
) -> None:
    parsed = Version.parse(version)
    assert parsed is not None
    random_, known = random.Random(SEED), hosts(version)
    judged = 0
    for _ in range(CLUSTERS):
        size = random_.choice(sizes)
        snapshot = group(random_, known, parsed, min(size, len(known)))
        report = diagnose(snapshot, Question())
        if not any(found.id in ("wrong-network", "detection-failed") for found in report.findings):
            continue
        works = next(
            (
                value
                for value in values_that_could_work(snapshot, parsed)
                if gives_everybody_its_address(value, snapshot, parsed)
            ),
            None,
        )
        if works is None:
            continue
        judged += 1
        (found,) = report.recommendations
        assert gives_everybody_its_address(found.method, snapshot, parsed), (SEED, found)
        assert found.nodes == len(snapshot.nodes)
        assert kind(found.method) <= kind(works), (SEED, found.method, works)
    assert judged >= 5
