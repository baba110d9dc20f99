"""MicroK8s: it applies its file cni.yaml, and rewrites it when a node joins.

Mirrors upgrade-scripts/000-switch-to-calico of canonical/microk8s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed

_SNAP = "/var/snap/microk8s/"
_FILE = "/var/snap/microk8s/current/args/cni-network/cni.yaml"


@dataclass(frozen=True, slots=True)
class Snap(Link):
    """The file of the snap."""

    word: ClassVar[str] = "microk8s"
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """The file is applied by upgrades and by whoever changes the network."""
        return f"{self.object}: the next time cni.yaml is applied, the old value comes back"

    @property
    def where(self) -> str:
        """The file on the nodes."""
        return _FILE

    def advice(self, wanted: Wanted) -> str:
        """The patch of the file, and the command that applies it."""
        title = f"{_FILE} on every control plane node, then microk8s kubectl apply -f {_FILE}:"
        return files.told(self.subject, wanted, title)


def recognise(subject: Managed) -> Snap | None:
    """MicroK8s, by the snap's folders that the pods mount."""
    path = next((path for path in subject.host_paths if path.startswith(_SNAP)), None)
    return None if path is None else Snap("MicroK8s", f"hostPath {path}", subject)
