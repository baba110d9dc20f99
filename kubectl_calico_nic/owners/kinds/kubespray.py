"""kubespray: a playbook renders the manifest anew.

Mirrors roles/network_plugin/calico/templates/calico-node.yml.j2 of kubernetes-sigs/kubespray, which
gives calico-node the variables NODEIP (the pod's status.hostIP) and CALICO_MANAGE_CNI.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import yaml_text
from kubectl_calico_nic.workload.env import source_of

_NODEIP, _MANAGE_CNI = "NODEIP", "CALICO_MANAGE_CNI"
_FIELDS = {Family.IPV4: "calico_ip_auto_method", Family.IPV6: "calico_ip6_auto_method"}
_FILE = "group_vars/k8s_cluster/k8s-net-calico.yml"


@dataclass(frozen=True, slots=True)
class Playbook(Link):
    """The inventory that the playbook is run with."""

    word: ClassVar[str] = "kubespray"

    @property
    def suffers(self) -> str:
        """The playbook writes what the inventory says."""
        return f"{self.object}: the next run of the playbook may put the old value back"

    @property
    def where(self) -> str:
        """The variables of the inventory."""
        return f"calico_ip_auto_method (calico_ip6_auto_method) in {_FILE}"

    def advice(self, wanted: Wanted) -> str:
        """The variables; without one kubespray chooses can-reach=$(NODEIP)."""
        names = [_FIELDS[family] for family in wanted.families]
        run = "then ansible-playbook -i INVENTORY cluster.yml -b --tags network"
        if wanted.method is None:
            return f"{_FILE} of the inventory: remove {', '.join(names)}; {run}"
        values = dict.fromkeys(names, wanted.method)
        return f"{_FILE} of the inventory; {run}:\n{yaml_text(values)}"


def recognise(subject: Managed) -> Playbook | None:
    """kubespray, by the two variables that only its template sets."""
    env = {entry.get("name"): entry for entry in subject.env}
    if _NODEIP not in env or _MANAGE_CNI not in env:
        return None
    if source_of(env[_NODEIP]) != "fieldRef status.hostIP":
        return None
    return Playbook("kubespray", f"env {_NODEIP} (status.hostIP) and {_MANAGE_CNI}")
