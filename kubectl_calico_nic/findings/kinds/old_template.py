"""``old-template``: a pod runs what neither its DaemonSet nor its ConfigMap says any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.roll import Roll, rolls_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.workload.env import config_map_references, variables_from
from kubectl_calico_nic.workload.timestamps import parse_timestamp


def _find(case: Case) -> Iterator[Finding]:
    sources: dict[int, frozenset[str]] = {}  # by the container, which pods of a template share
    for roll in rolls_of(case):
        left = _left_behind(roll)
        yield from (_older_template(member, roll) for member in left)
        told = {member.name for member in left}
        for member in roll.members:
            pod = member.facts.pod
            if pod is not None and member.name not in told:
                key = id(pod.container)
                if key not in sources:
                    sources[key] = config_map_references(pod.container)
                yield from _older_than_config_map(member, pod, sources[key], case)


def _left_behind(roll: Roll) -> tuple[Member, ...]:
    """The old pods that no roll under way, none that is blocked and no OnDelete accounts for."""
    if roll.is_on_delete or roll.is_blocked or not roll.is_idle:
        return ()
    return roll.old


def _older_template(member: Member, roll: Roll) -> Finding:
    key = roll.daemon_set.key
    what = f"an older template than the newest of {key}, and no roll is under way"
    return OLD_TEMPLATE.about_node(
        member.name,
        f"{member.name} runs {what}",
        f"kubectl -n {roll.daemon_set.namespace} rollout status daemonset {roll.daemon_set.name} "
        "waits for it; where nothing moves, see whether kube-controller-manager works",
        f"run {what}",
        why="the pods' label controller-revision-hash against the newest ControllerRevision",
    )


def _older_than_config_map(
    member: Member, pod: Pod, config_maps: Iterable[str], case: Case
) -> Iterator[Finding]:
    """The pod whose container took its environment from a ConfigMap that was written since."""
    started = parse_timestamp(pod.container_state.started_at)
    if started is None or pod.container_state.state != "running":
        return
    for name in sorted(config_maps):
        text = case.snapshot.config_map_changes.get(f"{pod.namespace}/{name}")
        written = parse_timestamp(text)
        if text is not None and written is not None and started < written:
            yield _older_environment(member, pod, name, text)


def _older_environment(member: Member, pod: Pod, config_map: str, written: str) -> Finding:
    variables = variables_from(pod.container, config_map)
    since = f"before ConfigMap {pod.namespace}/{config_map} was last written ({written})"
    unknown = f"what it has of {', '.join(variables)} may differ from it"
    return OLD_TEMPLATE.about_node(
        member.name,
        f"calico-node on {member.name} started {since}: {unknown}",
        "nothing, while all is well; the next restart takes over what the ConfigMap says",
        f"started calico-node {since}: {unknown}",
        why=f"its container started {pod.container_state.started_at}",
    )


OLD_TEMPLATE = Kind("old-template", Severity.WARNING, _find)
"""The catalogue's entry."""
