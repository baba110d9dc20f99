"""Flux: a Kustomization or HelmRelease, by the labels that its controllers put on everything.

Mirrors the owner labels of fluxcd/pkg/ssa and the post-renderer of fluxcd/helm-controller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.chart_values import merging
from kubectl_calico_nic.owners.kinds.helm import operator_values
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import Literal, nested, yaml_text
from kubectl_calico_nic.snapshot.companions import Companion, Reference, mapping

_PREFIXES = {
    "kustomize.toolkit.fluxcd.io": "Kustomization",
    "helm.toolkit.fluxcd.io": "HelmRelease",
}
_MANAGERS = {"kustomize-controller": "Kustomization", "helm-controller": "HelmRelease"}
_WHEN = {"Kustomization": "its next reconciliation", "HelmRelease": "its next upgrade"}
_VERSIONS = {"Kustomization": ("v1", "v1beta2"), "HelmRelease": ("v2", "v2beta2", "v2beta1")}
_RECONCILE = "kustomize.toolkit.fluxcd.io/reconcile"
"""``disabled``, as a label or an annotation, keeps the kustomize-controller from the object."""


@dataclass(frozen=True, slots=True)
class FluxObject(Link):
    """One Kustomization or HelmRelease; its name is empty where not known.

    ``found`` is the object, None where it was not read.
    """

    word: ClassVar[str] = "flux"
    kind: str = "Kustomization"
    name: str = ""
    namespace: str = ""
    found: Companion | None = None
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """A Kustomization corrects drift by itself, a HelmRelease at least with each upgrade."""
        if self._is_left_out:
            return f"{self.object}: nothing puts the old value back while {_RECONCILE} is disabled"
        if self.found is None:
            return f"{self.object}: {_WHEN[self.kind]} may put the old value back"
        when = _when(self.kind, self.found)
        if self.found.spec.get("suspend") is True:
            return (
                f"{self.object}: it is suspended and nothing puts the old value back now; once it "
                f"is resumed, {when} does"
            )
        return f"{self.object}: {when} may put the old value back"

    @property
    def _is_left_out(self) -> bool:
        marks = (self.subject.annotations, self.subject.labels)
        return self.kind == "Kustomization" and any(
            mark.get(_RECONCILE) == "disabled" for mark in marks
        )

    @property
    def where(self) -> str:
        """What is in Git."""
        if self.kind == "HelmRelease":
            return f"the values of the HelmRelease {self._path}{self._applied_by}"
        source = mapping(self.found.spec.get("sourceRef")) if self.found else {}
        if self.found is None or not source.get("name"):
            return f"the Git repository of the Kustomization {self._path}"
        place = source.get("namespace") or self.namespace
        return (
            f"{self.found.spec.get('path') or './'} in {source.get('kind') or 'GitRepository'} "
            f"{place}/{source['name']} of the Kustomization {self._path}"
        )

    @property
    def _applied_by(self) -> str:
        """Who applies the HelmRelease itself: in the cluster it would be put back, too."""
        name = self.found.mark("kustomize.toolkit.fluxcd.io/name") if self.found else ""
        return f" (which Kustomization {name} applies from Git)" if name else ""

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
        return f"the HelmRelease {self._path}, in Git{self._beside(spec)}:\n" + (
            yaml_text({"spec": spec})
        )

    def _beside(self, spec: dict[str, Any]) -> str:
        if self.found and "postRenderers" in spec and self.found.spec.get("postRenderers"):
            return ", added to the spec.postRenderers that it has"
        present = mapping(self.found.spec.get("values")) if self.found else {}
        if self.found is None or not present or "values" not in spec:
            return ""
        return f", its spec.values: {merging(present, spec['values'])}"

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


def _when(kind: str, found: Companion) -> str:
    interval = f" (every {found.spec['interval']})" if found.spec.get("interval") else ""
    if kind == "Kustomization":
        return f"{_WHEN[kind]}{interval}"
    if mapping(found.spec.get("driftDetection")).get("mode") == "enabled":
        return f"its drift detection{interval}"
    return _WHEN[kind]


def references(subject: Managed) -> Iterator[Reference]:
    """The Kustomization and the HelmRelease that labels name."""
    for prefix, kind in _PREFIXES.items():
        name, namespace = (subject.labels.get(f"{prefix}/{key}") for key in ("name", "namespace"))
        if name and namespace:
            yield _reference(prefix, kind, name, namespace)


def _reference(group: str, kind: str, name: str, namespace: str) -> Reference:
    return Reference(group, _VERSIONS[kind], f"{kind.lower()}s", name, namespace)


def recognise(subject: Managed) -> FluxObject | None:
    """Flux, by the label with the name of its object, else by its controller's field manager."""
    labels = subject.labels
    for prefix, kind in _PREFIXES.items():
        if name := labels.get(f"{prefix}/name"):
            namespace = labels.get(f"{prefix}/namespace", "")
            path = f"{namespace}/{name}" if namespace else name
            evidence = f"label {prefix}/name={name}"
            found = subject.companion(_reference(prefix, kind, name, namespace))
            if found is not None:
                evidence += f", and {kind} {path} is there"
            return FluxObject(
                f"Flux {kind} {path}", evidence, kind, name, namespace, found, subject
            )
    manager = next((name for name in _MANAGERS if name in subject.managers), None)
    if manager is None:
        return None
    kind = _MANAGERS[manager]
    return FluxObject(f"a Flux {kind}", f"managedFields of {manager}", kind, subject=subject)
