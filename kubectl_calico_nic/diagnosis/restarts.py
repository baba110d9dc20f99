"""What the restart of a DaemonSet's pods does: who goes together, and what else it brings along."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION, is_updated
from kubectl_calico_nic.workload.rolling import (
    PodState,
    RollForecast,
    Strategy,
    forecast_roll,
    start_seconds,
)

_SHOWN = 5


def restarts(
    nodes: Sequence[NodeFacts], daemon_set: DaemonSet, mended: Collection[str] = ()
) -> RollForecast:
    """What a change of the template does to the pods on ``nodes``.

    The pods on the nodes ``mended`` are not Ready for what the change mends: they are replaced
    first, and hold nothing up.
    """
    strategy = Strategy.of(daemon_set.spec)
    states = [pod_state(facts) for facts in nodes]
    roll = forecast_roll(states, strategy)
    if not roll.blocked_by or not mended:
        return roll
    hopeful = [
        replace(state, available=True) if state.exists and state.node in mended else state
        for state in states
    ]
    later = forecast_roll(hopeful, strategy)
    return replace(roll, blocked_by=later.blocked_by, seconds=later.seconds)


def pod_state(facts: NodeFacts) -> PodState:
    """The pod of a node as the DaemonSet controller sees it; it does not match the new template."""
    pod = facts.pod
    if pod is None or pod.deleted:
        return PodState(facts.name, available=False, exists=False)
    return PodState(facts.name, available=pod.ready, start_seconds=_last_start(pod))


def _last_start(pod: Pod) -> float | None:
    if not pod.ready:
        return None
    state = pod.container_state
    return start_seconds(state.started_at if state.restarts else pod.created, pod.ready_since)


def passengers(
    nodes: Sequence[NodeFacts], daemon_set: DaemonSet, newest_hash: str | None
) -> tuple[str, ...]:
    """What the same restart brings to pods that are older than the present template."""
    generation = daemon_set.annotations.get(TEMPLATE_GENERATION_ANNOTATION)
    pods = [facts.pod for facts in nodes if facts.pod is not None and not facts.pod.deleted]
    old = [
        pod.node
        for pod in pods
        if is_updated(pod.revision_hash, newest_hash, pod.template_generation, generation) is False
    ]
    found = [f"earlier changes of the template ({_shown(old)})"] if old else []
    return (*found, *_images(pods, str(daemon_set.container.get("image", ""))))


def _images(pods: Sequence[Pod], image: str) -> Iterator[str]:
    running: dict[str, list[str]] = {}
    for pod in pods:
        if pod.image and pod.image != image:
            running.setdefault(pod.image, []).append(pod.node)
    for old, names in sorted(running.items()):
        yield f"the image {image} instead of {old} ({_shown(names)})"


def _shown(names: Sequence[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(ordered[:_SHOWN]) + more
