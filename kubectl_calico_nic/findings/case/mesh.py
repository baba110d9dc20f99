"""Who has a BGP session with whom: the sessions of all nodes together, by address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.findings.case.addresses import bare, can_serve
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.findings.case.sessions import View, view_of

Links = Mapping[str, frozenset[str]]
"""For each end the ends at the other side of its sessions."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """The sessions of one family.

    An end is a node, by its name, or a peer that is no node of those read, by its address; of the
    latter ``outsiders`` says who configured the session. ``up`` and ``down`` have each session at
    both of its ends. A session that one side calls established is up: the other side's word is of
    another moment. ``words`` is what a node says of a session that is down.
    """

    members: Mapping[str, Member]
    views: Mapping[str, View]
    up: Links
    down: Links
    words: Mapping[tuple[str, str], BgpSession]
    outsiders: Mapping[str, PeerKind]

    def down_without(self, excused: Iterable[str]) -> dict[str, frozenset[str]]:
        """The sessions that are down, without those of ``excused`` ends."""
        gone = frozenset(excused)
        return {
            end: rest
            for end, others in self.down.items()
            if end not in gone and (rest := others - gone)
        }

    def is_complete(self, end: str) -> bool:
        """Whether all sessions of ``end`` are known from itself."""
        return end in self.views and self.views[end].is_complete

    def said_of(self, links: Mapping[str, Iterable[str]]) -> tuple[BgpSession, ...]:
        """What both sides say of the sessions of each end in ``links`` with others; down ones."""
        pairs = {
            pair: None
            for end, others in links.items()
            for other in others
            for pair in ((end, other), (other, end))
        }
        return tuple(self.words[pair] for pair in pairs if pair in self.words)


@dataclass(slots=True)
class _Links:
    """Sessions while they are collected."""

    up: dict[str, set[str]] = field(default_factory=dict)
    down: dict[str, set[str]] = field(default_factory=dict)
    words: dict[tuple[str, str], BgpSession] = field(default_factory=dict)
    outsiders: dict[str, PeerKind] = field(default_factory=dict)

    def add(self, near: str, far: str, session: BgpSession) -> None:
        side = self.up if session.is_established else self.down
        side.setdefault(near, set()).add(far)
        side.setdefault(far, set()).add(near)
        if not session.is_established:
            self.words[near, far] = session


def mesh_of(members: Sequence[Member], now: str | None) -> Mesh:
    """Take the members of one family, put their sessions as of ``now`` together."""
    ends = _ends(members)
    seen = ((member.name, view_of(member, now)) for member in members)
    views = {name: view for name, view in seen if view is not None}
    links = _Links()
    for near, view in views.items():
        for session in view.sessions:
            address = bare(session.peer)
            far = ends.get(address, address)
            if far is None or far == near:
                continue
            if address not in ends:
                links.outsiders[far] = session.kind
            links.add(near, far, session)
    up = {end: frozenset(others) for end, others in links.up.items()}
    nobody: frozenset[str] = frozenset()
    down = {
        end: frozenset(rest)
        for end, others in links.down.items()
        if (rest := others - up.get(end, nobody))
    }
    words = {
        (near, far): session
        for (near, far), session in links.words.items()
        if far in down.get(near, nobody)
    }
    by_name = {member.name: member for member in members}
    return Mesh(by_name, views, up, down, words, links.outsiders)


def _ends(members: Sequence[Member]) -> dict[str, str | None]:
    """The node behind each address; None where several nodes have it.

    BIRD's peers are what the Nodes have stored (confd's bird.cfg.template). What a node chose may
    not be stored yet, and what it had stored before is still on one of its NICs.
    """
    found: dict[str, str | None] = {}
    for addresses_of in (_stored, _chosen, _on_nics):
        layer: dict[str, str | None] = {}
        for member in members:
            for address in addresses_of(member):
                known = layer.setdefault(address, member.name)
                if known != member.name:
                    layer[address] = None
        found = {**layer, **found}
    return found


def _stored(member: Member) -> Iterator[str]:
    node = member.facts.node
    if node is not None and member.family in node.stored:
        yield bare(node.stored[member.family])


def _chosen(member: Member) -> Iterator[str]:
    if member.choice.address is not None:
        yield bare(member.choice.address)


def _on_nics(member: Member) -> Iterator[str]:
    inventory = member.facts.inventory
    for interface in inventory.interfaces if inventory else ():
        for found in interface.addresses:
            if can_serve(found.address):
                yield bare(found.address)
