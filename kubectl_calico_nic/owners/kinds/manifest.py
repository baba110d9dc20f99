"""A plain manifest: nobody but people changes the object, with ``kubectl apply``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_APPLIERS = ("kubectl-client-side-apply", "kubectl")


@dataclass(frozen=True, slots=True)
class Manifest(Link):
    """Whoever has the file; it stays as edited until somebody applies the file again."""

    word: ClassVar[str] = "manifest"
    subject: Managed = field(default=Managed({}), repr=False)
    is_applied: bool = False

    @property
    def suffers(self) -> str:
        """Nobody acts by himself."""
        return ""

    @property
    def where(self) -> str:
        """The file, where there is one."""
        return f"the manifest of {self.subject.title}"

    def advice(self, wanted: Wanted) -> str:
        """The patch of the file, where the object was applied from one."""
        if not self.is_applied:
            return ""
        title = (
            f"the manifest of {self.subject.title} too, or the next kubectl apply may take it back:"
        )
        return files.told(self.subject, wanted, title)


def recognise(subject: Managed) -> Manifest:
    """The manifest; applied from a file where kubectl left a trace of that."""
    if _LAST_APPLIED in subject.annotations:
        return Manifest("a manifest", f"annotation {_LAST_APPLIED}", subject, True)
    applier = next((name for name in _APPLIERS if name in subject.managers), None)
    if applier is not None:
        return Manifest("a manifest", f"managedFields of {applier}", subject, True)
    return Manifest("a manifest", "no mark of any other owner", subject)
