"""Whether all nodes agree on another network than InternalIP's: then somebody built it so."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.findings.case.addresses import bare, overlap
from kubectl_calico_nic.findings.case.case import Case, Member, once_for_each_case
from kubectl_calico_nic.findings.case.down_sessions import Shape, incidents
from kubectl_calico_nic.findings.case.mesh import Mesh, mesh_of
from kubectl_calico_nic.findings.case.moments import is_starting
from kubectl_calico_nic.findings.case.trouble import trouble_of

_MANY = 20
"""One doubtful node in so many is everyday life and no doubt about the network."""
_MANY_WITH_PEERS = 4
"""One in so many, where the sessions of all others prove that the network carries BGP."""


def strayed(member: Member) -> bool:
    """Whether the address is known to be outside the expected network."""
    choice, expected = member.choice, member.expected
    if choice.address is None or expected is None:
        return False
    return expected.is_inside(choice.address) is False


def agreed_place(group: Sequence[Member], now: str | None = None) -> str | None:
    """The network (or NIC, for addresses of a single host) that a whole DaemonSet agrees on.

    Nodes without an address have findings of their own, and a node that is down cannot be ready:
    neither speaks against the others. One node alone agrees with nobody, and the same address on
    several nodes (docker's 172.17.0.1) is no agreement either.

    Args:
        group: the members of one DaemonSet and family.
        now: when the facts were read, RFC 3339.

    Returns:
        The place when it is another one than InternalIP's for some node, the pods are ready and
        their sessions, where they are known, are up; None when they disagree, are not ready, or
        the user says what is expected.
    """
    voters = [member for member in group if member.choice.address and not member.node_is_down]
    addresses = {bare(member.choice.address or "") for member in voters}
    if len(voters) < 2 or len(addresses) < len(voters):
        return None
    if any(member.expected is not None and member.expected.is_asked_for for member in group):
        return None
    place = voters[0].place
    if place is None or not all(_is_at(member, place) for member in voters):
        return None
    if not any(strayed(member) for member in voters):
        return None
    return place if _works(voters, now) else None


def _works(voters: Sequence[Member], now: str | None) -> bool:
    """Whether nothing known speaks against the network that all of them are on.

    A node whose calico-node does not run for another reason is no doubt about the network, and
    neither is the one node that no other has a session with, while all others have theirs.
    """
    mesh = mesh_of(voters, now)
    starting = [member.name for member in voters if is_starting(member.facts.pod, now)]
    ended = [member.name for member in voters if trouble_of(member.facts, now)]
    found = incidents(mesh, (*starting, *ended))
    if any(incident.shape not in (Shape.CULPRIT, Shape.STALE) for incident in found):
        return False
    lonely = {end for incident in found if incident.shape is Shape.CULPRIT for end in incident.ends}
    silent = {*starting, *ended}
    doubtful = {member.name for member in voters if not member.is_ready} - silent
    doubtful |= lonely & set(mesh.members)
    others = [member.name for member in voters if member.name not in doubtful | silent]
    most = _MANY_WITH_PEERS if _all_have_peers(mesh, others) else _MANY
    return len(doubtful) <= len(voters) // most


def _all_have_peers(mesh: Mesh, nodes: Sequence[str]) -> bool:
    """Whether each of ``nodes`` has a session with another of them."""
    among = set(nodes)
    return len(nodes) > 1 and all(among & mesh.up.get(node, frozenset()) for node in nodes)


def _is_at(member: Member, place: str) -> bool:
    network = member.network
    return member.place == place or (network is not None and overlap(place, network))


@once_for_each_case
def judged_groups(case: Case) -> list[tuple[tuple[Member, ...], str | None]]:
    """Each DaemonSet and family with the place its nodes agree on, None when they do not.

    Nodes without a pod that was read (Windows) follow a place that all nodes of a DaemonSet share.
    """
    now = case.snapshot.taken_at
    judged = [(group, agreed_place(group, now)) for group in case.groups()]
    places = {group[0].family: place for group, place in judged if place}

    def followed(group: tuple[Member, ...]) -> str | None:
        place = places.get(group[0].family)
        if place is None or any(member.facts.pod for member in group):
            return None
        return place if all(_is_at(member, place) for member in group) else None

    return [(group, place or followed(group)) for group, place in judged]
