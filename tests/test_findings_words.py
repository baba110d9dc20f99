"""How findings read: names, numbers, and the right thing to do."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts, Origin
from tests.clusters import cluster, decision, detected, log, nics, node


def first(*nodes: NodeFacts, **settings: object) -> Finding:
    return diagnose(cluster(*nodes, **settings), Question()).findings[0]  # type: ignore[arg-type]


def ended(name: str, *decisions: object, **values: object) -> NodeFacts:
    """A node whose calico-node ended after these decisions."""
    reading = log(*decisions, started=False)  # type: ignore[arg-type]
    return node(name, log=reading, ready=False, **values)  # type: ignore[arg-type]


CONFLICT = decision(Outcome.CONFLICT, "10.0.0.5/24", interface="eth0", other_node="node-9")
INNOCENT = ended("node-5", CONFLICT, internal_ip="10.0.0.5")
LEAVE = "; leave node-5 alone"
CLEAR = "kubectl annotate node node-9 projectcalico.org/IPv4Address-"


@pytest.mark.parametrize(
    ("others", "what", "advice"),
    [
        (
            [node("node-9", stored="10.0.0.5/24", inventory=nics("eth0 10.0.0.9/24"))],
            "its own 10.0.0.5 is still recorded on node-9, which has no such address",
            "restart calico-node on node-9" + LEAVE,
        ),
        (
            [node("node-9", stored="10.0.0.9/24", log=detected("10.0.0.9/24", "eth0"))],
            "its own 10.0.0.5 is still recorded on node-9, which chose 10.0.0.9 since",
            "restart calico-node on node-9" + LEAVE,
        ),
        (
            [node("node-9", stored="10.0.0.5/24", inventory=nics("eth0 10.0.0.9/24"), up=False)],
            "its own 10.0.0.5 is still recorded on node-9, which has no such address",
            f"it is not running: {CLEAR}" + LEAVE,
        ),
        (
            [node("node-9", stored="10.0.0.5/24", os="windows"), node("x", pod=False)],
            "10.0.0.5 is also recorded on node-9; which of the two is stale is not known",
            "see which node has 10.0.0.5 (ip addr): node-9 alive without it: restart its "
            f"calico-node; gone: {CLEAR}",
        ),
        (
            [],
            "its own 10.0.0.5 is still recorded on node-9, which is not among the nodes read",
            "if node-9 is gone, delete its Node" + LEAVE,
        ),
        (
            [node("node-9", stored="10.0.0.5/24", log=detected("10.0.0.5/24", "br0"))],
            "node-9 has 10.0.0.5 too (br0 there, eth0 here)",
            "an address that two nodes have serves neither: choose another NIC, or change it",
        ),
    ],
)
def test_a_conflict_names_both_nodes_and_the_stale_one_where_it_is_known(
    others: list[NodeFacts], what: str, advice: str
) -> None:
    found = first(INNOCENT, *others)

    assert (found.id, found.node) == ("address-conflict", "node-5")
    assert found.message == f"node-5 cannot start: {what}"
    assert found.next == advice


def test_a_conflict_with_a_node_that_runs_no_calico_node() -> None:
    settings = {"status": {"desiredNumberScheduled": 1, "currentNumberScheduled": 1}}
    found = first(INNOCENT, node("node-9", stored="10.0.0.5/24", pod=False), **settings)  # type: ignore[arg-type]

    assert found.message.endswith("is still recorded on node-9, where no calico-node runs")
    assert found.next == CLEAR + LEAVE


def test_a_failed_detection_names_method_reason_and_the_nics_there_are() -> None:
    reason = (
        "Unable to auto-detect an IPv4 address using interface regexes [eth1]: "
        "no valid host interfaces found"
    )
    facts = ended(
        "node-8",
        decision(Outcome.FAILED, method="interface", reason=reason),
        inventory=nics(
            "lo 127.0.0.1/8", "bond4 10.0.0.8/24", "mgmt 10.9.0.8/24", "cali1 fe80::1/64"
        ),
    )
    found = first(facts, method="interface=eth1")

    assert found.message == (
        "node-8: interface=eth1 selects no IPv4 address (no valid host interfaces found; it has "
        "bond4, mgmt); its stored address was cleared"
    )
    assert found.next == "change the method; restarting will not help"


def test_a_destination_that_cannot_be_reached_may_come_back() -> None:
    facts = ended("node-8", decision(Outcome.FAILED, method="can-reach"))

    assert "bring back the route or name" in first(facts, method="can-reach=gw.example").next


def test_a_kept_address_is_not_believed_because_the_pod_is_ready() -> None:
    kept = decision(Outcome.KEPT, "10.0.0.8/24", method="interface")
    found = first(node("node-8", stored="10.0.0.8/24", log=kept), method="interface=eth1")

    assert found.message == (
        "node-8 is Ready, but interface=eth1 selects nothing and the old 10.0.0.8/24 was kept"
    )


def test_an_unknown_method_says_the_value_and_the_version() -> None:
    found = first(ended("n", decision(Outcome.INVALID_METHOD)), method="bond4")

    assert found.message == (
        'n: IP_AUTODETECTION_METHOD="bond4" is a method that Calico v3.24.6 does not know; '
        "calico-node exits at every start"
    )


def test_a_lost_address_is_not_the_methods_fault() -> None:
    right = node("a", internal_ip="10.0.0.1", log=detected("10.0.0.1/24", "eth0"))
    lost = node(
        "b",
        internal_ip="10.0.0.2",
        log=detected("172.18.0.1/16", "br-x"),
        inventory=nics("br-x 172.18.0.1/16"),
    )
    found = first(right, lost)

    assert found.message == (
        "b uses br-x 172.18.0.1/16; expected 10.0.0.2 (InternalIP), which no NIC of b has now"
    )
    assert found.next == "bring 10.0.0.2 back on b; no method selects it before that"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (
            {
                "state": ContainerState("waiting", reason="ContainerCreating"),
                "log_state": LogState.EMPTY,
            },
            "calico-node has not said anything yet (ContainerCreating)",
        ),
        ({"log": log(complete_start=True)}, "the log does not tell about IPv4"),
        ({"log_state": LogState.NOT_ASKED}, "no log of its pod was read"),
        ({"pod": False, "known": False}, "no calico-node pod and no log of it was read"),
    ],
)
def test_no_evidence_says_why(values: dict[str, object], why: str) -> None:
    facts = node("n", ready=False, **values)  # type: ignore[arg-type]

    assert why in first(facts, origin=Origin.FILES).message


def test_a_log_that_may_not_be_read_needs_a_right() -> None:
    facts = node("n", ready=False, log_state=LogState.UNREADABLE)
    found = first(facts, origin=Origin.CLUSTER)
    assert "the log was not read" in found.message
    assert found.next == "the permission get pods/log is needed"


def test_a_log_without_a_pod_was_read_all_the_same() -> None:
    facts = node("n", pod=False, known=False, log=log(complete_start=True))
    assert "the log does not tell about IPv4" in first(facts, origin=Origin.FILES).message


def test_windows_nodes_follow_what_all_linux_nodes_agree_on() -> None:
    linux = [
        node(f"n{number}", internal_ip=f"10.0.0.{number}", stored=f"192.168.7.{number}/24")
        for number in (1, 2)
    ]
    windows = node("w", internal_ip="10.0.0.9", stored="192.168.7.9/24", pod=False, os="windows")
    selector = {"nodeSelector": {"kubernetes.io/os": "linux"}}

    report = diagnose(cluster(*linux, windows, pod=selector), Question())

    assert {found.id for found in report.findings} == {"differs-from-internal-ip"}
    assert {found.families[0].verdict for found in report.nodes} == {"ok"}
