"""Recordings of the real calico-node: the report says what it really did."""

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
from kubectl_calico_nic.findings.catalogue import CATALOGUE
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
    ended = {"detection-failed", "method-invalid", "address-conflict"} & set(row.findings)
    if row.address is None:
        assert ended or not row.decided
    elif stored is not None:
        assert same_address(row.address, stored)
    else:
        assert "address-conflict" in row.findings


@pytest.mark.parametrize(
    ("path", "number"), RUNS, ids=[f"{path.stem}-{number}" for path, number in RUNS]
)
def test_an_end_has_an_error_and_a_good_start_on_bond4_has_none(path: Path, number: int) -> None:
    snapshot, run = recorded(path, number)
    report = diagnose(snapshot, Question(nodes=(run["node"],)))
    errors = {found.id for found in report.findings if found.severity.value == "error"}

    if run["exit"] != 0:
        assert errors
    elif set(annotations(run["annotations"]).values()) <= {
        host["internal_ips"][0] + "/24" for host in LOADED[path]["nodes"].values()
    }:
        kept = any("keeping existing value" in line for line in run["log"])
        assert errors - {"address-conflict"} == ({"kept-stale-address"} if kept else set())
    assert errors <= {kind.id for kind in CATALOGUE}
