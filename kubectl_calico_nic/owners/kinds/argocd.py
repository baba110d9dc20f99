"""Argo CD: it syncs the object with what is in Git.

The application's name is in the label or annotation that tracks its objects (the key
``application.resourceTrackingMethod`` of Argo CD's ConfigMap argocd-cm says which). With the label
method that label is everybody's ``app.kubernetes.io/instance``: then only the field manager tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.kinds.helm import operator_values
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import yaml_text

_PREFIX = "argocd.argoproj.io/"
_INSTANCE = _PREFIX + "instance"
_TRACKING = _PREFIX + "tracking-id"
"""``APPLICATION:GROUP/KIND:NAMESPACE/NAME``."""
_SHARED_INSTANCE = "app.kubernetes.io/instance"
_MANAGER = "argocd-controller"


@dataclass(frozen=True, slots=True)
class Application(Link):
    """One application; its name is empty where not known."""

    word: ClassVar[str] = "argocd"
    name: str = ""
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """With selfHeal it syncs by itself; without, when somebody changes Git or syncs."""
        return f"{self.object}: its next sync puts the old value back (with selfHeal at once)"

    @property
    def where(self) -> str:
        """What is in Git."""
        return f"the Git repository of {self.object}"

    def advice(self, wanted: Wanted) -> str:
        """The patch of the file; for an Installation also the values of the operator's chart."""
        title = f"{self.where} (argocd app get {self.name or 'NAME'} names it):"
        patch = files.told(self.subject, wanted, title)
        values = operator_values(wanted) if self.subject.is_installation else None
        if not patch or values is None:
            return patch
        return f"{patch}\nor, where it renders the chart tigera-operator, its values:\n" + (
            yaml_text(values)
        )


def recognise(subject: Managed) -> Application | None:
    """Argo CD, by any label or annotation of its own, else by its field manager."""
    marks = {**subject.annotations, **subject.labels}
    mark = next((key for key in (_INSTANCE, _TRACKING) if marks.get(key)), None)
    mark = mark or next((key for key in marks if key.startswith(_PREFIX)), None)
    if mark is not None:
        name = marks.get(_INSTANCE) or marks.get(_TRACKING, "").partition(":")[0]
        return Application(_called(name), f"{mark}={marks[mark]}", name, subject)
    if _MANAGER not in subject.managers:
        return None
    name = subject.labels.get(_SHARED_INSTANCE, "")
    return Application(_called(name), f"managedFields of {_MANAGER}", name, subject)


def _called(name: str) -> str:
    return f"Argo CD application {name}" if name else "an Argo CD application"
