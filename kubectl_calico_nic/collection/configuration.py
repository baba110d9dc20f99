"""Reads the objects around the DaemonSets that say what calico-node is told to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.daemonsets import daemon_set_selector
from kubectl_calico_nic.collection.gaps import gap, is_right
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.owners.kinds import operator
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.decode import (
    decode_calico_version,
    decode_config_map,
    last_written,
    newest_revisions,
)
from kubectl_calico_nic.snapshot.shape import is_installation
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
    api: Api, daemon_sets: tuple[DaemonSet, ...], *, with_revisions: bool, partial: bool = False
) -> Configuration:
    """Read what belongs to ``daemon_sets``; what a permission refuses becomes a gap.

    Installations are read where an Installation owns one of them, Calico's ClusterInformation
    where an image does not name its version. With ``partial`` everything that fails is a gap.

    Raises:
        CalicoNicError: something cannot be read, for another reason than a missing right.
    """
    reader = _Reader(api, partial)
    for daemon_set in daemon_sets:
        for name in sorted(config_map_references(daemon_set.container)):
            reader.read_config_map(daemon_set.namespace, name)
    if any(operator.controls(daemon_set) for daemon_set in daemon_sets):
        reader.read_installations()
    if any(_lacks_version(daemon_set) for daemon_set in daemon_sets):
        reader.read_cluster_version()
    if with_revisions:
        reader.read_revisions(daemon_sets)
    return reader.found


def read_revisions(
    api: Api, daemon_sets: Iterable[DaemonSet]
) -> tuple[dict[str, str], tuple[Gap, ...]]:
    """The hash of the newest ControllerRevision by DaemonSet, and what a permission refused.

    Raises:
        CalicoNicError: they cannot be read for another reason.
    """
    reader = _Reader(api, partial=False)
    reader.read_revisions(daemon_sets)
    return reader.found.revisions, tuple(reader.found.gaps)


class _Reader:
    def __init__(self, api: Api, partial: bool) -> None:
        self._api = api
        self._partial = partial
        self.found = Configuration()

    def read_revisions(self, daemon_sets: Iterable[DaemonSet]) -> None:
        listed: list[Any] = []
        for daemon_set in daemon_sets:
            path = f"/apis/apps/v1/namespaces/{daemon_set.namespace}/controllerrevisions"
            try:
                for page in self._api.pages(path, daemon_set_selector(daemon_set)):
                    listed += page
            except CalicoNicError as error:
                self._pass_over("list", "controllerrevisions", error)
        self.found.revisions = newest_revisions(listed)

    def read_config_map(self, namespace: str, name: str) -> None:
        key = f"{namespace}/{name}"
        try:
            item = self._api.get(
                f"/api/v1/namespaces/{namespace}/configmaps/{quote(name, errors='replace')}"
            )
        except CalicoNicError as error:
            if _is_absent(error):
                self.found.config_maps[key] = {}
            else:
                self._pass_over("get", "configmaps", error)
            return
        self.found.config_maps[key] = decode_config_map(item)
        written = last_written(item)
        if written is not None:
            self.found.config_map_changes[key] = written

    def read_installations(self) -> None:
        try:
            pages = self._api.pages(_INSTALLATIONS)
            listed = [item for page in pages for item in page if is_installation(item)]
        except CalicoNicError as error:
            if not _is_absent(error):
                self._pass_over("list", "installations.operator.tigera.io", error)
            return
        self.found.installations = tuple(sorted(listed, key=lambda item: _name(item) == _OVERLAY))

    def read_cluster_version(self) -> None:
        for path in _CLUSTER_INFORMATIONS:
            try:
                self.found.cluster_version = decode_calico_version(self._api.get(path))
                return
            except CalicoNicError as error:
                if not _is_absent(error):
                    self._pass_over("get", "clusterinformations.crd.projectcalico.org", error)
                    return

    def _pass_over(self, verb: str, resource: str, error: CalicoNicError) -> None:
        """Go on without what could not be read, where that is allowed.

        Raises:
            CalicoNicError: it is not.
        """
        if not (self._partial or is_right(error)):
            raise error
        self.found.gaps.append(gap(verb, resource, error))


def _is_absent(error: CalicoNicError) -> bool:
    return isinstance(error, ApiError) and error.status == 404


def _name(item: Mapping[str, Any]) -> str:
    return str((item.get("metadata") or {}).get("name", ""))


def _lacks_version(daemon_set: DaemonSet) -> bool:
    tag = image_tag(str(daemon_set.container.get("image", "")))
    return Version.parse(tag or "") is None
