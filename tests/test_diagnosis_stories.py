"""Findings told together: each cause once, and in words that are true of all who share it."""

from __future__ import annotations

import dataclasses

import pytest

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import FamilyReport, NodeReport, Report
from kubectl_calico_nic.diagnosis.stories import CONSEQUENCES, Story, stories, tell
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import cluster, decision, detected, incident, node

SHARED = "10.0.2.15"


def told(identifier: str, *nodes: NodeFacts) -> list[Story]:
    report = diagnose(cluster(*nodes), Question())
    return [story for story in stories(report) if story.id == identifier]


def vagrant(name: str, address: str, nic: str) -> NodeFacts:
    return node(name, internal_ip=SHARED, log=detected(address, nic))


def test_nodes_that_disagree_are_one_story() -> None:
    (story,) = told(
        "nodes-disagree",
        vagrant("n1", "10.0.2.15/24", "eth0"),
        vagrant("n2", "192.168.56.2/24", "eth1"),
        vagrant("n3", "192.168.56.3/24", "eth1"),
    )
    assert story.message == (
        "all 3 nodes disagree: 1 on 10.0.2.0/24, 2 on 192.168.56.0/24; nothing says which is right"
    )
    assert story.nodes == ("n1", "n2", "n3")


def test_nodes_on_one_network_beside_nodes_that_are_right() -> None:
    (story,) = told(
        "nodes-disagree",
        node("n1", internal_ip="10.0.0.1", log=detected("10.0.0.1/24", "eth0")),
        vagrant("n2", "192.168.56.2/24", "eth1"),
        vagrant("n3", "192.168.56.3/24", "eth1"),
    )
    assert story.message == (
        "2 of 3 nodes are on 192.168.56.0/24, others on 10.0.0.0/24; nothing says which is right"
    )


def test_many_networks_are_counted_and_not_listed() -> None:
    nodes = [vagrant(f"n{number}", f"192.168.{number}.2/24", "eth1") for number in range(1, 7)]
    (story,) = told("nodes-disagree", *nodes)
    assert "1 on 192.168.3.0/24 and 3 more; nothing says" in story.message


def test_no_recommendation_is_promised_where_there_is_none() -> None:
    stray = node("n1", internal_ip="10.0.0.1", log=detected("172.18.0.1/16", "eth1"))
    right = node("n2", internal_ip="10.0.0.2", log=detected("10.0.0.2/24", "eth0"))
    report = diagnose(cluster(stray, right), Question())
    finding = report.findings[0]
    assert report.recommendations == ()
    assert report.advice[0].startswith("no IPv4 method is recommended")
    assert finding.next.startswith("kubectl calico-nic inspect --what-if METHOD")


def test_no_cause_follows_from_itself() -> None:
    def reached(identifier: str, path: tuple[str, ...]) -> None:
        assert identifier not in path, " -> ".join((*path, identifier))
        for effect in CONSEQUENCES.get(identifier, ()):
            reached(effect, (*path, identifier))

    for identifier in CONSEQUENCES:
        reached(identifier, ())


def found(
    identifier: str, *nodes: str, family: Family | None = Family.IPV4, why: str = ""
) -> list[Finding]:
    """One finding for each of ``nodes``, told together."""
    return [
        Finding(
            identifier,
            Severity.ERROR,
            f"{name} has {identifier}",
            "mend it",
            name,
            family,
            together=f"have {identifier}",
            why=why,
        )
        for name in nodes
    ]


def report_of(findings: list[Finding], *rows: NodeReport) -> Report:
    return Report(rows, findings=tuple(findings), total=9)


def shape(told: tuple[Story, ...]) -> list[tuple[str, list[str]]]:
    return [(story.id, [effect.id for effect in story.effects]) for story in told]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (
            found("kept-stale-address", "a") + found("wrong-network", "a"),
            [("kept-stale-address", ["wrong-network"])],
        ),
        (
            found("wrong-network", "a", "b") + found("bgp-down", "b", family=None),
            [("wrong-network", ["bgp-down"])],
        ),
        (
            found("wrong-network", "a") + found("bgp-down", "b", family=None),
            [("wrong-network", []), ("bgp-down", [])],
        ),
        (
            found("wrong-network", "a") + found("wrong-network", "a", family=Family.IPV6),
            [("wrong-network", []), ("wrong-network", [])],
        ),
        (
            found("detection-failed", "a") + found("wrong-network", "a", family=Family.IPV6),
            [("detection-failed", []), ("wrong-network", [])],
        ),
        (
            found("detection-failed", "a")
            + found("ipv6-clears-ipv4", "a", family=Family.IPV6)
            + found("no-pod", "b", family=None),
            [("ipv6-clears-ipv4", ["detection-failed"]), ("no-pod", [])],
        ),
        (
            found("kept-stale-address", "a")
            + found("wrong-network", "a")
            + found("wrong-interface", "a"),
            [("kept-stale-address", ["wrong-network", "wrong-interface"])],
        ),
    ],
)
def test_what_follows_from_a_cause_is_told_with_it(
    findings: list[Finding], expected: list[tuple[str, list[str]]]
) -> None:
    assert shape(stories(report_of(findings))) == expected


def test_symptoms_elsewhere_are_told_with_the_cause() -> None:
    cause = dataclasses.replace(found("wrong-network", "a")[0], explains=("b", "c"))
    victims = found("bgp-down", "b", "c", family=None)

    assert shape(stories(report_of([cause, *victims]))) == [("wrong-network", ["bgp-down"])]


def test_a_plan_tells_every_objection_for_itself() -> None:
    findings = found("kept-stale-address", "a") + found("wrong-network", "a")

    assert [story.id for story in tell(findings, 9)] == ["kept-stale-address", "wrong-network"]


def row(
    name: str, *evidence: str, since: str | None = None, stored: str | None = None
) -> NodeReport:
    family = FamilyReport(
        Family.IPV4, "wrong-network", True, evidence=evidence, since=since, contradicted_by=stored
    )
    return NodeReport(name, families=(family,))


EARLY, LATE = "2026-01-01T02:41:00Z", "2026-01-01T02:43:00Z"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([row("a", "log", since=EARLY)], f"log; since {EARLY}"),
        (
            [row("a", "log", "annotation", since=EARLY), row("b", "log", "annotation", since=LATE)],
            f"log and annotation agree; since {EARLY} (a) to {LATE} (b)",
        ),
        (
            [row("a", "annotation")],
            "annotation alone, which says neither when nor how it was chosen",
        ),
        (
            [row("a", "log", since=EARLY), row("b", "annotation")],
            "log (1), annotation alone, which says neither when nor how it was chosen (1); "
            f"since {EARLY}",
        ),
        (
            [row("a", "log", stored="10.0.0.9/24")],
            "log against annotation (10.0.0.9/24): which is newer is not known",
        ),
        ([row("a")], ""),
    ],
)
def test_why_is_what_the_rows_rest_on_and_since_when(rows: list[NodeReport], why: str) -> None:
    findings = found("wrong-network", *(item.name for item in rows))

    (story,) = stories(report_of(findings, *rows))
    assert story.why == why


def test_a_finding_with_evidence_of_its_own_says_that() -> None:
    findings = found("wrong-network", "a", why="BIRD says so")

    assert stories(report_of(findings, row("a", "log")))[0].why == "BIRD says so"


def session(peer: str, state: str = "Established") -> BgpSession:
    return BgpSession(peer, PeerKind.MESH, state)


def with_sessions(snapshot: Snapshot) -> Snapshot:
    """The incident with its real sessions: each network among itself."""
    addresses = {
        facts.name: next(iter(facts.node.stored.values())).partition("/")[0]
        for facts in snapshot.nodes
        if facts.node
    }

    def sessions(name: str) -> BgpSessions:
        network = addresses[name][:9]
        peers = tuple(
            session(address, "Established" if address[:9] == network else "Passive")
            for other, address in addresses.items()
            if other != name
        )
        return BgpSessions(SessionsSource.BIRDCL, {Family.IPV4: peers})

    nodes = (dataclasses.replace(facts, sessions=sessions(facts.name)) for facts in snapshot.nodes)
    return dataclasses.replace(snapshot, nodes=tuple(nodes))


def wrong_network(snapshot: Snapshot, *nodes: str) -> Story:
    told = stories(diagnose(snapshot, Question(nodes=nodes)))
    return next(story for story in told if story.id == "wrong-network")


def test_nodes_that_lack_sessions_with_a_wrong_address_are_its_victims() -> None:
    snapshot = with_sessions(incident())

    assert wrong_network(snapshot).explains == ("node-1", "node-2")
    assert wrong_network(snapshot, "node-1").nodes == ("node-3", "node-4")


def test_without_the_sessions_there_are_no_victims() -> None:
    assert wrong_network(incident()).explains == ()
    assert diagnose(incident(), Question(nodes=("node-1",))).findings == ()


def test_a_readiness_check_that_names_the_wrong_address_tells_too() -> None:
    said = (
        "Readiness probe failed: calico/node is not ready: BIRD is not ready: BGP not established "
        "with 172.16.16.23,172.16.16.24"
    )

    def victim(facts: NodeFacts) -> NodeFacts:
        if facts.name != "node-1" or facts.pod is None:
            return facts
        pod = dataclasses.replace(facts.pod, ready=False)
        return dataclasses.replace(facts, pod=pod, events=(PodEvent("Unhealthy", said),))

    snapshot = incident()
    sick = dataclasses.replace(snapshot, nodes=tuple(map(victim, snapshot.nodes)))
    assert wrong_network(sick).explains == ("node-1",)


def test_a_node_with_an_error_of_its_own_is_nobodys_victim() -> None:
    conflict = decision(Outcome.CONFLICT, "10.0.0.9/24", other_node="gone")
    nodes = (
        node("a", internal_ip="10.0.0.1", log=detected("172.18.0.1/16", "br-x")),
        node("b", internal_ip="10.0.0.9", log=conflict, ready=False),
        node("c", internal_ip="10.0.0.3", log=detected("10.0.0.3/24", "eth0")),
    )
    sessions = BgpSessions(SessionsSource.BIRDCL, {Family.IPV4: (session("172.18.0.1", "Active"),)})
    snapshot = cluster(*(dataclasses.replace(facts, sessions=sessions) for facts in nodes))

    assert wrong_network(snapshot).explains == ("c",)
