"""Tells clients which resources there are: ``/api``, ``/apis`` and what is below them."""

from __future__ import annotations

from kubectl_calico_nic.simulator.apiserver.resources import VERBS, Registry, Resource
from kubectl_calico_nic.simulator.store import Object

KUBERNETES = "v1.37.2"
"""The version that the simulated API server and kubelets say they have."""


def discover(path: str, registry: Registry) -> Object | None:
    """The discovery document at ``path``, None when there is none.

    The newer aggregated form is left out: clients that ask for it take this one too.
    """
    if path == "/version":
        return _version()
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if path == "/apis":
        names = [root.split("/")[2] for root in registry.roots if root.startswith("/apis/")]
        groups = [_group(name) for name in dict.fromkeys(names)]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if path in registry.roots:
        return _resources(path, registry)
    if f"{path}/v1" in registry.roots and path != "/api":
        return {"kind": "APIGroup", "apiVersion": "v1", **_group(path.removeprefix("/apis/"))}
    return None


def _version() -> Object:
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": KUBERNETES,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "simulated",
    }


def _group(name: str) -> Object:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(root: str, registry: Registry) -> Object:
    entries: list[Object] = []
    for resource in registry.resources:
        if resource.root == root:
            entries += _entries(resource)
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": root.removeprefix("/apis/").removeprefix("/api/"),
        "resources": entries,
    }


def _entries(resource: Resource) -> list[Object]:
    entry: Object = {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": [*VERBS],
    }
    if resource.short_names:
        entry["shortNames"] = [*resource.short_names]
    if resource.categories:
        entry["categories"] = [*resource.categories]
    parts = [*resource.subresources]
    if resource.status:
        parts.append(("status", resource.kind, ("get", "patch", "update")))
    below = [
        {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": kind,
            "verbs": [*verbs],
        }
        for name, kind, verbs in parts
    ]
    return [entry, *below]
