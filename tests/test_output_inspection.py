"""The report as a whole: headline, what a healthy cluster is told, notes, order of the rows."""

from __future__ import annotations

import dataclasses

import pytest

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.output.inspection_table import inspection
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import cluster, decision, detected, incident, log, node


def screen(snapshot: Snapshot, *nodes: str) -> list[str]:
    lines = inspection(diagnose(snapshot, Question(nodes=nodes)))
    return ["".join(span.text for span in parts).rstrip() for parts in lines]


def right(number: int, network: str = "10.0.0", **values: object) -> NodeFacts:
    address = f"{network}.{number}/24"
    return node(
        f"n{number}",
        internal_ip=f"10.0.0.{number}",
        stored=address,
        log=detected(address, "eth0"),
        **values,  # type: ignore[arg-type]
    )


VAGRANT = [
    node(f"n{number}", internal_ip="10.0.2.15", log=detected(address, "eth1"))
    for number, address in ((1, "192.168.56.1/24"), (2, "192.168.57.2/24"))
]


@pytest.mark.parametrize(
    ("snapshot", "headline"),
    [
        (incident(), "PROBLEM: 2 of 4 nodes are on bond3 172.16.16.0/23; expected 172.16.10.0/24"),
        (cluster(*VAGRANT), "WARNING: all 2 nodes disagree: 1 on 192.168.56.0/24"),
        (cluster(right(1), right(2)), "OK: all 2 nodes use the expected address (InternalIP)"),
        (cluster(right(1)), "OK: the node uses the expected address (InternalIP)"),
        (
            cluster(right(1, "10.9.0"), right(2, "10.9.0"), method="interface=eth0"),
            "OK: all 2 nodes share 10.9.0.0/24, not InternalIP's network: probably meant",
        ),
        (
            cluster(node("n", stored="10.0.0.1/24", known=True)),
            "UNKNOWN: nothing wrong was found; 0 of 1 choices could be judged",
        ),
    ],
)
def test_the_headline(snapshot: Snapshot, headline: str) -> None:
    assert screen(snapshot)[0].startswith(headline)


def test_a_healthy_cluster_is_told_one_line_and_shown_its_rows() -> None:
    text = "\n".join(screen(cluster(right(1), right(2), method="interface=eth0")))
    headline, rows = text.split("\n\n")

    assert headline.splitlines() == [
        "OK: all 2 nodes use the expected address (InternalIP)",
        "Calico v3.24.6, kube-system/calico-node, plain manifest, method interface=eth0",
    ]
    assert len(rows.splitlines()) == 3


def test_each_error_has_what_why_next_and_docs() -> None:
    facts = node(
        "n5",
        internal_ip="10.0.0.5",
        log=log(decision(Outcome.CONFLICT, "10.0.0.5/24", other_node="gone"), started=False),
        ready=False,
    )
    lines = screen(cluster(facts))
    start = lines.index("address-conflict: n5")

    assert lines[0].startswith(
        "PROBLEM: n5 cannot start: its own 10.0.0.5 is still recorded on gone"
    )
    assert [line.split()[0] for line in lines[start + 1 : start + 4]] == ["why:", "next:", "docs:"]
    assert lines[start + 3] == "  docs: docs/findings.md#address-conflict"


def test_the_headline_counts_the_other_causes() -> None:
    nodes = [
        right(1),
        right(2),
        node("n3", internal_ip="10.0.0.3", log=detected("10.7.0.3/24", "eth1"), ready=False),
        node("n4", internal_ip="10.0.0.4", log=detected("10.8.0.4/24", "eth2"), ready=False),
    ]
    assert screen(cluster(*nodes))[0].endswith("(and 1 more below)")


def test_windows_and_unselected_nodes_are_listed_for_what_they_are() -> None:
    linux = {"nodeSelector": {"kubernetes.io/os": "linux"}}
    windows = [node(f"win-{number}", pod=False, os="windows") for number in (1, 2)]
    lines = screen(cluster(right(1), *windows, pod=linux))

    assert lines[0] == ("OK: the node uses the expected address (InternalIP); 2 run no calico-node")
    assert [line.split()[1:] for line in lines if line.startswith("win-1 ")] == [["-"] * 6]
    assert "win-1, win-2: a Windows node: nothing was read of it" in lines


def test_the_same_note_is_told_once_and_rare_ones_are_counted() -> None:
    def moved(number: int) -> NodeFacts:
        logged = detected(f"10.0.0.{100 + number}/24", "eth0")
        reading = log(logged, last_time="2026-01-01 19:00:00.000")
        return dataclasses.replace(right(number), log=reading)

    lines = screen(cluster(*(moved(number) for number in range(1, 6))))

    assert sum("re-detected since" in line for line in lines) == 3
    assert "inspect NODE says more about n4, n5" in lines
