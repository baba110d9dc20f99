"""One scenario, and the nodes that scenarios are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts, Snapshot
from tests.clusters import container, detected, node

CRASHING = ContainerState("waiting", reason="CrashLoopBackOff", restarts=7, last_exit_code=1)
CREATING = ContainerState("waiting", reason="ContainerCreating")


def right(number: int, **values: object) -> NodeFacts:
    """A node that chose its InternalIP 10.0.0.N on eth0."""
    address = f"10.0.0.{number}"
    facts = node(
        f"n{number}",
        internal_ip=address,
        stored=f"{address}/24",
        log=detected(f"{address}/24", "eth0"),
    )
    return replace(facts, **values)


def elsewhere(number: int, **values: object) -> NodeFacts:
    """A node that chose 192.168.7.N on eth1 while its InternalIP is 10.0.0.N."""
    address = f"192.168.7.{number}/24"
    settings = {"stored": address, "log": detected(address, "eth1"), **values}
    return node(f"n{number}", internal_ip=f"10.0.0.{number}", **settings)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Scenario:
    """``found`` is what is found: ``n1 wrong-network``, ``n1/IPv6 no-expectation``.

    A finding about the whole cluster is ``- mixed-versions``.
    """

    snapshot: Snapshot
    found: set[str]
    question: Question = field(default_factory=Question)


@dataclass(frozen=True)
class Without:
    """``scenario`` (its sentence) without the evidence of one finding."""

    scenario: str
    remove: Callable[[Snapshot], Snapshot]


def every_node(change: Callable[[NodeFacts], NodeFacts]) -> Callable[[Snapshot], Snapshot]:
    """``change`` for every node of a snapshot."""
    return lambda snapshot: replace(snapshot, nodes=tuple(map(change, snapshot.nodes)))


def first_node_alone(snapshot: Snapshot) -> Snapshot:
    """``snapshot`` with its first node only."""
    return replace(snapshot, nodes=snapshot.nodes[:1])


def in_every_pod(**env: str) -> Callable[[Snapshot], Snapshot]:
    """``snapshot`` whose pods have these variables and no others."""

    def change(facts: NodeFacts) -> NodeFacts:
        assert facts.pod is not None
        return replace(facts, pod=replace(facts.pod, container=container(env)))

    return every_node(change)


def _no_logs(facts: NodeFacts) -> NodeFacts:
    return replace(facts, log=None, previous_log=None, log_state=LogState.UNREADABLE)


def _no_internal_ips(facts: NodeFacts) -> NodeFacts:
    return replace(facts, node=facts.node and replace(facts.node, internal_ips=()))


def _no_inventory(facts: NodeFacts) -> NodeFacts:
    return replace(facts, inventory=None)


without_logs = every_node(_no_logs)
without_internal_ips = every_node(_no_internal_ips)
without_inventories = every_node(_no_inventory)
