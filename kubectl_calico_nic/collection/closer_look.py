"""What to ask the calico-node containers themselves, when something is wrong."""

from __future__ import annotations

from kubectl_calico_nic.collection.probe import Questions
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.report import NodeReport, Report
from kubectl_calico_nic.diagnosis.settings import env_of_node
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.choice import LOG
from kubectl_calico_nic.findings.case.moments import is_starting
from kubectl_calico_nic.findings.catalogue import MENDED_BY_METHOD
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot


def is_worth_it(report: Report, snapshot: Snapshot) -> bool:
    """Whether anything is wrong, or a pod is not Ready that is long past its start."""
    shown = {node.name for node in report.nodes}
    return report.has_problem or any(
        facts.pod is not None
        and not facts.pod.ready
        and not is_starting(facts.pod, snapshot.taken_at)
        for facts in snapshot.nodes
        if facts.name in shown
    )


def questions(report: Report, snapshot: Snapshot, question: Question) -> dict[str, Questions]:
    """Say by node what is worth an exec: it is no small thing.

    Where nothing is wrong, only the nodes that ``question`` names are asked. Else each BIRD is
    asked for its sessions: who is the culprit shows only on all of them together. Interfaces are
    asked for where no log proves the choice; of every node where another method may help, because
    a recommended one has to suit them all.
    """
    families = tuple(
        family
        for family in Family
        if any(found.family is family for node in report.nodes for found in node.families)
    )
    named = frozenset(question.nodes)
    rows = {node.name: node for node in report.nodes}
    is_wrong = is_worth_it(report, snapshot)
    all_interfaces = any(finding.id in MENDED_BY_METHOD for finding in report.findings)
    return {
        facts.name: Questions(
            interfaces=all_interfaces or facts.name in named or not _is_proven(facts, rows),
            sessions=families if env_of_node(facts, snapshot).may_run_bird else (),
        )
        for facts in snapshot.nodes
        if facts.pod is not None and (is_wrong or facts.name in named)
    }


def _is_proven(facts: NodeFacts, rows: dict[str, NodeReport]) -> bool:
    """Whether the log of its calico-node shows that a node is all right."""
    row = rows.get(facts.name)
    return row is not None and all(
        family.verdict == "ok" and LOG in family.evidence for family in row.families
    )
