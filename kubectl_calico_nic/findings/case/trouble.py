"""What keeps calico-node from running that has nothing to do with the NIC it chose."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection
from dataclasses import dataclass

from kubectl_calico_nic.findings.case.moments import STARTING, is_starting, seconds_since
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.pod import ContainerState, Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts

_MOST_CHARACTERS = 160
_IMAGE_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
    }
)
"""pkg/kubelet/images/types.go."""
_CREATION_REASONS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreStartHookError"}
)
"""pkg/kubelet/kuberuntime/kuberuntime_container.go."""
_CONTAINER_FAILS = "CrashLoopBackOff"
_KILLED = frozenset({137, 143})
"""Ended by SIGKILL, or by SIGTERM."""
_OFTEN = 3
_LATELY = 600.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """One such cause.

    ``what`` goes on after the node's name, ``together`` after ``3 nodes``; ``why`` is the evidence
    in Kubernetes' or Calico's own words. ``is_of_node`` says that the node itself is down: no news
    as long as nothing else suffers from it.
    """

    what: str
    advice: str
    together: str
    why: str = ""
    is_of_node: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """One node with a pod, and when it was looked at (RFC 3339)."""

    facts: NodeFacts
    pod: Pod
    now: str | None

    @property
    def state(self) -> ContainerState:
        """That of the calico-node container."""
        return self.pod.container_state


def trouble_of(facts: NodeFacts, now: str | None) -> Trouble | None:
    """Say what keeps calico-node of one node from running; None where nothing is known to."""
    pod = facts.pod
    if pod is None:
        return None
    seen = _Seen(facts, pod, now)
    if pod.ready:
        return _overload(seen)
    looks: tuple[Callable[[_Seen], Trouble | None], ...] = (
        _node_is_down,
        _unscheduled,
        _failed,
        _image,
        _creation,
        _out_of_memory,
        _datastore,
        _overload,
        _init_container,
        _stuck,
    )
    return next(filter(None, (look(seen) for look in looks)), None)


def in_short(text: str) -> str:
    """A text of the cluster on one line, cut where it is long, without a full stop."""
    return textwrap.shorten(text, _MOST_CHARACTERS, placeholder=" ...").rstrip(".")


def _describe(pod: Pod) -> str:
    return f"kubectl -n {pod.namespace} describe pod {pod.name}"


def _node_is_down(seen: _Seen) -> Trouble | None:
    node = seen.facts.node
    if node is None or not (node.unreachable or node.ready is False):
        return None
    why = in_short(node.ready_message or "")
    if "cni" in why.lower():
        return None  # it waits for calico-node, not the other way round
    silent = ": its kubelet stopped reporting" if node.unreachable else ""
    return Trouble(
        f"is NotReady{silent}; that is the node, not its NIC",
        f"bring {seen.facts.name} back, or delete its Node if it is gone",
        "are NotReady; that is the nodes, not their NICs",
        why,
        is_of_node=True,
    )


def _unscheduled(seen: _Seen) -> Trouble | None:
    if seen.pod.phase != "Pending" or seen.state.state != "unknown" or not seen.pod.message:
        return None
    return Trouble(
        "is without calico-node, whose pod is Pending: it cannot be scheduled",
        f"make room or mend the taint: {_describe(seen.pod)}",
        "are without calico-node, whose pods are Pending: they cannot be scheduled",
        in_short(seen.pod.message),
    )


def _failed(seen: _Seen) -> Trouble | None:
    if seen.pod.phase != "Failed" or not seen.pod.reason:
        return None
    return Trouble(
        f"is without calico-node, whose pod failed: {in_short(seen.pod.reason)}",
        f"mend the node's shortage: {_describe(seen.pod)}",
        f"are without calico-node, whose pods failed: {in_short(seen.pod.reason)}",
        in_short(seen.pod.message or ""),
    )


def _waiting(pod: Pod, reasons: Collection[str | None]) -> tuple[str, ContainerState] | None:
    """The container of a pod that waits for one of ``reasons``, and its name."""
    containers = [pod.pending_init] if pod.pending_init else []
    containers.append(("calico-node", pod.container_state))
    found = (
        (name, state)
        for name, state in containers
        if state.state == "waiting" and state.reason in reasons
    )
    return next(found, None)


def _image(seen: _Seen) -> Trouble | None:
    waiting = _waiting(seen.pod, _IMAGE_REASONS)
    if waiting is None:
        return None
    name, state = waiting
    image = f" {seen.pod.image}" if name == "calico-node" and seen.pod.image else f" of {name}"
    return Trouble(
        f"cannot get the image{image} ({state.reason}); that is not the NIC",
        "check the image's name, the registry and its pull secret, and the way there from "
        f"{seen.facts.name}",
        f"cannot get the image{image}; that is not the NIC",
        in_short(state.message or ""),
    )


def _creation(seen: _Seen) -> Trouble | None:
    waiting = _waiting(seen.pod, _CREATION_REASONS)
    if waiting is None:
        return None
    name, state = waiting
    return Trouble(
        f"cannot create container {name} ({state.reason}); that is not the NIC",
        _describe(seen.pod),
        f"cannot create container {name} ({state.reason}); that is not the NIC",
        in_short(state.message or ""),
    )


def _out_of_memory(seen: _Seen) -> Trouble | None:
    state = seen.state
    if "OOMKilled" not in (state.reason, state.last_reason):
        return None
    return Trouble(
        f"runs out of memory: calico-node was OOMKilled ({_restarts(state)}); that is not the NIC",
        "raise the container's memory limit, or relieve the node",
        "run out of memory: calico-node was OOMKilled; that is not the NIC",
    )


def _datastore(seen: _Seen) -> Trouble | None:
    current, previous = seen.facts.log, seen.facts.previous_log
    if current is not None and (current.started or current.decisions or current.datastore_error):
        error = current.datastore_error
    else:
        error = previous.datastore_error if previous else None
    if error is None:
        return None
    what, advice = _datastore_words(error, seen.facts.name)
    return Trouble(
        f"{what}; that is not the NIC it chose",
        advice,
        f"{what}; that is not the NIC they chose",
        in_short(error),
    )


def _datastore_words(error: str, name: str) -> tuple[str, str]:
    lower = error.lower()
    if "x509" in lower or "tls: " in lower:
        return (
            "cannot trust the datastore's certificate (x509)",
            f"check the certificate of the API server (or etcd), the CA, and the clock of {name}",
        )
    if "unauthorized" in lower or "forbidden" in lower:
        return (
            "cannot use the datastore: calico-node is not authorized",
            "check ServiceAccount, token and ClusterRole of calico-node (or etcd's certificates)",
        )
    return (
        "cannot reach the datastore, so calico-node cannot start",
        f"check the way from {name} to the API server (or etcd): kube-proxy, routes, firewall",
    )


def _overload(seen: _Seen) -> Trouble | None:
    """The kubelet kills it, because its liveness check fails."""
    kills = [event for event in seen.facts.events if _is_liveness_kill(event)]
    state = seen.state
    if seen.pod.ready:
        ages = [seconds_since(event.last_seen, seen.now) for event in kills]
        recent = any(age is not None and age < _LATELY for age in ages)
        if not recent or sum(event.count for event in kills) < _OFTEN:
            return None
    elif not kills and (
        not state.restarts or state.last_exit_code not in _KILLED or is_starting(seen.pod, seen.now)
    ):
        return None
    return _overload_words(seen.facts, state, sum(event.count for event in kills))


def _is_liveness_kill(event: PodEvent) -> bool:
    return event.reason == "Killing" and "liveness" in event.message.lower()


def _overload_words(facts: NodeFacts, state: ContainerState, kills: int) -> Trouble:
    failed = (event.message for event in reversed(facts.events) if "Liveness" in event.message)
    if kills:
        times = "once" if kills == 1 else f"{kills} times"
        what = f"had calico-node killed by its liveness check {times} lately"
        together = "had calico-node killed by its liveness check lately; that is not the NIC"
    else:
        code = state.last_exit_code
        what = f"has calico-node killed from outside (exit status {code}, {_restarts(state)})"
        together = f"have calico-node killed from outside (exit status {code}); not by the NIC"
    return Trouble(
        f"{what}; that is not the NIC",
        f"look for overload: load and memory of {facts.name}, the container's CPU limit, the "
        "timeout of the liveness check",
        together,
        in_short(next(failed, "")),
    )


def _init_container(seen: _Seen) -> Trouble | None:
    if seen.pod.pending_init is None:
        return None
    name, state = seen.pod.pending_init
    if state.reason != _CONTAINER_FAILS and state.exit_code in (None, 0):
        return None
    return Trouble(
        f"cannot start calico-node: init container {name} keeps failing ({_restarts(state)})",
        f"kubectl -n {seen.pod.namespace} logs {seen.pod.name} -c {name}",
        f"cannot start calico-node: init container {name} keeps failing",
        in_short(state.message or ""),
    )


def _stuck(seen: _Seen) -> Trouble | None:
    """The pod is old, and its container was never created."""
    state = seen.state
    age = seconds_since(seen.pod.created, seen.now)
    if state.state != "waiting" or state.restarts or age is None or age < STARTING:
        return None
    failed = [event for event in seen.facts.events if event.reason.startswith("Failed")]
    return Trouble(
        f"has waited {_minutes(age)} for calico-node's container ({state.reason or 'waiting'})",
        _describe(seen.pod),
        "wait for calico-node's container",
        in_short(failed[-1].message) if failed else in_short(state.message or ""),
    )


def _restarts(state: ContainerState) -> str:
    return f"{state.restarts} restart" + ("" if state.restarts == 1 else "s")


def _minutes(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
