"""Where a rollout stands: what is waited for, what is proven, what cannot come right by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.calico.log.reading import LogReading, Outcome
from kubectl_calico_nic.diagnosis.diagnose import diagnose
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.rollout.judgement import judge, of_present_nodes
from kubectl_calico_nic.rollout.state import NodeRollout, Phase, Rollout
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import DAEMON_SET, SILENT, cluster, decision, detected, log, nics, node

OLD, NEW = "hash-old", "hash-new"
GENERATION = "deprecated.daemonset.template.generation"
BOND4 = "172.16.10.{}/24"
REFUSED = decision(Outcome.CONFLICT, BOND4.format(3), other_node="node-9")
CRASHED = ContainerState("waiting", reason="CrashLoopBackOff", restarts=1)
NICS = nics("bond3 172.16.16.1/23", "bond4 172.16.10.1/24")


def on(number: int, *, template: str = NEW, **facts: Any) -> NodeFacts:
    """A node that chose its expected address, with a pod of the old or the new template."""
    address = BOND4.format(number)
    defaults = {
        "internal_ip": address.partition("/")[0],
        "stored": address,
        "log": detected(address, "bond4", "interface"),
    }
    found = node(f"node-{number}", **{**defaults, **facts})
    if found.pod is None:
        return found
    labels = {"revision_hash": template, "template_generation": {OLD: "1", NEW: "2"}[template]}
    return dataclasses.replace(found, pod=dataclasses.replace(found.pod, **labels))


def with_pod(facts: NodeFacts, **changes: Any) -> NodeFacts:
    assert facts.pod is not None
    return dataclasses.replace(facts, pod=dataclasses.replace(facts.pod, **changes))


def snapshot(
    *nodes: NodeFacts,
    desired: int | None = None,
    current: int | None = None,
    observed: int = 2,
    newest: str | None = NEW,
    method: str = "interface=bond4",
) -> Snapshot:
    """A cluster whose template was changed to its second generation."""
    count = len(nodes) if desired is None else desired
    status = {
        "observedGeneration": observed,
        "desiredNumberScheduled": count,
        "currentNumberScheduled": count if current is None else current,
    }
    metadata = {"generation": 2, "annotations": {GENERATION: "2"}}
    found = cluster(*nodes, method=method, status=status, metadata=metadata)
    revisions: Mapping[str, str] = {DAEMON_SET: newest} if newest else {}
    return dataclasses.replace(found, revisions=revisions)


def judged(found: Snapshot, **question: Any) -> Rollout:
    present = of_present_nodes(found)
    return judge(present, diagnose(present, Question(**question)), found.daemon_sets[0])


def row(found: Snapshot, name: str) -> NodeRollout:
    (node,) = (node for node in judged(found).nodes if node.name == name)
    return node


def with_sessions(facts: NodeFacts, *states: str, **fields: Any) -> NodeFacts:
    """The node with sessions in ``states``, the first with 172.16.10.101."""
    found = tuple(
        BgpSession(f"172.16.10.{number}", PeerKind.MESH, state)
        for number, state in enumerate(states, start=101)
    )
    sessions = BgpSessions(SessionsSource.BIRDCL, {Family.IPV4: found}, **fields)
    routes = {"172.16.10.101": "172.16.10.101 from 172.16.10.1 dev bond4 uid 0 \\    cache"}
    return dataclasses.replace(facts, sessions=sessions, peer_routes=routes)


def test_one_session_of_several_makes_a_node_ready_but_proves_nothing() -> None:
    up = with_sessions(on(1), "Established", "Established")
    down = with_sessions(on(2), "Established", "Active", "Active", "Idle", "Connect", "Passive")
    found = row(snapshot(up, down), "node-2")
    assert judged(snapshot(up)).done
    assert not judged(snapshot(up)).unproven
    assert found.phase is Phase.WAITING
    assert found.waits_for == (
        "1 of 6 BGP sessions are established, not with 172.16.10.102, 172.16.10.103, "
        "172.16.10.104 and 2 more"
    )


def test_a_bird_that_does_not_run_is_waited_for() -> None:
    sessions = BgpSessions(SessionsSource.BIRDCL, without_daemon=frozenset({Family.IPV4}))
    found = row(snapshot(dataclasses.replace(on(1), sessions=sessions)), "node-1")
    assert (found.phase, found.waits_for) == (Phase.WAITING, "IPv4: BIRD does not run")


def test_an_address_on_a_nic_that_is_not_up_proves_nothing() -> None:
    def with_flags(*flags: str) -> NodeFacts:
        interfaces = tuple(
            dataclasses.replace(nic, flags=frozenset(flags)) for nic in NICS.interfaces
        )
        return on(1, inventory=dataclasses.replace(NICS, interfaces=interfaces))

    assert row(snapshot(with_flags("UP", "LOWER_UP")), "node-1").phase is Phase.PROVEN
    found = row(snapshot(with_flags("UP", "NO-CARRIER")), "node-1")
    assert found.waits_for == "172.16.10.1/24 is on bond4, which is not up"


def routed(answer: str, *, stored: str = BOND4.format(1), **facts: Any) -> NodeFacts:
    """A node whose session with 172.16.10.101 is up, and what the kernel says of the way there."""
    up = with_sessions(on(1, stored=stored, **{"inventory": NICS, **facts}), "Established")
    return dataclasses.replace(up, peer_routes={"172.16.10.101": answer})


LEFT = "172.16.10.101 from 172.16.10.1 via 172.16.16.254 dev bond3 uid 0 \\    cache"


def test_a_route_to_a_peer_that_is_left_on_another_nic_proves_nothing() -> None:
    found = row(snapshot(routed(LEFT)), "node-1")
    assert (found.phase, found.waits_for) == (
        Phase.WAITING,
        "172.16.10.101 is in the network of bond4, but the kernel's route to it leaves by bond3",
    )
    assert not judged(snapshot(routed(LEFT))).done


def nics_and(*interfaces: str) -> NodeFacts:
    return routed(LEFT, inventory=nics(*interfaces, "bond4 172.16.10.1/24"))


HEALTHY_ROUTES = {
    "its own NIC": routed("172.16.10.101 from 172.16.10.1 dev bond4 uid 0 \\    cache"),
    "a tunnel of Calico": routed("172.16.10.101 from 172.16.10.1 dev wireguard.cali table 1"),
    "a NIC without addresses": nics_and("bond3"),
    "a NIC that nobody listed": nics_and("eth9 172.16.16.1/23"),
    "a NIC in the same network": nics_and("bond3 172.16.10.9/24"),
    "a NIC with an address of no network": nics_and("bond3 100.64.0.1/32"),
    "a NIC that Calico never takes": routed(
        LEFT.replace("bond3", "docker0"),
        inventory=nics("docker0 172.17.0.1/16", "bond4 172.16.10.1/24"),
    ),
    "no interfaces known": routed(LEFT, inventory=None),
    "a refusal": routed("RTNETLINK answers: Invalid argument"),
}


@pytest.mark.parametrize("name", HEALTHY_ROUTES)
def test_a_route_that_may_be_meant_is_no_alarm(name: str) -> None:
    rollout = judged(snapshot(HEALTHY_ROUTES[name]))
    assert (rollout.done, rollout.unproven) == (True, ())


def test_a_peer_outside_the_chosen_network_may_be_reached_by_any_nic() -> None:
    narrow = routed(LEFT, stored="172.16.10.1/26", log=detected("172.16.10.1/26", "bond4"))
    assert judged(snapshot(narrow)).done


def test_routes_that_were_asked_for_in_vain_are_listed() -> None:
    unknown = routed('Object "route" is unknown, try "ip help".')
    rollout = judged(snapshot(unknown))
    assert (rollout.done, rollout.unproven) == (
        True,
        ("node-1: the kernel's routes to the BGP peers are not known",),
    )


def test_what_was_not_asked_is_listed_unless_there_is_no_bird() -> None:
    several = judged(snapshot(*map(on, range(1, 6))))
    assert several.unproven == (
        "node-1, node-2, node-3 and 2 more: the BGP sessions are not known",
    )
    assert judged(snapshot(on(1, env={"CALICO_NETWORKING_BACKEND": "vxlan"}))).unproven == ()


def test_everything_new_ready_and_right_is_done() -> None:
    rollout = judged(snapshot(on(1), on(2)))
    assert (rollout.done, rollout.updated, rollout.desired) == (True, 2, 2)
    assert [found.phase for found in rollout.nodes] == [Phase.PROVEN] * 2


def test_a_template_that_the_controller_has_not_seen_is_not_rolled_out() -> None:
    """Its revision does not exist yet: the newest one is that of the pods there are."""
    old = snapshot(on(1, template=OLD), on(2, template=OLD), observed=1, newest=OLD)
    rollout = judged(old)
    assert (rollout.done, rollout.settled, rollout.updated) == (False, False, 0)
    assert [found.updated for found in rollout.nodes] == [False, False]


def test_what_an_old_pod_did_is_no_reason_to_stop() -> None:
    kept = decision(Outcome.KEPT, BOND4.format(1), method="interface")
    assert not judged(snapshot(on(1, template=OLD, log=kept), observed=1, newest=OLD)).stuck


def test_a_pod_of_a_template_that_came_back_is_updated() -> None:
    """The controller finds an equal revision, makes it the newest, and leaves such pods alone."""
    assert judged(snapshot(on(1, template=OLD), newest=OLD)).done


def test_a_pod_that_is_being_deleted_proves_nothing() -> None:
    leaving = with_pod(on(1), deleted=True)
    rollout = judged(snapshot(leaving, on(2)))
    assert (rollout.done, rollout.settled) == (False, False)
    assert rollout.nodes[0].waits_for == "pod calico-node-node-1 is being deleted"


@pytest.mark.parametrize("last", [detected(BOND4.format(3), "bond4", "interface"),
                                  detected("172.16.16.3/23", "bond3"), SILENT, None])  # fmt: skip
def test_a_node_that_was_deleted_is_not_waited_for(last: LogReading | None) -> None:
    """Its pod stays for a while, with its log or without."""
    gone = dataclasses.replace(on(3, template=OLD, log=last), node=None)
    rollout = judged(snapshot(on(1), on(2), gone, desired=2))
    assert rollout.done
    assert [found.name for found in rollout.nodes] == ["node-1", "node-2"]
    assert rollout.findings == ()


def test_nodes_that_may_not_be_read_are_known_from_their_pods() -> None:
    blind = [dataclasses.replace(on(number), node=None) for number in (1, 2)]
    assert [found.name for found in judged(snapshot(*blind)).nodes] == ["node-1", "node-2"]


def test_a_node_that_joined_is_waited_for() -> None:
    rollout = judged(snapshot(on(1), on(2, pod=False, log=None, stored=()), current=1))
    assert (rollout.done, rollout.settled) == (False, False)
    assert rollout.nodes[1].waits_for == "no calico-node pod yet"


def test_a_node_that_the_daemon_set_does_not_want_is_not_waited_for() -> None:
    """Of taints that the pods do not tolerate only the DaemonSet's status tells."""
    rollout = judged(snapshot(on(1), on(2, pod=False, log=None, stored=()), desired=1))
    assert rollout.done
    assert [found.name for found in rollout.nodes] == ["node-1"]


@pytest.mark.parametrize(
    "state",
    [
        ContainerState("waiting", reason="ImagePullBackOff"),
        ContainerState("waiting", reason="ErrImagePull"),
        ContainerState("waiting", reason="CreateContainerConfigError"),
        ContainerState("waiting", reason="PodInitializing"),
        ContainerState("unknown"),
    ],
)
def test_what_may_come_right_by_itself_is_waited_for(state: ContainerState) -> None:
    rollout = judged(snapshot(on(1, ready=False, state=state, log=None), on(2)))
    assert (rollout.stuck, rollout.settled, rollout.done) == ((), False, False)


def ended(*decisions: Any) -> LogReading:
    return log(*decisions, started=False, terminated=True)


def test_the_same_fatal_end_twice_is_stuck() -> None:
    found = on(3, ready=False, state=CRASHED, log=ended(REFUSED), previous_log=ended(REFUSED))
    (stuck,) = judged(snapshot(found, on(2))).stuck
    assert (stuck.name, stuck.verdict) == ("node-3", "address-conflict")


@pytest.mark.parametrize("before", [None, ended(), ended(decision(Outcome.FAILED))])
def test_one_fatal_end_may_be_chance(before: LogReading | None) -> None:
    found = on(3, ready=False, state=CRASHED, log=ended(REFUSED), previous_log=before)
    assert not judged(snapshot(found, on(2))).stuck


def test_a_kept_address_is_stuck_however_right_it_is() -> None:
    kept = decision(Outcome.KEPT, BOND4.format(1), method="interface")
    (stuck,) = judged(snapshot(on(1, log=kept), on(2))).stuck
    assert stuck.verdict == "kept-stale-address"


def test_an_address_that_no_log_speaks_of_proves_nothing() -> None:
    """It may be the old one: a pod whose detection failed keeps it and is Ready."""
    rollout = judged(snapshot(on(1, log=None), on(2)))
    assert (rollout.done, rollout.settled) == (False, True)
    assert rollout.nodes[0].waits_for == "its log was not read: 172.16.10.1/24 may be the old one"


def test_a_silent_log_and_the_predicted_address_are_proof() -> None:
    assert judged(snapshot(on(1, log=SILENT, inventory=NICS))).done


@pytest.mark.parametrize("inventory", [None, nics("bond3 172.16.16.1/23")])
def test_a_silent_log_alone_is_none(inventory: Any) -> None:
    rollout = judged(snapshot(on(1, log=SILENT, inventory=inventory)))
    assert not rollout.done
    assert rollout.nodes[0].waits_for == (
        "its log does not tell of 172.16.10.1/24, which may be the old one"
    )


def test_without_an_expectation_the_choice_counts_and_is_listed() -> None:
    rollout = judged(snapshot(on(1, internal_ip=())))
    assert rollout.done
    assert rollout.unproven == (
        "node-1: nothing says which IPv4 address is expected",
        "node-1: the BGP sessions are not known",
    )
