"""Whether all nodes agree on another network than InternalIP's: then somebody built it so."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.findings.case.addresses import bare, overlap
from kubectl_calico_nic.findings.case.case import Case, Member

_MANY = 20
"""One unready node in so many is everyday life and no doubt about the network."""


def strayed(member: Member) -> bool:
    """Whether the address is known to be outside the expected network."""
    choice, expected = member.choice, member.expected
    if choice.address is None or expected is None:
        return False
    return expected.is_inside(choice.address) is False


def agreed_place(group: Sequence[Member]) -> str | None:
    """The network (or NIC, for addresses of a single host) that a whole DaemonSet agrees on.

    Nodes without an address have findings of their own, and a node that is down cannot be ready:
    neither speaks against the others. One node alone agrees with nobody, and the same address on
    several nodes (docker's 172.17.0.1) is no agreement either.

    Returns:
        The place when it is another one than InternalIP's for some node and the pods are ready;
        None when they disagree, are not ready, or the user says what is expected.
    """
    voters = [member for member in group if member.choice.address and not member.node_is_down]
    unready = sum(not member.is_ready for member in voters)
    addresses = {bare(member.choice.address or "") for member in voters}
    if len(voters) < 2 or len(addresses) < len(voters) or unready > len(voters) // _MANY:
        return None
    if any(member.expected is not None and member.expected.is_asked_for for member in group):
        return None
    place = voters[0].place
    if place is None or not all(_is_at(member, place) for member in voters):
        return None
    return place if any(strayed(member) for member in voters) else None


def _is_at(member: Member, place: str) -> bool:
    network = member.network
    return member.place == place or (network is not None and overlap(place, network))


def judged_groups(case: Case) -> list[tuple[tuple[Member, ...], str | None]]:
    """Each DaemonSet and family with the place its nodes agree on, None when they do not.

    Nodes without a pod that was read (Windows) follow a place that all nodes of a DaemonSet share.
    """
    judged = [(group, agreed_place(group)) for group in case.groups()]
    places = {group[0].family: place for group, place in judged if place}

    def followed(group: tuple[Member, ...]) -> str | None:
        place = places.get(group[0].family)
        if place is None or any(member.facts.pod for member in group):
            return None
        return place if all(_is_at(member, place) for member in group) else None

    return [(group, place or followed(group)) for group, place in judged]
