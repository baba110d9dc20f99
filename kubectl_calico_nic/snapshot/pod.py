"""A calico-node pod: what the plugin needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ContainerState:
    """The state of one container, from ``status.containerStatuses``.

    ``state`` is ``waiting``, ``running``, ``terminated`` or ``unknown``; ``reason``, ``message``
    and ``exit_code`` belong to it. ``last_exit_code`` and ``last_reason`` (``OOMKilled``)
    tell how the run before it ended, None when there was none. Times are RFC 3339 texts as the API
    gives them.
    """

    state: str = "unknown"
    reason: str | None = None
    message: str | None = None
    exit_code: int | None = None
    started_at: str | None = None
    restarts: int = 0
    last_exit_code: int | None = None
    last_reason: str | None = None
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Pod:
    """The facts of one pod of a calico-node DaemonSet.

    ``container`` is the spec of its ``calico-node`` container (raw JSON, never changed).
    ``revision_hash`` and ``template_generation`` are the labels ``controller-revision-hash`` and
    ``pod-template-generation``. ``daemon_set`` is ``NAMESPACE/NAME`` of its controller.
    ``ready_since`` is when its Ready condition last changed. ``pending_init`` is the first init
    container that has not succeeded yet, its name and state; None when all have.
    """

    namespace: str
    name: str
    node: str
    uid: str = ""
    daemon_set: str | None = None
    container: Mapping[str, Any] = field(default_factory=dict)
    container_state: ContainerState = ContainerState()
    pending_init: tuple[str, ContainerState] | None = None
    phase: str = "Unknown"
    reason: str | None = None
    message: str | None = None
    ready: bool = False
    ready_since: str | None = None
    created: str | None = None
    deleted: bool = False
    host_ip: str | None = None
    revision_hash: str | None = None
    template_generation: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """``NAMESPACE/NAME``."""
        return f"{self.namespace}/{self.name}"

    @property
    def image(self) -> str:
        """The image of its calico-node container."""
        return str(self.container.get("image", ""))
