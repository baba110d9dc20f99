"""What the sessions that are down have in common: one end, two islands, or nothing.

"BIRD is not ready: BGP not established with ..." has a direction: where all peers of one node are
down it is that node, where one peer is down on all nodes it is that peer.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kubectl_calico_nic.calico.bird.session import PeerKind
from kubectl_calico_nic.findings.case.mesh import Links, Mesh

_NOBODY: frozenset[str] = frozenset()


class Shape(enum.Enum):
    """What sessions that are down have in common."""

    CULPRIT = "culprit"
    """``ends`` is one end, all of whose sessions are down; its ``peers`` are up with others."""
    ISLANDS = "islands"
    """``sides`` are up within themselves, and no session is up between them."""
    NOBODY = "nobody"
    """No session is up between any of ``ends``."""
    PAIR = "pair"
    """A single session is down, between two ``ends``."""
    SCATTERED = "scattered"
    """Nothing: ``ends`` is one node, its ``peers`` are those it has no session with."""
    STALE = "stale"
    """``ends`` is one node that alone has a session with ``peers``, an address no node has."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Sessions that are down together, and what they have in common."""

    shape: Shape
    ends: tuple[str, ...]
    peers: tuple[str, ...] = ()
    sides: tuple[tuple[str, ...], ...] = ()


def incidents(mesh: Mesh, excused: Iterable[str]) -> tuple[Incident, ...]:
    """Explain the sessions that are down, but for those of ``excused`` ends.

    A session with a peer outside the cluster that is down on one node alone is no incident while
    the node has others: that peer is not Calico's, and there usually are two of them.
    """
    down = mesh.down_without(excused)
    stale = list(_stale(mesh, down))
    for old in stale:
        down = _without(down, old.peers)
    found = list(stale)
    for component in _components(down):
        links = {end: down[end] for end in component}
        culprits = _culprits(mesh, links)
        for end in culprits:
            peers = links[end] - set(culprits)
            found.append(Incident(Shape.CULPRIT, (end,), tuple(sorted(peers or links[end]))))
        rest = _without_lone_outsiders(mesh, _without(links, culprits))
        for left in _components(rest):
            found += _shaped(mesh, {end: rest[end] for end in left}, culprits)
    return tuple(found)


def _without(links: Links, ends: Iterable[str]) -> dict[str, frozenset[str]]:
    gone = frozenset(ends)
    return {
        end: rest for end, others in links.items() if end not in gone and (rest := others - gone)
    }


def _components(links: Links) -> Iterator[list[str]]:
    """The ends of each connected part of ``links``, sorted."""
    seen: set[str] = set()
    for first in sorted(links):
        if first in seen:
            continue
        part, waiting = [], [first]
        seen.add(first)
        while waiting:
            end = waiting.pop()
            part.append(end)
            new = links.get(end, _NOBODY) - seen
            seen |= new
            waiting += new
        yield sorted(part)


def _stale(mesh: Mesh, down: Links) -> Iterator[Incident]:
    """Mesh peers that no node is, where one node has them and others that were asked do not.

    confd makes a peer of every Node with an address: where it stopped following, an old one stays.
    """
    asked = sum(view.is_complete for view in mesh.views.values())
    for peer, kind in sorted(mesh.outsiders.items()):
        nodes = down.get(peer, _NOBODY)
        if kind is PeerKind.MESH and len(nodes) == 1 and asked > 1 and not mesh.up.get(peer):
            yield Incident(Shape.STALE, tuple(nodes), (peer,))


def _culprits(mesh: Mesh, links: Links) -> list[str]:
    """The ends that explain the sessions of one connected part, the most telling first."""
    dead = {end for end in links if not mesh.up.get(end)}
    if dead == set(links):
        dead = _outstanding(links)
    left: dict[str, set[str]] = {end: set(others) for end, others in links.items()}
    found: list[str] = []
    for end in sorted(dead, key=lambda end: (-len(links[end]), end)):
        if not left[end] or not _explains(mesh, end, left[end], dead):
            continue
        found.append(end)
        for other in left.pop(end):
            left[other].discard(end)
    return found


def _outstanding(links: Links) -> set[str]:
    """Where nothing is up: the ends with more sessions than all others, if there are such."""
    most = max(map(len, links.values()))
    ends = {end for end, others in links.items() if len(others) == most}
    return ends if len(ends) < len(links) and most > 1 else set()


def _explains(mesh: Mesh, end: str, peers: set[str], dead: set[str]) -> bool:
    """Whether ``end`` without a session is itself the cause, not its only known peer."""
    return len(peers) > 1 or (mesh.is_complete(end) and not peers & dead)


def _without_lone_outsiders(mesh: Mesh, links: Links) -> dict[str, frozenset[str]]:
    """Leave out the sessions of nodes that have others up with peers outside the cluster."""
    lone = {
        end
        for end in links
        if end in mesh.outsiders and all(mesh.up.get(node) for node in links[end])
    }
    return _without(links, lone)


def _shaped(mesh: Mesh, links: Links, culprits: Iterable[str]) -> list[Incident]:
    """Describe one connected part that no culprit explains."""
    ends = tuple(sorted(links))
    islands = _islands(mesh, ends, frozenset(culprits))
    across = all(
        islands[end] != islands[other] for end, others in links.items() for other in others
    )
    sides: dict[str, list[str]] = {}
    for end in ends:
        sides.setdefault(islands[end], []).append(end)
    if len(ends) == 2:
        return [Incident(Shape.PAIR, ends)]
    if across and not any(mesh.up.get(end) for end in ends):
        return [Incident(Shape.NOBODY, ends)]
    if across and len(sides) < len(ends):
        return [Incident(Shape.ISLANDS, ends, sides=tuple(map(tuple, sides.values())))]
    return [
        Incident(Shape.SCATTERED, (end,), tuple(sorted(links[end])))
        for end in ends
        if end in mesh.members
    ]


def _islands(mesh: Mesh, ends: Iterable[str], without: frozenset[str]) -> Mapping[str, str]:
    """For each end a name of the island that it can reach over sessions that are up."""
    island: dict[str, str] = {}
    for first in ends:
        waiting = [first] if first not in island else []
        while waiting:
            end = waiting.pop()
            if end in island or end in without:
                continue
            island[end] = first
            waiting += mesh.up.get(end, _NOBODY)
    return island
