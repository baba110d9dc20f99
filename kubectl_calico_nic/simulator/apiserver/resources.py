"""Which resources the simulated API server has, and how they are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

VERBS = ("create", "delete", "get", "list", "patch", "update", "watch")
_LOG = ("log", "PodLogOptions", ("get",))
_EXEC = ("exec", "PodExecOptions", ("create", "get"))
_CRD = "crd.projectcalico.org"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the API.

    ``subresources`` are (name, kind, verbs). A ``custom`` resource (of a CRD) knows no strategic
    merge patch; ``status`` says whether status is a subresource.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    status: bool = False
    subresources: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    custom: bool = False

    @property
    def key(self) -> str:
        """The resource with its group, as messages name it: ``daemonsets.apps``, ``pods``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """``apiVersion`` of its objects: ``apps/v1``, ``v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        """The path of its group: ``/apis/apps/v1``, ``/api/v1``."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"


NAMESPACES = Resource("", "v1", "namespaces", "Namespace", False, ("ns",), status=True)
NODES = Resource("", "v1", "nodes", "Node", False, ("no",), status=True)
PODS = Resource("", "v1", "pods", "Pod", True, ("po",), ("all",), True, subresources=(_LOG, _EXEC))
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap", True, ("cm",))
EVENTS = Resource("", "v1", "events", "Event", True, ("ev",))
DAEMON_SETS = Resource("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), ("all",), True)
REVISIONS = Resource("apps", "v1", "controllerrevisions", "ControllerRevision")

BUILT_IN = (
    NAMESPACES,
    NODES,
    PODS,
    CONFIG_MAPS,
    EVENTS,
    DAEMON_SETS,
    REVISIONS,
)


def _calico(plural: str, kind: str) -> Resource:
    return Resource(_CRD, "v1", plural, kind, False, custom=True)


CALICO = (
    _calico("bgpconfigurations", "BGPConfiguration"),
    _calico("bgppeers", "BGPPeer"),
    _calico("caliconodestatuses", "CalicoNodeStatus"),
    _calico("clusterinformations", "ClusterInformation"),
    _calico("felixconfigurations", "FelixConfiguration"),
    _calico("hostendpoints", "HostEndpoint"),
    _calico("ippools", "IPPool"),
)
"""What the CRDs of a manifest install of Calico bring, as far as a node's address touches it."""


class Registry:
    """The resources of one API server."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self._by_path = {(item.root, item.plural): item for item in self.resources}
        self._by_kind = {(item.api_version, item.kind): item for item in self.resources}

    @property
    def roots(self) -> tuple[str, ...]:
        """The paths of all groups: ``/api/v1``, ``/apis/apps/v1``."""
        return tuple(dict.fromkeys(item.root for item in self.resources))

    def find(self, root: str, plural: str) -> Resource | None:
        """The resource of a path, None when this server has none."""
        return self._by_path.get((root, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """The resource whose objects say ``apiVersion`` and ``kind``."""
        return self._by_kind.get((api_version, kind))
