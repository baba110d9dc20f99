"""A calico-node DaemonSet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_calico_nic.errors import CalicoNicError

CONTAINER = "calico-node"
"""The name of the container that runs calico-node, in every upstream manifest and the operator."""


class NoCalicoNode(CalicoNicError, LookupError):
    """A DaemonSet has no container named ``calico-node``, or no longer has one."""


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """A DaemonSet with a container named ``calico-node``, and its raw object (never changed)."""

    object: Mapping[str, Any] = field(repr=False)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """``metadata``."""
        metadata: Mapping[str, Any] = self.object.get("metadata") or {}
        return metadata

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels, where they are texts."""
        return _texts(self.metadata.get("labels"))

    @property
    def annotations(self) -> Mapping[str, str]:
        """Its annotations, where they are texts."""
        return _texts(self.metadata.get("annotations"))

    @property
    def spec(self) -> Mapping[str, Any]:
        """``spec``."""
        spec: Mapping[str, Any] = self.object.get("spec") or {}
        return spec

    @property
    def status(self) -> Mapping[str, Any]:
        """``status``."""
        status: Mapping[str, Any] = self.object.get("status") or {}
        return status

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.metadata.get("namespace", ""))

    @property
    def name(self) -> str:
        """Its name, without the namespace."""
        return str(self.metadata.get("name", ""))

    @property
    def key(self) -> str:
        """``NAMESPACE/NAME``."""
        return f"{self.namespace}/{self.name}"

    @property
    def resource_version(self) -> str:
        """The version every write is guarded with."""
        return str(self.metadata.get("resourceVersion", ""))

    @property
    def containers(self) -> tuple[Mapping[str, Any], ...]:
        """The containers of its pod template, in order."""
        return self._listed("containers")

    @property
    def init_containers(self) -> tuple[Mapping[str, Any], ...]:
        """The init containers of its pod template, in order."""
        return self._listed("initContainers")

    def _listed(self, field: str) -> tuple[Mapping[str, Any], ...]:
        template = self.spec.get("template") or {}
        listed = (template.get("spec") or {}).get(field) or ()
        return tuple(item for item in listed if isinstance(item, Mapping))

    @property
    def container_index(self) -> int:
        """The place of the calico-node container; never assume 0 (canal has flannel beside it).

        Raises:
            NoCalicoNode: the template has no such container.
        """
        for index, container in enumerate(self.containers):
            if container.get("name") == CONTAINER:
                return index
        raise NoCalicoNode(f"daemonset {self.key} has no container named {CONTAINER}")

    @property
    def container(self) -> Mapping[str, Any]:
        """The calico-node container of its template."""
        return self.containers[self.container_index]

    @property
    def last_written(self) -> str | None:
        """When anything but its status was last written (RFC 3339); None where it does not say."""
        managed = self.metadata.get("managedFields")
        times = (
            entry.get("time")
            for entry in (managed if isinstance(managed, list) else ())
            if isinstance(entry, Mapping) and entry.get("subresource") != "status"
        )
        return max((time for time in times if isinstance(time, str)), default=None)

    @property
    def update_strategy(self) -> str:
        """``RollingUpdate`` or ``OnDelete``."""
        return str((self.spec.get("updateStrategy") or {}).get("type", "RollingUpdate"))


def _texts(value: object) -> Mapping[str, str]:
    found = value if isinstance(value, Mapping) else {}
    return {str(key): text for key, text in found.items() if isinstance(text, str)}
