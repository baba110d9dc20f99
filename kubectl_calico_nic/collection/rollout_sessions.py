"""Asks every node, where all else is proven, until its NIC, sessions and routes are right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from kubectl_calico_nic.collection.collect import Collector
from kubectl_calico_nic.collection.gaps import EXEC
from kubectl_calico_nic.collection.probe import Questions
from kubectl_calico_nic.diagnosis.settings import env_of_node
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import bare
from kubectl_calico_nic.rollout.peer_routes import left_elsewhere
from kubectl_calico_nic.snapshot.snapshot import Gap, NodeFacts, Snapshot

_TRIES = 10
"""BIRD may wait 30 seconds after an error before it connects again; this many tries take 45."""
_LONGEST_PAUSE = 10.0
"""Seconds between two tries; the first pause is one second, each further one is longer."""


class RolloutSessions:
    """What the nodes said, by the uid of their pods; ``monotonic`` counts seconds.

    ``tries`` says of an answer how often its node is to be asked before that is believed, 0 where
    it may be at once; by default until all is up.
    """

    def __init__(
        self,
        collector: Collector,
        monotonic: Callable[[], float],
        tries: Callable[[NodeFacts, Snapshot], int] | None = None,
    ) -> None:
        self._collector = collector
        self._monotonic = monotonic
        self._tries = tries or _tries_until_all_is_up
        self._answers: dict[str, _Answer] = {}

    @property
    def next_look(self) -> float | None:
        """The seconds until asking again may tell more; None: it will not."""
        now = self._monotonic()
        times = [found.next_try - now for found in self._answers.values() if found.may_change]
        return max(min(times), 0.0) if times else None

    def forget(self) -> None:
        """What was answered is of the past."""
        self._answers = {}

    def asks_again(self, facts: NodeFacts) -> bool:
        """Whether asking this node again may tell more."""
        known = self._answers.get(facts.pod.uid) if facts.pod else None
        return known is not None and known.may_change

    def added_to(self, snapshot: Snapshot, names: Collection[str] | None = None) -> Snapshot:
        """Ask the nodes that were not asked yet, or not all up then; add what all of them said.

        With ``names`` only those are asked, and what others said is of the past.
        """
        nodes = snapshot.nodes
        if names is not None:
            nodes = tuple(facts for facts in nodes if facts.name in names)
            mine = {facts.pod.uid for facts in nodes if facts.pod}
            self._answers = {uid: known for uid, known in self._answers.items() if uid in mine}
        questions = dict(self._due(nodes, snapshot))
        if questions:
            self._take(self._collector.ask(dataclasses.replace(snapshot, gaps=()), questions))
        answers = dict(self._answers_in(snapshot))
        nodes = tuple(self._with_answer(facts) for facts in snapshot.nodes)
        before = [gap for gap in snapshot.gaps if gap.resource != EXEC or gap.node not in answers]
        gaps = (gap for answer in answers.values() for gap in answer.gaps)
        return dataclasses.replace(snapshot, nodes=nodes, gaps=(*before, *gaps))

    def _answers_in(self, snapshot: Snapshot) -> Iterator[tuple[str, _Answer]]:
        """By node what was answered by the pods that are there now."""
        for facts in snapshot.nodes:
            if facts.pod and facts.pod.uid in self._answers:
                yield facts.name, self._answers[facts.pod.uid]

    def _due(
        self, nodes: Iterable[NodeFacts], snapshot: Snapshot
    ) -> Iterator[tuple[str, Questions]]:
        now = self._monotonic()
        for facts in nodes:
            if facts.pod is None or not env_of_node(facts, snapshot).may_run_bird:
                continue
            known = self._answers.get(facts.pod.uid)
            if known is None or (known.may_change and known.next_try <= now):
                yield (
                    facts.name,
                    Questions(
                        not _stands_on_a_nic(facts), sessions=_families(facts), peer_routes=True
                    ),
                )

    def _take(self, asked: Snapshot) -> None:
        now = self._monotonic()
        gaps = {gap.node: gap for gap in asked.gaps}
        for facts in asked.nodes:
            refused = (gaps[facts.name],) if facts.name in gaps else ()
            if facts.pod is None or (facts.sessions is None and not refused):
                continue
            before = self._answers.get(facts.pod.uid)
            tries = before.tries + 1 if before else 1
            final = refused and refused[0].forbidden
            left = 0 if final else self._tries(facts, asked) - tries
            self._answers[facts.pod.uid] = _Answer(facts, refused, now, tries, left > 0)

    def _with_answer(self, facts: NodeFacts) -> NodeFacts:
        known = self._answers.get(facts.pod.uid) if facts.pod else None
        if known is None:
            return facts
        asked = known.facts
        return dataclasses.replace(
            facts,
            sessions=asked.sessions,
            inventory=asked.inventory,
            peer_routes=asked.peer_routes,
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one node said when it was asked at ``asked_at``, for the ``tries``-th time.

    ``may_change`` says whether it is to be asked again.
    """

    facts: NodeFacts
    gaps: tuple[Gap, ...]
    asked_at: float
    tries: int
    may_change: bool

    @property
    def next_try(self) -> float:
        """When asking again is due, if it is worth it."""
        return self.asked_at + min(float(self.tries), _LONGEST_PAUSE)


def _tries_until_all_is_up(facts: NodeFacts, _: Snapshot) -> int:
    """0 when every session, NIC and route is as it should be."""
    known = facts.sessions
    if known is None or known.without_daemon or not _stands_on_a_nic(facts):
        return _TRIES
    if any(left_elsewhere(facts, family) for family in known.by_family):
        return _TRIES
    found = known.by_family.values()
    is_up = all(session.is_established for sessions in found for session in sessions)
    return 0 if is_up else _TRIES


def _stands_on_a_nic(facts: NodeFacts) -> bool:
    """Whether every address that calico-node stored is known to be on a NIC that is up."""
    inventory, stored = facts.inventory, facts.node.stored if facts.node else {}
    if inventory is None:
        return False
    nics = [inventory.interface_with(bare(address)) for address in stored.values()]
    return all(nic is not None and nic.is_up is not False for nic in nics)


def _families(facts: NodeFacts) -> tuple[Family, ...]:
    """The families that calico-node stored an address of; else IPv4."""
    return tuple(facts.node.stored if facts.node else ()) or (Family.IPV4,)
