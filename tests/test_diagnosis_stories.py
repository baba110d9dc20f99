"""Findings told together: each cause once, and in words that are true of all who share it."""

from __future__ import annotations

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.stories import Story, stories
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from tests.clusters import cluster, detected, node

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
    stray = node("n1", internal_ip="10.0.0.1", log=detected("172.18.0.1/16", "br-abc"))
    right = node("n2", internal_ip="10.0.0.2", log=detected("10.0.0.2/24", "eth0"))
    report = diagnose(cluster(stray, right), Question())
    (finding,) = report.findings
    assert report.recommendations == ()
    assert report.advice[0].startswith("no IPv4 method is recommended")
    assert finding.next.startswith("kubectl calico-nic inspect --what-if METHOD")
