"""The former values, kept in an annotation on the DaemonSet so that they can be restored."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.snapshot.daemonset import CONTAINER

PREVIOUS_ANNOTATION = "kubectl-calico-nic/previous"
"""Our only annotation: the entries that the last change replaced, as compact JSON."""


class NothingToRestore(CalicoNicError):
    """The object carries no record of former values, or one that cannot be read."""


def record(container: Mapping[str, Any], names: Iterable[str], at: str) -> str:
    """Write down what ``container`` says about the variables ``names`` (sorted) before a change.

    ``at`` is the time of the change (RFC 3339). The text is JSON: ``at``, ``names``, ``entries``
    (pairs of the place in the list and the raw entry), ``hadEnv`` (False: no list at all).
    """
    wanted = sorted(names)
    entries = [
        [index, entry]
        for index, entry in enumerate(container.get("env") or ())
        if isinstance(entry, Mapping) and entry.get("name") in wanted
    ]
    held = {"at": at, "names": wanted, "entries": entries, "hadEnv": "env" in container}
    return json.dumps(held, separators=(",", ":"), ensure_ascii=False)


def restore(daemon_set: Mapping[str, Any]) -> dict[str, Any]:
    """Put the recorded entries back where they were and drop the record.

    Args:
        daemon_set: the whole DaemonSet, raw JSON; it is not changed.

    Returns:
        A new object. When nobody else edited the env meanwhile its ``spec`` is exactly the one
        before the change; otherwise what others did stays.

    Raises:
        NothingToRestore: there is no record, it is broken, or the container is gone.
    """
    restored = copy.deepcopy(dict(daemon_set))
    held = _read(restored)
    container = _container(restored)
    env = [
        entry
        for entry in container.get("env") or []
        if not (isinstance(entry, dict) and entry.get("name") in held["names"])
    ]
    for index, entry in sorted(held["entries"], key=lambda pair: pair[0]):
        env.insert(index, entry)
    container["env"] = env
    if not env and not held["hadEnv"]:
        del container["env"]
    annotations = restored["metadata"]["annotations"]
    del annotations[PREVIOUS_ANNOTATION]
    if not annotations:
        del restored["metadata"]["annotations"]
    return restored


def _read(daemon_set: Mapping[str, Any]) -> dict[str, Any]:
    metadata = daemon_set.get("metadata") or {}
    name = f"daemonset {metadata.get('namespace', '')}/{metadata.get('name', '')}"
    text = (metadata.get("annotations") or {}).get(PREVIOUS_ANNOTATION)
    if text is None:
        raise NothingToRestore(f"{name} has no record of former values ({PREVIOUS_ANNOTATION})")
    try:
        held = json.loads(text)
        if _is_record(held):
            return {"hadEnv": True, **held}
    except (ValueError, TypeError):
        pass
    raise NothingToRestore(f"{name}: the annotation {PREVIOUS_ANNOTATION} cannot be read")


def _is_record(held: object) -> bool:
    if not isinstance(held, dict):
        return False
    names, entries = held.get("names"), held.get("entries")
    return (
        isinstance(names, list)
        and isinstance(entries, list)
        and all(isinstance(pair, list) and len(pair) == 2 for pair in entries)
        and all(isinstance(pair[0], int) and isinstance(pair[1], dict) for pair in entries)
    )


def _container(daemon_set: Mapping[str, Any]) -> dict[str, Any]:
    template = (daemon_set.get("spec") or {}).get("template") or {}
    for container in (template.get("spec") or {}).get("containers") or ():
        if container.get("name") == CONTAINER:
            found: dict[str, Any] = container
            return found
    raise NothingToRestore(f"the DaemonSet has no container named {CONTAINER}")
