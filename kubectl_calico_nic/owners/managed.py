"""An object whose writer is sought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_calico_nic.snapshot.companions import Companion, Companions, Reference
from kubectl_calico_nic.snapshot.daemonset import DaemonSet


@dataclass(frozen=True, slots=True)
class Managed:
    """The DaemonSet, or the Installation that controls it, as raw JSON (never changed).

    ``companions`` are the objects that its marks point to, as far as they were read.
    """

    object: Mapping[str, Any] = field(repr=False)
    is_installation: bool = False
    companions: Companions = field(default_factory=dict, repr=False)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """``metadata``."""
        return _mapping(self.object.get("metadata"))

    @property
    def spec(self) -> Mapping[str, Any]:
        """``spec``."""
        return _mapping(self.object.get("spec"))

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels, where they are texts."""
        return _texts(self.metadata.get("labels"))

    @property
    def annotations(self) -> Mapping[str, str]:
        """Its annotations, where they are texts."""
        return _texts(self.metadata.get("annotations"))

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.metadata.get("name", ""))

    @property
    def namespace(self) -> str:
        """Its namespace; empty for an Installation."""
        return str(self.metadata.get("namespace", ""))

    @property
    def title(self) -> str:
        """What it is called: ``daemonset kube-system/calico-node``, ``installation default``."""
        if self.is_installation:
            return f"installation {self.name}"
        return f"daemonset {self.namespace}/{self.name}"

    @property
    def managers(self) -> frozenset[str]:
        """Who wrote fields of it other than its status, by ``managedFields``."""
        return frozenset(
            str(entry.get("manager", ""))
            for entry in _mappings(self.metadata.get("managedFields"))
            if entry.get("subresource") != "status"
        )

    @property
    def pod_spec(self) -> Mapping[str, Any]:
        """The pod spec of a DaemonSet's template."""
        return _mapping(_mapping(self.spec.get("template")).get("spec"))

    @property
    def env(self) -> tuple[Mapping[str, Any], ...]:
        """The env entries of a DaemonSet's calico-node container."""
        daemon_set = DaemonSet(self.object)
        try:
            container = daemon_set.container
        except (LookupError, AttributeError):
            return ()
        return tuple(_mappings(container.get("env")))

    @property
    def host_paths(self) -> tuple[str, ...]:
        """The paths of the host that a DaemonSet's pods mount."""
        volumes = _mappings(self.pod_spec.get("volumes"))
        paths = (_mapping(volume.get("hostPath")).get("path") for volume in volumes)
        return tuple(path for path in paths if isinstance(path, str))

    @property
    def network(self) -> Mapping[str, Any]:
        """``spec.calicoNetwork`` of an Installation."""
        return _mapping(self.spec.get("calicoNetwork"))

    def companion(self, reference: Reference | None) -> Companion | None:
        """The one object that is there; None where there is none, or several, or none was read."""
        found = self.companions.get(reference, ()) if reference else ()
        return found[0] if len(found) == 1 else None

    @classmethod
    def of(cls, daemon_set: DaemonSet, companions: Companions | None = None) -> Managed:
        """The DaemonSet as an object whose writer is sought."""
        return cls(daemon_set.object, companions=companions or {})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _texts(value: object) -> Mapping[str, str]:
    return {str(key): text for key, text in _mapping(value).items() if isinstance(text, str)}
