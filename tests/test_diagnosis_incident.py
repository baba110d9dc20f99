"""The story of the four nodes: the whole report, word for word."""

from __future__ import annotations

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import (
    DaemonSetReport,
    Expectation,
    FamilyReport,
    Recommendation,
)
from kubectl_calico_nic.diagnosis.stories import stories
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding, Severity
from tests.clusters import DAEMON_SET, incident

REPORT = diagnose(incident(), Question())
COMMAND = "kubectl calico-nic set --interface bond4"


def expectation(number: int) -> Expectation:
    return Expectation("InternalIP", f"172.16.10.2{number}", "172.16.10.0/24", "bond4")


def test_a_node_on_the_storage_network() -> None:
    node = REPORT.nodes[2]

    assert (node.name, node.daemon_set, node.version) == ("node-3", DAEMON_SET, "v3.24.6")
    assert (node.ready, node.internal_ips) == (True, ("172.16.10.23",))
    assert node.families == (
        FamilyReport(
            family=Family.IPV4,
            verdict="wrong-network",
            decided=True,
            method="first-found",
            interface="bond3",
            address="172.16.16.23/23",
            expectation=expectation(3),
            since="2026-01-01T02:41:00Z",
            evidence=("log", "annotation"),
            findings=("wrong-network",),
        ),
    )


def test_a_node_that_is_right() -> None:
    (family,) = REPORT.nodes[0].families

    assert (family.verdict, family.findings) == ("ok", ())
    assert (family.interface, family.address) == ("bond4", "172.16.10.21/24")
    assert family.expectation == expectation(1)


def test_the_verdicts() -> None:
    assert [node.families[0].verdict for node in REPORT.nodes] == [
        "ok",
        "ok",
        "wrong-network",
        "wrong-network",
    ]
    assert REPORT.has_problem


def test_the_daemon_set() -> None:
    assert REPORT.daemon_sets == (
        DaemonSetReport(
            DAEMON_SET,
            "v3.24.6",
            "manifest",
            {Family.IPV4: "first-found"},
            {Family.IPV4: "autodetect"},
        ),
    )


def test_the_findings() -> None:
    assert REPORT.findings[0] == Finding(
        "wrong-network",
        Severity.ERROR,
        "node-3 uses bond3 172.16.16.23/23; expected 172.16.10.23 (InternalIP)",
        COMMAND,
        "node-3",
        Family.IPV4,
        "are on bond3 172.16.16.0/23; expected 172.16.10.0/24 (InternalIP)",
    )
    assert [found.node for found in REPORT.findings] == ["node-3", "node-4"]


def test_the_headline() -> None:
    (story,) = stories(REPORT)

    assert story.message == (
        "2 of 4 nodes are on bond3 172.16.16.0/23; expected 172.16.10.0/24 (InternalIP)"
    )
    assert story.next == COMMAND


def test_the_recommendation() -> None:
    assert REPORT.recommendations == (
        Recommendation(
            daemon_set=DAEMON_SET,
            family=Family.IPV4,
            method="interface=bond4",
            command=COMMAND,
            changes=2,
            nodes=4,
            total=4,
            restarts=4,
            at_once=1,
        ),
    )


def test_one_node_asked_for_is_compared_with_all() -> None:
    report = diagnose(incident(), Question(nodes=("node-3",)))

    assert [node.name for node in report.nodes] == ["node-3"]
    assert [found.node for found in report.findings] == ["node-3"]
    assert report.recommendations == REPORT.recommendations


def test_without_inventories_nothing_is_guessed() -> None:
    report = diagnose(incident(inventories=False), Question())

    assert [node.families[0].verdict for node in report.nodes].count("wrong-network") == 2
    assert report.nodes[2].families[0].expectation == Expectation(
        "InternalIP", "172.16.10.23", "172.16.10.0/24", None
    )
    assert report.recommendations == ()
    assert "the NICs of node-3, node-4 are not known" in report.advice[0]
