"""Sessions that are down: whose fault it is, and in which words."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.bird.birdcl_output import NotBirdOutput, parse_protocols
from kubectl_calico_nic.calico.bird.session import PeerKind
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.down_sessions import Shape, incidents
from kubectl_calico_nic.findings.case.mesh import Mesh
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.snapshot.bgp import SessionsSource
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.bgp_sessions import TIMED_OUT, alone, asked, mesh, session, without_bird
from tests.clusters import cluster, detected, incident, node
from tests.scenarios.scenario import elsewhere, right

BIRD_RUNS = Path(__file__).parent.parent.parent / "shared" / "calico" / "bird.json"
STORAGE, CLUSTER = "172.16.16.0/23", "172.16.10.0/24"

EXPLAINED = {
    "incident: node-3 and node-4 on the storage network, strict reverse-path filter": {
        "node-3 wrong-network",
        "node-4 wrong-network",
    },
    "the same with loose reverse-path filter": {
        "node-3 wrong-network; BGP is up all the same",
        "node-4 wrong-network; BGP is up all the same",
    },
    "one node on the storage network": {"node-4 wrong-network"},
    "all right": set(),
    "all on the storage network": {
        "node-1 differs-from-internal-ip",
        "node-2 differs-from-internal-ip",
        "node-3 differs-from-internal-ip",
        "node-4 differs-from-internal-ip",
    },
    "node-4 has no bird": {"node-4 bgp-down: BIRD does not answer there"},
}
"""Of the runs of the real BIRD, what is found: id, and what else the message must say."""


def real_node(name: str, address: str, show_protocols: str) -> NodeFacts:
    """A node of such a run; its InternalIP is in 172.16.10.0/24."""
    length, nic = (23, "bond3") if address.startswith("172.16.16.") else (24, "bond4")
    facts = node(
        name,
        internal_ip=f"172.16.10.{address.rpartition('.')[2]}",
        stored=f"{address}/{length}",
        log=detected(f"{address}/{length}", nic),
    )
    try:
        return asked(facts, *parse_protocols(show_protocols))
    except NotBirdOutput:
        return without_bird(facts)


@pytest.mark.skipif(not BIRD_RUNS.exists(), reason="the recordings are not here")
@pytest.mark.parametrize("name", EXPLAINED)
def test_the_runs_of_the_real_bird_are_explained(name: str) -> None:
    runs = {run["case"]: run for run in json.loads(BIRD_RUNS.read_text())["cases"]}
    run = runs[name]
    nodes = [
        real_node(found, address, run["show_protocols"][found])
        for found, address in run["addresses"].items()
    ]

    findings = diagnose(cluster(*nodes), Question()).findings

    told = {f"{finding.node} {finding.id}" for finding in findings}
    assert told == {said.partition(";")[0].partition(":")[0] for said in EXPLAINED[name]}
    assert runs.keys() == EXPLAINED.keys()
    for said in EXPLAINED[name]:
        subject = next(found for found in findings if said.startswith(f"{found.node} {found.id}"))
        assert subject.message.endswith(said.removeprefix(f"{subject.node} {subject.id}"))


def found(*nodes: NodeFacts) -> tuple[Finding, ...]:
    return diagnose(cluster(*nodes), Question()).findings


def rights(count: int) -> list[NodeFacts]:
    return [right(number) for number in range(1, count + 1)]


def test_the_culprit_is_named_and_its_victims_are_left_alone() -> None:
    (finding,) = found(*mesh(*rights(3), without_bird(right(4)), down=alone(4, 4), dumb=[4]))

    assert finding.message == (
        "n4 has no BGP session with any of its 3 peers (n1, n2, n3): BIRD does not answer there"
    )
    assert finding.next == (
        "look there, not at the peers; on n4: kubectl -n kube-system logs calico-node-n4 -c "
        "calico-node"
    )
    assert finding.why == "birdcl: 3 Passive"
    assert finding.explains == ("n1", "n2", "n3")


def test_right_addresses_that_cannot_connect_are_not_the_nic() -> None:
    (finding,) = found(*mesh(*rights(4), down=alone(4, 4), info=TIMED_OUT))

    assert finding.id == "not-the-nic"
    assert finding.message == (
        "n4 has the right address, but no BGP session with any of its 3 peers (n1, n2, n3): they "
        "cannot connect"
    )
    assert "firewall (179/tcp)" in finding.next
    assert "do not run set" in finding.next
    assert TIMED_OUT in finding.why


def test_without_an_expectation_nobody_says_that_the_address_is_right() -> None:
    nodes = [
        node(f"n{n}", stored=f"10.0.0.{n}/24", log=detected(f"10.0.0.{n}/24", "eth0"))
        for n in (1, 2, 3)
    ]
    findings = found(*mesh(*nodes, down=alone(3, 3), info=TIMED_OUT))

    assert {finding.id for finding in findings} == {"bgp-down", "no-expectation"}


def test_a_peer_that_is_no_node_is_called_that() -> None:
    tor = session("10.0.0.254", "Connect", kind=PeerKind.GLOBAL)
    findings = found(
        asked(right(1), session("10.0.0.2"), tor), asked(right(2), session("10.0.0.1"), tor)
    )

    assert {finding.together for finding in findings} == {
        "have no BGP session with 10.0.0.254 (a BGPPeer, no node), and nobody else has"
    }
    assert findings[0].next == "look at 10.0.0.254, not at the nodes: it is down for all of them"


def test_a_single_pair_is_one_story_that_blames_nobody() -> None:
    findings = found(*mesh(*rights(4), down=[(1, 2)]))

    assert {finding.message for finding in findings} == {
        "n1 and n2 have no BGP session; which end is at fault is not known"
    }


def test_islands_are_named_by_their_networks_where_these_divide_them() -> None:
    nodes = [
        node(f"n{n}", stored=f"10.{rack}.0.{n}/24", log=detected(f"10.{rack}.0.{n}/24", "eth0"))
        for n, rack in ((1, 1), (2, 1), (3, 2), (4, 2), (5, 2))
    ]
    across = [(one, other) for one in (1, 2) for other in (3, 4, 5)]
    findings = found(*mesh(*nodes, down=across))

    assert {finding.together for finding in findings if finding.id == "bgp-down"} == {
        "are in islands without a BGP session between them: 10.1.0.0/24 (2) and 10.2.0.0/24 (3)"
    }


def test_a_calico_node_status_says_as_of_when() -> None:
    nodes = [right(2), right(3)]
    nodes.append(
        asked(
            right(1),
            session("10.0.0.2", "Active"),
            session("10.0.0.3", "Active"),
            source=SessionsSource.CALICO_NODE_STATUS,
            as_of="2026-01-01T11:59:00Z",
        )
    )
    (finding,) = found(*nodes)

    assert finding.why == "calico-node-status as of 2026-01-01T11:59:00Z: 2 Active"


def test_a_peer_by_its_former_address_is_still_that_node() -> None:
    moved = replace(right(2), inventory=None)
    assert moved.node is not None
    nodes = [
        asked(right(1), session("10.0.0.2", "Passive"), session("10.0.0.3")),
        asked(
            replace(moved, node=replace(moved.node, stored={Family.IPV4: "10.0.0.2/24"})),
            session("10.0.0.1", "Active"),
            session("10.0.0.3", "Active"),
        ),
        asked(right(3), session("10.0.0.1"), session("10.0.0.2", "Passive")),
    ]

    assert {f"{finding.node} {finding.id}" for finding in found(*nodes)} == {"n2 bgp-down"}


def test_an_address_that_two_nodes_have_tells_of_neither() -> None:
    nodes = [
        asked(right(1), session("10.0.0.9", "Active")),
        *(node(f"x{n}", stored="10.0.0.9/24", internal_ip=f"10.0.0.2{n}") for n in (1, 2)),
    ]

    assert "bgp-down" not in {finding.id for finding in found(*nodes)}


@pytest.mark.parametrize(
    ("down", "verdicts"),
    [
        ([], {"differs-from-internal-ip"}),
        (alone(4, 4), {"differs-from-internal-ip", "bgp-down"}),
        ([(1, 3), (1, 4), (2, 3), (2, 4)], {"wrong-network"}),
        ([(1, 2)], {"wrong-network"}),
    ],
)
def test_a_network_that_carries_no_sessions_was_not_built_so(
    down: list[tuple[int, int]], verdicts: set[str]
) -> None:
    findings = found(*mesh(*(elsewhere(n) for n in (1, 2, 3, 4)), down=down))

    assert {finding.id for finding in findings} == verdicts


def loosely(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, nodes=mesh(*snapshot.nodes))


def test_wrong_addresses_that_establish_all_the_same_say_so() -> None:
    findings = diagnose(loosely(incident()), Question()).findings

    assert {finding.id for finding in findings} == {"wrong-network"}
    assert {finding.together for finding in findings} == {
        f"are on bond3 {STORAGE}; expected {CLUSTER} (InternalIP); BGP is up all the same"
    }


PLACES = range(1, 7)


def mesh_with(down: Collection[tuple[str, str]]) -> Mesh:
    """Six nodes, every pair of which has a session."""
    names = [f"n{place}" for place in PLACES]
    lost = {frozenset(pair) for pair in down}
    other = {name: [found for found in names if found != name] for name in names}
    return Mesh(
        members={},
        views={},
        up={
            name: frozenset(end for end in other[name] if frozenset((name, end)) not in lost)
            for name in names
        },
        down={
            name: found
            for name in names
            if (found := frozenset(end for end in other[name] if frozenset((name, end)) in lost))
        },
        words={},
        outsiders={},
    )


NAMES = st.sampled_from([f"n{place}" for place in PLACES])
PAIRS = st.sets(st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] < pair[1]))


@given(PAIRS)
def test_nobody_with_a_session_that_is_up_is_a_culprit(down: set[tuple[str, str]]) -> None:
    known = mesh_with(down)

    culprits = {
        end
        for incident in incidents(known, ())
        if incident.shape is Shape.CULPRIT
        for end in incident.ends
    }

    assert not any(known.up[end] for end in culprits)


@given(PAIRS)
def test_islands_have_no_session_between_them(down: set[tuple[str, str]]) -> None:
    known = mesh_with(down)

    for told in incidents(known, ()):
        for side in told.sides:
            others = set(told.ends) - set(side)
            assert not any(known.up[end] & others for end in side)


@given(st.sets(NAMES, min_size=1, max_size=3))
def test_dead_nodes_among_living_ones_are_exactly_the_culprits(dead: set[str]) -> None:
    down = [
        (f"n{one}", f"n{other}")
        for one in PLACES
        for other in PLACES
        if one < other and {f"n{one}", f"n{other}"} & dead
    ]

    told = incidents(mesh_with(down), ())

    assert {end for incident in told for end in incident.ends} == dead
    assert {incident.shape for incident in told} == {Shape.CULPRIT}


@given(PAIRS, st.sets(NAMES))
def test_sessions_of_excused_nodes_are_no_incident(
    down: set[tuple[str, str]], excused: set[str]
) -> None:
    told = incidents(mesh_with(down), excused)

    assert not any(excused & {*incident.ends, *incident.peers} for incident in told)


@pytest.mark.parametrize("excused", [(), ("n1",)])
def test_what_is_down_is_told_unless_it_is_excused(excused: tuple[str, ...]) -> None:
    told = incidents(mesh_with([("n1", "n2")]), excused)

    assert [incident.shape for incident in told] == ([] if excused else [Shape.PAIR])
