"""A Helm release: it writes only when somebody upgrades it.

The chart of the operator writes the Installation; a chart of manifests writes the DaemonSet.
Mirrors setMetadataVisitor of pkg/action/validate.go of helm/helm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.installation import written
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import nested, yaml_text

RELEASE = "meta.helm.sh/release-name"
_NAMESPACE = "meta.helm.sh/release-namespace"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_CHART = "helm.sh/chart"


@dataclass(frozen=True, slots=True)
class Release(Link):
    """One release; its name and namespace are empty where not known."""

    word: ClassVar[str] = "helm"
    release: str = ""
    namespace: str = ""
    chart: str = ""
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """A later upgrade writes what the chart says."""
        return f"{self.object}: the next helm upgrade may put the old value back"

    @property
    def where(self) -> str:
        """The values of the release."""
        return f"the chart's values ({self._values})"

    @property
    def _values(self) -> str:
        namespace = f" -n {self.namespace}" if self.namespace else ""
        return f"helm get values {self.release or 'RELEASE'}{namespace}"

    def advice(self, wanted: Wanted) -> str:
        """The values of the operator's chart; of another chart what it has to render."""
        if not self.subject.is_installation:
            chart = f"chart {self.chart}" if self.chart else "the chart"
            title = f"the values of {chart} ({self._values}), so that it renders:"
            return files.told(self.subject, wanted, title)
        values = operator_values(wanted)
        if values is None:
            return ""
        release, namespace = self.release or "RELEASE", self.namespace or "NAMESPACE"
        return (
            f"values.yaml of release {release}, chart tigera-operator:\n{yaml_text(values)}\n"
            f"helm upgrade {release} projectcalico/tigera-operator -n {namespace} --version "
            f"{self._version} -f values.yaml"
        )

    @property
    def _version(self) -> str:
        return self.chart.removeprefix("tigera-operator-") or "VERSION"


def operator_values(wanted: Wanted) -> dict[str, Any] | None:
    """The values of the chart tigera-operator; None where ``wanted`` cannot be written."""
    network = written(wanted)
    return None if network is None else nested("installation.calicoNetwork", network)


def release_of(subject: Managed) -> tuple[str, str]:
    """Name and namespace of the release, each empty where not known."""
    annotations = subject.annotations
    return annotations.get(RELEASE, ""), annotations.get(_NAMESPACE, "")


def recognise(subject: Managed) -> Release | None:
    """Helm, by the annotation or the label that it puts on everything."""
    release, namespace = release_of(subject)
    if release:
        name = f"Helm release {release}" + (f" (namespace {namespace})" if namespace else "")
        evidence = f"annotation {RELEASE}={release}"
    elif subject.labels.get(_MANAGED_BY) == "Helm":
        name, evidence = "a Helm release", f"label {_MANAGED_BY}=Helm"
    else:
        return None
    return Release(name, evidence, release, namespace, subject.labels.get(_CHART, ""), subject)
