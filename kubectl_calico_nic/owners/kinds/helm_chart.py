"""K3s and RKE2: their helm-controller installs what a HelmChart of the release's name describes.

A HelmChartConfig of the same name adds values, and wins. Nothing on what a chart installs tells of
the two but the name of the release: without the object there is only Helm. Mirrors
pkg/apis/helm.cattle.io/v1/types.go and helmchart.go of k3s-io/helm-controller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.chart_values import merging
from kubectl_calico_nic.owners.kinds.helm import RELEASE, operator_values, release_of
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import yaml_text
from kubectl_calico_nic.snapshot.companions import Companion, Reference, mapping

NAMESPACE = "kube-system"
_GROUP, _VERSIONS = "helm.cattle.io", ("v1",)
_FILE = "objectset.rio.cattle.io/owner-name"
"""The Addon, called after the file in the folder of manifests, that an object was applied from."""
_FOLDER = "the folder server/manifests of every server"


@dataclass(frozen=True, slots=True)
class HelmChart(Link):
    """One HelmChart; ``place`` is the object that has the values to change."""

    word: ClassVar[str] = "helm-chart"
    name: str = ""
    place: Values | None = None
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """Helm runs again when the HelmChart or its HelmChartConfig changes."""
        return f"{self.object}: the next run of Helm may put the old value back"

    @property
    def where(self) -> str:
        """The values of the chart."""
        return self.place.where if self.place else f"the values of {self.object}"

    def advice(self, wanted: Wanted) -> str:
        """The values of the operator's chart; of another chart what it has to render."""
        if not self.subject.is_installation or self.place is None:
            title = f"{self.where}, so that the chart renders:"
            return files.told(self.subject, wanted, title)
        values = operator_values(wanted)
        return "" if values is None else self.place.merged(values)


@dataclass(frozen=True, slots=True)
class Values:
    """The values in one HelmChart or HelmChartConfig that exists."""

    title: str
    found: Companion

    @property
    def _key(self) -> str:
        """``spec.values`` is newer, and wins over ``spec.valuesContent``."""
        return "values" if mapping(self.found.spec.get("values")) else "valuesContent"

    @property
    def _present(self) -> Mapping[str, Any] | None:
        if self._key == "values":
            return mapping(self.found.spec.get("values"))
        return self.found.values if self.found.spec.get("valuesContent") else {}

    @property
    def where(self) -> str:
        """The field, and the file that the object comes from."""
        file = self.found.mark(_FILE)
        return f"spec.{self._key} of {self.title}" + (
            f" (file {file}.yaml in {_FOLDER})" if file else ""
        )

    def merged(self, values: Mapping[str, Any]) -> str:
        """What to do there, and ``values`` below it."""
        return f"{self.where}, {merging(self._present, values)}:\n{yaml_text(values)}"


def chart_reference(name: str) -> Reference:
    """The HelmChart of a release."""
    return Reference(_GROUP, _VERSIONS, "helmcharts", name, NAMESPACE)


def config_reference(name: str) -> Reference:
    """The HelmChartConfig of a release."""
    return Reference(_GROUP, _VERSIONS, "helmchartconfigs", name, NAMESPACE)


def references(subject: Managed) -> Iterator[Reference]:
    """Both, where Helm installed the object; RKE2's own HelmCharts say nothing more."""
    release, _ = release_of(subject)
    if release and not _is_of_rke2(release):
        yield chart_reference(release)
    if release:
        yield config_reference(release)


def _is_of_rke2(release: str) -> bool:
    return release.startswith("rke2-")


def config_of(subject: Managed, name: str) -> Values | None:
    """The HelmChartConfig of a release; None where it is not known to exist."""
    found = subject.companion(config_reference(name))
    return Values(f"HelmChartConfig {NAMESPACE}/{name}", found) if found else None


def recognise(subject: Managed) -> HelmChart | None:
    """A HelmChart that installs this release; RKE2's own are known by their names."""
    release, namespace = release_of(subject)
    found = subject.companion(chart_reference(release)) if release else None
    if found is None or _is_of_rke2(release):
        return None
    target = str(found.spec.get("targetNamespace") or NAMESPACE)
    if namespace and target != namespace:
        return None
    title = f"HelmChart {NAMESPACE}/{release}"
    config = config_of(subject, release)
    evidence = f"annotation {RELEASE}={release}, and {title} installs it"
    return HelmChart(title, evidence, release, config or Values(title, found), subject)
