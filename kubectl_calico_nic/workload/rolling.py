"""What a change of the template does to a DaemonSet's pods: who restarts together, what blocks.

Mirrors rollingUpdate and updatedDesiredNodeCounts of pkg/controller/daemon/update.go
(Kubernetes v1.37).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.workload.timestamps import parse_timestamp

ON_DELETE = "OnDelete"
ROLLING_UPDATE = "RollingUpdate"

LONGEST_START = 600.0
"""Seconds. A start takes less by far: a pod whose Ready condition changed later was Ready before
and flapped since, and one that is not Ready by then does not become so by waiting."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """``spec.updateStrategy`` of a DaemonSet, with the API's defaults.

    ``max_unavailable`` and ``max_surge`` are as written: a number or a percentage (``10%``).
    """

    type: str = ROLLING_UPDATE
    max_unavailable: int | str = 1
    max_surge: int | str = 0

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Strategy:
        """Read it from the ``spec`` of a DaemonSet (raw JSON)."""
        strategy = spec.get("updateStrategy") or {}
        rolling = strategy.get("rollingUpdate") or {}
        return cls(
            strategy.get("type", ROLLING_UPDATE),
            rolling.get("maxUnavailable", 1),
            rolling.get("maxSurge", 0),
        )

    def limit(self, desired: int) -> int:
        """How many Ready pods of ``desired`` may be replaced at the same time; never 0.

        With a surge that many new pods start beside old ones. The controller takes 0 and 0 for
        ``maxUnavailable: 1``.
        """
        return scaled(self.max_surge, desired) or scaled(self.max_unavailable, desired) or 1


@dataclass(frozen=True, slots=True)
class PodState:
    """One node's pod as the controller sees it just after the template changed.

    ``available`` is Ready (for ``minReadySeconds``). ``updated`` says that it matches the new
    template already. ``exists`` is False for a node that lacks its pod, or whose pod is being
    deleted. ``start_seconds`` is what its last start took, None when not known.
    """

    node: str
    available: bool
    updated: bool = False
    exists: bool = True
    start_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RollForecast:
    """What the controller will do.

    ``first`` are the nodes whose unavailable pods are replaced immediately. ``ready_at_once`` is
    how many Ready pods restart at the same moment, ``at_once`` the same for all pods.
    ``blocked_by`` are the nodes whose unavailable pods use up what the strategy allows: until they
    are Ready no other pod restarts. ``seconds`` is None without any basis and while blocked.
    """

    restarts: int
    first: tuple[str, ...] = ()
    ready_at_once: int = 0
    at_once: int = 0
    blocked_by: tuple[str, ...] = ()
    seconds: int | None = None


def scaled(value: int | str, total: int) -> int:
    """A number, or a percentage of ``total`` rounded up; what is neither counts as 0.

    Mirrors GetScaledValueFromIntOrPercent of apimachinery's intstr, whose errors only an object
    that the API server would refuse can cause.
    """
    if isinstance(value, int):
        return value
    number = value.removesuffix("%")
    if not (value.endswith("%") and number.isascii() and number.isdigit()):
        return 0
    return math.ceil(int(number) * total / 100)


def forecast_roll(pods: Sequence[PodState], strategy: Strategy) -> RollForecast:
    """Say what happens to ``pods`` (one entry per desired node) after the template changed.

    Under ``OnDelete`` nothing restarts by itself.
    """
    if strategy.type == ON_DELETE:
        return RollForecast(restarts=0)
    old = [pod for pod in pods if pod.exists and not pod.updated]
    ready = [pod for pod in old if pod.available]
    first = tuple(sorted(pod.node for pod in old if not pod.available))
    limit = strategy.limit(len(pods))
    # A surge adds pods beside old ones: a node without any takes nothing from it.
    surges = scaled(strategy.max_surge, len(pods)) > 0
    counted = (pod for pod in pods if not pod.available and (pod.exists or not surges))
    unavailable = tuple(sorted(pod.node for pod in counted))
    together = min(limit, len(ready))
    blocked_by = unavailable if ready and len(unavailable) >= limit else ()
    now = len(first) + min(max(limit - len(unavailable), 0), len(ready))
    return RollForecast(
        restarts=len(old),
        first=first,
        ready_at_once=together,
        at_once=max(now, together),
        blocked_by=blocked_by,
        seconds=None if blocked_by else _seconds(pods, bool(first), len(ready), limit),
    )


def _seconds(pods: Iterable[PodState], has_first: bool, ready: int, limit: int) -> int | None:
    known = [pod.start_seconds for pod in pods if pod.start_seconds is not None]
    waves = int(has_first) + math.ceil(ready / limit)
    return round(waves * statistics.median(known)) if known else None


def start_seconds(began: str | None, ready_since: str | None) -> float | None:
    """How long a start took.

    Args:
        began: when the pod was created or, after a restart, its container started (RFC 3339).
        ready_since: when its Ready condition became true (RFC 3339).

    Returns:
        Seconds, at least 1; None when a time is missing or broken, or the two do not belong to one
        start.
    """
    start, ready = parse_timestamp(began), parse_timestamp(ready_since)
    if start is None or ready is None:
        return None
    seconds = (ready - start).total_seconds()
    return seconds if 0 < seconds <= LONGEST_START else None
