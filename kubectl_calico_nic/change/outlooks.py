"""The nodes that a change reaches, as diagnosis sees them, and what their NICs offer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kubectl_calico_nic.calico.autodetection.host_addresses import qualifying
from kubectl_calico_nic.diagnosis.members import case_of, subjects_of
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.go.net import Network, parse_cidr
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot


def members_of(
    daemon_set: DaemonSet, families: tuple[Family, ...], snapshot: Snapshot, question: Question
) -> tuple[Member, ...]:
    """Every node that runs, or should run, a pod of the DaemonSet, once for each family.

    ``question`` says what is expected; its nodes and families do not count, because a change
    reaches all nodes.
    """
    asked = dataclasses.replace(question, families=families, nodes=(), daemon_set=daemon_set.key)
    case = case_of(snapshot, asked, subjects_of(snapshot, asked))
    return tuple(member for member in case.members if member.daemon_set == daemon_set.key)


def nodes_of(members: Sequence[Member]) -> tuple[NodeFacts, ...]:
    """The nodes of ``members``, each once, in order."""
    return tuple({member.name: member.facts for member in members}.values())


def nics_of(nodes: Sequence[NodeFacts], family: Family) -> dict[str, tuple[str, ...]]:
    """By node, the names of the NICs that have an address which a method could choose."""
    return {
        facts.name: tuple(
            interface.name
            for interface in facts.inventory.interfaces
            if qualifying(interface, family) is not None
        )
        for facts in nodes
        if facts.inventory is not None
    }


def networks_of(nodes: Sequence[NodeFacts]) -> frozenset[Network]:
    """The networks that the nodes' NICs are in."""
    texts = {
        address.cidr
        for facts in nodes
        if facts.inventory is not None
        for interface in facts.inventory.interfaces
        for address in interface.addresses
    }
    return frozenset(parsed[1] for text in texts if (parsed := parse_cidr(text)) is not None)
