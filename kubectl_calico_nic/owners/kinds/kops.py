"""kOps: it applies its networking addon anew when the cluster is updated.

Mirrors pkg/apis/kops/networking.go and upup/models/cloudup/resources/addons/
networking.projectcalico.org of kubernetes/kops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import nested, yaml_text

_ADDON = "addon.kops.k8s.io/name"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_PATH = "spec.networking.calico"
_FIELDS = {Family.IPV4: "ipv4AutoDetectionMethod", Family.IPV6: "ipv6AutoDetectionMethod"}


@dataclass(frozen=True, slots=True)
class Addon(Link):
    """The networking addon."""

    word: ClassVar[str] = "kops"

    @property
    def suffers(self) -> str:
        """It is applied with every update of the cluster and of its version."""
        return f"{self.object}: the next time it is applied, the old value comes back"

    @property
    def where(self) -> str:
        """The cluster's spec in kOps' own store."""
        return f"kops edit cluster: {_PATH}.ipv4AutoDetectionMethod (ipv6AutoDetectionMethod)"

    def advice(self, wanted: Wanted) -> str:
        """The part of the cluster's spec."""
        values = {_FIELDS[family]: wanted.method or "first-found" for family in wanted.families}
        return (
            "the cluster's spec (kops edit cluster), then kops update cluster --yes:\n"
            f"{yaml_text(nested(_PATH, values))}"
        )


def recognise(subject: Managed) -> Addon | None:
    """The kOps addon, by the labels of its objects."""
    labels = subject.labels
    if name := labels.get(_ADDON):
        return Addon(f"kOps addon {name}", f"label {_ADDON}={name}")
    if _ADDON in labels or labels.get(_MANAGED_BY) == "kops":
        return Addon("a kOps addon", f"label {_MANAGED_BY}=kops")
    return None
