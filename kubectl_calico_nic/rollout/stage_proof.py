"""What BGP and the kernel's routes say of a node of a stage, while the rest is as it was before.

A rollout that is over wants every session. During a stage the other nodes may be on the old
network still: a node that moved may reach those alone that are on its new network already, and
none where it is the first there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.calico.autodetection.kernel_route import parse_route
from kubectl_calico_nic.calico.bird.session import BgpSession
from kubectl_calico_nic.diagnosis.settings import env_of_node
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import bare, holds, network_of
from kubectl_calico_nic.findings.kinds.bgp_down import BGP_DOWN
from kubectl_calico_nic.rollout.peer_routes import are_unknown, left_elsewhere, peers_to_ask
from kubectl_calico_nic.rollout.state import NodeRollout, Phase, Rollout
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

TRIES = 10
"""How often a node is asked before what fails there is believed: BIRD connects again by itself."""
_TRIES_OF_A_PART = 3
"""How often where some sessions are up: others may come, and are not waited for any longer."""
_NAMED = 3
_UNASKED = "BGP sessions and routes were not asked"


@dataclass(frozen=True, slots=True)
class StageProof:
    """What was seen of one node in words; ``is_failure``: the new address does not work there.

    ``tries`` is how often the node is to be asked before that is believed, 0 where once is enough.
    ``is_alone``: it has peers, and no session with any of them.
    """

    text: str
    is_failure: bool = False
    tries: int = 0
    is_alone: bool = False


def stage_proof(facts: NodeFacts, families: Iterable[Family], snapshot: Snapshot) -> StageProof:
    """Judge a node whose new pod runs on the expected address, by its own sessions and routes.

    ``snapshot`` has the other nodes, whose addresses say which of them it should reach.
    """
    env = env_of_node(facts, snapshot)
    if not env.may_run_bird:
        return StageProof("no BGP with this backend")
    if facts.sessions is None:
        return StageProof("BGP sessions not known", tries=TRIES)
    found = [_of_family(facts, family, snapshot) for family in families]
    failure = next((proof for proof in found if proof.is_failure), None)
    if failure is not None:
        return failure
    texts = [proof.text for proof in found]
    if len(found) > 1:
        texts = [f"{family.label} {text}" for family, text in zip(families, texts, strict=True)]
    tries = max((proof.tries for proof in found), default=0)
    is_alone = any(proof.is_alone for proof in found)
    return StageProof("; ".join(texts), tries=tries, is_alone=is_alone)


def _of_family(facts: NodeFacts, family: Family, snapshot: Snapshot) -> StageProof:
    assert facts.sessions is not None
    if family in facts.sessions.without_daemon:
        # Where the backend is not known, there may be no BIRD on any node.
        known = env_of_node(facts, snapshot).knows_backend
        text = "BIRD does not run" if known else "BIRD does not run; the backend is not known"
        return StageProof(f"{family.label}: {text}" if known else text, known, TRIES)
    if left := left_elsewhere(facts, family):
        return StageProof(left, is_failure=True, tries=TRIES)
    sessions = facts.sessions.by_family.get(family)
    if sessions is None:
        return StageProof("BGP sessions not known", tries=TRIES)
    if not sessions:
        return StageProof("BGP has no peers")
    return _of_sessions(facts, family, sessions, snapshot)


def _of_sessions(
    facts: NodeFacts, family: Family, sessions: Sequence[BgpSession], snapshot: Snapshot
) -> StageProof:
    up = sum(session.is_established for session in sessions)
    counted, network = f"BGP {up}/{len(sessions)}", network_of(_stored(facts, family))
    there = _answering(family, snapshot)
    here = [session for session in sessions if network and holds(network, session.peer)]
    near = [session for session in here if there.get(bare(session.peer), True)]
    if near and not any(session.is_established for session in here):
        return _unreached(near, network, len(sessions), up)
    if up:
        missing = any(not session.is_established for session in near)
        tries = _TRIES_OF_A_PART if missing else 0
        return StageProof(f"{counted}{_routes(facts, family)}", tries=tries)
    where = f"in its network {network}" if network else "known to be in its network"
    text = f"{counted}, which proves nothing: no Ready peer is {where} yet"
    return StageProof(text, tries=TRIES, is_alone=True)


def _unreached(near: Sequence[BgpSession], network: str | None, total: int, up: int) -> StageProof:
    """``near``: peers that should answer and do not; ``up`` of ``total`` are elsewhere."""
    peers = ", ".join(session.peer for session in near[:_NAMED])
    more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
    counted = f"{up} of {total} BGP sessions are established"
    far = f", none of them in its network {network}" if up else ""
    where = "" if up else f" in its network {network}"
    text = f"{counted}{far}, though {peers}{more} should answer{where}"
    return StageProof(text, is_failure=True, tries=TRIES, is_alone=not up)


def _answering(family: Family, snapshot: Snapshot) -> dict[str, bool]:
    """By address whether the calico-node of a node that has it can answer now."""
    found: dict[str, bool] = {}
    for facts in snapshot.nodes:
        address, pod = bare(_stored(facts, family)), facts.pod
        answers = pod is not None and bool(pod.ready) and not pod.deleted
        found[address] = found.get(address, False) or answers
    return found


def _stored(facts: NodeFacts, family: Family) -> str:
    return facts.node.stored.get(family, "") if facts.node else ""


def _routes(facts: NodeFacts, family: Family) -> str:
    """By which NIC the ways to some of the peers leave, as far as the kernel told."""
    asked = peers_to_ask(facts, family)
    if not asked:
        return ""
    if are_unknown(facts, family):
        return ", routes to its peers not known"
    routes = (parse_route(facts.peer_routes.get(peer, "")) for peer in asked)
    devices = dict.fromkeys(route.device for route in routes if route.device)
    return f", routes to its peers by {', '.join(devices)}" if devices else ""


def with_proofs(
    rollout: Rollout, proofs: Mapping[str, StageProof], pending: Collection[str]
) -> Rollout:
    """The rollout with what was seen of nodes; those of ``pending`` are asked again."""
    nodes = tuple(
        _with_proof(node, proofs[node.name], is_pending=node.name in pending)
        if node.name in proofs
        else node
        for node in rollout.nodes
    )
    done = rollout.done and all(node.phase is Phase.PROVEN for node in nodes)
    return dataclasses.replace(rollout, nodes=nodes, done=done)


def _with_proof(node: NodeRollout, proof: StageProof, *, is_pending: bool) -> NodeRollout:
    if not node.ready:
        return _unready(node, proof, is_pending=is_pending)
    if not (proof.is_failure or is_pending):
        return dataclasses.replace(node, proof=proof.text)
    return dataclasses.replace(
        node, phase=Phase.WAITING, verdict=Phase.WAITING.value, waits_for=proof.text
    )


def _unready(node: NodeRollout, proof: StageProof, *, is_pending: bool) -> NodeRollout:
    """calico-node's readiness asks for a session: without any the pod never is Ready by itself.

    Nor is it where what a session needs fails: BIRD, or the way to the peers.
    """
    if not (proof.is_alone or proof.is_failure):
        return node
    found = dataclasses.replace(node, waits_for=f"{node.waits_for}; {proof.text}")
    if is_pending:
        return found
    return dataclasses.replace(found, phase=Phase.STUCK, verdict=BGP_DOWN.id)


def shown(nodes: Sequence[NodeRollout]) -> str:
    """All that a stage shows of its proven nodes, in words."""
    if not any(node.proof for node in nodes):
        return f"Ready on the expected address; {_UNASKED}"
    more = f"; {len(nodes) - _NAMED} more nodes: see above" if len(nodes) > _NAMED else ""
    return f"Ready on the expected address ({'; '.join(_told(nodes[:_NAMED]))}{more})"


def _told(nodes: Iterable[NodeRollout]) -> Iterator[str]:
    for node in nodes:
        yield f"{node.name}: {node.proof or _UNASKED}"
