"""The status that a kubelet reports of a pod.

Mirrors generateAPIPodStatus of pkg/kubelet/kubelet_pods.go and pkg/kubelet/status/generate.go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kubectl_calico_nic.simulator.store import Object, rfc3339


@dataclass(slots=True)
class ContainerStatus:
    """What is reported of one container; ``state`` and ``last_state`` are as the API has them."""

    name: str
    image: str
    pod_uid: str
    state: Object = field(default_factory=lambda: {"waiting": {"reason": "PodInitializing"}})
    last_state: Object = field(default_factory=dict)
    restarts: int = 0
    ready: bool = False
    runs: int = 0

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return "running" in self.state

    @property
    def container_id(self) -> str:
        """The id of the newest container that was started, empty before the first."""
        if not self.runs:
            return ""
        text = f"{self.pod_uid}/{self.name}/{self.runs}"
        return f"containerd://{hashlib.sha256(text.encode()).hexdigest()}"

    def run(self, now: datetime) -> None:
        """A container was started."""
        if self.runs:
            self.restarts += 1
        if "terminated" in self.state:
            self.last_state = self.state
        self.runs += 1
        self.state = {"running": {"startedAt": rfc3339(now)}}

    def wait(self, reason: str, message: str = "") -> None:
        """Nothing runs, for ``reason``; what ran last is remembered."""
        if "terminated" in self.state:
            self.last_state = self.state
        waiting = {"reason": reason, **({"message": message} if message else {})}
        self.state = {"waiting": waiting}
        self.ready = False

    def end(self, now: datetime, exit_code: int) -> None:
        """Its process ended."""
        started = self.state["running"]["startedAt"]
        self.state = {
            "terminated": {
                "exitCode": exit_code,
                "reason": "Error" if exit_code else "Completed",
                "startedAt": started,
                "finishedAt": rfc3339(now),
                "containerID": self.container_id,
            }
        }
        self.ready = False

    def as_json(self) -> Object:
        """The entry of ``containerStatuses``."""
        digest = hashlib.sha256(self.image.encode()).hexdigest()
        return {
            "name": self.name,
            "state": dict(self.state),
            "lastState": dict(self.last_state),
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.image,
            "imageID": f"{self.image.rpartition(':')[0]}@sha256:{digest}" if self.runs else "",
            **({"containerID": self.container_id} if self.runs else {}),
            "started": self.is_running,
        }


def pod_status(
    previous: Object,
    now: datetime,
    *,
    host_ip: str,
    init: Sequence[ContainerStatus],
    main: Sequence[ContainerStatus],
) -> Object:
    """Compose the status of a pod on the host's network; ``previous`` keeps transition times."""
    initialised = all(box.state.get("terminated", {}).get("exitCode") == 0 for box in init)
    unready = [box.name for box in main if not box.ready]
    started = initialised and any(box.runs for box in main)
    conditions = [
        _condition("PodReadyToStartContainers", True),
        _initialised(init, initialised),
        _condition("Ready", not unready, *_not_ready(unready)),
        _condition("ContainersReady", not unready, *_not_ready(unready)),
        _condition("PodScheduled", True),
    ]
    return {
        "phase": "Running" if started else "Pending",
        "conditions": [_kept(entry, previous, now) for entry in conditions],
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "podIP": host_ip,
        "podIPs": [{"ip": host_ip}],
        "startTime": previous.get("startTime") or rfc3339(now),
        "initContainerStatuses": [box.as_json() for box in init],
        "containerStatuses": [box.as_json() for box in main],
        "qosClass": previous.get("qosClass", "Burstable"),
    }


def scheduled(previous: Object, now: datetime, refusal: str = "") -> Object:
    """The status after the scheduler bound the pod, or could not (``refusal`` says why)."""
    why = ("Unschedulable", refusal) if refusal else ()
    condition = _condition("PodScheduled", not refusal, *why)
    return {**previous, "conditions": [_kept(condition, previous, now)]}


def _not_ready(unready: Sequence[str]) -> tuple[str, ...]:
    if not unready:
        return ()
    return ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")


def _initialised(init: Sequence[ContainerStatus], done: bool) -> Object:
    if done:
        return _condition("Initialized", True)
    names = " ".join(box.name for box in init if "terminated" not in box.state)
    message = f"containers with incomplete status: [{names}]"
    return _condition("Initialized", False, "ContainersNotInitialized", message)


def _condition(kind: str, status: bool, reason: str = "", message: str = "") -> Object:
    condition: Object = {"type": kind, "status": str(status), "lastProbeTime": None}
    if reason:
        condition |= {"reason": reason, "message": message}
    return condition


def _kept(condition: Object, previous: Object, now: datetime) -> Object:
    """The condition with the time of its last change of status."""
    known: dict[str, Any] = {entry["type"]: entry for entry in previous.get("conditions", ())}
    before = known.get(condition["type"], {})
    changed = before.get("status") != condition["status"]
    time = rfc3339(now) if changed else before["lastTransitionTime"]
    return {**condition, "lastTransitionTime": time}
