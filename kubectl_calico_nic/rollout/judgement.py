"""Snapshot and report -> where the rollout stands.

``kubectl rollout status`` counts Ready pods. That proves nothing here: a failed detection keeps
the old address, and the pod is Ready all the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kubectl_calico_nic.calico.log.reading import LogReading, Outcome
from kubectl_calico_nic.diagnosis.report import NodeReport, Report
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.rollout.proof import (
    are_routes_unasked,
    is_unasked,
    why_not_working,
    why_unproven,
)
from kubectl_calico_nic.rollout.state import NodeRollout, Phase, Rollout
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION, is_updated

_FATAL = frozenset(
    {Outcome.FAILED, Outcome.INVALID_METHOD, Outcome.INVALID_ADDRESS, Outcome.CONFLICT}
)
_LASTING = frozenset({"kept-stale-address", "method-invalid"})
"""Findings that a restart of the same pod cannot mend."""
_ROUTES = "the kernel's routes to the BGP peers are not known"
_NAMED = 3
"""How many nodes a line names."""


def of_present_nodes(snapshot: Snapshot) -> Snapshot:
    """The facts without those of Nodes that were deleted.

    The pod of such a Node stays until the garbage collector comes for it, and nothing can be proven
    of it. Where no Node could be read, nothing is left out.
    """
    present = tuple(facts for facts in snapshot.nodes if facts.node)
    return dataclasses.replace(snapshot, nodes=present) if present else snapshot


def judge(snapshot: Snapshot, report: Report, daemon_set: DaemonSet) -> Rollout:
    """Say how far the rollout of ``daemon_set`` is.

    ``report`` is the diagnosis of the same snapshot, which is one of present nodes.
    """
    rows = {node.name: node for node in report.nodes if node.daemon_set == daemon_set.key}
    taking_part = [
        facts
        for facts in snapshot.nodes
        if facts.name in rows and _takes_part(facts, rows[facts.name], daemon_set)
    ]
    findings = _by_node(report.findings)
    nodes = tuple(
        _node(facts, rows[facts.name], findings.get(facts.name, ()), daemon_set, snapshot)
        for facts in taking_part
    )
    updated = sum(node.updated is True for node in nodes)
    desired = _number(daemon_set, "desiredNumberScheduled", len(nodes))
    settled = (
        is_observed(daemon_set)
        and updated >= desired
        and all(_is_settled(facts.pod) for facts in taking_part)
    )
    proven = all(node.phase is Phase.PROVEN for node in nodes)
    return Rollout(
        daemon_set=daemon_set.key,
        updated=updated,
        desired=desired,
        nodes=nodes,
        report=report,
        settled=settled,
        done=settled and proven and not report.has_problem,
        unproven=(
            *_unproven(nodes),
            *(_unasked(taking_part, rows, snapshot) if settled and proven else ()),
        ),
    )


def _by_node(findings: Iterable[Finding]) -> dict[str | None, tuple[Finding, ...]]:
    found: dict[str | None, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.node, []).append(finding)
    return {node: tuple(mine) for node, mine in found.items()}


def _takes_part(facts: NodeFacts, row: NodeReport, daemon_set: DaemonSet) -> bool:
    """Whether the rollout is to reach this node.

    A node without a pod counts where the DaemonSet's status misses one: only then the diagnosis
    gives it families.
    """
    if facts.pod is None:
        return bool(row.families)
    return facts.pod.daemon_set == daemon_set.key


def _number(daemon_set: DaemonSet, name: str, default: int) -> int:
    value = daemon_set.status.get(name)
    return value if isinstance(value, int) else default


def is_observed(daemon_set: DaemonSet) -> bool:
    """Whether the controller has seen the template as it is now, and made its revision."""
    generation = daemon_set.metadata.get("generation")
    observed = _number(daemon_set, "observedGeneration", 0)
    return not isinstance(generation, int) or observed >= generation


def _is_settled(pod: Pod | None) -> bool:
    """Whether nothing happens to a node's pod any more."""
    return pod is None or (pod.ready and not pod.deleted)


def _is_updated(pod: Pod, daemon_set: DaemonSet, snapshot: Snapshot) -> bool | None:
    """Whether ``pod`` runs the current template of ``daemon_set``.

    Until the controller has seen a new template, the newest revision is that of the old one.
    """
    annotations = daemon_set.metadata.get("annotations") or {}
    newest = snapshot.revisions.get(daemon_set.key) if is_observed(daemon_set) else None
    return is_updated(
        pod.revision_hash,
        newest,
        pod.template_generation,
        annotations.get(TEMPLATE_GENERATION_ANNOTATION),
    )


def _node(
    facts: NodeFacts,
    row: NodeReport,
    mine: tuple[Finding, ...],
    daemon_set: DaemonSet,
    snapshot: Snapshot,
) -> NodeRollout:
    pod = facts.pod
    updated = _is_updated(pod, daemon_set, snapshot) if pod else None
    waits_for = (
        _waits_for(facts, updated, daemon_set)
        or why_unproven(facts, row, snapshot)
        or why_not_working(facts, row)
    )
    blocker = _lasting_finding(facts, mine) if updated is not False else None
    phase = Phase.STUCK if blocker else Phase.WAITING if waits_for else Phase.PROVEN
    bad = [finding for finding in mine if finding.severity is not Severity.INFORMATION]
    if phase is Phase.PROVEN and bad:
        phase, blocker = Phase.WAITING, bad[0]
    return NodeRollout(
        name=facts.name,
        phase=phase,
        verdict=blocker.id if blocker else phase.value,
        pod=pod.name if pod else None,
        updated=updated,
        ready=pod.ready if pod else None,
        families=row.families,
        findings=mine,
        waits_for=blocker.message if blocker else waits_for,
        tail=_tail(facts) if phase is Phase.STUCK else (),
    )


def _waits_for(facts: NodeFacts, updated: bool | None, daemon_set: DaemonSet) -> str:
    """What is missing until the new pod is Ready, in words; empty when nothing is."""
    pod = facts.pod
    if pod is None:
        return "no calico-node pod yet"
    if pod.deleted:
        return f"pod {pod.name} is being deleted"
    if updated is False:
        if daemon_set.update_strategy == "OnDelete":
            return f"pod {pod.name} runs the old template until it is deleted (OnDelete)"
        return "old template"
    return "" if pod.ready else _why_not_ready(pod)


def _why_not_ready(pod: Pod) -> str:
    state = pod.container_state
    if state.reason:
        again = f", restarted {state.restarts} times" if state.restarts else ""
        return f"{state.reason}{again}"
    if pod.phase == "Pending":
        return f"Pending: {pod.message or pod.reason or 'not scheduled or starting'}"
    return "starting, not Ready"


def _lasting_finding(facts: NodeFacts, mine: tuple[Finding, ...]) -> Finding | None:
    """The finding that waiting cannot mend: a kept address, or the same fatal end twice."""
    lasting = next((finding for finding in mine if finding.id in _LASTING), None)
    if lasting or not _ended_twice_alike(facts):
        return lasting
    return next((finding for finding in mine if finding.severity is Severity.ERROR), None)


def _ended_twice_alike(facts: NodeFacts) -> bool:
    if facts.pod is None or facts.pod.ready or facts.pod.container_state.restarts < 1:
        return False
    causes = [_fatal_causes(log) for log in (facts.log, facts.previous_log) if log]
    return len(causes) == 2 and bool(causes[0] & causes[1])


def _fatal_causes(log: LogReading) -> frozenset[tuple[int, Outcome]]:
    return frozenset(
        (decision.family, decision.outcome)
        for decision in log.decisions
        if decision.outcome in _FATAL
    )


def _tail(facts: NodeFacts) -> tuple[str, ...]:
    log = facts.log if facts.log and facts.log.tail else facts.previous_log
    return log.tail if log else ()


def _unproven(nodes: Iterable[NodeRollout]) -> Iterable[str]:
    for node in nodes:
        for family in node.families:
            if node.phase is Phase.PROVEN and family.verdict == "unknown":
                yield f"{node.name}: nothing says which {family.family.label} address is expected"


def _unasked(
    nodes: Iterable[NodeFacts], rows: Mapping[str, NodeReport], snapshot: Snapshot
) -> Iterator[str]:
    """What would prove more, and was not asked."""
    nodes = tuple(nodes)
    unknown = [facts.name for facts in nodes if is_unasked(facts, rows[facts.name], snapshot)]
    yield from _unproven_of(unknown, "the BGP sessions are not known")
    unrouted = [facts.name for facts in nodes if are_routes_unasked(facts, rows[facts.name])]
    yield from _unproven_of(unrouted, _ROUTES)


def _unproven_of(names: Sequence[str], what: str) -> Iterable[str]:
    """Say of which nodes something was not asked, or not answered."""
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{', '.join(names[:_NAMED])}{more}: {what}"
