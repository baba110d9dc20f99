"""Calico's own manifests, installed as they are on nodes that are right: nothing is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import detected, log, nics, node

MANIFESTS = Path(__file__).parent.parent.parent / "shared" / "calico" / "manifests"
FILES = sorted(MANIFESTS.glob("*/*.yaml"))
WITHOUT_NETWORKING = ("canal", "policy-only")
pytestmark = pytest.mark.skipif(not FILES, reason="the manifests are not here")


def installed(path: Path) -> Snapshot:
    """Two nodes, each with its InternalIP on its only NIC, that run the manifest's calico-node."""
    objects = [item for item in yaml.safe_load_all(path.read_text()) if item]
    owner = next(found for found in map(calico_node, objects) if found is not None)
    config_maps = {
        f"{item['metadata']['namespace']}/{item['metadata']['name']}": item.get("data") or {}
        for item in objects
        if item["kind"] == "ConfigMap"
    }
    return Snapshot((running(owner, 1), running(owner, 2)), (owner,), config_maps)


def calico_node(item: dict[str, Any]) -> DaemonSet | None:
    found = DaemonSet(item)
    is_one = any(container.get("name") == CONTAINER for container in found.containers)
    return found if item["kind"] == "DaemonSet" and is_one else None


def running(owner: DaemonSet, number: int) -> NodeFacts:
    address = f"10.0.0.{number}/24"
    facts = node(
        f"n{number}",
        internal_ip=f"10.0.0.{number}",
        stored=address,
        log=log(detected(address, "eth0"), version=None),
        inventory=nics("lo 127.0.0.1/8", f"eth0 {address}"),
    )
    assert facts.pod is not None
    pod = replace(facts.pod, container=owner.container, daemon_set=owner.key)
    return replace(facts, pod=pod)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_is_found(path: Path) -> None:
    report = diagnose(installed(path), Question())
    is_idle = any(word in path.stem for word in WITHOUT_NETWORKING)

    assert {found.id for found in report.findings} == ({"nothing-to-choose"} if is_idle else set())
    assert {family.verdict for found in report.nodes for family in found.families} == {"ok"}
