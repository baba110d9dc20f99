"""K3s and RKE2: their deploy controller applies the files of one folder on the servers.

Mirrors pkg/deploy/controller.go of k3s-io/k3s, whose objects carry the marks of rancher/wrangler.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed

_OWNER = "objectset.rio.cattle.io/owner-gvk"
_OWNER_NAME = "objectset.rio.cattle.io/owner-name"
_ADDON = "k3s.cattle.io/v1, Kind=Addon"
_FOLDERS = "/var/lib/rancher/k3s/server/manifests (RKE2: /var/lib/rancher/rke2/server/manifests)"


@dataclass(frozen=True, slots=True)
class Addon(Link):
    """One file of the folder, called after it."""

    word: ClassVar[str] = "k3s"
    name: str = ""
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """The file is applied when it changes and when a server starts."""
        return f"{self.object}: the next start of a server may put the old value back"

    @property
    def where(self) -> str:
        """The file on the servers."""
        return f"the file of {self.object} in {_FOLDERS}"

    def advice(self, wanted: Wanted) -> str:
        """The patch of that file."""
        return files.told(self.subject, wanted, f"the file {self.name}.yaml in {_FOLDERS}:")


def recognise(subject: Managed) -> Addon | None:
    """The deploy controller, by the Addon that owns the object."""
    if subject.annotations.get(_OWNER) != _ADDON:
        return None
    name = subject.annotations.get(_OWNER_NAME, "")
    title = f"K3s addon {name}" if name else "a K3s addon"
    return Addon(title, f"annotation {_OWNER}={_ADDON}", name or "NAME", subject)
