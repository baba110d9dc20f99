"""``wrong-network``: the address is outside the expected network."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.agreement import judged_groups, strayed
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.expected import Expected
from kubectl_calico_nic.findings.case.sessions import view_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import TRY_METHODS, Kind

_UP_ALL_THE_SAME = "; BGP is up all the same"
_MOST_PLACES = 3
"""Of more pairs of networks than these the NIC alone is the cause: racks have many networks."""


def _find(case: Case) -> Iterator[Finding]:
    for group, agreed in judged_groups(case):
        strays = [
            (member, member.expected)
            for member in group
            if agreed is None and strayed(member) and member.expected is not None
        ]
        causes = {_networks(member, expected) for member, expected in strays}
        words = _networks if len(causes) <= _MOST_PLACES else _nic
        for member, expected in strays:
            up = _UP_ALL_THE_SAME if _is_all_up(member, case.snapshot.taken_at) else ""
            yield _words(member, expected, words(member, expected), up)


def _is_all_up(member: Member, now: str | None) -> bool:
    """Whether its BGP sessions are known to be up: a loose reverse-path filter lets them pass."""
    view = view_of(member, now)
    if view is None or not view.is_complete or not view.sessions:
        return False
    return all(session.is_established for session in view.sessions)


def _words(member: Member, expected: Expected, together: str, up: str) -> Finding:
    message = f"{member.name} uses {member.nic_and_address}; expected {expected.words}{up}"
    advice, together = TRY_METHODS, together + up
    if expected.is_lost:
        message += f", which no NIC of {member.name} has now"
        advice = f"bring {expected.address} back on {member.name}; no method selects it before that"
        together = ""
    return WRONG_NETWORK.about(member, message, advice, together)


def _networks(member: Member, expected: Expected) -> str:
    """The cause by its networks, for people."""
    words = (member.choice.interface, member.network)
    place = " ".join(word for word in words if word) or "another network"
    return f"are on {place}; expected {_wanted(expected)}"


def _wanted(expected: Expected) -> str:
    if expected.cidrs:
        return expected.words
    if expected.network is None:
        return f"that of their {expected.source}"
    return f"{expected.network} ({expected.source})"


def _nic(member: Member, expected: Expected) -> str:
    """The cause by its NIC, for people."""
    place = member.choice.interface or "another network"
    return f"are on {place}, outside the networks of their {expected.source}"


WRONG_NETWORK = Kind("wrong-network", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
