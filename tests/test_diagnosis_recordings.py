"""Recordings of the real calico-node: the report says what it really did, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import FamilyReport
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import same_address
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import cluster, node

RECORDINGS = Path(__file__).parent.parent.parent / "shared" / "calico" / "recordings"
RUNS = [
    (path, number)
    for path in sorted(RECORDINGS.glob("*.json"))
    for number in range(len(json.loads(path.read_text())["runs"]))
]
pytestmark = pytest.mark.skipif(not RUNS, reason="the recordings are not here")
ENDS = {"detection-failed", "method-invalid", "address-conflict", "ipv6-clears-ipv4"}
LOADED = {path: json.loads(path.read_text()) for path, _ in RUNS}


def annotations(found: dict[str, str]) -> dict[Family, str]:
    return {
        family: found[family.address_annotation]
        for family in Family
        if family.address_annotation in found
    }


def recorded(path: Path, number: int) -> tuple[Snapshot, dict[str, Any]]:
    """The cluster just after one recorded run."""
    recording = LOADED[path]
    run = recording["runs"][number]
    host = recording["nodes"][run["node"]]
    facts = node(
        run["node"],
        internal_ip=host["internal_ips"],
        stored=tuple(annotations(run["annotations"]).values()),
        log=read_log(run["log"]),
        inventory=parse_addresses(host["ip_o_addr_show"]),
        ready=run["exit"] == 0,
        env=run["env"],
    )
    return cluster(facts, *_others(recording, run), version=recording["calico"]), run


def _others(recording: dict[str, Any], run: dict[str, Any]) -> Iterator[NodeFacts]:
    for name, stored in run["other_nodes"].items():
        host = recording["nodes"][name]
        yield node(
            name,
            internal_ip=host["internal_ips"],
            stored=tuple(annotations(stored).values()),
            inventory=parse_addresses(host["ip_o_addr_show"]),
        )


@pytest.mark.parametrize(
    ("path", "number"), RUNS, ids=[f"{path.stem}-{number}" for path, number in RUNS]
)
def test_the_row_is_what_calico_node_really_did(path: Path, number: int) -> None:
    snapshot, run = recorded(path, number)
    report = diagnose(snapshot, Question())
    rows = next(found.families for found in report.nodes if found.name == run["node"])

    assert "evidence-disagrees" not in {found.id for found in report.findings}
    for row in rows:
        _check(row, run, annotations(run["annotations"]).get(row.family))


def _check(row: FamilyReport, run: dict[str, Any], stored: str | None) -> None:
    if run["exit"] == 0:
        assert row.address == stored
        assert row.decided == (stored is not None)
        return
    ended = ENDS & set(row.findings)
    if row.address is None:
        assert ended or not row.decided
    elif stored is not None:
        assert same_address(row.address, stored)
    else:
        assert "address-conflict" in row.findings


EXPECTED: dict[str, str | tuple[str, str]] = {
    # What the run was given: what is found; two of them for node-1 and node-2, and for node-3 and
    # node-4, where bond3 comes last. IPv6 is marked, the nodes have no InternalIP of it.
    "first-found": ("latent", "wrong-network"),
    "(no method)": ("latent", "wrong-network"),
    "interface=bond4": "",
    "interface=^bond4$": "",
    "interface=bond*4": "",
    "interface=bond*4, stored: bond3's": "",
    "interface=bond4, stored: bond3's": "",
    "interface=bond3": "wrong-network",
    "interface=bond.*": ("latent", "wrong-network method-ambiguous"),
    "interface=mgmt,bond4": "latent",
    "skip-interface=bond3": "latent",
    "skip-interface=bond3,mgmt": "",
    "skip-interface=bond.*,mgmt": "detection-failed",
    "cidr=172.16.10.0/24": "",
    "cidr=172.16.10.0/24,172.16.4.0/24": "latent",
    "cidr=172.16.0.0/16": ("latent", "wrong-network method-ambiguous"),
    "kubernetes-internal-ip": "",
    "can-reach=172.16.10.1": "",
    "can-reach=172.16.16.1": "wrong-network",
    "can-reach=8.8.8.8": "",
    # Nothing was found: without a stored address the end, with one a pod that is Ready.
    "can-reach=gw.example.invalid": "detection-failed",
    "can-reach=2001:db8::1": "detection-failed",
    "can-reach=2001:db8::1, stored: bond3's": "kept-stale-address wrong-network",
    "interface=bond9": "detection-failed",
    "interface=bond9, stored: bond3's": "kept-stale-address wrong-network",
    "interface=bond9, stored: a lost one": "kept-stale-address address-not-on-host wrong-network",
    "interface=(": "detection-failed",
    "interface=(, stored: bond3's": "kept-stale-address wrong-network",
    "cidr=10.0.0.0/8": "detection-failed",
    "cidr=10.0.0.0/8, stored: bond3's": "kept-stale-address wrong-network",
    "cidr=172.16.10.0": "detection-failed",
    "cidr=172.16.10.0, stored: bond3's": "kept-stale-address wrong-network",
    # Calico does not know the method.
    "bond4": "method-invalid",
    "bond4, stored: bond3's": "method-invalid",
    # IP is not autodetect.
    "IP unset, interface=bond4": "",
    "IP unset, interface=bond4, stored: bond3's": "wrong-network method-no-effect",
    "IP=its own": "",
    "IP=its own/24": "",
    "IP=10.9.9.9": "address-not-on-host wrong-network",
    "IP=bond4": "method-invalid",
    "IP=none": "detection-failed",
    "IP=none, stored: bond3's": "wrong-network",
    # Other backends, log levels, and a second node with the address.
    "(no method), CALICO_NETWORKING_BACKEND=none": "nothing-to-choose",
    "interface=bond4, CALICO_NETWORKING_BACKEND=vxlan": "",
    "interface=bond4, CALICO_STARTUP_LOGLEVEL=DEBUG": "",
    "interface=bond4, CALICO_STARTUP_LOGLEVEL=ERROR": "",
    "interface=bond4, taken": "address-conflict",
    "interface=bond4, DISABLE_NODE_IP_CHECK=true, taken": "address-conflict",
    # Dual stack.
    "interface=bond4, IPv6 (no method)": "IPv6:no-expectation",
    "interface=bond4, IPv6 interface=bond4": "IPv6:no-expectation",
    "interface=bond4, IPv6 cidr=2001:db8:10::/64": "IPv6:no-expectation",
    "interface=bond4, IPv6 can-reach=2001:db8:10::1": "IPv6:no-expectation",
    "interface=bond4, IPv6 interface=bond3": "IPv6:detection-failed ipv6-clears-ipv4",
    "interface=bond4, IPv6 kubernetes-internal-ip": "IPv6:detection-failed ipv6-clears-ipv4",
    "interface=bond4, IPv6 skip-interface=bond4": "IPv6:detection-failed ipv6-clears-ipv4",
    "IP=none, IPv6 interface=bond4": "IPv6:no-expectation",
    "interface=bond3, IPv6 interface=bond9, stored: a lost IPv6 one": (
        "IPv6:kept-stale-address IPv6:address-not-on-host wrong-network IPv6:no-expectation"
    ),
}


def given(run: dict[str, Any]) -> str:
    """What a run was given, as the table has it; the nodes' own addresses are all called alike."""
    env = dict(run["env"])
    ip, method = env.pop("IP", None), env.pop("IP_AUTODETECTION_METHOD", None)
    parts = [method or "(no method)"]
    if ip is None:
        parts.insert(0, "IP unset")
    elif ip != "autodetect":
        own = f"172.16.10.2{run['node'].removeprefix('node-')}"
        parts = [f"IP={ip.replace(own, 'its own')}"]
    if env.pop("IP6", None) is not None:
        parts.append(f"IPv6 {env.pop('IP6_AUTODETECTION_METHOD', '(no method)')}")
    parts += [f"{name}={value}" for name, value in sorted(env.items())]
    parts += [f"stored: {whose(address)}" for address in run["stored"].values()]
    return ", ".join(parts + (["taken"] if run["other_nodes"] else []))


def whose(address: str) -> str:
    if ":" in address:
        return "a lost IPv6 one"
    return "bond3's" if address.startswith("172.16.16.") else "a lost one"


@pytest.mark.parametrize(
    ("path", "number"), RUNS, ids=[f"{path.stem}-{number}" for path, number in RUNS]
)
def test_this_is_found_in_it(path: Path, number: int) -> None:
    snapshot, run = recorded(path, number)
    expected = EXPECTED[given(run)]
    if isinstance(expected, tuple):
        expected = expected[run["node"] in ("node-3", "node-4")]

    report = diagnose(snapshot, Question(nodes=(run["node"],)))
    found = [
        f"{'IPv6:' if finding.family is Family.IPV6 else ''}{finding.id}"
        for finding in report.findings
    ]

    assert found == expected.split()


def test_every_row_of_the_table_was_recorded() -> None:
    given_to = {given(run) for recording in LOADED.values() for run in recording["runs"]}

    assert given_to == set(EXPECTED)
