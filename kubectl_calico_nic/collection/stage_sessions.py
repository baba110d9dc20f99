"""Asks the nodes of a stage for their BGP sessions and routes, and no other node."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kubectl_calico_nic.collection.collect import Collector
from kubectl_calico_nic.collection.gaps import EXEC
from kubectl_calico_nic.collection.rollout_sessions import RolloutSessions
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.rollout.stage_proof import TRIES, StageProof, stage_proof, with_proofs
from kubectl_calico_nic.rollout.state import NodeRollout, Phase, Rollout
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

_PATIENCE = 2
"""How many times as often a pod is asked that is not Ready: it may have begun just now."""


class StageSessions:
    """The proof of the ``nodes`` of one stage; ``monotonic`` counts seconds."""

    def __init__(
        self, nodes: tuple[str, ...], collector: Collector, monotonic: Callable[[], float]
    ) -> None:
        self._nodes = frozenset(nodes)
        self._ready = _Proofs(collector, monotonic, 1)
        self._unready = _Proofs(collector, monotonic, _PATIENCE)

    @property
    def next_look(self) -> float | None:
        """The seconds until asking again may tell more; None: it will not."""
        looks = (self._ready.next_look, self._unready.next_look)
        return min((seconds for seconds in looks if seconds is not None), default=None)

    def proven(self, rollout: Rollout, snapshot: Snapshot) -> Rollout:
        """Ask the nodes of the stage whose new pods run; add what they show.

        Those that are Ready on the expected address are to be proven; those that are not Ready may
        be so for want of a session. A node that may not be asked stays as it is.
        """
        mine = [each for each in rollout.nodes if each.name in self._nodes and _is_new(each)]
        running = {facts.name for facts in snapshot.nodes if _runs(facts)}
        ready = [each for each in mine if each.ready and each.phase is Phase.PROVEN]
        unready = [each for each in mine if each.ready is False and each.name in running]
        rollout = self._ready.added_to(rollout, snapshot, ready)
        return self._unready.added_to(rollout, snapshot, unready)


def _is_new(node: NodeRollout) -> bool:
    return node.updated is not False


def _runs(facts: NodeFacts) -> bool:
    pod = facts.pod
    return pod is not None and pod.container_state.state == "running" and not pod.deleted


class _Proofs:
    """What some nodes show, judged once for each answer: the peers of many nodes are many.

    They are asked ``patience`` times as often as usual before what is amiss is believed.
    """

    def __init__(self, collector: Collector, monotonic: Callable[[], float], patience: int) -> None:
        self._patience = patience
        self._families: Mapping[str, tuple[Family, ...]] = {}
        self._judged: dict[str, StageProof] = {}
        self._sessions = RolloutSessions(collector, monotonic, self._tries)

    @property
    def next_look(self) -> float | None:
        return self._sessions.next_look

    def added_to(self, rollout: Rollout, snapshot: Snapshot, nodes: list[NodeRollout]) -> Rollout:
        self._families = {node.name: tuple(row.family for row in node.families) for node in nodes}
        asked = self._sessions.added_to(snapshot, self._families)
        refused = {gap.node for gap in asked.gaps if gap.resource == EXEC and gap.forbidden}
        mine = [facts for facts in asked.nodes if facts.name in self._families]
        proofs = {
            facts.name: self._proof(facts, asked)
            for facts in mine
            if facts.sessions is not None or facts.name not in refused
        }
        pending = {facts.name for facts in mine if self._sessions.asks_again(facts)}
        return with_proofs(rollout, proofs, pending)

    def _tries(self, facts: NodeFacts, snapshot: Snapshot) -> int:
        proof = self._judged[_uid(facts)] = self._judge(facts, snapshot)
        return proof.tries * (self._patience if proof.tries == TRIES else 1)

    def _proof(self, facts: NodeFacts, snapshot: Snapshot) -> StageProof:
        return self._judged.get(_uid(facts)) or self._judge(facts, snapshot)

    def _judge(self, facts: NodeFacts, snapshot: Snapshot) -> StageProof:
        return stage_proof(facts, self._families[facts.name], snapshot)


def _uid(facts: NodeFacts) -> str:
    return facts.pod.uid if facts.pod else ""
