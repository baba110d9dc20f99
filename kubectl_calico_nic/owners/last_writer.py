"""Who wrote a field last, by the ``managedFields`` that the API server keeps of every object.

Mirrors structured-merge-diff: an owner of a field whose value somebody else changes loses it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.snapshot.companions import mapping
from kubectl_calico_nic.snapshot.daemonset import CONTAINER

FieldPath = Sequence[str]
"""The keys of ``fieldsV1`` down to one field."""
STRATEGY_PATH: FieldPath = ("f:spec", "f:updateStrategy", "f:type")
"""The type of a DaemonSet's update strategy."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A field manager, and when it last wrote something (RFC 3339; empty where not known)."""

    manager: str
    at: str


def env_path(name: str) -> FieldPath:
    """The entry of a variable in a DaemonSet's calico-node container."""
    pod = ("f:spec", "f:template", "f:spec", "f:containers")
    return (*pod, _key(CONTAINER), "f:env", _key(name))


def network_path(field: str) -> FieldPath:
    """A field of an Installation's ``spec.calicoNetwork``."""
    return ("f:spec", "f:calicoNetwork", f"f:{field}")


def last_writer(item: Mapping[str, Any], paths: Iterable[FieldPath], ours: str) -> Writer | None:
    """Who wrote one of ``paths`` last; where nobody else has them, who wrote the object since.

    ``paths`` are fields that are not as our manager ``ours`` left them: what it alone has still,
    somebody else wrote all the same (one of two entries of a name). None where it cannot be told:
    a field that was removed belongs to nobody.
    """
    listed = mapping(item.get("metadata")).get("managedFields")
    entries = [
        entry
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, Mapping)
        and isinstance(entry.get("manager"), str)
        and entry.get("subresource") != "status"
    ]
    wanted = tuple(paths)
    others = [entry for entry in entries if entry["manager"] != ours]
    found = [entry for entry in others if any(_has(entry, path) for path in wanted)]
    if not found:
        since = max((_time(entry) for entry in entries if entry["manager"] == ours), default="")
        found = [entry for entry in others if _time(entry) >= since]
    last = max(found, key=_time, default=None)
    return None if last is None else Writer(last["manager"], _time(last))


def _key(name: str) -> str:
    return "k:" + json.dumps({"name": name}, separators=(",", ":"))


def _has(entry: Mapping[str, Any], path: FieldPath) -> bool:
    found: object = entry.get("fieldsV1")
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return False
        found = found[key]
    return True


def _time(entry: Mapping[str, Any]) -> str:
    found = entry.get("time")
    return found if isinstance(found, str) else ""
