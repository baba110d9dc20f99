"""Reads the objects around the DaemonSets that say what calico-node is told to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.daemonsets import daemon_set_selector
from kubectl_calico_nic.collection.gaps import gap
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.owners import operator
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.decode import (
    decode_calico_version,
    last_written,
    newest_revisions,
)
from kubectl_calico_nic.snapshot.snapshot import Gap
from kubectl_calico_nic.workload.env import config_map_references
from kubectl_calico_nic.workload.image import image_tag

_INSTALLATIONS = "/apis/operator.tigera.io/v1/installations"
_OVERLAY = "overlay"
_CLUSTER_INFORMATIONS = (
    "/apis/crd.projectcalico.org/v1/clusterinformations/default",
    "/apis/projectcalico.org/v3/clusterinformations/default",
)
"""Since v3.32 Calico may have the second only."""


@dataclass(slots=True)
class Configuration:
    """What was read, each field as in ``Snapshot``."""

    config_maps: dict[str, Mapping[str, str]] = field(default_factory=dict)
    config_map_changes: dict[str, str] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    installations: tuple[Mapping[str, Any], ...] = ()
    cluster_version: str | None = None
    gaps: list[Gap] = field(default_factory=list)


def read_configuration(
    api: Api, daemon_sets: tuple[DaemonSet, ...], *, with_revisions: bool
) -> Configuration:
    """Read what belongs to ``daemon_sets``; what a permission refuses becomes a gap.

    Installations are read where an Installation owns one of them, Calico's ClusterInformation
    where an image does not name its version.
    """
    found = Configuration()
    for daemon_set in daemon_sets:
        for name in sorted(config_map_references(daemon_set.container)):
            _read_config_map(api, daemon_set.namespace, name, found)
    if any(operator.controls(daemon_set) for daemon_set in daemon_sets):
        _read_installations(api, found)
    if any(_lacks_version(daemon_set) for daemon_set in daemon_sets):
        _read_cluster_version(api, found)
    if with_revisions:
        found.revisions, gaps = read_revisions(api, daemon_sets)
        found.gaps += gaps
    return found


def read_revisions(
    api: Api, daemon_sets: Iterable[DaemonSet]
) -> tuple[dict[str, str], tuple[Gap, ...]]:
    """The hash of the newest ControllerRevision by DaemonSet, and what was refused."""
    found: list[Any] = []
    gaps: list[Gap] = []
    for daemon_set in daemon_sets:
        path = f"/apis/apps/v1/namespaces/{daemon_set.namespace}/controllerrevisions"
        try:
            for page in api.pages(path, daemon_set_selector(daemon_set)):
                found += page
        except ApiError as error:
            if error.status != 403:
                raise
            gaps.append(gap("list", "controllerrevisions", error))
    return newest_revisions(found), tuple(gaps)


def _read_config_map(api: Api, namespace: str, name: str, found: Configuration) -> None:
    key = f"{namespace}/{name}"
    try:
        item = api.get(f"/api/v1/namespaces/{namespace}/configmaps/{quote(name)}")
    except ApiError as error:
        if error.status == 404:
            found.config_maps[key] = {}
        else:
            found.gaps.append(gap("get", "configmaps", error))
        return
    found.config_maps[key] = item.get("data") or {}
    written = last_written(item)
    if written is not None:
        found.config_map_changes[key] = written


def _read_installations(api: Api, found: Configuration) -> None:
    try:
        listed = [item for page in api.pages(_INSTALLATIONS) for item in page]
    except ApiError as error:
        if error.status != 404:
            found.gaps.append(gap("list", "installations.operator.tigera.io", error))
        return
    found.installations = tuple(sorted(listed, key=lambda item: _name(item) == _OVERLAY))


def _name(item: Mapping[str, Any]) -> str:
    return str((item.get("metadata") or {}).get("name", ""))


def _lacks_version(daemon_set: DaemonSet) -> bool:
    tag = image_tag(str(daemon_set.container.get("image", "")))
    return Version.parse(tag or "") is None


def _read_cluster_version(api: Api, found: Configuration) -> None:
    for path in _CLUSTER_INFORMATIONS:
        try:
            found.cluster_version = decode_calico_version(api.get(path))
            return
        except ApiError as error:
            if error.status != 404:
                found.gaps.append(gap("get", "clusterinformations.crd.projectcalico.org", error))
                return
