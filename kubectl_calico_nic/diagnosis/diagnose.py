"""A snapshot and a question -> the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from kubectl_calico_nic.diagnosis.expectation import shown
from kubectl_calico_nic.diagnosis.explanation import explain
from kubectl_calico_nic.diagnosis.members import Subject, case_of, subjects_of
from kubectl_calico_nic.diagnosis.placement import named
from kubectl_calico_nic.diagnosis.question import Question as Question
from kubectl_calico_nic.diagnosis.recommendation import recommend
from kubectl_calico_nic.diagnosis.report import (
    DaemonSetReport,
    FamilyReport,
    NodeReport,
    Recommendation,
    Report,
    Sessions,
)
from kubectl_calico_nic.diagnosis.running_version import version_of_image
from kubectl_calico_nic.diagnosis.settings import env_of_template
from kubectl_calico_nic.diagnosis.symptoms import narrowed, with_symptoms
from kubectl_calico_nic.diagnosis.verdict import verdict
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.sessions import view_of
from kubectl_calico_nic.findings.case.setting import FIRST_FOUND, Mode
from kubectl_calico_nic.findings.catalogue import MENDED_BY_METHOD, find
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.owners.recognition import chain_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Gap, LogState, Snapshot


def diagnose(snapshot: Snapshot, question: Question) -> Report:
    """Judge every node of ``snapshot``, and say what mends what is wrong.

    Nodes are compared with all others; ``question.nodes`` then narrows the rows, and
    each of these nodes is explained.
    """
    subjects = subjects_of(snapshot, question)
    case = case_of(snapshot, question, subjects)
    findings = with_symptoms(case, find(case))
    recommendations, advice = recommend(case, findings)
    findings = _with_commands(findings, recommendations, case.members)
    wanted = frozenset(question.nodes)
    kept = narrowed(findings, wanted) if wanted else findings
    own = (finding for finding in kept if not wanted or finding.node in wanted)
    if not any(finding.id in MENDED_BY_METHOD for finding in own):
        recommendations, advice = (), ()
    rows = [subject for subject in subjects if not wanted or subject.facts.name in wanted]
    return Report(
        nodes=_nodes(rows, case, kept),
        daemon_sets=daemon_set_reports(snapshot, question, subjects),
        findings=kept,
        recommendations=recommendations,
        gaps=snapshot.gaps,
        advice=advice,
        explanations=explain(case, question.nodes, recommendations),
        total=len(subjects),
        unread=_unread(rows, snapshot.gaps),
    )


def _unread(subjects: Iterable[Subject], gaps: Iterable[Gap]) -> tuple[str, ...]:
    forbidden = {gap.node for gap in gaps if gap.forbidden}
    found = (subject.facts for subject in subjects)
    unreadable = (facts.name for facts in found if facts.log_state is LogState.UNREADABLE)
    return tuple(name for name in unreadable if name not in forbidden)


def _with_commands(
    findings: Iterable[Finding],
    recommendations: Iterable[Recommendation],
    members: Iterable[Member],
) -> tuple[Finding, ...]:
    """Say the recommended command where a finding leaves the method open and it covers the node."""
    commands = {(found.daemon_set, found.family): found for found in recommendations}
    daemon_sets = {(member.name, member.family): member.daemon_set for member in members}

    def with_command(finding: Finding) -> Finding:
        if finding.family is None or finding.id not in MENDED_BY_METHOD:
            return finding
        key = (daemon_sets.get((finding.node or "", finding.family)), finding.family)
        found = commands.get(key)
        if found is None or finding.node in found.uncovered:
            return finding
        return dataclasses.replace(finding, next=found.command)

    return tuple(with_command(finding) for finding in findings)


def _nodes(
    subjects: Iterable[Subject], case: Case, findings: Iterable[Finding]
) -> tuple[NodeReport, ...]:
    members_of: dict[str, list[Member]] = {}
    for member in case.members:
        members_of.setdefault(member.name, []).append(member)
    findings_of: dict[str, list[Finding]] = {}
    for finding in findings:
        findings_of.setdefault(finding.node or "", []).append(finding)
    return tuple(
        _node(
            subject,
            members_of.get(subject.facts.name, ()),
            findings_of.get(subject.facts.name, ()),
            case.snapshot.taken_at,
        )
        for subject in subjects
    )


def _node(
    subject: Subject, members: Sequence[Member], findings: Sequence[Finding], now: str | None
) -> NodeReport:
    facts, pod = subject.facts, subject.facts.pod
    placement = subject.placement
    notes = (placement.idle, placement.note, subject.version.note if pod else "")
    return NodeReport(
        name=facts.name,
        daemon_set=subject.placement.daemon_set,
        version=subject.version.text,
        ready=None if pod is None else pod.ready,
        pod=None if pod is None else pod.key,
        internal_ips=facts.node.internal_ips if facts.node else (),
        families=tuple(family_report(member, findings, now) for member in members),
        notes=tuple(note for note in (*notes, *(member.choice.note for member in members)) if note),
    )


def family_report(
    member: Member, findings: Iterable[Finding], now: str | None = None
) -> FamilyReport:
    """Report one node's choice in one family; ``findings`` are those about the node.

    ``now`` (RFC 3339) tells which BGP sessions are fresh enough to be shown.
    """
    mine = [finding for finding in findings if finding.family in (None, member.family)]
    choice = member.choice
    return FamilyReport(
        family=member.family,
        verdict=verdict(member, mine),
        decided=choice.decided,
        method=_method(member),
        interface=choice.interface,
        address=choice.address,
        expectation=shown(member.expected),
        bgp=_sessions(member, now),
        since=choice.since,
        evidence=choice.evidence,
        findings=tuple(finding.id for finding in mine),
        contradicted_by=choice.contradicted_by,
    )


def _sessions(member: Member, now: str | None) -> Sessions | None:
    """Count the BGP sessions; None where not all of them are known."""
    view = view_of(member, now)
    if view is None or not view.is_complete:
        return None
    down = tuple(session.peer for session in view.sessions if not session.is_established)
    return Sessions(len(view.sessions) - len(down), len(view.sessions), down)


def _method(member: Member) -> str | None:
    """The method in force: the environment's, else the log's word where that is all of it."""
    if member.setting.method is not None or member.setting.mode is not Mode.UNKNOWN:
        return member.setting.method
    word = member.choice.method_word
    return word if word in (FIRST_FOUND, "kubernetes-internal-ip") else None


def daemon_set_reports(
    snapshot: Snapshot, question: Question, subjects: Iterable[Subject]
) -> tuple[DaemonSetReport, ...]:
    """Report the DaemonSets asked about, whose nodes are among ``subjects``."""
    subjects = tuple(subjects)
    return tuple(
        _daemon_set(found, snapshot, question, subjects)
        for found in snapshot.daemon_sets
        if named(found.key, question.daemon_set)
    )


def _daemon_set(
    daemon_set: DaemonSet, snapshot: Snapshot, question: Question, subjects: Sequence[Subject]
) -> DaemonSetReport:
    mine = [found for found in subjects if found.placement.daemon_set == daemon_set.key]
    used = {family for found in mine for family in found.families}
    env = env_of_template(daemon_set, snapshot)
    families = question.families or [family for family in Family if family in used]
    image = str(daemon_set.container.get("image", ""))
    version = version_of_image(image, snapshot.cluster_version)
    logged = {found.version.text for found in mine if found.version.is_known}
    return DaemonSetReport(
        name=daemon_set.key,
        version=logged.pop() if len(logged) == 1 and not version.is_known else version.text,
        owner=chain_of(daemon_set, snapshot.installations, snapshot.companions).word,
        method={family: env.setting(family).method for family in families},
        mode={family: env.setting(family).mode.value for family in families},
    )
