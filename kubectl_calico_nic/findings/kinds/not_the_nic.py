"""``not-the-nic``: nothing is wrong with the address; what it is instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_calico_nic.findings.case.address_errors import address_errors
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.lost_sessions import LostSessions, survey
from kubectl_calico_nic.findings.case.moments import STARTING, is_starting, seconds_since
from kubectl_calico_nic.findings.case.roll import rolls_of
from kubectl_calico_nic.findings.case.sessions import fresh_readiness
from kubectl_calico_nic.findings.case.trouble import Trouble, in_short, trouble_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind

_STATUS = "the status of node and pod"
"""The evidence where nobody said more."""


def _find(case: Case) -> Iterator[Finding]:
    """Tell what is wrong with calico-node itself, and with the way between the nodes.

    A node that is down is everyday life, and told where its sessions or its evidence are missed.
    """
    wrong, now = {name for name, _ in address_errors(case)}, case.snapshot.taken_at
    sessions = survey(case)
    yield from (_about_the_way(lost) for lost in sessions.told if lost.is_filtered)
    told = {name for lost in sessions.told for name in (lost.member.name, *lost.explains)}
    told |= _rolling(case)
    missed = sessions.touched | {member.name for member in case.members if _is_unknown(member)}
    for member in {member.name: member for member in case.members}.values():
        if member.name in wrong:
            continue
        trouble = trouble_of(member.facts, now)
        if trouble is None and member.name not in told:
            yield from _unexplained(member, now)
        elif trouble is not None and (not trouble.is_of_node or member.name in missed):
            yield _about_trouble(trouble, member.name)


def _is_unknown(member: Member) -> bool:
    return not member.choice.decided and member.is_enabled


def _about_trouble(trouble: Trouble, name: str) -> Finding:
    return NOT_THE_NIC.about_node(
        name,
        f"{name} {trouble.what}",
        trouble.advice,
        trouble.together,
        why=trouble.why or _STATUS,
    )


def _rolling(case: Case) -> set[str]:
    """The nodes whose pod a rollout replaces, or is held up by: that is its story."""
    return {
        member.name
        for roll in rolls_of(case)
        for member in (
            *(() if roll.is_on_delete else roll.old),
            *(stuck.member for stuck in roll.stuck if roll.is_blocked),
        )
    }


def _about_the_way(lost: LostSessions) -> Finding:
    return NOT_THE_NIC.about(
        lost.member,
        lost.message,
        lost.advice,
        lost.together,
        why=lost.why,
        explains=lost.explains,
    )


def _unexplained(member: Member, now: str | None) -> Iterator[Finding]:
    """calico-node does not become Ready, though nothing speaks against its address."""
    pod = member.facts.pod
    if pod is None or pod.ready or is_starting(pod, now) or member.choice.address is None:
        return
    readiness = fresh_readiness(member, now)
    if readiness is not None and (readiness.peers or readiness.bird_is_down):
        return  # BGP's story, or that of the peers it names
    state, unready = pod.container_state, seconds_since(pod.ready_since, now)
    logs = f"kubectl -n {pod.namespace} logs {pod.name} -c calico-node"
    if state.reason == "CrashLoopBackOff":
        code = "" if state.last_exit_code is None else f"exit status {state.last_exit_code}, "
        yield NOT_THE_NIC.about_node(
            member.name,
            f"{member.name}: calico-node keeps ending ({code}{state.restarts} restarts), and "
            "nothing speaks against its address",
            f"see why: {logs} --previous",
            "have calico-node ending again and again, and nothing speaks against their addresses",
            why=_last_words(member),
        )
    elif unready is not None and unready > STARTING:
        yield NOT_THE_NIC.about_node(
            member.name,
            f"{member.name}: calico-node has not been Ready for {int(unready // 60)} min, and "
            "nothing speaks against its address",
            f"see why: kubectl -n {pod.namespace} describe pod {pod.name}",
            "have a calico-node that is not Ready, and nothing speaks against their addresses",
            why=in_short(readiness.text) if readiness else _STATUS,
        )


def _last_words(member: Member) -> str:
    logs = (member.facts.previous_log, member.facts.log)
    tails: Sequence[str] = next((log.tail for log in logs if log and log.tail), ())
    return in_short(next((line for line in reversed(tails) if line.strip()), "")) or _STATUS


NOT_THE_NIC = Kind("not-the-nic", Severity.ERROR, _find)
"""The catalogue's entry."""
