"""The facts that the conditions of the findings see."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import can_serve, is_address, network_of
from kubectl_calico_nic.findings.case.choice import Choice
from kubectl_calico_nic.findings.case.expected import Expected
from kubectl_calico_nic.findings.case.keeper import Keeper
from kubectl_calico_nic.findings.case.setting import Setting
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Member:
    """One node in one family: what was read, chosen and expected.

    ``daemon_set`` is the ``NAMESPACE/NAME`` whose calico-node runs (or should run) there.
    ``why_unjudged`` is a sentence where nothing can be judged. ``backend_is_none`` says that
    calico-node does no networking there, ``is_enabled`` that its environment asks for an address of
    this family, ``lacks_pod`` that the DaemonSet wants a pod on the node and there is none.
    """

    facts: NodeFacts
    family: Family
    daemon_set: str | None
    version: Version
    setting: Setting
    choice: Choice
    expected: Expected | None
    why_unjudged: str = ""
    backend_is_none: bool = False
    is_enabled: bool = True
    lacks_pod: bool = False

    @property
    def name(self) -> str:
        """The node's name."""
        return self.facts.name

    @property
    def network(self) -> str | None:
        """The network of its address; None for none, a bare address or a single host's."""
        return network_of(self.choice.address) if self.choice.address else None

    @property
    def place(self) -> str | None:
        """What its address has in common with its neighbours': the network, else the NIC."""
        if self.choice.address is None:
            return None
        return self.network or self.choice.interface

    @property
    def nic_and_address(self) -> str:
        """Its choice for people: ``bond3 172.16.16.23/23``."""
        words = (self.choice.interface, self.choice.address)
        return " ".join(word for word in words if word)

    @property
    def is_ready(self) -> bool:
        """Whether its calico-node pod is Ready."""
        return self.facts.pod is not None and self.facts.pod.ready

    @property
    def node_is_down(self) -> bool:
        """Whether the node itself is known not to be Ready, or no longer heard of."""
        node = self.facts.node
        return node is not None and (node.ready is False or node.unreachable)

    @property
    def nic_names(self) -> tuple[str, ...]:
        """The NICs with an address that could be chosen; empty when they are not known."""
        inventory = self.facts.inventory
        return tuple(
            interface.name
            for interface in (inventory.interfaces if inventory else ())
            if any(
                is_address(found.address, self.family) and can_serve(found.address)
                for found in interface.addresses
            )
        )

    def nics(self, most: int = 6) -> str:
        """The same for people, the first few of them."""
        names = self.nic_names
        more = f" and {len(names) - most} more" if len(names) > most else ""
        return ", ".join(names[:most]) + more


@dataclass(frozen=True, slots=True)
class Case:
    """The whole cluster as the conditions see it; ``members`` by node name, IPv4 first.

    ``keepers`` are those who put an edit back, by DaemonSet; absent where nobody does.
    """

    snapshot: Snapshot
    members: tuple[Member, ...]
    keepers: Mapping[str, Keeper] = field(default_factory=dict)
    _answers: dict[object, object] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def networked(self) -> Iterator[Member]:
        """The members whose calico-node does networking: only their address matters."""
        return (member for member in self.members if not member.backend_is_none)

    def groups(self) -> tuple[tuple[Member, ...], ...]:
        """The networked members, one group for each DaemonSet and family."""
        found: dict[tuple[str | None, Family], list[Member]] = {}
        for member in self.networked():
            found.setdefault((member.daemon_set, member.family), []).append(member)
        return tuple(tuple(group) for group in found.values())


def once_for_each_case(ask: Callable[[Case], _Answer]) -> Callable[[Case], _Answer]:
    """Let a question about the whole cluster, which several conditions ask, be answered once."""

    @functools.wraps(ask)
    def answer(case: Case) -> _Answer:
        if ask not in case._answers:
            case._answers[ask] = ask(case)
        return cast("_Answer", case._answers[ask])

    return answer
