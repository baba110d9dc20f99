"""How pods end: at once without a grace period, else when the kubelet has stopped them.

Mirrors pkg/registry/core/pod/strategy.go (CheckGracefulDelete).
"""

from __future__ import annotations

from kubectl_calico_nic.simulator.apiserver.resources import PODS
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.store import Object, Store, rfc3339

_STOPPING = 1.0
"""How long a container takes to end when it is asked to, in simulated seconds."""


def grace_period(pod: Object, asked: int | None) -> int:
    """The grace period of a deletion: what the client ``asked``, else the pod's own (seconds)."""
    if not pod["spec"].get("nodeName") or pod["status"]["phase"] in ("Failed", "Succeeded"):
        return 0
    own: int = pod["spec"].get("terminationGracePeriodSeconds", 30)
    return own if asked is None else max(asked, 0)


def delete_pod(store: Store, clock: Clock, pod: Object, grace: int) -> Object:
    """Begin to delete ``pod``, or end it at once; return its last state."""
    metadata = pod["metadata"]
    namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]

    def mark(item: Object) -> None:
        item["metadata"]["deletionTimestamp"] = rfc3339(clock.now())
        item["metadata"]["deletionGracePeriodSeconds"] = grace

    def finish() -> None:
        with store.changed:
            current = store.get(PODS.key, namespace, name)
            if current is not None and current["metadata"]["uid"] == uid:
                store.remove(PODS.key, namespace, name)

    with store.changed:
        marked = store.edit(PODS.key, namespace, name, mark)
        if grace == 0:
            finish()
    if grace > 0:
        clock.after(min(float(grace), _STOPPING), finish)
    return marked or pod
