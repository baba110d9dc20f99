"""DaemonSets with any env, the change of it, and the object that the patch leads to."""

from __future__ import annotations

import copy
from typing import Any

from kubectl_calico_nic.change import json_patch
from kubectl_calico_nic.change.env_edits import EnvChange, change_env
from kubectl_calico_nic.change.request import Request
from kubectl_calico_nic.change.staging.taking_back import plan_undo
from kubectl_calico_nic.change.undo import record
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION, write_record
from kubectl_calico_nic.workload.env import EnvValue, effective_env

CONFIG_MAPS = {
    "kube-system/calico-config": {"ip": "autodetect", "addr": "10.0.0.9"},
    "kube-system/all": {"IP": "none", "IP_AUTODETECTION_METHOD": "first-found", "A": "from-all"},
}
IPV4, IPV6 = (Family.IPV4,), (Family.IPV6,)
AT = "2026-01-01T02:41:00Z"


def daemon_set(*env: Any, env_from: Any = None, **metadata: Any) -> DaemonSet:
    container: dict[str, Any] = {"name": "calico-node", "image": "calico/node:v3.24.6"}
    if env_from is not None:
        container["envFrom"] = env_from
    if env != (None,):
        container["env"] = list(env)
    sidecar = {"name": "kube-flannel", "env": [value("IP", "10.9.9.9")]}
    init = {"name": "install-cni", "env": [value("IP", "x")]}
    spec = {"containers": [sidecar, container], "initContainers": [init], "hostNetwork": True}
    return DaemonSet(
        {
            "kind": "DaemonSet",
            "metadata": {
                "namespace": "kube-system",
                "name": "calico-node",
                "resourceVersion": "7",
                **metadata,
            },
            "spec": {"template": {"spec": spec}},
        }
    )


def value(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "value": text, **more}


def host_ip(name: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}


def from_key(name: str, key: str) -> dict[str, Any]:
    return {
        "name": name,
        "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": key}},
    }


def effective(container: Any) -> dict[str, EnvValue]:
    return effective_env(container, CONFIG_MAPS, "kube-system", {"status.hostIP": "10.0.0.1"})


def change(target: DaemonSet, method: str | None, families: tuple[Family, ...] = IPV4) -> EnvChange:
    return change_env(target.container, Request(families, method), effective(target.container))


def env_after(*env: Any, method: str | None = "interface=bond4", **more: Any) -> list[Any]:
    return list(change(daemon_set(*env, **more), method).env or ())


def changed(target: DaemonSet, made: EnvChange) -> tuple[Any, dict[str, Any]]:
    """The patch and the object that it leads to, with the record of what was there."""
    names = {edit.env for edit in made.edits}
    kept = record(target.container, made.env or (), names, at=AT, by="", change="")
    notes = {RECORD_ANNOTATION: write_record(kept)} if names else {}
    strategy = target.spec.get("updateStrategy")
    after = json_patch.changed(target, env=made.env, strategy=strategy, annotations=notes)
    return json_patch.patch_between(target, after), after


def restored(after: Any) -> Any:
    """The ``spec`` after an undo, planned without any knowledge of the cluster."""
    return plan_undo(Snapshot(), DaemonSet(after), Question()).object_after["spec"]


def apply(patch: Any, target: Any) -> Any:
    """A small RFC 6902: the operations that a change uses."""
    result = copy.deepcopy(dict(target))
    for operation in patch:
        *parents, last = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        place: Any = result
        for part in parents:
            place = place[int(part)] if isinstance(place, list) else place[part]
        if operation["op"] == "test":
            assert place[last] == operation["value"]
            continue
        assert operation["op"] == "add" or last in place
        if operation["op"] == "remove":
            del place[last]
        else:
            place[last] = operation["value"]
    return result
