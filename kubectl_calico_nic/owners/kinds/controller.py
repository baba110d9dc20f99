"""Any controller: an object that keeps the DaemonSet as it wants it.

A controller is the ownerReference with ``controller: true`` (metav1.GetControllerOf).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed


@dataclass(frozen=True, slots=True)
class Controller(Link):
    """A controller as an owner of its own right, called by its kind."""

    at_once: ClassVar[bool] = True
    kind: str = "unknown"

    @property
    def suffers(self) -> str:
        """It writes the DaemonSet again as soon as it differs."""
        return f"{self.object}, which puts the old value back at once"

    @property
    def where(self) -> str:
        """The object that it reads."""
        return self.object

    def advice(self, wanted: Wanted) -> str:
        """What it reads is not known here: only what has to come out of it."""
        names = ", ".join(family.method_variable for family in wanted.families)
        return f"the setting of {self.object} that becomes {names} of calico-node"


def controller_reference(subject: Managed) -> Mapping[str, Any] | None:
    """The ownerReference of the controller; None when nothing controls the object."""
    owners = subject.metadata.get("ownerReferences")
    listed = owners if isinstance(owners, list) else []
    controllers = (
        owner for owner in listed if isinstance(owner, Mapping) and owner.get("controller") is True
    )
    return next(controllers, None)


def recognise(subject: Managed) -> Controller | None:
    """Whatever controls the object."""
    reference = controller_reference(subject)
    if reference is None:
        return None
    kind = str(reference.get("kind") or "unknown")
    name = f"{kind}/{reference.get('name') or 'unknown'}"
    return Controller(name, "ownerReferences: controller true", kind)
