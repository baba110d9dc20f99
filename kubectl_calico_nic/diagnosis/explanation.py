"""Everything about one node: its interfaces, what was decided when, and why the winner wins."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, MethodKind, parse_method
from kubectl_calico_nic.calico.autodetection.selection import Selection
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.diagnosis.node_story import (
    Choosing,
    Explanation,
    Peering,
    Reasoning,
    Variable,
)
from kubectl_calico_nic.diagnosis.report import Recommendation
from kubectl_calico_nic.diagnosis.settings import ContainerEnv, env_of_node, env_of_template
from kubectl_calico_nic.diagnosis.statements import previous_log, read_at, statements
from kubectl_calico_nic.diagnosis.supposition import suppose
from kubectl_calico_nic.findings.case.addresses import bare
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from kubectl_calico_nic.workload.env import EnvValue

_MOST_CANDIDATES = 8
_OTHER_VARIABLES = (
    "CALICO_NETWORKING_BACKEND",
    "AUTODETECT_POLL_INTERVAL",
    "CALICO_STARTUP_LOGLEVEL",
)
"""What else decides about an address, or about what the log tells of it."""
_WALKS = frozenset(
    {MethodKind.FIRST_FOUND, MethodKind.INTERFACE, MethodKind.SKIP_INTERFACE, MethodKind.CIDR}
)


def explain(
    case: Case, nodes: Iterable[str], recommendations: Sequence[Recommendation]
) -> tuple[Explanation, ...]:
    """Explain ``nodes``, in the order of the case; a node without any member has nothing to it."""
    wanted = frozenset(nodes)
    by_node: dict[str, list[Member]] = {}
    for member in case.members:
        if member.name in wanted:
            by_node.setdefault(member.name, []).append(member)
    owners = _owners(case) if by_node else {}
    return tuple(
        _explain(found, case.snapshot, recommendations, owners) for found in by_node.values()
    )


def _owners(case: Case) -> dict[str, str]:
    """Whose address is whose, for those that are one node's alone."""
    owners: dict[str, str | None] = {}
    for member in case.members:
        address = member.choice.address
        if address is not None:
            known = owners.setdefault(bare(address), member.name)
            if known != member.name:
                owners[bare(address)] = None
    return {address: name for address, name in owners.items() if name is not None}


def _explain(
    members: Sequence[Member],
    snapshot: Snapshot,
    recommendations: Sequence[Recommendation],
    owners: Mapping[str, str],
) -> Explanation:
    facts = members[0].facts
    previous = previous_log(facts)
    logs = [log for log in (previous, facts.log) if log is not None]
    sessions = facts.sessions
    return Explanation(
        node=facts.name,
        interfaces=facts.inventory.interfaces if facts.inventory else (),
        timeline=tuple(
            Choosing(decision, log is previous) for log in logs for decision in log.decisions
        ),
        reasonings=tuple(
            reasoning for member in members for reasoning in _reasonings(member, recommendations)
        ),
        statements=statements(members, snapshot),
        variables=tuple(_variables(members, snapshot)),
        peerings=tuple(_peerings(facts, owners)),
        peerings_source=sessions.source.value if sessions else None,
        peerings_as_of=(sessions.as_of or read_at(snapshot)) if sessions else None,
        events=facts.events,
        omitted=sum(log.omitted_decisions for log in logs),
    )


def _peerings(facts: NodeFacts, owners: Mapping[str, str]) -> Iterator[Peering]:
    for family, found in (facts.sessions.by_family if facts.sessions else {}).items():
        for session in found:
            yield Peering(family, session, owners.get(session.peer))


def _variables(members: Sequence[Member], snapshot: Snapshot) -> Iterator[Variable]:
    """The variables that decide, those of each family first, set or not."""
    first = members[0]
    env = env_of_node(first.facts, snapshot)
    daemon_set = snapshot.daemon_set(first.daemon_set or "")
    template = env_of_template(daemon_set, snapshot) if daemon_set is not None else None
    if first.facts.pod is None and template is not None:
        env = template
    for member in members:
        for name in (member.family.ip_variable, member.family.method_variable):
            yield _variable(name, env, template)
    for name in _OTHER_VARIABLES:
        if name in env.variables:
            yield _variable(name, env, template)


def _variable(name: str, env: ContainerEnv, template: ContainerEnv | None) -> Variable:
    found = env.variables.get(name)
    if found is None:
        known = env.is_complete
        source = "not set" if known else "not seen; not all of its sources could be read"
        found = EnvValue(None, known, source)
    source = "the pod's spec" if found.source == "value" else found.source
    later = _later(name, found, template)
    return Variable(name, found.value, source, found.known, later)


def _later(name: str, found: EnvValue, template: ContainerEnv | None) -> str | None:
    """What new pods get, where that is known to be something else."""
    if template is None or not found.known:
        return None
    absent = EnvValue(None, template.is_complete, "not set")
    next_one = template.variables.get(name, absent)
    if not next_one.known or next_one.value == found.value:
        return None
    return "not set" if next_one.value is None else next_one.value


def _reasonings(member: Member, recommendations: Sequence[Recommendation]) -> Iterator[Reasoning]:
    in_force = member.setting.method
    if in_force is not None:
        yield _reasoning(member, in_force, is_in_force=True)
    for found in recommendations:
        ours = (found.daemon_set, found.family) == (member.daemon_set, member.family)
        if ours and found.method != in_force:
            yield _reasoning(member, found.method, is_in_force=False)


def _reasoning(member: Member, method: str, *, is_in_force: bool) -> Reasoning:
    found = suppose(member, method)
    return Reasoning(
        member.family,
        method,
        is_in_force,
        found.address,
        found.interface,
        reasons=(*found.reasons, *filter(None, [found.why_undecided])),
        candidates=tuple(_candidates(member, method, found)),
        is_decided=found.decided,
    )


def _candidates(member: Member, method: str, found: Selection) -> Iterator[str]:
    """What comes out if the winner goes away, and so on; what may come out where none is known."""
    if not found.decided:
        for candidate in found.candidates[:_MOST_CANDIDATES]:
            yield " ".join(filter(None, (candidate.interface, candidate.address)))
        return
    inventory = member.facts.inventory
    if inventory is None or not _walks(member, method):
        return
    for _ in range(_MOST_CANDIDATES):
        if found.interface is None or not found.decided:
            return
        inventory = _without(inventory, found.interface)
        facts = dataclasses.replace(member.facts, inventory=inventory)
        found = suppose(dataclasses.replace(member, facts=facts), method)
        if found.address is not None:
            yield " ".join(filter(None, (found.interface, found.address)))


def _walks(member: Member, method: str) -> bool:
    """Whether the method takes the first interface that qualifies: only then is there a next."""
    try:
        return parse_method(method, member.version).kind in _WALKS
    except InvalidMethod:
        return False


def _without(inventory: Inventory, name: str) -> Inventory:
    left = tuple(item for item in inventory.interfaces if item.name != name)
    return dataclasses.replace(inventory, interfaces=left)
