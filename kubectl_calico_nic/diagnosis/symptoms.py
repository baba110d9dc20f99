"""What a wrong address does to other nodes: they lack BGP sessions with it, and are healthy."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from kubectl_calico_nic.calico.bird.readiness import parse_readiness
from kubectl_calico_nic.findings.case.addresses import bare
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.snapshot.snapshot import NodeFacts

_CAUSES = frozenset(
    {
        "kept-stale-address",
        "address-not-on-host",
        "wrong-network",
        "wrong-interface",
        "vip-chosen",
    }
)
"""Findings about an address that other nodes peer with."""

_WHOLE_CLUSTER = "kubectl calico-nic inspect looks at every node, and names what mends it"


def with_symptoms(case: Case, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Name with each wrong address the nodes that lack a session with it.

    Nodes that have an error of their own are left out: what they lack may be due to that.
    """
    findings = tuple(findings)
    if not any(finding.id in _CAUSES for finding in findings):
        return findings
    sick = {found.node for found in findings if found.severity is Severity.ERROR}
    lacking = _lacking(case, sick)
    members = {(member.name, member.family): member for member in case.members}

    def explained(finding: Finding) -> Finding:
        if finding.id not in _CAUSES or finding.family is None or finding.explains:
            return finding
        member = members.get((finding.node or "", finding.family))
        address = bare(member.choice.address or "") if member else ""
        names = tuple(sorted(lacking.get(address, ())))
        return dataclasses.replace(finding, explains=names) if names else finding

    return tuple(explained(finding) for finding in findings)


def narrowed(findings: Iterable[Finding], nodes: frozenset[str]) -> tuple[Finding, ...]:
    """The findings about ``nodes``, and those about others from which something there follows.

    To mend the others, the whole cluster has to be looked at.
    """
    return tuple(
        finding if finding.node in nodes else dataclasses.replace(finding, next=_WHOLE_CLUSTER)
        for finding in findings
        if finding.node in nodes or not nodes.isdisjoint(finding.explains)
    )


def _lacking(case: Case, sick: Iterable[str | None]) -> Mapping[str, set[str]]:
    """The healthy nodes that lack a session with each address."""
    left_out, asked = frozenset(sick), set[str]()
    lacking: dict[str, set[str]] = {}
    for member in case.members:
        if member.name in left_out or member.name in asked:
            continue
        asked.add(member.name)
        for address in _lost(member):
            lacking.setdefault(address, set()).add(member.name)
    return lacking


def _lost(member: Member) -> Iterator[str]:
    """The peers without a session: as BIRD says, else as calico-node's readiness check did."""
    facts = member.facts
    if facts.sessions is not None:
        for found in facts.sessions.by_family.values():
            yield from (session.peer for session in found if not session.is_established)
    elif not member.is_ready:
        yield from _reported(facts)


def _reported(facts: NodeFacts) -> tuple[str, ...]:
    """The peers that the newest event of a failed readiness check names."""
    for event in reversed(facts.events):
        readiness = parse_readiness(event.message)
        if readiness is not None:
            return readiness.peers
    return ()
