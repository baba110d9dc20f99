"""The owners of a DaemonSet: how each is recognised, what an edit suffers, what to change there."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.autodetection.methods import parse_method
from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.installation import FIELDS, detection, merge_patch, written
from kubectl_calico_nic.owners.link import Wanted
from kubectl_calico_nic.owners.recognition import Chain, chain_of
from kubectl_calico_nic.owners.yaml_text import Literal, yaml_text
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

BOND4 = Wanted((Family.IPV4,), "interface=^bond4$")
DEFAULT = Wanted((Family.IPV4,), None)
BOTH = Wanted((Family.IPV4, Family.IPV6), "cidr=10.0.0.0/8,2001:db8::/32")
NODEIP = {"name": "NODEIP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
KUBESPRAY_ENV = [
    {"name": "CALICO_MANAGE_CNI", "value": "true"},
    NODEIP,
    {"name": "IP_AUTODETECTION_METHOD", "value": "can-reach=$(NODEIP)"},
]
HELM = {"meta.helm.sh/release-name": "net", "meta.helm.sh/release-namespace": "kube-system"}
HELM_LABELS = {"app.kubernetes.io/managed-by": "Helm"}
OPERATED = {
    "ownerReferences": [
        {
            "apiVersion": "operator.tigera.io/v1",
            "kind": "Installation",
            "name": "default",
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ],
    "labels": {"app.kubernetes.io/managed-by": "tigera-operator", "k8s-app": "calico-node"},
}


def daemon_set(
    metadata: dict[str, Any] | None = None,
    env: list[dict[str, Any]] | None = None,
    pod: dict[str, Any] | None = None,
    key: str = "kube-system/calico-node",
) -> DaemonSet:
    namespace, _, name = key.partition("/")
    calico = {"name": "calico-node", "env": env or [{"name": "IP", "value": "autodetect"}]}
    return DaemonSet(
        {
            "metadata": {"namespace": namespace, "name": name, **(metadata or {})},
            "spec": {"template": {"spec": {"containers": [calico], **(pod or {})}}},
        }
    )


def operated() -> DaemonSet:
    return daemon_set(OPERATED, key="calico-system/calico-node")


def installation(
    metadata: dict[str, Any] | None = None,
    detection: dict[str, Any] | None = None,
    provider: str = "",
    name: str = "default",
) -> dict[str, Any]:
    network = {"nodeAddressAutodetectionV4": detection or {"firstFound": True}}
    return {
        "apiVersion": "operator.tigera.io/v1",
        "kind": "Installation",
        "metadata": {"name": name, **(metadata or {})},
        "spec": {"kubernetesProvider": provider, "calicoNetwork": network},
    }


@dataclass(frozen=True)
class Fixture:
    """An install, the words of its chain (lowest first), and what has to be said about it."""

    found: DaemonSet
    words: tuple[str, ...]
    suffers: str
    evidence: str
    advice: tuple[str, ...] = ()
    installations: tuple[dict[str, Any], ...] = field(default=())

    @property
    def chain(self) -> Chain:
        return chain_of(self.found, self.installations)


INSTALLS: dict[str, Fixture] = {
    "the operator, by itself": Fixture(
        operated(),
        ("operator", "manifest"),
        "the operator puts the old value back at once",
        "Installation/default: ownerReferences: controller true",
        (
            "kubectl patch installations.operator.tigera.io default --type=merge -p '"
            '{"spec":{"calicoNetwork":{"nodeAddressAutodetectionV4":'
            '{"firstFound":null,"interface":"^bond4$"}}}}\'',
        ),
        (installation(),),
    ),
    "the operator with an overlay that decides": Fixture(
        operated(),
        ("operator", "manifest"),
        "Installation/overlay",
        "Installation/overlay",
        ("overlay --type=merge", '"canReach":null'),
        (installation(), installation(detection={"canReach": "10.0.0.1"}, name="overlay")),
    ),
    "the operator whose Installation may not be read": Fixture(
        operated(),
        ("operator",),
        "the operator puts",
        "ownerReferences",
        ('"firstFound":null', '"cidrs":null', '"interface":"^bond4$"'),
    ),
    "the operator's Helm chart": Fixture(
        operated(),
        ("operator", "helm"),
        "Helm release calico (namespace tigera-operator): the next helm upgrade",
        "annotation meta.helm.sh/release-name=calico",
        (
            "values.yaml of release calico, chart tigera-operator:",
            "installation:\n  calicoNetwork:\n    nodeAddressAutodetectionV4:\n"
            '      firstFound: false\n      interface: "^bond4$"',
            "helm upgrade calico projectcalico/tigera-operator -n tigera-operator "
            "--version v3.28.0",
        ),
        (
            installation(
                {
                    "annotations": {
                        "meta.helm.sh/release-name": "calico",
                        "meta.helm.sh/release-namespace": "tigera-operator",
                    },
                    "labels": {**HELM_LABELS, "helm.sh/chart": "tigera-operator-v3.28.0"},
                }
            ),
        ),
    ),
    "Argo CD with the operator's chart": Fixture(
        operated(),
        ("operator", "argocd"),
        "Argo CD application network: its next sync",
        "argocd.argoproj.io/tracking-id=network:",
        ("argocd app get network", "kind: Installation", "or, where it renders the chart"),
        (
            installation(
                {
                    "annotations": {
                        "argocd.argoproj.io/tracking-id": (
                            "network:operator.tigera.io/Installation:tigera-operator/default"
                        )
                    }
                }
            ),
        ),
    ),
    "Flux with the operator's chart": Fixture(
        operated(),
        ("operator", "helm", "flux"),
        "Flux HelmRelease flux-system/calico: its next upgrade",
        "label helm.toolkit.fluxcd.io/name=calico",
        ("the HelmRelease flux-system/calico, in Git:", "spec:\n  values:\n    installation:"),
        (
            installation(
                {
                    "annotations": HELM,
                    "labels": {
                        **HELM_LABELS,
                        "helm.toolkit.fluxcd.io/name": "calico",
                        "helm.toolkit.fluxcd.io/namespace": "flux-system",
                    },
                }
            ),
        ),
    ),
    "RKE2 with calico": Fixture(
        operated(),
        ("operator", "helm", "rke2"),
        "RKE2's HelmChart kube-system/rke2-calico",
        "annotation meta.helm.sh/release-name=rke2-calico",
        (
            "/var/lib/rancher/rke2/server/manifests/rke2-calico-config.yaml on every server",
            "kind: HelmChartConfig",
            "  valuesContent: |-\n    installation:\n      calicoNetwork:",
        ),
        (
            installation(
                {
                    "annotations": {
                        "meta.helm.sh/release-name": "rke2-calico",
                        "meta.helm.sh/release-namespace": "kube-system",
                    },
                    "labels": HELM_LABELS,
                }
            ),
        ),
    ),
    "AKS": Fixture(
        operated(),
        ("operator", "addon-manager"),
        "the addon manager of AKS",
        "label addonmanager.kubernetes.io/mode=Reconcile",
        (),
        (
            installation(
                {"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}}, provider="AKS"
            ),
        ),
    ),
    "EKS with the operator": Fixture(
        operated(),
        ("operator", "manifest"),
        "the operator puts",
        "Installation/default",
        ('{"canReach":null,"interface":"^bond4$"}',),
        (installation(detection={"canReach": "8.8.8.8"}, provider="EKS"),),
    ),
    "some other controller": Fixture(
        daemon_set({"ownerReferences": [{"kind": "CalicoThing", "name": "x", "controller": True}]}),
        ("",),
        "CalicoThing/x, which puts the old value back at once",
        "CalicoThing/x: ownerReferences",
        ("the setting of CalicoThing/x that becomes IP_AUTODETECTION_METHOD",),
    ),
    "a chart of manifests": Fixture(
        daemon_set({"annotations": HELM, "labels": {**HELM_LABELS, "helm.sh/chart": "calico-1.2"}}),
        ("helm",),
        "Helm release net (namespace kube-system): the next helm upgrade",
        "annotation meta.helm.sh/release-name=net",
        (
            "the values of chart calico-1.2 (helm get values net -n kube-system)",
            'name: IP_AUTODETECTION_METHOD\n          value: "interface=^bond4$"',
        ),
    ),
    "RKE2 with canal": Fixture(
        daemon_set(
            {"annotations": {**HELM, "meta.helm.sh/release-name": "rke2-canal"}},
            key="kube-system/rke2-canal",
        ),
        ("helm", "rke2"),
        "RKE2's HelmChart kube-system/rke2-canal",
        "release-name=rke2-canal",
        ('    calico:\n      ipAutoDetectionMethod: "interface=^bond4$"',),
    ),
    "a file in K3s' folder": Fixture(
        daemon_set(
            {
                "annotations": {
                    "objectset.rio.cattle.io/owner-gvk": "k3s.cattle.io/v1, Kind=Addon",
                    "objectset.rio.cattle.io/owner-name": "calico",
                    "objectset.rio.cattle.io/owner-namespace": "kube-system",
                }
            }
        ),
        ("k3s",),
        "K3s addon calico: the next start of a server",
        "k3s.cattle.io/v1, Kind=Addon",
        ("the file calico.yaml in /var/lib/rancher/k3s/server/manifests", "kind: DaemonSet"),
    ),
    "k0s": Fixture(
        daemon_set({"labels": {"k0s.k0sproject.io/stack": "calico"}}),
        ("k0s",),
        "k0s stack calico: the next change of its configuration or version",
        "label k0s.k0sproject.io/stack=calico",
        (
            "/etc/k0s/k0s.yaml on every controller",
            'spec:\n  network:\n    calico:\n      ipAutodetectionMethod: "interface=^bond4$"',
        ),
    ),
    "a folder of k0s' user": Fixture(
        daemon_set({"labels": {"k0s.k0sproject.io/stack": "mine"}}),
        ("k0s",),
        "k0s stack mine",
        "k0s.k0sproject.io/stack=mine",
        ("/var/lib/k0s/manifests/mine on every controller", "kind: DaemonSet"),
    ),
    "kOps": Fixture(
        daemon_set(
            {
                "labels": {
                    "addon.kops.k8s.io/name": "networking.projectcalico.org",
                    "app.kubernetes.io/managed-by": "kops",
                    "role.kubernetes.io/networking": "1",
                }
            }
        ),
        ("kops",),
        "kOps addon networking.projectcalico.org: the next time it is applied",
        "label addon.kops.k8s.io/name",
        (
            "kops edit cluster",
            "kops update cluster --yes",
            'calico:\n      ipv4AutoDetectionMethod: "interface=^bond4$"',
        ),
    ),
    "kubespray": Fixture(
        daemon_set(
            {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
            KUBESPRAY_ENV,
        ),
        ("kubespray",),
        "kubespray: the next run of the playbook",
        "env NODEIP (status.hostIP) and CALICO_MANAGE_CNI",
        (
            "group_vars/k8s_cluster/k8s-net-calico.yml",
            'calico_ip_auto_method: "interface=^bond4$"',
        ),
    ),
    "MicroK8s": Fixture(
        daemon_set(
            pod={
                "volumes": [
                    {"name": "lib-modules", "hostPath": {"path": "/lib/modules"}},
                    {
                        "name": "cni-bin-dir",
                        "hostPath": {"path": "/var/snap/microk8s/current/opt/cni/bin"},
                    },
                ]
            }
        ),
        ("microk8s",),
        "MicroK8s: the next time cni.yaml is applied",
        "hostPath /var/snap/microk8s/current/opt/cni/bin",
        ("microk8s kubectl apply -f /var/snap/microk8s/current/args/cni-network/cni.yaml",),
    ),
    "GKE": Fixture(
        daemon_set(
            {"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}},
            pod={"nodeSelector": {"projectcalico.org/ds-ready": "true"}},
        ),
        ("addon-manager",),
        "the addon manager of GKE, which may put the old value back periodically",
        "label addonmanager.kubernetes.io/mode=Reconcile",
    ),
    "kube-up": Fixture(
        daemon_set({"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}}),
        ("addon-manager",),
        "the addon manager, which may put",
        "label addonmanager.kubernetes.io/mode=Reconcile",
        ("/etc/kubernetes/addons", "kind: DaemonSet"),
    ),
    "a Kustomization of Flux": Fixture(
        daemon_set(
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "infra",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            }
        ),
        ("flux",),
        "Flux Kustomization flux-system/infra: its next reconciliation",
        "label kustomize.toolkit.fluxcd.io/name=infra",
        ("flux reconcile kustomization infra -n flux-system --with-source",),
    ),
    "a HelmRelease of Flux with a chart of manifests": Fixture(
        daemon_set(
            {
                "annotations": HELM,
                "labels": {**HELM_LABELS, "helm.toolkit.fluxcd.io/name": "net"},
            }
        ),
        ("helm", "flux"),
        "Flux HelmRelease net: its next upgrade",
        "helm.toolkit.fluxcd.io/name=net",
        ("spec:\n  postRenderers:\n  - kustomize:\n      patches:", "patch: |-"),
    ),
    "Flux without its labels": Fixture(
        daemon_set({"managedFields": [{"manager": "kustomize-controller"}]}),
        ("flux",),
        "a Flux Kustomization",
        "managedFields of kustomize-controller",
    ),
    "Argo CD by its label method": Fixture(
        daemon_set(
            {
                "labels": {"app.kubernetes.io/instance": "network"},
                "managedFields": [{"manager": "argocd-controller", "operation": "Update"}],
            }
        ),
        ("argocd",),
        "Argo CD application network: its next sync",
        "managedFields of argocd-controller",
        ("argocd app get network",),
    ),
    "Argo CD that runs Helm releases of Flux": Fixture(
        daemon_set(
            {
                "annotations": {**HELM, "argocd.argoproj.io/tracking-id": "a:apps/DaemonSet:b/c"},
                "labels": {"helm.toolkit.fluxcd.io/name": "net"},
            }
        ),
        ("helm", "flux", "argocd"),
        "Argo CD application a",
        "Helm release net (namespace kube-system): annotation",
    ),
    "kubectl apply": Fixture(
        daemon_set({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}),
        ("manifest",),
        "",
        "annotation kubectl.kubernetes.io/last-applied-configuration",
        ("the manifest of daemonset kube-system/calico-node too", "kind: DaemonSet"),
    ),
    "server-side kubectl apply": Fixture(
        daemon_set({"managedFields": [{"manager": "kubectl", "operation": "Apply"}]}),
        ("manifest",),
        "",
        "managedFields of kubectl",
        ("name: calico-node",),
    ),
    "nobody left a mark": Fixture(daemon_set(), ("manifest",), "", "no mark of any other owner"),
}


@pytest.mark.parametrize("name", INSTALLS)
def test_every_link_of_the_chain_is_found_with_its_evidence(name: str) -> None:
    install = INSTALLS[name]

    assert tuple(link.word for link in install.chain.links) == install.words
    assert install.evidence in install.chain.evidence
    assert all(link.evidence and link.object for link in install.chain.links)


@pytest.mark.parametrize("name", INSTALLS)
def test_the_owner_that_lasts_is_named_with_what_an_edit_suffers(name: str) -> None:
    install, keeper = INSTALLS[name], INSTALLS[name].chain.keeper

    assert (keeper is None) == (install.words == ("manifest",))
    assert install.suffers in (keeper.suffers if keeper else "")
    assert keeper is None or keeper.where


@pytest.mark.parametrize("name", INSTALLS)
def test_the_change_is_ready_to_paste(name: str) -> None:
    advice = INSTALLS[name].chain.advice(BOND4)

    for part in INSTALLS[name].advice:
        assert part in advice
    assert bool(advice) == bool(
        INSTALLS[name].advice or name.startswith(("Flux w", "Argo CD that"))
    )
    assert "None" not in advice


def blocks(advice: str) -> list[dict[str, Any]]:
    """The YAML below the first line; commands left out."""
    parts: list[list[str]] = [[]]
    for text in advice.split("\n")[1:]:
        if text.startswith(("helm ", "kubectl ", "or, ")):
            parts.append([])
        else:
            parts[-1].append(text)
    loaded = [yaml.safe_load("\n".join(part)) for part in parts if part]
    assert all(isinstance(part, dict) for part in loaded)
    return loaded


@pytest.mark.parametrize("wanted", [BOND4, DEFAULT, BOTH], ids=lambda found: str(found.method))
@pytest.mark.parametrize("name", INSTALLS)
def test_what_is_to_be_pasted_is_yaml_or_one_command(name: str, wanted: Wanted) -> None:
    chain = INSTALLS[name].chain
    advice = chain.advice(wanted)

    if (chain.keeper or chain.top).word == "operator":
        command = shlex.split(advice.split("\n")[1])
        assert command[:4] == ["kubectl", "patch", "installations.operator.tigera.io", command[3]]
        assert set(json.loads(command[-1])) == {"spec"}
    else:
        blocks(advice)


def test_a_helm_release_of_flux_patches_what_a_foreign_chart_renders() -> None:
    chain = INSTALLS["a HelmRelease of Flux with a chart of manifests"].chain
    (release,) = blocks(chain.advice(BOND4))
    (patch,) = release["spec"]["postRenderers"][0]["kustomize"]["patches"]
    (container,) = yaml.safe_load(patch["patch"])["spec"]["template"]["spec"]["containers"]

    assert patch["target"] == {"kind": "DaemonSet", "name": "calico-node"}
    assert container["env"] == [
        {"name": "IP", "value": "autodetect"},
        {"name": "IP_AUTODETECTION_METHOD", "value": "interface=^bond4$"},
    ]


def test_values_for_rke2_are_a_text_in_a_text() -> None:
    (config,) = blocks(INSTALLS["RKE2 with calico"].chain.advice(BOTH))
    values = yaml.safe_load(config["spec"]["valuesContent"])

    assert config["metadata"] == {"name": "rke2-calico", "namespace": "kube-system"}
    assert values["installation"]["calicoNetwork"] == {
        f"nodeAddressAutodetectionV{number}": {
            "firstFound": False,
            "cidrs": ["10.0.0.0/8", "2001:db8::/32"],
        }
        for number in (4, 6)
    }


def test_without_a_method_a_manifest_loses_the_variable_and_an_installation_gets_null() -> None:
    (patch,) = blocks(INSTALLS["kubectl apply"].chain.advice(DEFAULT))
    (container,) = patch["spec"]["template"]["spec"]["containers"]
    command = INSTALLS["EKS with the operator"].chain.advice(DEFAULT)

    assert container["env"] == [{"name": "IP_AUTODETECTION_METHOD", "$patch": "delete"}]
    assert '{"nodeAddressAutodetectionV4":null}' in command
    assert "the operator's default is then can-reach=8.8.8.8" in command
    assert "remove calico_ip_auto_method" in INSTALLS["kubespray"].chain.advice(DEFAULT)


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("first-found", {"firstFound": True}),
        ("", {"firstFound": True}),
        ("interface=^bond4$,eth.*", {"interface": "^bond4$,eth.*"}),
        ("skip-interface=docker0", {"skipInterface": "docker0"}),
        ("can-reach=8.8.8.8", {"canReach": "8.8.8.8"}),
        ("cidr=10.0.0.0/8, 192.168.0.0/16", {"cidrs": ["10.0.0.0/8", "192.168.0.0/16"]}),
        ("kubernetes-internal-ip", {"kubernetes": "NodeInternalIP"}),
    ],
)
def test_each_method_has_its_field_in_the_installation(method: str, field: dict[str, Any]) -> None:
    assert detection(method) == field


def test_what_calico_does_not_know_is_never_written_as_no_method_at_all() -> None:
    unknown = Wanted((Family.IPV4,), "bond4")

    assert (detection("bond4"), merge_patch(unknown, {}), written(unknown)) == (None, None, None)
    for name in ("the operator, by itself", "RKE2 with calico", "Flux with the operator's chart"):
        assert INSTALLS[name].chain.advice(unknown) == ""


methods = st.sampled_from(
    ["first-found", "interface=a", "skip-interface=b", "can-reach=c", "cidr=10.0.0.0/8"]
)
values_of = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, st.just("x")))


def merged(live: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """What a JSON merge patch (RFC 7386) makes of one level."""
    return {key: value for key, value in {**live, **patch}.items() if value is not None}


@given(method=methods, live=values_of, is_read=st.booleans())
def test_the_merge_patch_leaves_one_method_whatever_was_there(
    method: str, live: dict[str, Any], is_read: bool
) -> None:
    network = {"nodeAddressAutodetectionV4": live} if is_read else None
    patch = merge_patch(Wanted((Family.IPV4,), method), network)

    assert patch is not None
    found = merged(live, patch["spec"]["calicoNetwork"]["nodeAddressAutodetectionV4"])
    assert found == detection(parse_method(method, NEWEST_KNOWN).text)
    assert len(found) == 1


@given(
    st.dictionaries(
        st.sampled_from(["labels", "annotations", "ownerReferences", "managedFields", "name"]),
        st.recursive(
            st.none() | st.text() | st.integers(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
    )
)
def test_broken_metadata_never_raises(metadata: dict[str, Any]) -> None:
    chain = chain_of(DaemonSet({"metadata": metadata}), ({"metadata": metadata},))

    assert chain.word
    assert isinstance(chain.advice(BOND4), str)


words = st.from_regex(r"[a-zA-Z]{1,8}", fullmatch=True).filter(
    lambda word: isinstance(yaml.safe_load(word), str)
)
texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])) | words
scalars = st.none() | st.booleans() | st.integers() | texts
trees = st.recursive(
    st.dictionaries(words, scalars, min_size=1),
    lambda inner: st.dictionaries(
        words, inner | st.lists(inner | scalars, min_size=1, max_size=3), min_size=1, max_size=3
    ),
    max_leaves=8,
)


@given(trees)
def test_what_is_printed_reads_back_as_what_was_meant(tree: dict[str, Any]) -> None:
    assert yaml.safe_load(yaml_text(tree)) == tree
    assert yaml.safe_load(yaml_text(tree, 4)) == tree
    assert yaml.safe_load(yaml_text({"block": Literal(yaml_text(tree))}))["block"] == yaml_text(
        tree
    )
