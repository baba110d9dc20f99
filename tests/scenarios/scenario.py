"""One scenario, and the nodes that scenarios are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import detected, node

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
