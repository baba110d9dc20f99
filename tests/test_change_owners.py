"""Who would undo an edit of the DaemonSet, how that is recognised, and where to change it."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.owners.recognition import chain_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from tests.change_story import Cluster, ids

HELM = {
    "meta.helm.sh/release-name": "net",
    "meta.helm.sh/release-namespace": "kube-system",
}
CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "helm release": (
        {"annotations": HELM},
        "helm",
        "Helm release net (namespace kube-system): the next helm upgrade",
        "values",
    ),
    "helm label alone": (
        {"labels": {"app.kubernetes.io/managed-by": "Helm"}},
        "helm",
        "a Helm release: the next helm upgrade",
        "values",
    ),
    "argo by annotation": (
        {"annotations": {"argocd.argoproj.io/tracking-id": "net:apps/DaemonSet:a/b", **HELM}},
        "argocd",
        "Argo CD application net",
        "Git",
    ),
    "argo by label": (
        {"labels": {"argocd.argoproj.io/instance": "net"}},
        "argocd",
        "Argo CD application net",
        "Git",
    ),
    "argo by an option": (
        {"annotations": {"argocd.argoproj.io/sync-options": "Prune=false"}},
        "argocd",
        "an Argo CD application",
        "Git",
    ),
    "flux kustomization": (
        {
            "labels": {
                "kustomize.toolkit.fluxcd.io/name": "infra",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            }
        },
        "flux",
        "Flux Kustomization flux-system/infra",
        "Git",
    ),
    "flux helm release": (
        {"labels": {"helm.toolkit.fluxcd.io/name": "net"}, "annotations": HELM},
        "flux",
        "Flux HelmRelease net",
        "HelmRelease",
    ),
    "kops addon": (
        {"labels": {"addon.kops.k8s.io/name": "networking.projectcalico.org"}},
        "kops",
        "kOps addon networking.projectcalico.org",
        "spec.networking.calico.ipv4AutoDetectionMethod",
    ),
    "kops": ({"labels": {"app.kubernetes.io/managed-by": "kops"}}, "kops", "kOps", "kops edit"),
    "k0s": (
        {"labels": {"k0s.k0sproject.io/stack": "calico"}},
        "k0s",
        "k0s stack calico",
        "spec.network.calico.ipAutodetectionMethod",
    ),
    "addon manager": (
        {"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}},
        "addon-manager",
        "the addon manager",
        "addon",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_owner_that_writes_the_old_value_back_is_named_and_can_be_overridden(name: str) -> None:
    metadata, word, what, where = CASES[name]
    cluster = Cluster()
    cluster.object["metadata"].update(metadata)
    made = cluster.plan("interface=bond4")
    (refusal,) = made.refusals
    assert (made.owner, refusal.id, refusal.severity) == (word, "owner-reverts", Severity.WARNING)
    assert what in refusal.message
    assert "kube-system/calico-node" in refusal.message
    assert where in refusal.next
    assert "--force" in refusal.next
    assert made.stopping(force=True) == ()
    assert "interface=bond4" in made.advice
    assert made.edits
    assert len(made.nodes) == 4


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"addonmanager.kubernetes.io/mode": "EnsureExists"}},
        {"labels": {"app.kubernetes.io/managed-by": "kubectl"}},
        {"labels": {"app.kubernetes.io/instance": "calico"}},
        {"labels": True, "annotations": ["x"]},
    ],
)
def test_what_names_no_owner_is_a_plain_manifest(metadata: dict[str, Any]) -> None:
    found = chain_of(DaemonSet({"metadata": metadata}))
    assert (found.word, found.keeper, found.controller) == ("manifest", None, None)


def test_a_controller_comes_before_every_other_owner() -> None:
    cluster = Cluster()
    cluster.object["metadata"]["annotations"] = HELM
    cluster.object["metadata"]["ownerReferences"] = [
        {"kind": "Installation", "name": "default", "controller": True}
    ]
    made = cluster.plan("interface=bond4")
    assert (made.owner, ids(made.refusals)) == ("operator", ["owner-reverts"])
    assert made.stopping(force=True) == made.refusals


def test_nothing_to_change_is_nothing_to_put_back() -> None:
    cluster = Cluster()
    cluster.object["metadata"]["annotations"] = HELM
    assert cluster.plan("first-found").is_empty or cluster.plan(None).is_empty
    assert cluster.plan(None).refusals == ()
