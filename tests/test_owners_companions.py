"""What an owner's own objects add: when the old value comes back, and exactly where to change."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.link import Wanted
from kubectl_calico_nic.owners.recognition import Chain, chain_of, references_of
from kubectl_calico_nic.snapshot.companions import Companion, Companions, Reference
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

BOND4 = Wanted((Family.IPV4,), "interface=bond4")
FLUX, HELM_FLUX = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
KUSTOMIZATION = Reference(FLUX, ("v1", "v1beta2"), "kustomizations", "infra", "flux-system")
HELM_RELEASE = Reference(
    HELM_FLUX, ("v2", "v2beta2", "v2beta1"), "helmreleases", "net", "flux-system"
)
APPLICATION = Reference("argoproj.io", ("v1alpha1",), "applications", "net")
HERE = {"destination": {"server": "https://kubernetes.default.svc"}}
GIT = {"repoURL": "https://bot:secret@git.example/infra.git", "path": "calico"}
OWNER = {
    "ownerReferences": [{"kind": "Installation", "name": "default", "controller": True}],
}


def daemon_set(metadata: dict[str, Any]) -> DaemonSet:
    named = {"namespace": "kube-system", "name": "calico-node", **metadata}
    spec = {"template": {"spec": {"containers": [{"name": "calico-node", "env": []}]}}}
    return DaemonSet({"metadata": named, "spec": spec})


def installation(metadata: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "default", **metadata}, "spec": {"calicoNetwork": {}}}


def companion(
    spec: dict[str, Any], values: Any = None, metadata: Any = None, **rest: Any
) -> Companion:
    return Companion({"metadata": metadata or {}, "spec": spec, **rest}, values)


def flux(prefix: str, name: str) -> dict[str, Any]:
    return {"labels": {f"{prefix}/name": name, f"{prefix}/namespace": "flux-system"}}


def argo() -> dict[str, Any]:
    return {"annotations": {"argocd.argoproj.io/tracking-id": "net:apps/DaemonSet:kube-system/x"}}


def helm(release: str, namespace: str = "tigera-operator") -> dict[str, Any]:
    return {
        "annotations": {
            "meta.helm.sh/release-name": release,
            "meta.helm.sh/release-namespace": namespace,
        }
    }


def chart(name: str) -> Reference:
    return Reference("helm.cattle.io", ("v1",), "helmcharts", name, "kube-system")


def config(name: str) -> Reference:
    return Reference("helm.cattle.io", ("v1",), "helmchartconfigs", name, "kube-system")


def of_daemon_set(metadata: dict[str, Any], companions: Companions) -> Chain:
    return chain_of(daemon_set(metadata), (), companions)


def of_installation(metadata: dict[str, Any], companions: Companions) -> Chain:
    return chain_of(daemon_set(OWNER), (installation(metadata),), companions)


def suffers(chain: Chain) -> str:
    assert chain.keeper is not None
    return chain.keeper.suffers


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"labels": {"app.kubernetes.io/instance": "net"}},
        {"annotations": {"argocd.argoproj.io/sync-options": "Prune=false"}},
        {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        {"labels": {f"{FLUX}/name": "infra"}},
        {**argo(), "ownerReferences": [{"kind": "Thing", "name": "x", "controller": True}]},
    ],
    ids=json.dumps,
)
def test_what_points_to_no_object_asks_for_none(metadata: dict[str, Any]) -> None:
    assert references_of(daemon_set(metadata)) == ()


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (argo(), {APPLICATION}),
        ({"labels": {"argocd.argoproj.io/instance": "net"}}, {APPLICATION}),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "team_net:apps/DaemonSet:a/b"}},
            {Reference("argoproj.io", ("v1alpha1",), "applications", "net", "team")},
        ),
        (flux(FLUX, "infra"), {KUSTOMIZATION}),
        (flux(HELM_FLUX, "net"), {HELM_RELEASE}),
        (helm("calico"), {chart("calico"), config("calico")}),
        (helm("rke2-calico"), {config("rke2-calico")}),
    ],
)
def test_marks_name_the_objects_to_read(metadata: dict[str, Any], expected: set[Reference]) -> None:
    assert set(references_of(daemon_set(metadata))) == expected
    assert set(references_of(daemon_set(OWNER), (installation(metadata),))) == expected


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({}, "nothing puts the old value back until somebody syncs it"),
        ({"automated": None}, "nothing puts the old value back until somebody syncs it"),
        (
            {"automated": {"enabled": False, "selfHeal": True}},
            "nothing puts the old value back until somebody syncs it",
        ),
        ({"automated": {}}, "its sync at the next commit may put the old value back"),
        ({"automated": {"selfHeal": True}}, "selfHeal puts what Git says back within seconds"),
    ],
)
def test_the_sync_policy_says_when_argo_puts_it_back(policy: dict[str, Any], said: str) -> None:
    application = companion({**HERE, "source": GIT, "syncPolicy": policy})
    chain = of_daemon_set(argo(), {APPLICATION: (application,)})
    assert suffers(chain).startswith(f"Argo CD application net: {said}")


def test_what_argo_ignores_may_stay() -> None:
    rules = [{"group": "apps", "kind": "DaemonSet", "jsonPointers": ["/spec/template"]}]
    policy = {"automated": {"selfHeal": True}}
    spec = {**HERE, "source": GIT, "syncPolicy": policy, "ignoreDifferences": rules}
    chain = of_daemon_set(argo(), {APPLICATION: (companion(spec),)})
    assert "unless its ignoreDifferences of DaemonSet keep it" in suffers(chain)


def test_the_place_in_git_is_named_without_its_password() -> None:
    application = companion({**HERE, "source": {**GIT, "targetRevision": "main"}})
    chain = of_daemon_set(argo(), {APPLICATION: (application,)})
    advice = chain.advice(BOND4)
    assert advice.startswith("path calico in https://git.example/infra.git (main) of Argo CD")
    assert "secret" not in advice + chain.evidence
    assert "IP_AUTODETECTION_METHOD" in advice


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://h/x@v1", "https://h/x@v1"),
        ("oci://ghcr.example/x@sha256:ab", "oci://ghcr.example/x@sha256:ab"),
        ("https://me:secret@h/r?private_token=secret", "https://h/r"),
    ],
)
def test_a_repository_is_named_by_its_host_and_path(url: str, told: str) -> None:
    application = companion({**HERE, "source": {**GIT, "repoURL": url, "targetRevision": "main"}})
    advice = of_daemon_set(argo(), {APPLICATION: (application,)}).advice(BOND4)
    assert advice.startswith(f"path calico in {told} (main) of Argo CD")


def test_values_of_a_chart_in_an_application_are_merged() -> None:
    present = {
        "tigeraOperator": {"version": "v1"},
        "installation": {"calicoNetwork": {"bgp": "Enabled"}},
    }
    source = {
        "repoURL": "https://docs.tigera.io/calico/charts",
        "chart": "tigera-operator",
        "helm": {"valuesObject": present},
    }
    chain = of_installation(argo(), {APPLICATION: (companion({**HERE, "source": source}),)})
    title, _, block = chain.advice(BOND4).partition("\n")
    assert "chart tigera-operator from https://docs.tigera.io/calico/charts" in title
    assert "tigeraOperator, installation.calicoNetwork.bgp there stay" in title
    network = yaml.safe_load(block)["installation"]["calicoNetwork"]
    assert network["nodeAddressAutodetectionV4"]["interface"] == "bond4"


ELSEWHERE = {"destination": {"server": "https://other.example"}}
OTHER = {"resources": [{"kind": "DaemonSet", "name": "other"}]}


@pytest.mark.parametrize(
    "read",
    [
        {},
        {APPLICATION: ()},
        {APPLICATION: (companion({**ELSEWHERE, "source": GIT}),)},
        {APPLICATION: (companion({**HERE, "source": GIT}, status=OTHER),)},
        {APPLICATION: (companion({**HERE, "source": GIT}), companion({**HERE, "source": GIT}))},
    ],
    ids=["not read", "none", "another cluster's", "another object's", "two"],
)
def test_an_application_that_may_be_another_one_says_nothing(read: Companions) -> None:
    known, told = of_daemon_set(argo(), {}), of_daemon_set(argo(), read)
    assert (suffers(told), told.evidence) == (suffers(known), known.evidence)
    assert told.advice(BOND4) == known.advice(BOND4)


def test_a_suspended_kustomization_puts_nothing_back_now() -> None:
    spec = {
        "suspend": True,
        "interval": "10m0s",
        "path": "./clusters/prod",
        "sourceRef": {"kind": "GitRepository", "name": "fleet"},
    }
    chain = of_daemon_set(flux(FLUX, "infra"), {KUSTOMIZATION: (companion(spec),)})
    assert "is suspended and nothing puts the old value back now" in suffers(chain)
    assert "its next reconciliation (every 10m0s) does" in suffers(chain)
    assert "./clusters/prod in GitRepository flux-system/fleet" in chain.advice(BOND4)
    assert "Kustomization flux-system/infra is there" in chain.evidence


def test_a_kustomization_that_is_not_suspended_names_its_interval() -> None:
    read = {KUSTOMIZATION: (companion({"interval": "10m0s"}),)}
    said = suffers(of_daemon_set(flux(FLUX, "infra"), read))
    assert said.endswith("its next reconciliation (every 10m0s) may put the old value back")


def test_an_object_that_flux_leaves_out_is_not_put_back() -> None:
    metadata = {**flux(FLUX, "infra"), "annotations": {f"{FLUX}/reconcile": "disabled"}}
    assert "nothing puts the old value back while" in suffers(of_daemon_set(metadata, {}))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"interval": "5m"}, "its next upgrade may put the old value back"),
        ({"driftDetection": {"mode": "warn"}}, "its next upgrade may put the old value back"),
        (
            {"interval": "5m", "driftDetection": {"mode": "enabled"}},
            "its drift detection (every 5m) may put the old value back",
        ),
        ({"suspend": True}, "it is suspended and nothing puts the old value back now"),
    ],
)
def test_drift_detection_says_when_a_helm_release_puts_it_back(
    spec: dict[str, Any], said: str
) -> None:
    chain = of_installation(flux(HELM_FLUX, "net"), {HELM_RELEASE: (companion(spec),)})
    assert said in suffers(chain)


def test_the_values_of_a_helm_release_are_merged_and_its_own_applier_is_named() -> None:
    values = {"installation": {"enabled": True}, "goldmane": {"enabled": False}}
    release = companion({"values": values}, None, {"labels": {f"{FLUX}/name": "infra"}})
    chain = of_installation(flux(HELM_FLUX, "net"), {HELM_RELEASE: (release,)})
    assert chain.keeper is not None
    assert "Kustomization infra applies from Git" in chain.keeper.where
    title = chain.advice(BOND4).split("\n")[0]
    assert "merge this in; installation.enabled, goldmane there stay" in title


RKE2 = helm("rke2-calico", "kube-system")
PRESENT = {
    "tigeraOperator": {"image": "secret"},
    "installation": {
        "registry": "secret",
        "calicoNetwork": {"bgp": "Enabled", "nodeAddressAutodetectionV4": {"canReach": "10.0.0.1"}},
    },
}


def test_an_existing_helm_chart_config_is_added_to_and_never_replaced() -> None:
    found = companion({"valuesContent": "there"}, PRESENT)
    chain = of_installation(RKE2, {config("rke2-calico"): (found,)})
    title, _, block = chain.advice(BOND4).partition("\n")
    assert title == (
        "spec.valuesContent of HelmChartConfig kube-system/rke2-calico, merge this in, instead of "
        "the installation.calicoNetwork.nodeAddressAutodetectionV4 there; tigeraOperator, "
        "installation.registry, installation.calicoNetwork.bgp there stay:"
    )
    assert set(yaml.safe_load(block)) == {"installation"}
    assert "HelmChartConfig kube-system/rke2-calico exists" in chain.evidence
    assert "secret" not in chain.advice(BOND4)


def test_a_helm_chart_config_that_cannot_be_read_as_values_is_not_replaced_either() -> None:
    found = companion({"valuesContent": "- no mapping"}, None)
    title = of_installation(RKE2, {config("rke2-calico"): (found,)}).advice(BOND4).split("\n")[0]
    assert "merge this in, all else there stays" in title


def test_values_win_over_the_text_of_values() -> None:
    spec = {"valuesContent": "x", "values": {"installation": {"enabled": True}}}
    chain = of_installation(RKE2, {config("rke2-calico"): (companion(spec, {"y": 1}),)})
    assert chain.advice(BOND4).startswith("spec.values of HelmChartConfig")
    assert "; installation.enabled there stay" in chain.advice(BOND4)


def test_the_file_that_an_object_comes_from_is_named() -> None:
    marks = {"annotations": {"objectset.rio.cattle.io/owner-name": "calico-values"}}
    found = companion({"valuesContent": ""}, None, marks)
    chain = of_installation(RKE2, {config("rke2-calico"): (found,)})
    assert "(file calico-values.yaml in the folder server/manifests" in chain.advice(BOND4)


@pytest.mark.parametrize("is_absent", [True, False])
def test_without_a_helm_chart_config_a_whole_one_is_printed(is_absent: bool) -> None:
    read: Companions = {config("rke2-calico"): ()} if is_absent else {}
    advice = of_installation(RKE2, read).advice(BOND4)
    assert "kind: HelmChartConfig" in advice


def test_a_helm_chart_of_the_user_drives_the_release() -> None:
    read = {
        chart("calico"): (companion({"targetNamespace": "tigera-operator"}),),
        config("calico"): (),
    }
    chain = of_installation(helm("calico"), read)
    assert [link.word for link in chain.links] == ["operator", "helm", "helm-chart"]
    assert "HelmChart kube-system/calico: the next run of Helm" in suffers(chain)
    assert chain.advice(BOND4).startswith("spec.valuesContent of HelmChart kube-system/calico")


def test_a_helm_chart_config_wins_over_its_helm_chart() -> None:
    target = {"targetNamespace": "tigera-operator"}
    read = {chart("calico"): (companion(target),), config("calico"): (companion({}),)}
    chain = of_installation(helm("calico"), read)
    assert chain.keeper is not None
    assert chain.keeper.where == "spec.valuesContent of HelmChartConfig kube-system/calico"


@pytest.mark.parametrize("spec", [{"targetNamespace": "else"}, {}], ids=["named", "its own"])
def test_a_helm_chart_of_another_namespace_is_another_release(spec: dict[str, Any]) -> None:
    read = {chart("calico"): (companion(spec),), config("calico"): ()}
    chain = of_installation(helm("calico"), read)
    assert [link.word for link in chain.links] == ["operator", "helm"]


def test_a_helm_chart_of_manifests_is_told_what_to_render() -> None:
    read = {chart("calico"): (companion({}),), config("calico"): ()}
    advice = of_daemon_set(helm("calico", ""), read).advice(BOND4)
    assert "HelmChart kube-system/calico, so that the chart renders:" in advice
    assert "IP_AUTODETECTION_METHOD" in advice


FIELDS = (
    *("source", "sources", "syncPolicy", "destination", "ignoreDifferences", "values", "path"),
    *("valuesContent", "sourceRef", "interval", "driftDetection", "suspend"),
)
anything = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
broken = st.dictionaries(
    st.sampled_from(FIELDS),
    anything,
)


@given(spec=broken | anything, metadata=anything, values=st.none() | broken)
def test_broken_companions_never_raise(spec: Any, metadata: Any, values: Any) -> None:
    item = Companion({"metadata": metadata, "spec": spec}, values)
    for marks in (argo(), flux(FLUX, "infra"), flux(HELM_FLUX, "net"), helm("calico"), RKE2):
        named = references_of(daemon_set(marks))
        read = dict.fromkeys(named, (item,))
        for chain in (of_daemon_set(marks, read), of_installation(marks, read)):
            assert suffers(chain)
            assert isinstance(chain.advice(BOND4), str)
            assert chain.evidence
