"""What a kubelet reports about a calico-node pod: its status and its events."""

from __future__ import annotations

from datetime import datetime, timezone

from .api_client import Object

CONTAINER = "calico-node"


def running(
    pod: Object, node: Object, restarts: int, started: str, last: Object, *, ready: bool
) -> Object:
    """The status of ``pod`` while its calico-node runs, since ``started``.

    ``last`` is how the run before it ended, in the form of ``terminated``; empty for the first.
    """
    state = {"running": {"startedAt": started}}
    return _status(pod, node, restarts, state, last, ready=ready)


def backing_off(pod: Object, node: Object, restarts: int, last: Object) -> Object:
    """The status of ``pod`` while the kubelet waits with another start of its calico-node."""
    waiting = {"reason": "CrashLoopBackOff", "message": back_off_message(pod, restarts)}
    return _status(pod, node, restarts, {"waiting": waiting}, last, ready=False)


def terminated(exit_code: int, started: str) -> Object:
    """How a container's run that ends now ended."""
    return {
        "terminated": {
            "exitCode": exit_code,
            "reason": "Completed" if exit_code == 0 else "Error",
            "startedAt": started,
            "finishedAt": now(),
        }
    }


def back_off_message(pod: Object, restarts: int) -> str:
    """The kubelet's words for a container that keeps crashing."""
    pause = min(10 * 2**restarts, 300)
    metadata = pod["metadata"]
    return (
        f"back-off {pause // 60}m{pause % 60}s restarting failed container={CONTAINER} "
        f"pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    )


def warning(pod: Object, reason: str, message: str) -> Object:
    """A Warning event of the kubelet about the calico-node container of ``pod``."""
    metadata = pod["metadata"]
    return {
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "fieldPath": f"spec.containers{{{CONTAINER}}}",
        },
        "type": "Warning",
        "reason": reason,
        "message": message,
        "count": 1,
        "firstTimestamp": now(),
        "lastTimestamp": now(),
        "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]},
    }


def internal_ips(node: Object) -> list[str]:
    """The InternalIPs of ``node``, in order."""
    addresses = node["status"].get("addresses", [])
    return [each["address"] for each in addresses if each["type"] == "InternalIP"]


def _status(
    pod: Object,
    node: Object,
    restarts: int,
    state: Object,
    last: Object,
    *,
    ready: bool,
) -> Object:
    ips = internal_ips(node)
    return {
        "phase": "Running",
        "startTime": pod["status"].get("startTime") or now(),
        "hostIP": ips[0],
        "hostIPs": [{"ip": ip} for ip in ips],
        "podIP": ips[0],
        "podIPs": [{"ip": ip} for ip in ips],
        "conditions": _conditions(pod, ready=ready),
        "initContainerStatuses": [
            _container_status(each, 0, terminated(0, now()), {}, ready=True)
            for each in pod["spec"].get("initContainers", [])
        ],
        "containerStatuses": [
            _container_status(each, restarts, state, last, ready=ready)
            for each in pod["spec"]["containers"]
        ],
    }


def _conditions(pod: Object, *, ready: bool) -> list[Object]:
    known = {each["type"]: each for each in pod.get("status", {}).get("conditions", [])}
    wanted = {
        "PodReadyToStartContainers": True,
        "Initialized": True,
        "ContainersReady": ready,
        "Ready": ready,
    }
    for name, holds in wanted.items():
        status = str(holds)
        if known.get(name, {}).get("status") != status:
            known[name] = {"type": name, "status": status, "lastTransitionTime": now()}
            if not holds:
                known[name] |= {
                    "reason": "ContainersNotReady",
                    "message": f"containers with unready status: [{CONTAINER}]",
                }
    return list(known.values())


def _container_status(
    container: Object, restarts: int, state: Object, last: Object, *, ready: bool
) -> Object:
    image = container["image"]
    return {
        "name": container["name"],
        "image": image,
        "imageID": f"{image.rsplit(':', 1)[0]}@sha256:{'0' * 64}",
        "containerID": f"containerd://{restarts:064x}",
        "ready": ready,
        "started": "running" in state,
        "restartCount": restarts,
        "state": state,
        "lastState": last,
    }


def now() -> str:
    """This second, as objects of the API carry it."""
    return f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
