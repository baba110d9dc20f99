"""``inspect``, ``rollout-check`` and ``set`` name the same owner, whatever may be read."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_calico_nic.simulator.apiserver.resources import Resource
from kubectl_calico_nic.simulator.story import Story

from .simulated import Simulated
from .test_set_companions import APPLICATION, BY_ARGO, BY_FLUX, SUSPENDED, owned

HELM = "helm.cattle.io"
RESOURCES = (
    Resource(HELM, "v1", "helmcharts", "HelmChart", custom=True),
    Resource(HELM, "v1", "helmchartconfigs", "HelmChartConfig", custom=True),
)
BY_HELM = {
    "annotations": {
        "meta.helm.sh/release-name": "calico",
        "meta.helm.sh/release-namespace": "kube-system",
    }
}
CHART = {
    "apiVersion": f"{HELM}/v1",
    "kind": "HelmChart",
    "metadata": {"name": "calico", "namespace": "kube-system"},
    "spec": {"chart": "calico"},
}


def charted(*denied: tuple[str, str]) -> Story:
    return owned(BY_HELM, CHART, resources=RESOURCES, denied=denied)


OWNERS = {
    "a HelmChart": (charted(), "helm-chart", "the next run of Helm may put the old value back"),
    "no right to a HelmChart": (
        charted(("get", "helmcharts"), ("get", "helmchartconfigs")),
        "helm",
        "the next helm upgrade may put the old value back",
    ),
    "an Application": (
        owned(BY_ARGO, APPLICATION),
        "argocd",
        "selfHeal puts what Git says back within seconds",
    ),
    "no right to Applications": (
        owned(BY_ARGO, APPLICATION, denied={("list", "applications"), ("get", "applications")}),
        "argocd",
        "its next sync may put the old value back (with selfHeal at once)",
    ),
    "a Kustomization": (
        owned(BY_FLUX, SUSPENDED),
        "flux",
        "it is suspended and nothing puts the old value back now",
    ),
}


@pytest.mark.parametrize("name", OWNERS)
def test_the_commands_agree_on_the_owner(name: str) -> None:
    story, owner, when = OWNERS[name]
    with Simulated(story) as cluster:
        seen = cluster.run("inspect", "-o", "json")
        planned = cluster.run("set", "--interface", "bond4", "--dry-run", "-o", "json")
        stands = cluster.run("rollout-check", "--watch=false", "-o", "json")
        told = cluster.run("inspect")
    assert (seen.json["daemonSets"][0]["owner"], planned.json["owner"]) == (owner, owner)
    for found in (seen.json["findings"], planned.json["objections"], stands.json["findings"]):
        assert when in reverts(found)
    for result in (seen, planned, stands, told):
        assert "Warning" not in result.stderr


def reverts(findings: list[Any]) -> str:
    (message,) = (found["message"] for found in findings if found["id"] == "owner-reverts")
    return str(message)


@pytest.mark.parametrize("command", [("inspect",), ("rollout-check", "--watch=false")])
def test_nothing_is_asked_for_that_no_mark_names(command: tuple[str, ...]) -> None:
    plain, marked = owned({}, SUSPENDED), owned(BY_FLUX, SUSPENDED)
    with Simulated(plain) as cluster:
        without = cluster.run(*command, "-v=6")
    with Simulated(marked) as cluster:
        result = cluster.run(*command, "-v=6")
    asked = [line for line in result.stderr.splitlines() if "toolkit.fluxcd.io" in line]
    assert "toolkit.fluxcd.io" not in without.stderr
    assert len(asked) == 1
    for group in ("argoproj.io", HELM):
        assert group not in result.stderr + without.stderr


def test_what_if_names_the_same_owner() -> None:
    with Simulated(charted()) as cluster:
        result = cluster.run("inspect", "--what-if", "interface=bond4", "-o", "json")
    assert result.json["daemonSets"][0]["owner"] == "helm-chart"
