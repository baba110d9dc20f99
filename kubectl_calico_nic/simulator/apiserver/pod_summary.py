"""One line about a pod: how many containers are ready, and the word that says what it does.

Mirrors printPod of pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.simulator.store import Object


@dataclass(frozen=True, slots=True)
class PodSummary:
    """What the columns READY, STATUS and RESTARTS show; ``last_restart`` is RFC 3339."""

    ready: int
    containers: int
    reason: str
    restarts: int
    last_restart: str | None


def summarise(pod: Object) -> PodSummary:
    """Sum up a pod (raw JSON)."""
    status = pod["status"]
    main: Sequence[Mapping[str, Any]] = status.get("containerStatuses", ())
    initialising = _initialising(pod)
    counted = status.get("initContainerStatuses", ()) if initialising else main
    reason = initialising or _running(status.get("reason") or status["phase"], main)
    if "deletionTimestamp" in pod["metadata"]:
        reason = "Terminating"
    ends = [entry.get("lastState", {}).get("terminated", {}) for entry in counted]
    return PodSummary(
        ready=sum(bool(entry["ready"] and "running" in entry["state"]) for entry in main),
        containers=len(pod["spec"]["containers"]),
        reason=reason,
        restarts=sum(entry["restartCount"] for entry in counted),
        last_restart=max((end["finishedAt"] for end in ends if end), default=None),
    )


def _initialising(pod: Object) -> str | None:
    statuses = pod["status"].get("initContainerStatuses", ())
    for place, entry in enumerate(statuses):
        terminated = entry["state"].get("terminated")
        if terminated is None:
            return f"Init:{place}/{len(statuses)}"
        if terminated["exitCode"] != 0:
            return f"Init:{terminated['reason']}"
    return None


def _running(reason: str, statuses: Sequence[Mapping[str, Any]]) -> str:
    for entry in reversed(statuses):
        state = entry["state"]
        if "waiting" in state:
            reason = state["waiting"]["reason"]
        elif "terminated" in state:
            reason = state["terminated"]["reason"]
    return reason
