"""Times as the API gives them (RFC 3339), compared with each other."""

from __future__ import annotations

from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.workload.timestamps import parse_timestamp

SETTLING = 60.0
"""Seconds that a calico-node gets to bring its sessions up: twice what its readiness check gives.

health.go asks for every peer during the first 30 seconds; BIRD may wait 30 more after an error.
"""
STARTING = 300.0
"""Seconds that a new pod gets to pull its image and start."""


def seconds_since(moment: str | None, now: str | None) -> float | None:
    """How long before ``now`` it was; negative when it was later, None when that is not known."""
    then, today = parse_timestamp(moment), parse_timestamp(now)
    return None if then is None or today is None else (today - then).total_seconds()


def is_starting(pod: Pod | None, now: str | None) -> bool:
    """Whether the pod is so young that nothing can be said of it yet, or makes way for another."""
    if pod is None or pod.deleted:
        return pod is not None
    if pod.container_state.state in ("waiting", "unknown") and not pod.container_state.restarts:
        age = seconds_since(pod.created, now)
        return age is None or age < STARTING
    ages = [seconds_since(pod.container_state.started_at, now)]
    if pod.ready:
        ages.append(seconds_since(pod.ready_since, now))
    return any(age is not None and abs(age) < SETTLING for age in ages)
