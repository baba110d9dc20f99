"""What Argo CD, Flux and K3s say themselves is read, by the definitions that they publish."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .api_client import Object
from .binaries import ARGO_CD, HELM_CONTROLLER, KUSTOMIZE_CONTROLLER
from .cluster import Cluster
from .definitions import DEFINITIONS, published, wait_until_served
from .plugin_process import Ended, run
from .rollouts import DAEMON_SET
from .users import documented

SET = ("set", "--interface", "bond4", "--dry-run=client")
FLUX, ARGO, HELM = "kustomize.toolkit.fluxcd.io", "argoproj.io", "helm.cattle.io"
BY_ARGO = {
    "annotations": {"argocd.argoproj.io/tracking-id": "net:apps/DaemonSet:kube-system/calico-node"}
}
BY_FLUX = {"labels": {f"{FLUX}/name": "infra", f"{FLUX}/namespace": "default"}}
BY_HELM = {
    "annotations": {
        "meta.helm.sh/release-name": "rke2-canal",
        "meta.helm.sh/release-namespace": "kube-system",
    }
}
APPLICATION: Object = {
    "metadata": {"name": "net", "namespace": "default"},
    "spec": {
        "project": "default",
        "destination": {"server": "https://kubernetes.default.svc"},
        "source": {"repoURL": "https://git.example/infra", "path": "calico"},
        "syncPolicy": {"automated": {"selfHeal": True}},
    },
}
OTHER: Object = {**APPLICATION, "metadata": {"name": "other", "namespace": "default"}}
KUSTOMIZATION: Object = {
    "metadata": {"name": "infra", "namespace": "default"},
    "spec": {
        "suspend": True,
        "interval": "10m",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": "infra"},
    },
}
CONFIG: Object = {
    "metadata": {"name": "rke2-canal", "namespace": "kube-system"},
    "spec": {"valuesContent": "calico:\n  vethuMTU: 1400\nflannel:\n  iface: bond3\n"},
}
CASES = {
    "argo": (
        BY_ARGO,
        (ARGO_CD, "manifests/crds/application-crd.yaml"),
        (APPLICATION, OTHER),
        ("selfHeal puts what Git says back within seconds", "path calico in https://git.example"),
    ),
    "flux": (
        BY_FLUX,
        (KUSTOMIZE_CONTROLLER, f"config/crd/bases/{FLUX}_kustomizations.yaml"),
        (KUSTOMIZATION,),
        ("it is suspended and nothing puts the old value back now",),
    ),
    "rke2": (
        BY_HELM,
        (HELM_CONTROLLER, f"pkg/crds/yaml/generated/{HELM}_helmchartconfigs.yaml"),
        (CONFIG,),
        (
            "spec.valuesContent of HelmChartConfig kube-system/rke2-canal, merge this in; "
            "calico.vethuMTU, flannel there stay:",
        ),
    ),
}


def owned(cluster: Cluster, name: str, *, with_objects: bool) -> None:
    """Let an owner have made the DaemonSet; its kind is served in any case."""
    marks, (module, path), objects, _ = CASES[name]
    definition = published(module, path)
    cluster.add(DEFINITIONS, definition)
    wait_until_served(cluster.client, {definition["metadata"]["name"]})
    kinds, served = definition["spec"], definition["spec"]["versions"][0]["name"]
    version = f"{kinds['group']}/{served}"
    for item in objects if with_objects else ():
        place = f"/apis/{version}/namespaces/{item['metadata']['namespace']}"
        whole = {"apiVersion": version, "kind": kinds["names"]["kind"], **item}
        cluster.client.ensure(f"{place}/{kinds['names']['plural']}", whole)
    cluster.client.merge(DAEMON_SET, {"metadata": marks})


def asked(cluster: Cluster, rights: list[Any]) -> Ended:
    return run(cluster, *SET, kubeconfig=cluster.user("owner", rights))


@pytest.mark.parametrize("name", CASES)
def test_what_the_owner_says_itself_is_said(cluster: Cluster, name: str) -> None:
    owned(cluster, name, with_objects=True)
    result = asked(cluster, documented())
    assert result.status == 2, result
    for part in CASES[name][-1]:
        assert part in result.stdout
    assert "Warning" not in result.stderr


@pytest.mark.parametrize("name", CASES)
def test_inspect_and_set_name_the_same_owner(cluster: Cluster, name: str) -> None:
    owned(cluster, name, with_objects=True)
    reader = cluster.user("reader", documented("inspect", "exec", "owners"))
    seen = run(cluster, "inspect", "-o", "json", kubeconfig=reader)
    planned = run(cluster, *SET, "-o", "json", kubeconfig=cluster.user("planner", documented()))
    report, plan = json.loads(seen.stdout), json.loads(planned.stdout)
    assert report["daemonSets"][0]["owner"] == plan["owner"]
    told, objected = reverts(report["findings"]), reverts(plan["objections"])
    assert told.partition(" belongs to ")[2] == objected.partition(" belongs to ")[2] != ""
    assert (seen.stderr, "Warning" in planned.stderr) == ("", False)


def reverts(findings: list[Any]) -> str:
    (message,) = (found["message"] for found in findings if found["id"] == "owner-reverts")
    return str(message)


@pytest.mark.parametrize("name", CASES)
def test_without_the_right_or_the_object_the_marks_alone_are_said(
    cluster: Cluster, name: str
) -> None:
    owned(cluster, name, with_objects=False)
    absent = asked(cluster, documented())
    optional = {ARGO, FLUX, HELM}
    refused = run(
        cluster,
        *SET,
        kubeconfig=cluster.user(
            "stranger", [rule for rule in documented() if not optional & set(rule["apiGroups"])]
        ),
    )
    assert (absent.status, refused.status) == (2, 2)
    assert (absent.stdout, absent.stderr) == (refused.stdout, refused.stderr)
    assert "owner-reverts" in absent.stdout
    assert CASES[name][-1][0] not in absent.stdout
    assert "Warning" not in absent.stderr
