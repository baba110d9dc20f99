"""What sessions and routes prove of a node of a stage, while others are as they were before."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.rollout.stage_proof import (
    TRIES,
    StageProof,
    shown,
    stage_proof,
    with_proofs,
)
from kubectl_calico_nic.rollout.state import NodeRollout, Phase
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from tests.clusters import cluster, nics, node
from tests.test_rollout_judgement import judged, snapshot

V4, V6 = Family.IPV4, Family.IPV6
BIRD = {"CALICO_NETWORKING_BACKEND": "bird"}
NICS = nics("bond3 172.16.16.23/23", "bond4 172.16.10.23/24")
NEAR = {"node-1": "172.16.10.21/24", "node-2": "172.16.10.22/24"}
FAR = {"node-1": "172.16.16.21/23", "node-2": "172.16.16.22/23"}
BY_BOND4 = "{} from 172.16.10.23 dev bond4 uid 0 \\    cache"
BY_BOND3 = "{} from 172.16.10.23 via 172.16.16.254 dev bond3 uid 0 \\    cache"


def canary(states: dict[str, bool], *, route: str = BY_BOND4, **facts: Any) -> NodeFacts:
    """node-3 with its sessions, by peer whether each is established."""
    found = tuple(
        BgpSession(peer, PeerKind.MESH, "Established" if up else "Active")
        for peer, up in states.items()
    )
    defaults = {"stored": "172.16.10.23/24", "inventory": NICS, "env": BIRD}
    return dataclasses.replace(
        node("node-3", **{**defaults, **facts}),
        sessions=BgpSessions(SessionsSource.BIRDCL, {V4: found}),
        peer_routes={peer: route.format(peer) for peer in states},
    )


def proof(facts: NodeFacts, others: dict[str, str] | None = None, **ready: bool) -> StageProof:
    """What is said of the canary beside the other nodes; those named in ``ready`` may be not."""
    rest = [
        node(name, stored=address, ready=ready.get(name.replace("-", "_"), True))
        for name, address in (NEAR if others is None else others).items()
    ]
    return stage_proof(facts, (V4,), cluster(*rest, facts))


def test_a_canary_that_peers_with_the_nodes_that_were_right_before_is_proven() -> None:
    """Two of four are on the wrong network, one of them the canary: it reaches the right two."""
    facts = canary({"172.16.10.21": True, "172.16.10.22": True, "172.16.16.24": False})
    others = {**NEAR, "node-4": "172.16.16.24/23"}
    assert proof(facts, others) == StageProof("BGP 2/3, routes to its peers by bond4")


def test_a_part_of_what_should_answer_is_looked_at_again_but_no_failure() -> None:
    found = proof(canary({"172.16.10.21": True, "172.16.10.22": False}))
    assert (found.text, found.is_failure) == ("BGP 1/2, routes to its peers by bond4", False)
    assert 1 < found.tries < TRIES


def test_no_session_though_a_peer_is_in_its_network_is_a_failure() -> None:
    found = proof(canary({"172.16.10.21": False, "172.16.10.22": False}))
    assert found == StageProof(
        "0 of 2 BGP sessions are established, though 172.16.10.21, 172.16.10.22 should answer in "
        "its network 172.16.10.0/24",
        is_failure=True,
        tries=TRIES,
        is_alone=True,
    )


def test_the_first_node_in_a_new_network_cannot_be_judged() -> None:
    """All others are on the old network, and nothing routes between the two."""
    found = proof(canary({"172.16.16.21": False, "172.16.16.22": False}), FAR)
    assert found == StageProof(
        "BGP 0/2, which proves nothing: no Ready peer is in its network 172.16.10.0/24 yet",
        tries=TRIES,
        is_alone=True,
    )


def test_the_first_node_in_a_new_network_that_is_routed_is_proven() -> None:
    found = proof(canary({"172.16.16.21": True, "172.16.16.22": True}), FAR)
    assert found == StageProof("BGP 2/2")


def test_a_peer_that_is_not_ready_itself_is_no_evidence() -> None:
    facts = canary({"172.16.10.21": False, "172.16.10.22": False})
    assert not proof(facts, node_1=False, node_2=False).is_failure
    assert proof(facts, node_1=False, node_2=True).is_failure


def test_a_peer_that_is_no_node_should_answer() -> None:
    """A route reflector or the rack's switch in the new network."""
    assert proof(canary({"172.16.10.1": False}), FAR).is_failure


def test_an_address_whose_network_is_not_known_cannot_be_judged() -> None:
    found = proof(canary({"172.16.10.21": False}, stored="172.16.10.23"))
    assert not found.is_failure
    assert "no Ready peer is known to be in its network" in found.text


@pytest.mark.parametrize("up", [True, False])
def test_a_route_to_a_peer_by_another_networks_nic_is_a_failure(up: bool) -> None:
    found = proof(canary({"172.16.10.21": up, "172.16.10.22": True}, route=BY_BOND3))
    assert found == StageProof(
        "172.16.10.21 is in the network of bond4, but the kernel's route to it leaves by bond3",
        is_failure=True,
        tries=TRIES,
    )


def test_routes_that_were_not_told_are_said_to_be_unknown() -> None:
    found = proof(canary({"172.16.10.21": True}, route='Object "route" is unknown'))
    assert found.text == "BGP 1/1, routes to its peers not known"


def test_a_bird_that_does_not_run_is_a_failure_where_it_should() -> None:
    dead = dataclasses.replace(
        canary({}), sessions=BgpSessions(SessionsSource.BIRDCL, without_daemon=frozenset({V4}))
    )
    assert proof(dead) == StageProof("IPv4: BIRD does not run", is_failure=True, tries=TRIES)


def test_a_bird_that_does_not_run_is_none_where_the_backend_is_not_known() -> None:
    """A ConfigMap may say vxlan that may not be read."""
    unread = {"name": "CALICO_NETWORKING_BACKEND", "valueFrom": {"configMapKeyRef": {"name": "x",
              "key": "y"}}}  # fmt: skip
    facts = canary({})
    assert facts.pod is not None
    container = {"name": "calico-node", "env": [unread]}
    dead = dataclasses.replace(
        facts,
        pod=dataclasses.replace(facts.pod, container=container),
        sessions=BgpSessions(SessionsSource.BIRDCL, without_daemon=frozenset({V4})),
    )
    found = proof(dead)
    assert (found.text, found.is_failure) == (
        "BIRD does not run; the backend is not known",
        False,
    )


def test_one_session_with_another_network_does_not_hide_that_its_own_is_dead() -> None:
    facts = canary({"172.16.10.21": False, "172.16.10.22": False, "172.16.16.24": True})
    found = proof(facts, {**NEAR, "node-4": "172.16.16.24/23"})
    assert found == StageProof(
        "1 of 3 BGP sessions are established, none of them in its network 172.16.10.0/24, though "
        "172.16.10.21, 172.16.10.22 should answer",
        is_failure=True,
        tries=TRIES,
    )


@pytest.mark.parametrize("backend", ["vxlan", "none"])
def test_without_bgp_there_is_nothing_to_ask(backend: str) -> None:
    found = proof(node("node-3", env={"CALICO_NETWORKING_BACKEND": backend}))
    assert found == StageProof("no BGP with this backend")


def test_a_node_without_peers_has_none() -> None:
    assert proof(canary({})) == StageProof("BGP has no peers")


def test_each_family_is_told_of() -> None:
    six = BgpSession("2001:db8::21", PeerKind.MESH, "Active")
    both = canary({"172.16.10.21": True}, stored=("172.16.10.23/24", "2001:db8::23/64"))
    assert both.sessions is not None
    sessions = {**both.sessions.by_family, V6: ()}
    found = dataclasses.replace(both, sessions=BgpSessions(SessionsSource.BIRDCL, sessions))
    others = cluster(node("node-1", stored=("172.16.10.21/24", "2001:db8::21/64")), found)
    assert stage_proof(found, (V4, V6), others).text == (
        "IPv4 BGP 1/1, routes to its peers by bond4; IPv6 BGP has no peers"
    )
    down = BgpSessions(SessionsSource.BIRDCL, {**sessions, V6: (six,)})
    failed = stage_proof(dataclasses.replace(found, sessions=down), (V4, V6), others)
    assert failed.is_failure


def test_what_was_seen_stands_in_the_row_and_a_failure_keeps_the_node_waiting() -> None:
    rollout = judged(snapshot(*_on(3)))
    assert rollout.done
    seen = with_proofs(rollout, {"node-1": StageProof("BGP 2/3")}, ())
    assert [(row.phase, row.proof) for row in seen.nodes][:2] == [
        (Phase.PROVEN, "BGP 2/3"),
        (Phase.PROVEN, ""),
    ]
    for proofs, pending in (
        ({"node-1": StageProof("no BIRD", is_failure=True)}, ()),
        ({"node-1": StageProof("no BIRD")}, ("node-1",)),
    ):
        found = with_proofs(rollout, proofs, pending)
        assert not found.done
        first = found.nodes[0]
        assert (first.phase, first.verdict, first.waits_for) == (
            Phase.WAITING,
            "waiting",
            "no BIRD",
        )


def test_a_pod_that_is_not_ready_for_want_of_a_session_is_given_up_in_the_end() -> None:
    """The readiness probe asks BIRD: nothing but a session makes such a pod Ready."""
    rollout = judged(snapshot(*_on(1)))
    node = dataclasses.replace(
        rollout.nodes[0], ready=False, phase=Phase.WAITING, waits_for="starting, not Ready"
    )
    rollout = dataclasses.replace(rollout, nodes=(node,))
    alone = {"node-1": StageProof("0 of 2", is_failure=True, tries=TRIES, is_alone=True)}
    (waits,) = with_proofs(rollout, alone, ("node-1",)).nodes
    (stuck,) = with_proofs(rollout, alone, ()).nodes
    assert (waits.phase, waits.waits_for) == (Phase.WAITING, "starting, not Ready; 0 of 2")
    assert (stuck.phase, stuck.verdict) == (Phase.STUCK, "bgp-down")
    for cause in ("BIRD does not run", "its route to 172.16.10.21 leaves by bond3"):
        (stuck,) = with_proofs(rollout, {"node-1": StageProof(cause, is_failure=True)}, ()).nodes
        assert (stuck.phase, stuck.waits_for) == (Phase.STUCK, f"starting, not Ready; {cause}")
    assert with_proofs(rollout, {"node-1": StageProof("BGP 1/2")}, ()).nodes == (node,)


def _on(count: int) -> list[NodeFacts]:
    from tests.test_rollout_judgement import on

    return [on(number) for number in range(1, count + 1)]


def test_what_a_stage_shows_in_words() -> None:
    rows = [
        NodeRollout(f"node-{number}", Phase.PROVEN, "ok", proof="BGP 2/3") for number in range(1, 6)
    ]
    bare = [dataclasses.replace(row, proof="") for row in rows]
    assert shown(rows[:1]) == "Ready on the expected address (node-1: BGP 2/3)"
    assert shown(rows).endswith("node-3: BGP 2/3; 2 more nodes: see above)")
    assert shown(bare) == ("Ready on the expected address; BGP sessions and routes were not asked")
    assert shown([rows[0], bare[1]]).endswith("; node-2: BGP sessions and routes were not asked)")
