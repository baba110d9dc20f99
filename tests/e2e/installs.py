"""Calico as its other manifests install it: variations of the test bed's own calico-node.yaml.

What differs between upstream's manifests, as far as it matters here: the env of calico-node, the
other containers of its pod, names and namespaces. Upstream's own are read where they lie beside
the project.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import story
from .api_client import Object
from .pod_status import CONTAINER

UPSTREAM = Path(__file__).parents[3] / "shared" / "calico" / "manifests"
_COLLECTIONS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
}

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Install:
    """What one manifest creates; ``name`` says which."""

    name: str
    objects: tuple[Object, ...]

    def __str__(self) -> str:
        return self.name

    @property
    def daemon_set(self) -> Object:
        """Its DaemonSet."""
        return next(each for each in self.objects if each["kind"] == "DaemonSet")

    @property
    def path(self) -> str:
        """Where the API server has the DaemonSet."""
        return f"{collection_of(self.daemon_set)}/{self.daemon_set['metadata']['name']}"

    @property
    def config_maps(self) -> dict[str, dict[str, str]]:
        """The data of its ConfigMaps by ``NAMESPACE/NAME``."""
        return {
            f"{each['metadata']['namespace']}/{each['metadata']['name']}": each.get("data") or {}
            for each in self.objects
            if each["kind"] == "ConfigMap"
        }

    @property
    def to_create(self) -> Iterator[tuple[str, Object]]:
        """Collection path and object of each."""
        for each in self.objects:
            yield collection_of(each), each


def calico_node(daemon_set: Object) -> Object:
    """The calico-node container of a DaemonSet."""
    containers: list[Object] = daemon_set["spec"]["template"]["spec"]["containers"]
    return next(each for each in containers if each["name"] == CONTAINER)


def upstream() -> list[Install]:
    """Upstream's manifests of all versions; none where they are not there."""
    return [
        _parse(f"{path.parent.name}-{path.stem}", path.read_text())
        for path in sorted(UPSTREAM.glob("*/*.yaml"))
    ]


def own() -> list[Install]:
    """The test bed's own manifest and its variations, named like upstream's."""
    return [calico(), vxlan(), typha(), etcd(), policy_only(), canal()]


def calico() -> Install:
    """calico.yaml."""
    return _changed("calico", lambda install: None)


def vxlan() -> Install:
    """calico-vxlan.yaml: no BGP."""

    def change(install: Install) -> None:
        _config(install)["calico_backend"] = "vxlan"

    return _changed("calico-vxlan", change)


def typha() -> Install:
    """calico-typha.yaml: Felix and confd ask Typha, which the ConfigMap names."""

    def change(install: Install) -> None:
        _config(install)["typha_service_name"] = "calico-typha"
        entry = _from_config("FELIX_TYPHAK8SSERVICENAME", "typha_service_name")
        _env(install).insert(2, entry)

    return _changed("calico-typha", change)


def etcd() -> Install:
    """calico-etcd.yaml: no NODENAME, and no annotations on Nodes."""

    def change(install: Install) -> None:
        _config(install)["etcd_endpoints"] = "https://127.0.0.1:2379"
        node = {"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
        _without(install, "DATASTORE_TYPE", "WAIT_FOR_DATASTORE", "NODENAME")
        _env(install)[:0] = [
            _from_config("ETCD_ENDPOINTS", "etcd_endpoints"),
            {"name": "CALICO_K8S_NODE_REF", **node},
        ]

    return _changed("calico-etcd", change)


def policy_only() -> Install:
    """calico-policy-only.yaml: somebody else does the networking; there is no IP."""

    def change(install: Install) -> None:
        _without(install, "IP", "CALICO_NETWORKING_BACKEND", "CALICO_IPV4POOL_IPIP")
        _env(install).insert(3, {"name": "CALICO_NETWORKING_BACKEND", "value": "none"})

    return _changed("calico-policy-only", change)


def canal() -> Install:
    """canal.yaml: flannel does the networking, in a second container; IP is empty."""

    def change(install: Install) -> None:
        daemon_set = install.daemon_set
        daemon_set["metadata"]["name"] = "canal"
        template = daemon_set["spec"]["template"]
        for labels in (
            daemon_set["metadata"]["labels"],
            daemon_set["spec"]["selector"]["matchLabels"],
            template["metadata"]["labels"],
        ):
            labels["k8s-app"] = "canal"
        _without(install, "IP", "CALICO_NETWORKING_BACKEND", "CALICO_IPV4POOL_IPIP")
        _env(install).insert(3, {"name": "CALICO_NETWORKING_BACKEND", "value": "none"})
        _env(install).insert(5, {"name": "IP", "value": ""})
        flannel = {"name": "kube-flannel", "image": "docker.io/flannel/flannel:v0.24.4"}
        own_name = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
        flannel["env"] = [{"name": "POD_NAME", **own_name}]
        template["spec"]["containers"].insert(0, flannel)

    return _changed("canal", change)


def operator(installation_uid: str) -> Install:
    """What the Tigera operator makes of the Installation with that uid."""
    owner = {
        "apiVersion": "operator.tigera.io/v1",
        "kind": "Installation",
        "name": "default",
        "uid": installation_uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }

    def change(install: Install) -> None:
        for each in install.objects:
            each["metadata"]["namespace"] = "calico-system"
        install.daemon_set["metadata"]["ownerReferences"] = [owner]
        method = {"name": "IP_AUTODETECTION_METHOD", "value": "first-found"}
        _env(install).append(method)

    return _changed("operator", change)


def _parse(name: str, text: str) -> Install:
    return Install(name, tuple(yaml.safe_load_all(text)))


def _changed(name: str, change: Callable[[Install], None]) -> Install:
    created = (each for _, each in story.installation())
    known = [each for each in created if each["kind"] in _COLLECTIONS]
    install = Install(name, tuple(copy.deepcopy(known)))
    change(install)
    return install


def collection_of(each: Object) -> str:
    """The path of the collection that an object belongs to."""
    return _COLLECTIONS[each["kind"]].format(each["metadata"]["namespace"])


def _env(install: Install) -> list[Any]:
    env: list[Any] = calico_node(install.daemon_set)["env"]
    return env


def _without(install: Install, *names: str) -> None:
    env = _env(install)
    env[:] = [entry for entry in env if entry["name"] not in names]


def _config(install: Install) -> dict[str, str]:
    (config,) = (each for each in install.objects if each["kind"] == "ConfigMap")
    data: dict[str, str] = config["data"]
    return data


def _from_config(name: str, key: str) -> Entry:
    return {
        "name": name,
        "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": key}},
    }
