"""An event that the kubelet reported about a pod."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PodEvent:
    """One Event object (``v1`` or ``events.k8s.io/v1``) about a calico-node pod.

    ``reason`` is ``Unhealthy``, ``Killing``, ``FailedScheduling`` and the like, ``message`` its
    text. ``count`` is how often it was seen, ``last_seen`` RFC 3339, None where it does not say.
    """

    reason: str
    message: str
    count: int = 1
    last_seen: str | None = None
