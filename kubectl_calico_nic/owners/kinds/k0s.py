"""k0s: it applies a stack anew when its configuration or version changes.

Mirrors pkg/applier/stack.go and pkg/apis/k0s/v1beta1/calico.go of k0sproject/k0s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import nested, yaml_text

_STACK = "k0s.k0sproject.io/stack"
_CALICO = "calico"
"""The stack of k0s itself; every other is a folder of the user's."""
_PATH = "spec.network.calico"
_FIELDS = {Family.IPV4: "ipAutodetectionMethod", Family.IPV6: "ipV6AutodetectionMethod"}


@dataclass(frozen=True, slots=True)
class Stack(Link):
    """One stack."""

    word: ClassVar[str] = "k0s"
    stack: str = _CALICO
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """An edit lives until the stack's checksum changes."""
        return (
            f"{self.object}: the next change of its configuration or version puts the old value "
            "back"
        )

    @property
    def where(self) -> str:
        """k0s' own configuration, or the user's folder."""
        if self.stack == _CALICO:
            return f"ClusterConfig {_PATH}.ipAutodetectionMethod (ipV6AutodetectionMethod)"
        return f"the files in /var/lib/k0s/manifests/{self.stack}"

    def advice(self, wanted: Wanted) -> str:
        """The part of k0s.yaml; the IPv4 method counts for IPv6 too, unless that has its own."""
        if self.stack != _CALICO:
            title = f"/var/lib/k0s/manifests/{self.stack} on every controller:"
            return files.told(self.subject, wanted, title)
        head = {"apiVersion": "k0s.k0sproject.io/v1beta1", "kind": "ClusterConfig"}
        values: dict[str, Any] = {_FIELDS[family]: wanted.method for family in wanted.families}
        return (
            "/etc/k0s/k0s.yaml on every controller, then restart k0s there one by one (with "
            "--enable-dynamic-config: kubectl -n kube-system edit clusterconfig k0s):\n"
            f"{yaml_text({**head, **nested(_PATH, values)})}"
        )


def recognise(subject: Managed) -> Stack | None:
    """The k0s stack, by the label of its objects."""
    stack = subject.labels.get(_STACK)
    if stack is None:
        return None
    return Stack(f"k0s stack {stack}", f"label {_STACK}={stack}", stack, subject)
