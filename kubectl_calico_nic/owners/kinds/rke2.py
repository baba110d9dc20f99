"""RKE2: its helm-controller installs the charts rke2-calico and rke2-canal.

A HelmChartConfig of the chart's name adds values. Mirrors packages/rke2-calico and
packages/rke2-canal of rancher/rke2-charts, and helmchart.go of k3s-io/helm-controller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.kinds.helm import RELEASE, operator_values, release_of
from kubectl_calico_nic.owners.kinds.helm_chart import NAMESPACE, Values, config_of
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import Literal, yaml_text

_CHARTS = ("rke2-calico", "rke2-canal")
_FOLDER = "/var/lib/rancher/rke2/server/manifests"
_CANAL_FIELDS = {
    Family.IPV4: "ipAutoDetectionMethod",
    Family.IPV6: "ip6AutoDetectionMethod",
}


@dataclass(frozen=True, slots=True)
class HelmChart(Link):
    """The HelmChart of RKE2; ``config`` is its HelmChartConfig, None where none is known."""

    word: ClassVar[str] = "rke2"
    chart: str = ""
    namespace: str = NAMESPACE
    config: Values | None = None
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """RKE2 runs Helm again when it restarts with another version or other values."""
        return f"{self.object}: RKE2's next run of Helm may put the old value back"

    @property
    def where(self) -> str:
        """The values that are added to the chart's."""
        if self.config is not None:
            return self.config.where
        return f"HelmChartConfig {self.namespace}/{self.chart}"

    def advice(self, wanted: Wanted) -> str:
        """The file that RKE2 applies by itself, on every server; what exists is added to."""
        values = operator_values(wanted) if self.subject.is_installation else _canal(wanted)
        if values is None:
            return ""
        if self.config is not None:
            return self.config.merged(values)
        head = {
            "apiVersion": "helm.cattle.io/v1",
            "kind": "HelmChartConfig",
            "metadata": {"name": self.chart, "namespace": self.namespace},
        }
        title = (
            f"{_FOLDER}/{self.chart}-config.yaml on every server; where a HelmChartConfig "
            f"{self.chart} exists, only add to its valuesContent:"
        )
        spec = {"valuesContent": Literal(yaml_text(values))}
        return f"{title}\n{yaml_text({**head, 'spec': spec})}"


def _canal(wanted: Wanted) -> dict[str, Any]:
    """The values of rke2-canal; the method counts for policy alone, the NIC is flannel's."""
    method = "first-found" if wanted.method is None else wanted.method
    return {"calico": {_CANAL_FIELDS[family]: method for family in wanted.families}}


def recognise(subject: Managed) -> HelmChart | None:
    """RKE2, by the name of the Helm release."""
    release, namespace = release_of(subject)
    if release not in _CHARTS:
        return None
    place = namespace or NAMESPACE
    name = f"RKE2's HelmChart {place}/{release}"
    evidence, config = f"annotation {RELEASE}={release}", config_of(subject, release)
    if config is not None:
        evidence += f", and {config.title} exists"
    return HelmChart(name, evidence, release, place, config, subject)
