"""Without its evidence a finding is gone: other ways than those of the scenarios' ``WITHOUT``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import cluster, node
from tests.scenarios import INFORMATION, WRONG
from tests.scenarios.scenario import Scenario, right

Strip = Callable[[Scenario], Scenario]


def on_nodes(change: Callable[[NodeFacts], NodeFacts]) -> Strip:
    def strip(scenario: Scenario) -> Scenario:
        nodes = tuple(change(facts) for facts in scenario.snapshot.nodes)
        return replace(scenario, snapshot=replace(scenario.snapshot, nodes=nodes))

    return strip


def on_node_objects(**values: object) -> Strip:
    def change(facts: NodeFacts) -> NodeFacts:
        return replace(facts, node=replace(facts.node or Node(facts.name), **values))

    return on_nodes(change)


def on_pods(**values: object) -> Strip:
    def change(facts: NodeFacts) -> NodeFacts:
        return facts if facts.pod is None else replace(facts, pod=replace(facts.pod, **values))

    return on_nodes(change)


def own_internal_ip(facts: NodeFacts) -> NodeFacts:
    """Give the node the InternalIP that it chose."""
    assert facts.log is not None
    address = (facts.log.decisions[0].address or "").partition("/")[0]
    return replace(facts, node=replace(facts.node or Node(facts.name), internal_ips=(address,)))


def in_cluster(snapshot: Snapshot) -> Strip:
    return lambda scenario: replace(scenario, snapshot=snapshot)


def first_node_alone(scenario: Scenario) -> Scenario:
    return replace(scenario, snapshot=replace(scenario.snapshot, nodes=scenario.snapshot.nodes[:1]))


def unasked(scenario: Scenario) -> Scenario:
    return replace(scenario, question=Question())


def no_installations(scenario: Scenario) -> Scenario:
    return replace(scenario, snapshot=replace(scenario.snapshot, installations=()))


def named_exactly(scenario: Scenario) -> Scenario:
    nodes = (replace(facts, pod=None) for facts in scenario.snapshot.nodes)
    pods = [replace(facts, pod=node(facts.name).pod) for facts in nodes]
    return replace(scenario, snapshot=cluster(*pods, method="interface=^eth0$"))


no_logs = on_nodes(lambda facts: replace(facts, log=None, previous_log=None))

STRIPPED: list[tuple[str, str, Strip]] = [
    ("address-conflict", "two nodes use one address", first_node_alone),
    ("detection-failed", "detection failed in the container before", no_logs),
    ("detection-failed", "detection failed in the container before", on_pods(ready=True)),
    (
        "method-invalid",
        "an unknown method, without permission to read logs",
        on_pods(container={"image": "calico/node:v3.16.0", "env": [{"name": "IP"}]}),
    ),
    ("wrong-network", "the incident, without inventories", on_nodes(own_internal_ip)),
    ("wrong-network", "all on another network, one not ready", on_pods(ready=True)),
    ("wrong-network", "outside --expect-cidr, whatever InternalIP says", unasked),
    ("wrong-interface", "another NIC than --expect-interface", unasked),
    ("no-evidence", "no evidence", on_node_objects(stored={4: "10.0.0.1/24"})),
    ("nodes-disagree", "no expectation, different networks", on_nodes(own_internal_ip)),
    ("evidence-disagrees", "log and annotation differ", on_node_objects(stored={})),
    (
        "method-no-effect",
        "a method that is never read: IP is unset and an address is stored",
        in_cluster(cluster(right(1), method="interface=eth0")),
    ),
    ("method-no-effect", "an overlay wins over the default Installation", no_installations),
    (
        "differs-from-internal-ip",
        "all nodes agree on another network, and are ready: built so",
        on_pods(ready=False),
    ),
    (
        "differs-from-internal-ip",
        "all nodes agree on another network, and are ready: built so",
        first_node_alone,
    ),
    ("no-expectation", "a log alone", on_nodes(own_internal_ip)),
    ("address-not-on-host", "an address by hand that Calico found on no NIC", no_logs),
    ("vip-chosen", "a virtual address that another node found before", first_node_alone),
    ("vip-chosen", "keepalived's address before the NIC's own", on_nodes(own_internal_ip)),
    ("foreign-bridge", "docker's bridge instead of the InternalIP", on_nodes(own_internal_ip)),
    ("foreign-bridge", "nothing is expected, and only one node is on a bridge", first_node_alone),
    ("known-bug", "the expected NIC has lo in its name", on_node_objects(internal_ips=())),
    ("method-ambiguous", "a network that two NICs are in", on_nodes(own_internal_ip)),
    (
        "ipv6-not-enabled",
        "IP6 is on, and Felix leaves IPv6 alone",
        on_pods(container={"env": [{"name": "IP6", "value": "autodetect"}]}),
    ),
    ("latent", "right today: first-found would take another NIC as well", named_exactly),
]


@pytest.mark.parametrize(
    ("finding", "name", "strip"),
    STRIPPED,
    ids=[f"{finding}: {name}" for finding, name, _ in STRIPPED],
)
def test_without_its_evidence_it_is_gone(finding: str, name: str, strip: Strip) -> None:
    scenario = {**INFORMATION, **WRONG}[name]
    stripped = strip(scenario)

    before = diagnose(scenario.snapshot, scenario.question).findings
    after = diagnose(stripped.snapshot, stripped.question).findings

    assert finding in {found.id for found in before}
    assert finding not in {found.id for found in after}


def test_a_conflict_is_not_told_twice_when_the_other_node_uses_the_address() -> None:
    scenario = WRONG["the address is still recorded on another node"]
    other = right(2, log=None, node=Node("n2", stored={4: "10.0.0.1/24"}))  # type: ignore[dict-item]
    snapshot = replace(scenario.snapshot, nodes=(scenario.snapshot.nodes[0], other))

    conflicts = [
        found for found in diagnose(snapshot, Question()).findings if found.id == "address-conflict"
    ]

    assert [found.node for found in conflicts] == ["n1"]
    assert "which of the two is stale is not known" in conflicts[0].message
