"""``no-evidence``: neither log nor annotation says what the node chose."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.trouble import trouble_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import LogState, Origin


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        if trouble_of(member.facts, case.snapshot.taken_at) is not None:
            continue  # not-the-nic says why nothing is known
        if member.is_enabled and not member.choice.decided and not member.lacks_pod:
            why, advice = _why(member, case.snapshot.origin)
            yield NO_EVIDENCE.about(
                member,
                f"{member.name}: what it chose is not known: {why}, and no address is stored",
                advice,
                f"gave no evidence: {why}, and no address is stored",
            )


def _why(member: Member, origin: Origin) -> tuple[str, str]:
    """Why nothing is known, and what would help."""
    pod, state = member.facts.pod, member.facts.log_state
    if state is LogState.READ:
        advice = "the log's first lines may be gone: give its Node as JSON, or restart the pod"
        if pod is not None and origin is Origin.CLUSTER:
            advice = f"kubectl -n {pod.namespace} logs {pod.name} -c calico-node"
        return _why_silent(member), advice
    if pod is None:
        return "no calico-node pod and no log of it was read", "give its log, or ask the cluster"
    if state is LogState.EMPTY or _is_waiting(pod):
        phase = pod.container_state.reason or pod.reason or pod.phase
        return (
            f"calico-node has not said anything yet ({phase})",
            f"a node that just joins needs a minute; else kubectl -n {pod.namespace} describe pod "
            f"{pod.name}",
        )
    if origin is Origin.FILES:
        return "no log of its pod was read", f"give the log of pod {pod.name} too"
    return "the log was not read", "the permission get pods/log is needed"


def _why_silent(member: Member) -> str:
    """Why a log that was read tells nothing; that is never the same as no detection."""
    log, label = member.facts.log, member.family.label
    if log is not None and log.is_silenced:
        return "the level of its log hides it (CALICO_STARTUP_LOGLEVEL)"
    if log is not None and log.calico_lines and not log.complete_start:
        return f"the beginning of its log is gone, and the rest does not tell about {label}"
    return f"the log does not tell about {label}"


def _is_waiting(pod: Pod) -> bool:
    return pod.container_state.state == "waiting" and not pod.container_state.restarts


NO_EVIDENCE = Kind("no-evidence", Severity.ERROR, _find)
"""The catalogue's entry."""
