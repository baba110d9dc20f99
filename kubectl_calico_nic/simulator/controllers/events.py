"""Events: what ``kubectl get events`` shows, counted as client-go's recorder counts them."""

from __future__ import annotations

import hashlib
from datetime import datetime

from kubectl_calico_nic.simulator.apiserver.resources import EVENTS
from kubectl_calico_nic.simulator.store import Object, Store, rfc3339


def record_event(
    store: Store,
    now: datetime,
    about: Object,
    *,
    reason: str,
    message: str,
    component: str,
    kind: str = "Warning",
    host: str = "",
    container: str = "",
) -> None:
    """Record an event about the object ``about``; the same again only raises its count.

    ``kind`` is ``Warning`` or ``Normal``, ``host`` the node of a kubelet's event.
    """
    metadata = about["metadata"]
    namespace = metadata.get("namespace") or "default"
    identity = f"{metadata['uid']}{reason}{message}{component}{host}"
    name = f"{metadata['name']}.{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    time = rfc3339(now)

    def again(event: Object) -> None:
        event["count"] += 1
        event["lastTimestamp"] = time

    with store.changed:
        if store.edit(EVENTS.key, namespace, name, again) is None:
            event: Object = {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": _reference(about, container),
                "reason": reason,
                "message": message,
                "type": kind,
                "count": 1,
                "firstTimestamp": time,
                "lastTimestamp": time,
                "eventTime": None,
                "source": {"component": component, **({"host": host} if host else {})},
                "reportingComponent": component,
                "reportingInstance": host,
            }
            store.create(EVENTS.key, event)


def _reference(about: Object, container: str) -> Object:
    metadata = about["metadata"]
    reference = {
        "kind": about["kind"],
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": about["apiVersion"],
        "resourceVersion": metadata["resourceVersion"],
        "fieldPath": f"spec.containers{{{container}}}" if container else "",
    }
    return {key: value for key, value in reference.items() if value}
