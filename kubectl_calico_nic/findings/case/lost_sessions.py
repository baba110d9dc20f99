"""The BGP sessions that are down, told by what explains them: who, in which words, and why.

``bgp-down`` and ``not-the-nic`` share them: where the addresses are right, BIRD runs at both ends
and still no connection comes about, it is what lies between the nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.calico.bird.session import PeerKind
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.address_errors import address_errors
from kubectl_calico_nic.findings.case.case import Case, Member, once_for_each_case
from kubectl_calico_nic.findings.case.down_sessions import Incident, Shape, incidents
from kubectl_calico_nic.findings.case.mesh import Mesh, mesh_of
from kubectl_calico_nic.findings.case.moments import is_starting
from kubectl_calico_nic.findings.case.sessions import bird_is_silent, fresh_readiness
from kubectl_calico_nic.findings.case.trouble import in_short, trouble_of

_SHOWN = 3
_BETWEEN = "look at what lies between the nodes: firewall (179/tcp), VLAN, MTU; do not run set"


@dataclass(frozen=True, slots=True)
class LostSessions:
    """What one node has to do with sessions that are down; the words are those of a finding.

    ``is_filtered`` says that neither address nor BIRD of either end is to blame.
    """

    member: Member
    message: str
    advice: str
    together: str = ""
    why: str = ""
    explains: tuple[str, ...] = ()
    is_filtered: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """All that is told of sessions, and the names of the nodes with a session that is down."""

    told: tuple[LostSessions, ...]
    touched: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Scene:
    """One family's sessions, and what its incidents are told with."""

    mesh: Mesh
    now: str | None

    def name(self, end: str) -> str:
        """An end for people: a peer that is no node is called that."""
        kind = self.mesh.outsiders.get(end)
        if kind is None:
            return end
        what = "of no node that was read" if kind is PeerKind.MESH else "a BGPPeer, no node"
        return f"{end} ({what})"

    def some(self, ends: Sequence[str]) -> str:
        """The first few of ``ends`` for people."""
        more = f" and {len(ends) - _SHOWN} more" if len(ends) > _SHOWN else ""
        return ", ".join(self.name(end) for end in ends[:_SHOWN]) + more

    def nodes(self, ends: Iterable[str]) -> list[Member]:
        """Those of ``ends`` that are nodes."""
        return [self.mesh.members[end] for end in ends if end in self.mesh.members]

    def evidence(self, pairs: Mapping[str, Iterable[str]]) -> str:
        """Who said what about the sessions of each end with the others."""
        said = self.mesh.said_of(pairs)
        ends = {*pairs, *(other for others in pairs.values() for other in others)}
        sources = {view.source for end, view in self.mesh.views.items() if end in ends}
        counted = Counter(", ".join(filter(None, (item.state, item.info))) for item in said)
        words = [f"{count} {text}" for text, count in counted.most_common(_SHOWN)]
        return f"{', '.join(sorted(sources)[:_SHOWN])}: {'; '.join(words)}"

    def is_filtered(self, pairs: Mapping[str, Iterable[str]]) -> bool:
        """Whether right addresses with BIRD behind them cannot connect.

        The ends in ``pairs`` must have been asked themselves; those at the other side of their
        sessions have others, or were asked as well.
        """
        ends = {*pairs, *(other for others in pairs.values() for other in others)}
        members = self.nodes(ends)
        if len(members) < len(ends) or not all(map(_is_right, members)):
            return False
        if not all(map(self.mesh.is_complete, pairs)):
            return False
        return any(item.info.startswith("Socket:") for item in self.mesh.said_of(pairs))


@once_for_each_case
def survey(case: Case) -> Survey:
    """Tell the sessions that are down in all of ``case``.

    Those of a node whose address is wrong, that is not Ready itself, whose calico-node does not run
    for a reason of its own, or that has just started are no news.
    """
    wrong, now = address_errors(case), case.snapshot.taken_at
    told: list[LostSessions] = []
    touched: set[str] = set()
    for family in Family:
        members = [member for member in case.networked() if member.family is family]
        scene = _Scene(mesh_of(members, now), now)
        excused = {
            member.name
            for member in members
            if (member.name, family) in wrong or _is_excused(member, now)
        }
        told += _told(scene, excused)
        touched |= scene.mesh.down.keys() & scene.mesh.members.keys()
    return Survey(tuple(told), frozenset(touched))


def _told(scene: _Scene, excused: set[str]) -> Iterator[LostSessions]:
    explained = set(excused)
    for incident in incidents(scene.mesh, excused):
        explained.update(incident.ends)
        yield from _TELLERS[incident.shape](scene, incident)
    for member in scene.mesh.members.values():
        readiness = fresh_readiness(member, scene.now)
        if readiness is None or not readiness.bird_is_down or member.name in explained:
            continue
        if bird_is_silent(member, scene.now):
            yield _silent(member, readiness.text)


def _is_excused(member: Member, now: str | None) -> bool:
    if member.facts.pod is None:
        return member.lacks_pod or member.node_is_down
    return is_starting(member.facts.pod, now) or trouble_of(member.facts, now) is not None


def _is_right(member: Member) -> bool:
    """Whether its address is known to be as expected; what is wrong has been left out before."""
    address, expected = member.choice.address, member.expected
    if address is None or expected is None:
        return False
    return expected.allows(address, member.choice.interface) is not None


def _logs(member: Member) -> str:
    pod = member.facts.pod
    if pod is None:
        return f"see what BIRD of calico-node says on {member.name}"
    return f"kubectl -n {pod.namespace} logs {pod.name} -c calico-node"


def _silent(member: Member, said: str) -> LostSessions:
    return LostSessions(
        member,
        f"{member.name}: BIRD does not answer there, so it has no BGP session",
        f"see why: {_logs(member)}",
        "have no BGP session: BIRD does not answer there",
        in_short(said),
    )


def _culprit(scene: _Scene, incident: Incident) -> Iterator[LostSessions]:
    end, peers = incident.ends[0], incident.peers
    member = scene.mesh.members.get(end)
    if member is None:
        return _outside_culprit(scene, end, peers)
    return iter([_node_culprit(scene, member, peers)])


def _node_culprit(scene: _Scene, member: Member, peers: tuple[str, ...]) -> LostSessions:
    name, pairs = member.name, {member.name: peers}
    nodes = tuple(found.name for found in scene.nodes(peers))
    why = scene.evidence(pairs)
    down = sorted(scene.mesh.down[name])
    if len(down) > 1:
        whom = f"any of its {len(down)} peers ({scene.some(down)})"
    else:
        whom = f"its only peer, {scene.name(down[0])}"
    if scene.is_filtered(pairs):
        return LostSessions(
            member,
            f"{name} has the right address, but no BGP session with {whom}: they cannot connect",
            _BETWEEN,
            "have the right addresses, but cannot connect to any of their BGP peers",
            why,
            nodes,
            is_filtered=True,
        )
    silent = ": BIRD does not answer there" if bird_is_silent(member, scene.now) else ""
    return LostSessions(
        member,
        f"{name} has no BGP session with {whom}{silent}",
        f"look there, not at the peers; on {name}: {_logs(member)}",
        f"have no BGP session with any of their peers{silent}",
        why,
        nodes,
    )


def _outside_culprit(scene: _Scene, end: str, peers: tuple[str, ...]) -> Iterator[LostSessions]:
    why = scene.evidence({end: peers})
    mesh_peer = scene.mesh.outsiders[end] is PeerKind.MESH
    advice = (
        f"ask again in a minute; if it stays, see what {end} is: a node that was not read, or gone"
        if mesh_peer
        else f"look at {end}, not at the nodes: it is down for all of them"
    )
    for member in scene.nodes(peers):
        yield LostSessions(
            member,
            f"{member.name} and {len(peers) - 1} more have no BGP session with {scene.name(end)}, "
            "and nobody else has",
            advice,
            f"have no BGP session with {scene.name(end)}, and nobody else has",
            why,
        )


def _islands(scene: _Scene, incident: Incident) -> Iterator[LostSessions]:
    networks = [_networks(scene.nodes(side)) for side in incident.sides]
    along = _are_apart(networks)
    names = [
        ", ".join(sorted(own)) if along else scene.some(side)
        for own, side in zip(networks, incident.sides, strict=True)
    ]
    split = " and ".join(
        f"{name} ({len(side)})" if along else name
        for name, side in zip(names, incident.sides, strict=True)
    )
    pairs = {
        end: scene.mesh.down.get(end, frozenset()) & set(incident.ends) for end in incident.ends
    }
    filtered = scene.is_filtered(pairs)
    if filtered:
        advice = _BETWEEN
    elif along:
        advice = "their addresses divide them: --expect-cidr says which network is right"
    else:
        advice = f"their addresses do not explain it: {_BETWEEN}"
    why = scene.evidence(pairs)
    together = f"are in islands without a BGP session between them: {split}"
    for member in scene.nodes(incident.ends):
        yield LostSessions(
            member,
            f"{member.name} has BGP sessions in its own island alone; the islands are {split}",
            advice,
            together,
            why,
            is_filtered=filtered,
        )


def _networks(members: Iterable[Member]) -> frozenset[str]:
    """The networks of the members' addresses; empty where one is not known."""
    found = [member.network for member in members]
    return frozenset(network for network in found if network) if all(found) else frozenset()


def _are_apart(networks: Sequence[frozenset[str]]) -> bool:
    """Whether each side has networks of its own."""
    every = frozenset[str]().union(*networks)
    return all(networks) and len(every) == sum(map(len, networks))


def _nobody(scene: _Scene, incident: Incident) -> Iterator[LostSessions]:
    ends = incident.ends
    pairs = {end: scene.mesh.down.get(end, frozenset()) & set(ends) for end in ends}
    filtered, why = scene.is_filtered(pairs), scene.evidence(pairs)
    whose = "have the right addresses, but cannot connect to each other" if filtered else ""
    together = whose or "have no BGP session with each other, which end is at fault is not known"
    for member in scene.nodes(ends):
        yield LostSessions(
            member,
            f"{member.name} and {len(ends) - 1} more {together}",
            _BETWEEN if filtered else f"see what BIRD says on one of them: {_logs(member)}",
            together,
            why,
            is_filtered=filtered,
        )


def _pair(scene: _Scene, incident: Incident) -> Iterator[LostSessions]:
    one, other = incident.ends
    pairs = {one: (other,), other: (one,)}
    filtered, why = scene.is_filtered(pairs), scene.evidence({one: (other,)})
    members = scene.nodes(incident.ends)
    names = " and ".join(scene.name(end) for end in incident.ends)
    if filtered:
        message = f"{names} have the right addresses, but no BGP session: they cannot connect"
    else:
        message = f"{names} have no BGP session; which end is at fault is not known"
    advice = _BETWEEN if filtered else f"see what BIRD says at both ends: {_logs(members[0])}"
    for member in members:
        yield LostSessions(member, message, advice, "", why, is_filtered=filtered)


def _scattered(scene: _Scene, incident: Incident) -> Iterator[LostSessions]:
    end, peers = incident.ends[0], incident.peers
    up = len(scene.mesh.up.get(end, ()))
    yield LostSessions(
        scene.mesh.members[end],
        f"{end} has no BGP session with {scene.some(peers)}, but {up} others; no single node "
        "explains all that are down",
        f"see what BIRD says at both ends: {_logs(scene.mesh.members[end])}",
        "have some of their BGP sessions down; no single node explains all of them",
        scene.evidence({end: peers}),
    )


def _stale(scene: _Scene, incident: Incident) -> Iterator[LostSessions]:
    end, peer = incident.ends[0], incident.peers[0]
    yield LostSessions(
        scene.mesh.members[end],
        f"{end} alone still has a BGP session configured with {peer}, an address that no node has",
        f"ask again in a minute; if it stays, restart calico-node on {end}: its confd no longer "
        "follows the Nodes",
        why=scene.evidence({end: (peer,)}),
    )


_TELLERS: Mapping[Shape, Callable[[_Scene, Incident], Iterator[LostSessions]]] = {
    Shape.CULPRIT: _culprit,
    Shape.ISLANDS: _islands,
    Shape.NOBODY: _nobody,
    Shape.PAIR: _pair,
    Shape.SCATTERED: _scattered,
    Shape.STALE: _stale,
}
