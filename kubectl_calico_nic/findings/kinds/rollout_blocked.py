"""``rollout-blocked``: pods wait for a new template that they do not get by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.case.roll import Roll, Stuck, rolls_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.workload.rolling import scaled

_WHY = "the pods' label controller-revision-hash against the newest ControllerRevision"
_SHOWN = 5


def _find(case: Case) -> Iterator[Finding]:
    for roll in rolls_of(case):
        if roll.is_blocked:
            yield from (_blocked(roll, stuck) for stuck in roll.stuck)
        elif roll.is_on_delete and roll.old and roll.change is None:
            yield _on_delete(roll)


def _blocked(roll: Roll, stuck: Stuck) -> Finding:
    name, pods = stuck.member.name, _pods(len(roll.waiting), roll.desired)
    limit = f"{_limit(roll)}; {pods} still run the old template of {roll.daemon_set.key}"
    together = "are not ready" if stuck.node_is_cause else stuck.why.replace("has", "have", 1)
    return ROLLOUT_BLOCKED.about_node(
        name,
        f"{name} {stuck.why} and uses up {limit}",
        _advice(roll, stuck),
        f"{together.replace('and is not Ready', 'and are not Ready')} and use up {limit}",
        why=_WHY,
    )


def _advice(roll: Roll, stuck: Stuck) -> str:
    name, daemon_set = stuck.member.name, roll.daemon_set
    if stuck.node_is_cause:
        return f"repair or remove {name}: the others go on by themselves then"
    pod = stuck.member.facts.pod
    if pod is None:
        return f"kubectl -n {daemon_set.namespace} describe daemonset {daemon_set.name} tells why"
    return (
        f"find out why (kubectl -n {pod.namespace} describe pod {pod.name}), mend the template or "
        f"take it back: kubectl -n {daemon_set.namespace} rollout undo daemonset {daemon_set.name}"
    )


def _on_delete(roll: Roll) -> Finding:
    """Nothing is broken: somebody wants to say himself when each pod restarts."""
    names = sorted(member.name for member in roll.old)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    shown = ", ".join(names[:_SHOWN]) + more
    found = ROLLOUT_BLOCKED.about_node(
        None,
        f"{_pods(len(names), roll.desired)} run an older template of {roll.daemon_set.key} until "
        f"they are deleted (updateStrategy OnDelete): {shown}",
        f"delete these pods one at a time when it suits: kubectl -n {roll.daemon_set.namespace} "
        "delete pod NAME",
        why=_WHY,
    )
    return replace(found, severity=Severity.WARNING)


def _pods(count: int, total: int) -> str:
    return f"{count} of {total} pods"


def _limit(roll: Roll) -> str:
    strategy = roll.strategy
    if scaled(strategy.max_surge, roll.desired):
        return f"maxSurge={strategy.max_surge}"
    return f"maxUnavailable={strategy.max_unavailable}"


ROLLOUT_BLOCKED = Kind("rollout-blocked", Severity.ERROR, _find)
"""The catalogue's entry."""
