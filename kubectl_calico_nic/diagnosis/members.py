"""A snapshot -> the case that the conditions of the findings see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kubectl_calico_nic.diagnosis.evidence import choose
from kubectl_calico_nic.diagnosis.expectation import Expectations
from kubectl_calico_nic.diagnosis.placement import Placement, named, place
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.running_version import RunningVersion, version_of_node
from kubectl_calico_nic.diagnosis.settings import (
    UNREAD,
    ContainerEnv,
    env_of_node,
    env_of_template,
)
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import Choice
from kubectl_calico_nic.findings.case.expected import Expected
from kubectl_calico_nic.findings.case.keeper import Keeper
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.owners.recognition import chain_of
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot


@dataclass(frozen=True, slots=True)
class Subject:
    """One node of the report, before it is judged."""

    facts: NodeFacts
    placement: Placement
    version: RunningVersion
    env: ContainerEnv
    families: tuple[Family, ...]


def subjects_of(snapshot: Snapshot, question: Question) -> tuple[Subject, ...]:
    """Say of every node where it belongs, what it runs, and which families are in use there."""
    placed = place(snapshot, question.daemon_set)
    templates = {
        found.key: env_of_template(found, snapshot)
        for found in snapshot.daemon_sets
        if named(found.key, question.daemon_set)
    }
    return tuple(
        _subject(facts, placed[facts.name], templates, snapshot, question)
        for facts in snapshot.nodes
        if facts.name in placed
    )


def _subject(
    facts: NodeFacts,
    placement: Placement,
    templates: Mapping[str, ContainerEnv],
    snapshot: Snapshot,
    question: Question,
) -> Subject:
    env = env_of_node(facts, snapshot)
    if facts.pod is None:
        env = templates.get(placement.daemon_set or "", UNREAD)
    families = question.families or _families_in_use(facts, env)
    version = version_of_node(facts, snapshot.cluster_version)
    return Subject(facts, placement, version, env, () if placement.idle else tuple(families))


def _families_in_use(facts: NodeFacts, env: ContainerEnv) -> tuple[Family, ...]:
    """The families that calico-node has an address of, or is told to find one; else IPv4."""
    found = tuple(
        family for family in Family if _has_evidence(facts, family) or is_enabled(env, family)
    )
    return found or (Family.IPV4,)


def _has_evidence(facts: NodeFacts, family: Family) -> bool:
    logs = (log for log in (facts.log, facts.previous_log) if log is not None)
    stored = facts.node is not None and family in facts.node.stored
    return stored or any(log.latest(family) is not None for log in logs)


def is_enabled(env: ContainerEnv, family: Family) -> bool:
    """Whether the environment makes calico-node look for, or take, an address of ``family``."""
    mode = env.setting(family).mode
    once = mode is Mode.UNSET and family is Family.IPV4
    return once or mode in (Mode.AUTODETECT, Mode.EXPLICIT)


def case_of(snapshot: Snapshot, question: Question, subjects: tuple[Subject, ...]) -> Case:
    """Read the evidence of every node, then what is expected of it."""
    choices = {
        (subject.facts.name, family): choose(
            subject.facts, family, subject.env, subject.version.version
        )
        for subject in subjects
        for family in subject.families
    }
    expectations = Expectations(snapshot, question, choices)
    return Case(
        snapshot,
        tuple(
            _member(subject, family, choices[subject.facts.name, family], expectations)
            for subject in subjects
            for family in subject.families
        ),
        _keepers(snapshot, question),
    )


def _keepers(snapshot: Snapshot, question: Question) -> dict[str, Keeper]:
    """Who puts an edit of each DaemonSet back; absent where nobody does."""
    chains = (
        chain_of(found, snapshot.installations, snapshot.companions)
        for found in snapshot.daemon_sets
        if named(found.key, question.daemon_set)
    )
    return {
        chain.daemon_set: Keeper(chain.keeper.suffers, chain.keeper.where, chain.evidence)
        for chain in chains
        if chain.keeper is not None
    }


def _member(subject: Subject, family: Family, choice: Choice, expectations: Expectations) -> Member:
    expected, why = expectations.of(subject.facts, family)
    if subject.env.backend_is_none:
        expected, why = None, ""
    return Member(
        facts=subject.facts,
        family=family,
        daemon_set=subject.placement.daemon_set,
        version=subject.version.version,
        setting=subject.env.setting(family),
        choice=choice,
        expected=expected,
        why_unjudged=why or _why_unjudged(choice, expected),
        backend_is_none=subject.env.backend_is_none,
        is_enabled=is_enabled(subject.env, family) or not subject.env.is_complete,
        lacks_pod=subject.placement.lacks_pod,
    )


def _why_unjudged(choice: Choice, expected: Expected | None) -> str:
    """Why an expectation cannot be held against the choice; empty when it can."""
    if expected is None or choice.address is None:
        return ""
    return expected.why_untold(choice.address, choice.interface)
