"""The Tigera operator: an Installation controls the DaemonSet.

Mirrors SetControllerReference in pkg/controller/utils of tigera/operator; it undoes an edit of the
DaemonSet within a second. An Installation ``overlay`` overrides ``default`` field by field.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.installation import default_method, field_of, merge_patch
from kubectl_calico_nic.owners.kinds.controller import controller_reference
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_KIND = "Installation"
OVERLAY = "overlay"


@dataclass(frozen=True, slots=True)
class Operator(Link):
    """The operator; ``installation`` is the object that decides, None where it was not read."""

    word: ClassVar[str] = "operator"
    at_once: ClassVar[bool] = True
    name: str = "default"
    installation: Managed | None = None

    @property
    def suffers(self) -> str:
        """It writes the DaemonSet again as soon as it differs."""
        return f"{self.object}: the operator puts the old value back at once"

    @property
    def where(self) -> str:
        """The fields of the Installation."""
        return f"spec.calicoNetwork.nodeAddressAutodetectionV4 (V6) of installation {self.name}"

    def advice(self, wanted: Wanted) -> str:
        """The merge patch; it names the former method, which has to go."""
        network = None if self.installation is None else self.installation.network
        patch = merge_patch(wanted, network)
        if patch is None:
            return ""
        text = shlex.quote(json.dumps(patch, separators=(",", ":"), ensure_ascii=False))
        return (
            f"the Installation{self._default(wanted)}:\n"
            f"kubectl patch installations.operator.tigera.io {self.name} --type=merge -p {text}"
        )

    def _default(self, wanted: Wanted) -> str:
        if wanted.method is not None or self.installation is None:
            return ""
        methods = (default_method(self.installation, family) for family in wanted.families)
        found = {method or "no address" for method in methods}
        return f" (the operator's default is then {', '.join(sorted(found))})"


def controls(daemon_set: DaemonSet) -> bool:
    """Whether an Installation controls the DaemonSet."""
    return _reference(Managed.of(daemon_set)) is not None


def recognise(subject: Managed, installations: Iterable[Mapping[str, Any]] = ()) -> Operator | None:
    """The operator, where an Installation is the controller.

    ``installations`` are those that were read: the overlay decides where it has a method.
    """
    reference = _reference(subject)
    if reference is None:
        return None
    read = (Managed(each, True, subject.companions) for each in installations)
    found = {item.name: item for item in read}
    name = str(reference.get("name") or "default")
    if _has_method(found.get(OVERLAY)):
        name = OVERLAY
    evidence = "ownerReferences: controller true"
    return Operator(f"{_KIND}/{name}", evidence, name, found.get(name))


def _reference(subject: Managed) -> Mapping[str, Any] | None:
    reference = controller_reference(subject)
    return reference if reference is not None and reference.get("kind") == _KIND else None


def _has_method(overlay: Managed | None) -> bool:
    return overlay is not None and any(overlay.network.get(field_of(each)) for each in Family)
