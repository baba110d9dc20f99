"""The addon manager of kube-up and its kin: it applies what is labelled Reconcile periodically.

Mirrors cluster/addons/addon-manager of kubernetes/kubernetes. GKE and AKS keep the files where
their users have no access.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed

_MODE = "addonmanager.kubernetes.io/mode"
_GKE_SELECTOR = "projectcalico.org/ds-ready"
_AKS = "AKS"


@dataclass(frozen=True, slots=True)
class AddonManager(Link):
    """The addon manager; ``provider`` is the cloud that runs it, empty where it is the user's."""

    word: ClassVar[str] = "addon-manager"
    provider: str = ""
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """It applies the files again every minute or so."""
        return f"{self.object}, which may put the old value back periodically"

    @property
    def where(self) -> str:
        """The addon's manifest."""
        if self.provider:
            return f"nothing here: {self.provider} provides the addon and its settings"
        return "the addon's manifest on the control plane"

    def advice(self, wanted: Wanted) -> str:
        """The patch of the addon's file; nothing where the cloud keeps it."""
        if self.provider:
            return ""
        title = "the addon's manifest below /etc/kubernetes/addons on the control plane nodes:"
        return files.told(self.subject, wanted, title)


def recognise(subject: Managed) -> AddonManager | None:
    """The addon manager, where it reconciles (``EnsureExists`` leaves edits alone)."""
    if subject.labels.get(_MODE) != "Reconcile":
        return None
    provider = _provider(subject)
    name = f"the addon manager of {provider}" if provider else "the addon manager"
    return AddonManager(name, f"label {_MODE}=Reconcile", provider, subject)


def _provider(subject: Managed) -> str:
    if subject.is_installation:
        return _AKS if subject.spec.get("kubernetesProvider") == _AKS else ""
    selector = subject.pod_spec.get("nodeSelector")
    return "GKE" if isinstance(selector, dict) and _GKE_SELECTOR in selector else ""
