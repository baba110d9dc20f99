"""``no-evidence``: neither log nor annotation says what the node chose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_calico_nic.calico.log.reading import LogReading
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.trouble import trouble_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import Gap, LogState, Origin

_MONITOR_TO_FILE = (Version(3, 15, 2), Version(3, 31, 999))
"""Where ``monitor-addresses/log/run`` keeps re-detection from the container's log."""
_FILE_LOGGING, _ETCD = "CALICO_DISABLE_FILE_LOGGING", ("ETCD_ENDPOINTS", "etcdv3")


def _find(case: Case) -> Iterator[Finding]:
    gaps = {gap.node: gap for gap in case.snapshot.gaps if gap.resource == "pods/log"}
    for member in case.networked():
        if trouble_of(member.facts, case.snapshot.taken_at) is not None:
            continue  # not-the-nic says why nothing is known
        if member.is_enabled and not member.choice.decided and not member.lacks_pod:
            why, advice = _why(member, case.snapshot.origin, gaps)
            stored = f"and {_not_stored(member)}"
            yield NO_EVIDENCE.about(
                member,
                f"{member.name}: what it chose is not known: {why}, {stored}",
                advice,
                f"gave no evidence: {why}, {stored}",
            )


def _not_stored(member: Member) -> str:
    """Why no annotation tells."""
    pod = member.facts.pod
    env = _literals(pod) if pod else {}
    if _ETCD[0] in env or env.get("DATASTORE_TYPE") == _ETCD[1]:
        return "an etcd datastore stores no address on the Node"
    return "no address is stored"


def _why(member: Member, origin: Origin, gaps: Mapping[str | None, Gap]) -> tuple[str, str]:
    """Why nothing is known, and what would help."""
    pod, log, state = member.facts.pod, member.facts.log, member.facts.log_state
    if state is LogState.READ and log is not None:
        return _silent(member, log, origin)
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
    gap = gaps.get(member.name)
    if gap is not None and not gap.forbidden:
        return f"the log was not read ({gap.reason})", "ask again when its kubelet answers"
    return "the log was not read", "the permission get pods/log is needed"


def _silent(member: Member, log: LogReading, origin: Origin) -> tuple[str, str]:
    """Why a log that was read says nothing about the family."""
    what, pod = f"the log does not tell about {member.family.label}", member.facts.pod
    if log.is_silenced:
        return (
            f"{what} (CALICO_STARTUP_LOGLEVEL hides it)",
            "kubectl calico-nic inspect with the right to create pods/exec sees its interfaces; "
            "a start at level info logs the choice",
        )
    if not log.complete_start:
        return f"{what} ({_gone(member)})", _for_the_start(pod, origin)
    if not log.started:
        return f"{what} (its start has not come to the address yet)", _read_on(pod, origin)
    return what, _read_on(pod, origin)


def _gone(member: Member) -> str:
    """Where the lines are that are not in the log any more."""
    pod, (first, last) = member.facts.pod, _MONITOR_TO_FILE
    to_file = pod is not None and _literals(pod).get(_FILE_LOGGING, "").lower() == "false"
    if to_file and first <= member.version <= last:
        return "its start is not in it any more, and re-detection is logged in a file on the host"
    return "its start is not in it any more: the kubelet rotated it"


def _for_the_start(pod: Pod | None, origin: Origin) -> str:
    if pod is None or origin is Origin.FILES:
        return "give its Node as JSON, or the log from its beginning"
    return (
        f"kubectl -n {pod.namespace} delete pod {pod.name} makes it log the choice anew; its "
        "sessions restart with it"
    )


def _read_on(pod: Pod | None, origin: Origin) -> str:
    if pod is None or origin is Origin.FILES:
        return "give its Node as JSON, or a later log"
    return f"see what it waits for: kubectl -n {pod.namespace} logs {pod.name} -c calico-node"


def _literals(pod: Pod) -> dict[str, str]:
    """The variables that the container's env gives a text."""
    env = pod.container.get("env")
    entries = env if isinstance(env, list) else []
    return {
        str(entry.get("name")): str(entry.get("value") or "")
        for entry in entries
        if isinstance(entry, Mapping)
    }


def _is_waiting(pod: Pod) -> bool:
    return pod.container_state.state == "waiting" and not pod.container_state.restarts


NO_EVIDENCE = Kind("no-evidence", Severity.ERROR, _find)
"""The catalogue's entry."""
