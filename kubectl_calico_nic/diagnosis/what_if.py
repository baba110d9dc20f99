"""What every node would choose under other methods; nothing is changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from kubectl_calico_nic.calico.autodetection.host_addresses import qualifying
from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, MethodKind, parse_method
from kubectl_calico_nic.calico.autodetection.selection import Selection
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.diagnose import daemon_set_reports, family_report
from kubectl_calico_nic.diagnosis.members import Subject, case_of, subjects_of
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.report import FamilyReport, NodeReport, Report
from kubectl_calico_nic.diagnosis.supposition import suppose
from kubectl_calico_nic.diagnosis.targets import PROVEN_BY_LOG, target_of
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import INVENTORY, LOG, Choice
from kubectl_calico_nic.findings.case.setting import Mode, Setting
from kubectl_calico_nic.findings.catalogue import find
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

ROUTE = "route"
METHOD = "method"
"""The text alone decides: Calico rejects it on every host."""
_JUDGED = frozenset({"detection-failed", "method-invalid", "wrong-network", "wrong-interface"})
"""The findings that a choice alone decides: what a start would do is not asked here."""


def destinations(methods: Iterable[str]) -> tuple[str, ...]:
    """Where the ``can-reach=`` among ``methods`` lead: routes to there decide them."""
    words = (method.partition("=") for method in methods)
    return tuple(destination for word, _, destination in words if word == "can-reach")


def what_if(snapshot: Snapshot, question: Question, methods: Sequence[str]) -> Report:
    """Say what each node would choose under each of ``methods``.

    The report has one entry in ``families`` for each family and method, IPv4 first, then in the
    order asked. The families are those of ``question``, else those with a global address on the
    node, else those in use. The texts are taken as they are: what Calico does with a wrong one is
    the answer.
    """
    asked = [_with_families(subject, question) for subject in subjects_of(snapshot, question)]
    case = case_of(snapshot, question, tuple(asked))
    members = {(member.name, member.family): member for member in case.members}
    wanted = frozenset(question.nodes)
    rows = [found for found in asked if not wanted or found.facts.name in wanted]
    entries = [
        (subject, _supposed(members[subject.facts.name, family], method), method)
        for subject in rows
        for family in subject.families
        for method in methods
    ]
    findings = [_judge(case, member) for _, (member, _), _ in entries]
    families: dict[str, list[FamilyReport]] = {}
    for (subject, (member, selection), method), found in zip(entries, findings, strict=True):
        entry = _entry(member, selection, method, found)
        families.setdefault(subject.facts.name, []).append(entry)
    return Report(
        nodes=tuple(_node(subject, families.get(subject.facts.name, ())) for subject in rows),
        daemon_sets=daemon_set_reports(snapshot, question, asked),
        findings=tuple(dict.fromkeys(finding for found in findings for finding in found)),
        gaps=snapshot.gaps,
    )


def _with_families(subject: Subject, question: Question) -> Subject:
    inventory = subject.facts.inventory
    if question.families or inventory is None or subject.placement.idle:
        return subject
    families = tuple(
        family
        for family in Family
        if any(qualifying(interface, family) for interface in inventory.interfaces)
    )
    return dataclasses.replace(subject, families=families or subject.families)


def _supposed(member: Member, method: str) -> tuple[Member, Selection]:
    """``member`` as it would be under ``method``, and how that was found out."""
    found = _selection(member, method)
    choice = Choice(
        decided=found.decided,
        outcome=_outcome(found),
        address=found.address,
        interface=found.interface,
        evidence=_evidence(member, method, found),
        reason=found.messages[-1].text if found.messages and found.address is None else None,
    )
    setting = Setting(Mode.AUTODETECT, "autodetect", method, method)
    return dataclasses.replace(member, choice=choice, setting=setting), found


def _selection(member: Member, method: str) -> Selection:
    found = suppose(member, method)
    if found.decided or member.facts.inventory is not None:
        return found
    proven = target_of(member).forecast(method)
    if not proven.is_logged:
        return found
    return Selection(
        decided=True,
        address=proven.address,
        interface=member.choice.interface,
        reasons=(PROVEN_BY_LOG,),
    )


def _outcome(found: Selection) -> Outcome | None:
    if not found.decided:
        return None
    if found.exits:
        return Outcome.INVALID_METHOD
    return Outcome.DETECTED if found.address else Outcome.FAILED


def _evidence(member: Member, method: str, found: Selection) -> tuple[str, ...]:
    if not found.decided:
        return ()
    if member.facts.inventory is None and found.address is not None:
        return (LOG,)
    if _needs_route(method, member.version):
        return (ROUTE,)
    return (INVENTORY,) if member.facts.inventory else (METHOD,)


def _needs_route(method: str, version: Version) -> bool:
    try:
        return parse_method(method, version).kind is MethodKind.CAN_REACH
    except InvalidMethod:
        return False


def _judge(case: Case, member: Member) -> tuple[Finding, ...]:
    """What is wrong with one supposed choice."""
    found = find(dataclasses.replace(case, members=(member,)))
    return tuple(finding for finding in found if finding.id in _JUDGED)


def _entry(
    member: Member, selection: Selection, method: str, findings: Iterable[Finding]
) -> FamilyReport:
    return dataclasses.replace(
        family_report(member, tuple(findings)),
        method=method,
        candidates=tuple(found.address for found in selection.candidates),
        reasons=(*selection.reasons, *filter(None, [selection.why_undecided])),
    )


def _node(subject: Subject, families: Sequence[FamilyReport]) -> NodeReport:
    facts: NodeFacts = subject.facts
    return NodeReport(
        name=facts.name,
        daemon_set=subject.placement.daemon_set,
        version=subject.version.text,
        ready=facts.pod.ready if facts.pod else None,
        pod=facts.pod.key if facts.pod else None,
        internal_ips=facts.node.internal_ips if facts.node else (),
        families=tuple(families),
        notes=(subject.placement.idle,) if subject.placement.idle else (),
    )
