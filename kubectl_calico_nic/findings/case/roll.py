"""How far the pods of each DaemonSet are behind its template, and what holds them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kubectl_calico_nic.findings.case.case import Case, Member, once_for_each_case
from kubectl_calico_nic.findings.case.moments import seconds_since
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.undo_record import BrokenRecord, ChangeRecord, read_record
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION, is_updated
from kubectl_calico_nic.workload.rolling import LONGEST_START, ON_DELETE, Strategy

_FAILING = frozenset(
    {
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)
"""Why a container waits when it does not start by itself; pkg/kubelet/kuberuntime and images."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A node whose unavailable pod stays so. ``why`` goes on after its name."""

    member: Member
    why: str
    node_is_cause: bool = False


@dataclass(frozen=True, slots=True)
class Roll:
    """One DaemonSet and its pods, one member for each node.

    ``old`` run an older template than the newest revision, as far as that is known; those being
    deleted do not count. ``stuck`` use up what the strategy allows until somebody helps.
    ``is_idle`` says that nothing happened to template and pods for longer than a start takes.
    """

    daemon_set: DaemonSet
    members: tuple[Member, ...]
    strategy: Strategy
    old: tuple[Member, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    is_idle: bool = False

    @property
    def desired(self) -> int:
        """How many pods the DaemonSet wants."""
        wanted = self.daemon_set.status.get("desiredNumberScheduled")
        return wanted if isinstance(wanted, int) and wanted > 0 else len(self.members)

    @property
    def is_on_delete(self) -> bool:
        """Whether pods change only when somebody deletes them."""
        return self.strategy.type == ON_DELETE

    @property
    def waiting(self) -> tuple[Member, ...]:
        """The old pods that work and would have to restart."""
        held = {found.member.name for found in self.stuck}
        return tuple(member for member in self.old if member.name not in held)

    @property
    def is_blocked(self) -> bool:
        """Whether no other pod restarts until somebody helps those that are stuck."""
        limit = self.strategy.limit(self.desired)
        return not self.is_on_delete and bool(self.waiting) and len(self.stuck) >= limit

    @property
    def change(self) -> ChangeRecord | None:
        """The change of ours that is under way; None without any."""
        try:
            kept = read_record(self.daemon_set.annotations)
        except BrokenRecord:
            return None
        return kept if kept is not None and kept.stage is not None else None


@once_for_each_case
def rolls_of(case: Case) -> tuple[Roll, ...]:
    """The DaemonSets that nodes of ``case`` belong to."""
    members: dict[str, dict[str, Member]] = {}
    for member in case.members:
        if member.daemon_set is not None:
            members.setdefault(member.daemon_set, {}).setdefault(member.name, member)
    return tuple(
        _roll(daemon_set, tuple(mine.values()), case)
        for daemon_set in case.snapshot.daemon_sets
        if (mine := members.get(daemon_set.key))
    )


def is_old(member: Member, daemon_set: DaemonSet, revisions: Mapping[str, str]) -> bool | None:
    """Whether a node's pod runs an older template than the newest; None when that is not known.

    The hashes alone tell: a rollback makes a new generation of a template that pods may have kept.
    """
    pod, newest = member.facts.pod, revisions.get(daemon_set.key)
    if pod is None or newest is None or pod.revision_hash is None:
        return None
    generation = daemon_set.annotations.get(TEMPLATE_GENERATION_ANNOTATION)
    return not is_updated(pod.revision_hash, newest, pod.template_generation, generation)


def _roll(daemon_set: DaemonSet, members: tuple[Member, ...], case: Case) -> Roll:
    now = case.snapshot.taken_at
    revisions = case.snapshot.revisions
    old = {member.name for member in members if is_old(member, daemon_set, revisions)}
    idle = _is_idle(daemon_set, members, now)
    stuck = tuple(
        found
        for member in members
        if (found := _stuck(member, is_old=member.name in old, is_idle=idle, now=now))
    )
    return Roll(
        daemon_set,
        members,
        Strategy.of(daemon_set.spec),
        tuple(
            member
            for member in members
            if member.name in old and member.facts.pod and not member.facts.pod.deleted
        ),
        stuck,
        idle,
    )


def _stuck(member: Member, *, is_old: bool, is_idle: bool, now: str | None) -> Stuck | None:
    """Say why the pod of ``member`` stays unavailable; None when it is not, or may recover."""
    pod = member.facts.pod
    if pod is None:
        return Stuck(member, "has no calico-node pod") if member.lacks_pod and is_idle else None
    if pod.ready and not pod.deleted:
        return None
    if member.node_is_down:
        return Stuck(member, "is not ready", node_is_cause=True)
    if pod.deleted:
        return Stuck(member, "has a pod that does not go away") if is_idle else None
    why = "" if is_old else _why_unavailable(pod, now)
    return Stuck(member, why) if why else None


def _why_unavailable(pod: Pod, now: str | None) -> str:
    """Why a pod of the newest template does not become Ready; empty while it may."""
    state = pod.container_state
    if state.state == "waiting" and state.reason in _FAILING:
        return f"has the new template and does not start ({state.reason})"
    if state.restarts > 1:
        return f"has the new template and keeps ending ({state.restarts} restarts)"
    unready = seconds_since(pod.ready_since or pod.created, now)
    if unready is None or unready <= LONGEST_START:
        return ""
    return f"has the new template and is not Ready for {round(unready / 60)} minutes"


def _is_idle(daemon_set: DaemonSet, members: tuple[Member, ...], now: str | None) -> bool:
    """Whether the template was written, and every pod created, longer ago than a start takes."""
    created = (member.facts.pod.created for member in members if member.facts.pod)
    quiet = [seconds_since(moment, now) for moment in (daemon_set.last_written, *created)]
    return quiet[0] is not None and all(age is None or age > LONGEST_START for age in quiet)
