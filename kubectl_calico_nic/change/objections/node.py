"""What speaks against a change because of a single node; the first objection is its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.change.forecast import Outlook
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import bare, holds, network_of, same_address
from kubectl_calico_nic.findings.case.agreement import agreed_place
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.findings.case.expected import EXPECT_INTERFACE
from kubectl_calico_nic.findings.case.setting import FIRST_FOUND
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.snapshot.snapshot import Snapshot

METHOD_TOO_NEW = "method-too-new"
_CHANGE_THE_METHOD = (
    "choose another method; kubectl calico-nic inspect recommends one where one suits the nodes"
)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What the other nodes have to do with one node's choice.

    ``claims`` names the nodes that have, or would have, an address (bare). ``agreed`` is by family
    the place that all nodes agree on although it is not InternalIP's network: it was meant so.
    ``present`` are by family the networks that nodes are on now, ``right`` those on which a node
    would have an expected address.
    """

    claims: Mapping[str, frozenset[str]]
    agreed: Mapping[Family, str | None]
    present: Mapping[Family, frozenset[str]]
    right: Mapping[Family, frozenset[str]]

    @classmethod
    def of(cls, outlooks: Sequence[Outlook], snapshot: Snapshot) -> Neighbourhood:
        """Survey the nodes of a plan and all others of the cluster."""
        claims: dict[str, set[str]] = {}
        for facts in snapshot.nodes:
            for address in (facts.node.stored if facts.node else {}).values():
                claims.setdefault(bare(address), set()).add(facts.name)
        for outlook in outlooks:
            if outlook.then is not None:
                claims.setdefault(bare(outlook.then), set()).add(outlook.member.name)
        groups = {
            family: [outlook.member for outlook in outlooks if outlook.member.family is family]
            for family in Family
        }
        return cls(
            {address: frozenset(names) for address, names in claims.items()},
            {family: agreed_place(group) for family, group in groups.items() if group},
            {
                family: frozenset(found.network for found in group if found.network)
                for family, group in groups.items()
            },
            {family: _right_networks(outlooks, family) for family in Family},
        )


def _right_networks(outlooks: Sequence[Outlook], family: Family) -> frozenset[str]:
    return frozenset(
        network
        for found in outlooks
        if found.member.family is family and found.then is not None
        if found.member.expected is not None
        and found.member.expected.allows(found.then, found.interface_name) is True
        if (network := network_of(found.then)) is not None
    )


def objections_to(
    outlook: Outlook, method: str | None, around: Neighbourhood
) -> tuple[Finding, ...]:
    """Everything that speaks against what one node would choose, most severe first."""
    if not outlook.decided:
        return ()
    case = _Case(outlook, method or FIRST_FOUND, around)
    return tuple(finding for check in _CHECKS for finding in check(case))


def is_same(outlook: Outlook) -> bool:
    """Whether the node keeps its address."""
    now, then = outlook.member.choice.address, outlook.then
    return now == then or (now is not None and then is not None and same_address(now, then))


@dataclass(frozen=True, slots=True)
class _Case:
    outlook: Outlook
    method: str
    around: Neighbourhood

    @property
    def member(self) -> Member:
        return self.outlook.member

    @property
    def name(self) -> str:
        return self.outlook.member.name

    @property
    def choice(self) -> str:
        """What it would choose, for people: ``bond3 172.16.16.23/23``."""
        words = (self.outlook.interface_name, self.outlook.then)
        return " ".join(word for word in words if word)

    def objection(self, identifier: str, message: str, advice: str, together: str = "") -> Finding:
        family = self.member.family
        return Finding(identifier, Severity.ERROR, message, advice, self.name, family, together)


def _method_too_new(case: _Case) -> Iterator[Finding]:
    if case.outlook.outcome is Outcome.INVALID_METHOD:
        yield case.objection(
            METHOD_TOO_NEW,
            f"{case.name}: its Calico does not know {case.method}; the pod would crash-loop",
            _CHANGE_THE_METHOD,
        )


def _address_conflict(case: _Case) -> Iterator[Finding]:
    then = case.outlook.then
    if then is None or is_same(case.outlook):
        return
    others = sorted(case.around.claims.get(bare(then), frozenset()) - {case.name})
    if others:
        yield case.objection(
            "address-conflict",
            f"{case.name} would choose {then}, which is also {', '.join(others[:3])}'s; the one "
            "that starts later would crash-loop",
            "an address serves one node: choose another NIC, or delete the Node that is gone",
        )


def _detection_failed(case: _Case) -> Iterator[Finding]:
    if case.outlook.outcome not in (Outcome.FAILED, Outcome.KEPT):
        return
    nics, kept = case.member.nics(), case.outlook.kept
    has = f" (it has {nics})" if nics else ""
    after = f"keep its old {kept}" if kept else "be left without an address"
    all_after = "keep their old addresses" if kept else "be left without an address"
    yield case.objection(
        "detection-failed",
        f"{case.name}: {case.method} selects nothing{has}; it would {after}",
        _CHANGE_THE_METHOD,
        f"have nothing that {case.method} selects; they would {all_after}",
    )


def _wrong_network(case: _Case) -> Iterator[Finding]:
    then, expected = case.outlook.then, case.member.expected
    if then is None or expected is None or expected.is_inside(then) is not False:
        return
    place = case.around.agreed.get(case.member.family)
    if place is not None and (holds(place, then) or place == case.outlook.interface_name):
        return
    where = " ".join(filter(None, (case.outlook.interface_name, network_of(then))))
    network = f"{expected.network} ({expected.source})" if expected.network else expected.source
    yield case.objection(
        "wrong-network",
        f"{case.name} would choose {case.choice}; expected {expected.words}",
        _CHANGE_THE_METHOD,
        f"would be on {where}; expected {expected.words if expected.cidrs else network}",
    )


def _wrong_interface(case: _Case) -> Iterator[Finding]:
    expected, nic = case.member.expected, case.outlook.interface_name
    if case.outlook.then is None or expected is None:
        return
    if expected.is_on_nic(nic) is False:
        names = f"{', '.join(expected.names)} ({EXPECT_INTERFACE})"
        yield case.objection(
            "wrong-interface",
            f"{case.name} would choose {case.choice}; expected {names}",
            _CHANGE_THE_METHOD,
            f"would be on {nic}; expected {names}",
        )


def _no_expectation(case: _Case) -> Iterator[Finding]:
    """Nothing says whether an address that changes would be right: then no guard holds."""
    then, member = case.outlook.then, case.member
    if then is None or is_same(case.outlook) or member.backend_is_none:
        return
    expected = member.expected
    if expected is not None:
        why = expected.why_untold(then, case.outlook.interface_name)
    else:
        why = "" if _stays_among_neighbours(case, then) else member.why_unjudged
    if why:
        now = f"from {member.choice.address} " if member.choice.address else ""
        where = " ".join(filter(None, (case.outlook.interface_name, network_of(then))))
        rest = "nothing says whether that is right"
        yield Finding(
            "no-expectation",
            Severity.WARNING,
            f"{case.name} would change {now}to {case.choice}; {rest}: {why}",
            "say what is right with --expect-cidr or --expect-interface",
            case.name,
            member.family,
            f"would change to {where or 'other addresses'}; {rest}: {why}",
        )


def _stays_among_neighbours(case: _Case, then: str) -> bool:
    """Whether a node stays in its network, or joins nodes that are right.

    One without an address joins any network that other nodes are on.
    """
    family = case.member.family
    own = case.member.network
    homes = {own} if own else set() if case.member.choice.address else case.around.present[family]
    return any(holds(network, then) for network in (*homes, *case.around.right[family]))


def _nic_down(case: _Case) -> Iterator[Finding]:
    nic = case.outlook.interface
    if nic is not None and nic.is_up is False:
        what = "has no carrier" if nic.flags and "NO-CARRIER" in nic.flags else "is down"
        yield case.objection(
            "nic-down",
            f"{case.name} would choose {case.choice}, but {nic.name} {what}",
            f"bring {nic.name} up on {case.name}, or choose another method",
            f"would be on {nic.name}, which {what} there",
        )


def _ipv6_clears_ipv4(case: _Case) -> Iterator[Finding]:
    if case.outlook.loses_ipv4:
        yield Finding(
            "ipv6-clears-ipv4",
            Severity.ERROR,
            f"{case.name}: IPv6 detection would fail, and that clears its IPv4 address too",
            f"give {case.name} an IPv6 address first, or choose a method that finds one",
            case.name,
            together="would fail IPv6 detection, and that clears their IPv4 addresses too",
        )


_CHECKS: tuple[Callable[[_Case], Iterator[Finding]], ...] = (
    _method_too_new,
    _address_conflict,
    _detection_failed,
    _wrong_network,
    _wrong_interface,
    _nic_down,
    _ipv6_clears_ipv4,
    _no_expectation,
)
