"""Diagnoses a live cluster, whose facts were not all read at the same moment."""

from __future__ import annotations

from kubectl_calico_nic.collection.closer_look import is_worth_it, questions
from kubectl_calico_nic.collection.collect import Collector
from kubectl_calico_nic.diagnosis.diagnose import diagnose
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.report import Report
from kubectl_calico_nic.snapshot.snapshot import Snapshot


def diagnose_live(
    collector: Collector, snapshot: Snapshot, question: Question
) -> tuple[Report, Snapshot]:
    """Judge ``snapshot``; where log and Node disagree, read those Nodes once more first.

    calico-node stores its choice after logging it, and Nodes are listed while logs are read: a
    Node that was read a moment too early disagrees with a log that is right.
    """
    report = diagnose(snapshot, question)
    doubtful = {found.node for found in report.findings if found.id == "evidence-disagrees"}
    names = {name for name in doubtful if name is not None}
    if not names:
        return report, snapshot
    snapshot = collector.read_nodes_again(snapshot, names)
    return diagnose(snapshot, question), snapshot


def look_closer(
    collector: Collector, snapshot: Snapshot, report: Report, question: Question, *, probe: bool
) -> Snapshot:
    """Read what explains what is wrong, if anything is: events, BGP sessions, interfaces.

    ``probe`` allows exec into the calico-node containers.
    """
    is_wrong = is_worth_it(report, snapshot)
    if is_wrong:
        snapshot = collector.read_events(snapshot)
    if probe and (asked := questions(report, snapshot, question)):
        snapshot = collector.ask(snapshot, asked)
    return collector.read_node_statuses(snapshot) if is_wrong else snapshot
