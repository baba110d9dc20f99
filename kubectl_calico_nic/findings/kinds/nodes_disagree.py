"""``nodes-disagree``: nothing says what is right, and nodes are on different networks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from kubectl_calico_nic.findings.case.addresses import by_number, overlap
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind

_SHOWN = 3


def _find(case: Case) -> Iterator[Finding]:
    for group in case.groups():
        links = _links(group)
        right = {_link(member.network, links) for member in group if _is_right(member)}
        unjudged = [member for member in group if member.expected is None and member.network]
        doubtful = {_link(member.network, links) for member in unjudged} - right
        if not doubtful or len(doubtful) + len(right) < 2:
            continue
        asked = [member for member in unjudged if _link(member.network, links) in doubtful]
        together = _together(Counter(_link(member.network, links) for member in asked), right)
        for member in asked:
            own = _link(member.network, links)
            others = sorted((doubtful | right) - {own}, key=by_number)
            yield _words(member, own, others, together)


def _is_right(member: Member) -> bool:
    address, expected = member.choice.address, member.expected
    if member.network is None or expected is None or address is None:
        return False
    return expected.is_inside(address) is True


def _links(group: Sequence[Member]) -> list[str]:
    """The distinct networks, without those inside another one of them."""
    found: list[str] = []
    networks = {member.network for member in group if member.network}
    for network in sorted(networks, key=by_number):
        if not found or not overlap(found[-1], network):
            found.append(network)
    return found


def _link(network: str | None, links: Sequence[str]) -> str:
    assert network is not None  # asked for members with a network only
    return network if network in links else next(link for link in links if overlap(link, network))


def _words(member: Member, own: str, others: Sequence[str], together: str) -> Finding:
    return NODES_DISAGREE.about(
        member,
        f"{member.name} is on {own} ({member.nic_and_address}), other nodes on "
        f"{_some(others)}; "
        "nothing says which is right",
        "say which is right with --expect-cidr or --expect-interface",
        together,
    )


def _together(counted: Counter[str], right: Collection[str]) -> str:
    """All that disagree as one story: each network once, with its nodes counted."""
    networks = sorted(counted, key=by_number)
    split = f"are on {networks[0]}"
    if len(networks) > 1:
        split = f"disagree: {_some([f'{counted[found]} on {found}' for found in networks])}"
    beside = f", others on {_some(sorted(right, key=by_number))}" if right else ""
    return f"{split}{beside}; nothing says which is right"


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


NODES_DISAGREE = Kind("nodes-disagree", Severity.WARNING, _find)
"""The catalogue's entry."""
