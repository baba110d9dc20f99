"""Flux: a Kustomization or HelmRelease, by the labels that its controllers put on everything.

Mirrors the owner labels of fluxcd/pkg/ssa and the post-renderer of fluxcd/helm-controller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.kinds.helm import operator_values
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import Literal, nested, yaml_text

_PREFIXES = {
    "kustomize.toolkit.fluxcd.io": "Kustomization",
    "helm.toolkit.fluxcd.io": "HelmRelease",
}
_MANAGERS = {"kustomize-controller": "Kustomization", "helm-controller": "HelmRelease"}
_WHEN = {"Kustomization": "its next reconciliation", "HelmRelease": "its next upgrade"}


@dataclass(frozen=True, slots=True)
class FluxObject(Link):
    """One Kustomization or HelmRelease; its name is empty where not known."""

    word: ClassVar[str] = "flux"
    kind: str = "Kustomization"
    name: str = ""
    namespace: str = ""
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """A Kustomization corrects drift by itself, a HelmRelease at least with each upgrade."""
        return f"{self.object}: {_WHEN[self.kind]} puts the old value back"

    @property
    def where(self) -> str:
        """What is in Git."""
        if self.kind == "HelmRelease":
            return f"the values of the HelmRelease {self._path}"
        return f"the Git repository of the Kustomization {self._path}"

    @property
    def _path(self) -> str:
        return "/".join(part for part in (self.namespace, self.name) if part) or "of Flux"

    def advice(self, wanted: Wanted) -> str:
        """The patch of the file, or what to add to the HelmRelease."""
        if self.kind == "Kustomization":
            title = f"{self.where} (flux reconcile kustomization {self._named} --with-source):"
            return files.told(self.subject, wanted, title)
        spec = self._release(wanted)
        if spec is None:
            return ""
        return f"the HelmRelease {self._path}, in Git:\n{yaml_text({'spec': spec})}"

    @property
    def _named(self) -> str:
        namespace = f" -n {self.namespace}" if self.namespace else ""
        return f"{self.name or 'NAME'}{namespace}"

    def _release(self, wanted: Wanted) -> dict[str, Any] | None:
        """Values for the operator's chart; for any other a patch after it was rendered."""
        if self.subject.is_installation:
            values = operator_values(wanted)
            return None if values is None else {"values": values}
        target = {"kind": "DaemonSet", "name": self.subject.name}
        patch = Literal(yaml_text(files.patch_of(self.subject, wanted)))
        patches = [{"target": target, "patch": patch}]
        return {"postRenderers": [nested("kustomize.patches", patches)]}


def recognise(subject: Managed) -> FluxObject | None:
    """Flux, by the label with the name of its object, else by its controller's field manager."""
    labels = subject.labels
    for prefix, kind in _PREFIXES.items():
        if name := labels.get(f"{prefix}/name"):
            namespace = labels.get(f"{prefix}/namespace", "")
            path = f"{namespace}/{name}" if namespace else name
            evidence = f"label {prefix}/name={name}"
            return FluxObject(f"Flux {kind} {path}", evidence, kind, name, namespace, subject)
    manager = next((name for name in _MANAGERS if name in subject.managers), None)
    if manager is None:
        return None
    kind = _MANAGERS[manager]
    return FluxObject(f"a Flux {kind}", f"managedFields of {manager}", kind, subject=subject)
