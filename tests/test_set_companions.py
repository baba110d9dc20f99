"""``set`` reads what the owner's marks point to, and nothing where they point to nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection
from typing import Any

import pytest

from kubectl_calico_nic.simulator.apiserver.resources import CALICO, Resource
from kubectl_calico_nic.simulator.story import Story, incident

from .simulated import Simulated

SET = ("set", "--interface", "bond4", "--dry-run")
FLUX = "kustomize.toolkit.fluxcd.io"
RESOURCES = (
    Resource(FLUX, "v1", "kustomizations", "Kustomization", custom=True),
    Resource("argoproj.io", "v1alpha1", "applications", "Application", custom=True),
)
BY_FLUX = {"labels": {f"{FLUX}/name": "infra", f"{FLUX}/namespace": "flux-system"}}
BY_ARGO = {
    "annotations": {"argocd.argoproj.io/tracking-id": "net:apps/DaemonSet:kube-system/calico-node"}
}
SUSPENDED = {
    "apiVersion": f"{FLUX}/v1",
    "kind": "Kustomization",
    "metadata": {"name": "infra", "namespace": "flux-system"},
    "spec": {"suspend": True},
}
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "net", "namespace": "argocd"},
    "spec": {
        "destination": {"server": "https://kubernetes.default.svc"},
        "source": {"repoURL": "https://git.example/infra", "path": "calico"},
        "syncPolicy": {"automated": {"selfHeal": True}},
    },
}


def owned(
    metadata: dict[str, Any],
    *objects: dict[str, Any],
    resources: tuple[Resource, ...] = RESOURCES,
    denied: Collection[tuple[str, str]] = (),
) -> Story:
    """The incident where something else writes the DaemonSet."""
    story = incident()
    found = [json.loads(json.dumps(item)) for item in story.objects]
    for item in found:
        if item["kind"] == "DaemonSet":
            for key, marks in metadata.items():
                item["metadata"].setdefault(key, {}).update(marks)
    return dataclasses.replace(
        story,
        objects=(*found, *objects),
        custom_resources=(*CALICO, *resources),
        denied=frozenset(denied),
    )


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (owned(BY_FLUX, SUSPENDED), "it is suspended and nothing puts the old value back now"),
        (owned(BY_ARGO, APPLICATION), "selfHeal puts what Git says back within seconds"),
    ],
    ids=["flux", "argo"],
)
def test_an_owners_own_object_makes_the_refusal_exact(story: Story, said: str) -> None:
    with Simulated(story) as cluster:
        result = cluster.run(*SET)
    assert result.status == 2
    assert said in result.stdout


@pytest.mark.parametrize(
    "story",
    [
        owned(BY_FLUX, SUSPENDED, denied={("get", "kustomizations")}),
        owned(BY_FLUX, resources=()),
        owned(BY_FLUX),
    ],
    ids=["no right", "no CRD", "no object"],
)
def test_without_the_object_what_the_marks_say_is_said_and_no_more(story: Story) -> None:
    with Simulated(story) as cluster:
        result = cluster.run(*SET)
    assert result.status == 2
    assert "Flux Kustomization flux-system/infra: its next reconciliation may put" in result.stdout
    assert "Warning: no permission" not in result.stderr
    assert "could not" not in result.stderr


@pytest.mark.parametrize("metadata", [{}, BY_FLUX], ids=["plain", "flux"])
def test_a_plain_cluster_is_asked_for_none(metadata: dict[str, Any]) -> None:
    with Simulated(owned(metadata, SUSPENDED)) as cluster:
        result = cluster.run(*SET, "-v=6")
    assert ("toolkit.fluxcd.io" in result.stderr) is bool(metadata)
    assert "argoproj.io" not in result.stderr
    assert "helm.cattle.io" not in result.stderr
