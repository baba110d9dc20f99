"""``no-evidence``: neither log nor annotation says what the node chose."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case import Case, Member
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.snapshot import LogState


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        if member.is_enabled and not member.choice.decided and not member.lacks_pod:
            why, advice = _why(member)
            yield NO_EVIDENCE.about(
                member,
                f"{member.name}: what it chose is not known: {why}, and no address is stored",
                advice,
                f"gave no evidence: {why}, and no address is stored",
            )


def _why(member: Member) -> tuple[str, str]:
    pod = member.facts.pod
    if pod is None:
        return "no calico-node pod and no log of it was read", "give its log, or ask the cluster"
    state = pod.container_state
    if member.facts.log_state is LogState.EMPTY or (
        state.state == "waiting" and not state.restarts
    ):
        phase = state.reason or pod.reason or pod.phase
        return (
            f"its calico-node has not said anything yet ({phase})",
            f"a node that just joins needs a minute; else kubectl -n {pod.namespace} describe pod "
            f"{pod.name}",
        )
    if member.facts.log_state is LogState.READ:
        return (
            f"its log does not tell about {member.family.label}",
            f"kubectl -n {pod.namespace} logs {pod.name} -c calico-node",
        )
    return "its log was not read", "the permission get pods/log is needed"


NO_EVIDENCE = Kind("no-evidence", Severity.ERROR, _find)
"""The catalogue's entry."""
