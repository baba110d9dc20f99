"""ControllerRevisions: the history of a DaemonSet's templates.

Mirrors constructHistory and cleanupHistory of pkg/controller/daemon/update.go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

from kubectl_calico_nic.simulator.apiserver.resources import REVISIONS
from kubectl_calico_nic.simulator.store import Object, Store

HASH_LABEL = "controller-revision-hash"
"""The label of pods and revisions that says which template they come from."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def short_hash(text: str, length: int) -> str:
    """``length`` letters that tell ``text`` from others, in the alphabet of generated names."""
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:length])


def owner_reference(daemon_set: Object) -> Object:
    """What marks a pod or a revision as the DaemonSet's."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "name": daemon_set["metadata"]["name"],
        "uid": daemon_set["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owner_uid(item: Object) -> str | None:
    """The uid of the controller of a pod or a revision, None when it has none."""
    owners = item["metadata"].get("ownerReferences", ())
    return next((owner["uid"] for owner in owners if owner.get("controller")), None)


def current_revision(store: Store, daemon_set: Object) -> Object:
    """The revision of the DaemonSet's template; made, or made the newest again, when needed."""
    known = revisions_of(store, daemon_set)
    data = {"spec": {"template": {"$patch": "replace", **daemon_set["spec"]["template"]}}}
    current = next((item for item in known if item["data"] == data), None)
    number = 1 + max((item["revision"] for item in known if item is not current), default=0)
    if current is None:
        return store.create(REVISIONS.key, _revision(daemon_set, data, number))
    if current["revision"] >= number:
        return current
    metadata = current["metadata"]
    renumbered = store.edit(
        REVISIONS.key,
        metadata["namespace"],
        metadata["name"],
        lambda item: item.update(revision=number),
    )
    return renumbered or current


def revisions_of(store: Store, daemon_set: Object) -> list[Object]:
    """All revisions of the DaemonSet."""
    metadata = daemon_set["metadata"]
    items = store.objects(REVISIONS.key, metadata["namespace"])
    return [item for item in items if owner_uid(item) == metadata["uid"]]


def drop_old_revisions(store: Store, daemon_set: Object, live: Collection[str]) -> None:
    """Remove the oldest revisions beyond ``revisionHistoryLimit`` that no pod has (``live``)."""
    items = sorted(revisions_of(store, daemon_set), key=lambda item: int(item["revision"]))
    excess = len(items) - 1 - int(daemon_set["spec"]["revisionHistoryLimit"])
    unused = [item for item in items[:-1] if item["metadata"]["labels"][HASH_LABEL] not in live]
    for item in unused[: max(excess, 0)]:
        store.remove(REVISIONS.key, item["metadata"]["namespace"], item["metadata"]["name"])


def _revision(daemon_set: Object, data: Any, number: int) -> Object:
    metadata, template = daemon_set["metadata"], daemon_set["spec"]["template"]
    # Go's own hash of the template is another; nothing but equality is ever asked of it.
    revision_hash = short_hash(json.dumps(template, sort_keys=True), 10)
    labels = (template.get("metadata") or {}).get("labels") or {}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{metadata['name']}-{revision_hash}",
            "namespace": metadata["namespace"],
            "labels": {**labels, HASH_LABEL: revision_hash},
            "annotations": dict(metadata.get("annotations", {})),
            "ownerReferences": [owner_reference(daemon_set)],
        },
        "data": data,
        "revision": number,
    }
