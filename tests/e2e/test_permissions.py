"""Users with exactly the documented rights, and with every single one of them taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from . import story
from .cluster import Cluster
from .installing import put, put_operator
from .installs import calico, calico_node
from .intermediary import Intermediary, before_patches
from .operator_stand_in import INSTALLATION
from .operators_cluster import operated
from .plugin_process import Ended, run
from .rollouts import DAEMON_SET, INCIDENT, METHOD, REPAIRED, hold_half_way, merge_node
from .story import NAMESPACE
from .test_story import verdicts
from .users import Rule, documented
from .whole_story import PROBLEM, methods

SET = ("set", "--interface", "bond4")
FOLLOW = "Follow it: kubectl calico-nic rollout-check\n"
REFUSED = "Error from server (Forbidden): "
RBAC = "/apis/rbac.authorization.k8s.io/v1"

Right = tuple[str, str]
# What has a test of its own below. The rest of what is documented is taken away one by one too.
TESTED: frozenset[Right] = frozenset(
    {
        *((verb, "daemonsets") for verb in ("list", "watch", "patch", "get")),
        *((verb, "nodes") for verb in ("list", "watch", "get")),
        *((verb, "pods") for verb in ("list", "watch")),
        *((verb, "pods/exec") for verb in ("create", "get")),
        ("create", "pods"),
        # In test_stages.py.
        ("delete", "pods"),
        ("get", "pods/log"),
        ("get", "configmaps"),
        ("get", "clusterinformations"),
        ("list", "caliconodestatuses"),
        ("list", "controllerrevisions"),
        *((verb, "installations") for verb in ("list", "get", "patch")),
        ("get", "tigerastatuses"),
        ("list", "deployments"),
        # Optional: without them nothing is said. In test_companions.py.
        *(("get", kind) for kind in ("helmcharts", "helmchartconfigs", "applications")),
        ("list", "applications"),
        *(("get", kind) for kind in ("kustomizations", "helmreleases")),
    }
)


def single_rights(rules: Sequence[Rule]) -> Iterator[tuple[Right, Rule]]:
    """Every verb of every resource, and a rule for it alone."""
    for rule in rules:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                alone = {"resources": [resource], "verbs": [verb]}
                yield (verb, resource), {**rule, **alone}


DOCUMENTED = frozenset(right for right, _ in single_rights(documented()))


def lacking(cluster: Cluster, *rights: Right) -> Path:
    """The kubeconfig of a user with all documented rights but these."""
    rules = [rule for right, rule in single_rights(documented()) if right not in rights]
    name = "-".join(word for right in rights for word in right).replace("/", "-")
    return cluster.user(f"lacks-{name}", rules)


def warning(verb: str, resource: str, nodes: str = "") -> str:
    """How a missing right is told where there is something to tell without."""
    return f"Warning: no permission to {verb} {resource}{nodes}\n"


ALL_NODES = " (4 nodes)"


def assert_refused(ended: Ended, *words: str) -> None:
    """Nothing could be done, and the server's sentence says why."""
    assert ended.status == 1, ended
    assert ended.stderr.splitlines()[-1].startswith(REFUSED)
    for word in words:
        assert word in ended.stderr


def test_the_documented_roles_are_enough(cluster: Cluster) -> None:
    user = cluster.user("alice", documented())

    assert run(cluster, "inspect", kubeconfig=user).status == 2
    assert run(cluster, "inspect", "node-3", kubeconfig=user).stderr == ""
    changed = run(cluster, *SET, kubeconfig=user)
    assert (changed.status, changed.stderr) == (0, FOLLOW)
    proven = run(cluster, "rollout-check", kubeconfig=user)
    assert (proven.status, proven.stderr) == (0, "")
    clean = run(cluster, "inspect", kubeconfig=user)
    assert (clean.status, clean.stderr) == (0, "")
    assert cluster.annotations() == REPAIRED


def test_reading_needs_the_reading_role_alone(cluster: Cluster) -> None:
    reader = cluster.user("reader", documented("inspect"))

    found = run(cluster, "inspect", "-o", "json", "--probe=never", kubeconfig=reader)
    assert (found.status, found.stderr) == (2, "")
    assert [verdict for *_, verdict in verdicts(json.loads(found.stdout)).values()] == [
        *("ok", "ok", "wrong-network", "wrong-network")
    ]
    stands = run(cluster, "rollout-check", "--watch=false", "--probe=never", kubeconfig=reader)
    assert (stands.status, stands.stderr) == (2, "")
    assert_refused(run(cluster, *SET, "--probe=never", "--max-unknown=4", kubeconfig=reader))
    assert cluster.annotations() == INCIDENT


def test_what_is_tested_is_documented() -> None:
    assert TESTED <= DOCUMENTED


@pytest.mark.parametrize("right", sorted(DOCUMENTED - TESTED), ids=" ".join)
def test_without_a_right_that_only_adds_to_the_picture(cluster: Cluster, right: Right) -> None:
    """It is named, and what can still be told and done is told and done."""
    verb, resource = right
    user = lacking(cluster, right)
    named = re.compile(
        rf"Warning: no permission to {verb} {re.escape(resource)}[. (\n]|"
        rf'{REFUSED}.* cannot {verb} resource "{re.escape(resource)}"'
    )

    found = run(cluster, "inspect", "-o", "wide", kubeconfig=user)
    assert found.status == 2
    assert found.lines[0] == PROBLEM
    changed = run(cluster, *SET, kubeconfig=user)
    assert (changed.status, methods(cluster)) == (0, ["interface=bond4"])
    proven = run(cluster, "rollout-check", kubeconfig=user)
    assert proven.status == 0
    told = "".join(each.stderr for each in (found, changed, proven))
    assert named.search(told), told


def test_without_a_list_of_daemon_sets(cluster: Cluster) -> None:
    user = lacking(cluster, ("list", "daemonsets"))

    for command in (("inspect",), SET, ("rollout-check",)):
        refused = run(cluster, *command, kubeconfig=user)
        assert_refused(refused, 'cannot list resource "daemonsets"')
        assert refused.stdout == ""


def test_daemon_sets_of_the_usual_namespace_are_found_all_the_same(cluster: Cluster) -> None:
    user = lacking(cluster, ("list", "daemonsets"))
    metadata = {"name": "here", "namespace": NAMESPACE}
    rule = {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["list"]}
    subject = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "User",
        "name": "lacks-list-daemonsets",
    }
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "here"}
    roles = f"{RBAC}/namespaces/{NAMESPACE}"
    cluster.add(f"{roles}/roles", {"metadata": metadata, "rules": [rule]})
    cluster.add(
        f"{roles}/rolebindings",
        {"metadata": metadata, "roleRef": reference, "subjects": [subject]},
    )

    changed = run(cluster, *SET, kubeconfig=user)

    assert (changed.status, changed.stderr) == (0, warning("list", "daemonsets.apps") + FOLLOW)
    assert methods(cluster) == ["interface=bond4"]


def test_without_a_list_of_pods(cluster: Cluster) -> None:
    user = lacking(cluster, ("list", "pods"))

    for command in (("inspect",), SET, ("rollout-check",)):
        assert_refused(run(cluster, *command, kubeconfig=user), 'cannot list resource "pods"')
    assert methods(cluster) == []


def test_without_a_list_of_nodes(cluster: Cluster) -> None:
    user = lacking(cluster, ("list", "nodes"))

    found = run(cluster, "inspect", kubeconfig=user)
    assert (found.status, found.stderr) == (2, warning("list", "nodes"))
    assert "2 on 172.16.10.0/24, 2 on 172.16.16.0/23; nothing says which is right" in found.stdout
    refused = run(cluster, *SET, kubeconfig=user)
    assert refused.status == 2
    assert refused.stderr.startswith(warning("list", "nodes") + "refused: no-expectation; ")
    told = ("--dry-run=server", "--expect-interface=bond4")
    changed = run(cluster, *SET, *told, kubeconfig=user)
    assert (changed.status, changed.stderr) == (0, warning("list", "nodes"))
    assert changed.lines[3].split()[1:4] == [INCIDENT["node-3"], REPAIRED["node-3"], "bond4"]
    stands = run(cluster, "rollout-check", "--watch=false", kubeconfig=user)
    assert (stands.status, stands.stderr) == (2, warning("list", "nodes"))


def test_without_a_second_look_at_a_node(cluster: Cluster) -> None:
    """Only where log and annotation disagree: the Node may just have been read too early."""
    user = lacking(cluster, ("get", "nodes"))
    address = {"projectcalico.org/IPv4Address": "172.16.10.99/24"}
    merge_node(cluster, "node-1", {"metadata": {"annotations": address}})

    found = run(cluster, "inspect", kubeconfig=user)

    assert (found.status, found.stderr) == (2, warning("get", "nodes", " (node-1)"))
    assert "evidence-disagrees" in found.stdout


def test_without_logs(cluster: Cluster) -> None:
    user = lacking(cluster, ("get", "pods/log"))
    told = warning("get", "pods/log", ALL_NODES)

    found = run(cluster, "inspect", "-o", "wide", kubeconfig=user)
    assert (found.status, found.stderr) == (2, told)
    assert [line.split()[3] for line in found.lines[4:8]] == [
        *(INCIDENT["node-3"], INCIDENT["node-4"], INCIDENT["node-1"], INCIDENT["node-2"])
    ]
    changed = run(cluster, *SET, kubeconfig=user)
    assert (changed.status, changed.stderr) == (0, told + FOLLOW)
    proven = run(cluster, "rollout-check", kubeconfig=user)
    assert (proven.status, proven.stderr) == (0, told)


def test_without_config_maps(cluster: Cluster) -> None:
    user = lacking(cluster, ("get", "configmaps"))
    told = warning("get", "configmaps")

    found = run(cluster, "inspect", kubeconfig=user)
    assert (found.status, found.stderr) == (2, told)
    assert "PROBLEM: 2 of 4 nodes are on bond3" in found.stdout
    refused = run(cluster, *SET, kubeconfig=user)
    assert refused.status == 2
    assert refused.stderr.startswith(told + "refused: outcome-unknown; nothing was sent")
    assert "configMapKeyRef calico-config/calico_backend, not read" in refused.stdout
    assert run(cluster, *SET, "--max-unknown=4", kubeconfig=user).status == 0


@pytest.mark.parametrize("verb", ["create", "get"])
def test_without_exec(cluster: Cluster, verb: str) -> None:
    user = lacking(cluster, (verb, "pods/exec"))
    told = warning(verb, "pods/exec", ALL_NODES)

    found = run(cluster, "inspect", kubeconfig=user)
    assert (found.status, found.stderr) == (2, told)
    assert "PROBLEM: 2 of 4 nodes are on bond3" in found.stdout
    changed = run(cluster, *SET, kubeconfig=user)
    assert (changed.status, changed.stderr) == (0, told + FOLLOW)
    assert "outcome-unknown: what 4 nodes would choose is not known" in changed.stdout
    proven = run(cluster, "rollout-check", kubeconfig=user)
    assert (proven.status, proven.stderr) == (0, told)
    assert cluster.annotations() == REPAIRED


def test_without_revisions(cluster: Cluster) -> None:
    user = lacking(cluster, ("list", "controllerrevisions"))
    told = warning("list", "controllerrevisions")

    found = run(cluster, "inspect", kubeconfig=user)
    assert (found.status, found.stderr, found.lines[0]) == (2, told, PROBLEM)
    changed = run(cluster, *SET, kubeconfig=user)
    assert (changed.status, changed.stderr) == (0, told + FOLLOW)
    proven = run(cluster, "rollout-check", kubeconfig=user)
    assert (proven.status, proven.stderr) == (0, told)


def test_without_node_statuses(cluster: Cluster) -> None:
    """They are read where BIRD itself may not be asked."""
    user = lacking(cluster, ("list", "caliconodestatuses"))

    assert run(cluster, "inspect", kubeconfig=user).stderr == ""
    found = run(cluster, "inspect", "--probe=never", kubeconfig=user)
    told = warning("list", "caliconodestatuses.crd.projectcalico.org")
    assert (found.status, found.stderr, found.lines[0]) == (2, told, PROBLEM)


def test_without_the_cluster_information(empty_cluster: Cluster) -> None:
    """It is read where the image does not name Calico's version."""
    cluster = empty_cluster
    install = calico()
    calico_node(install.daemon_set)["image"] = f"calico/node@sha256:{'0' * 64}"
    put(cluster, install)
    cluster.add(*story.cluster_information())
    user = lacking(cluster, ("get", "clusterinformations"))

    knows = run(cluster, "inspect", "-o", "json")
    assert json.loads(knows.stdout)["daemonSets"][0]["version"] == story.VERSION
    found = run(cluster, "inspect", kubeconfig=user)
    told = warning("get", "clusterinformations.crd.projectcalico.org")
    assert (found.status, found.stderr, found.lines[0]) == (2, told, PROBLEM)


def test_without_installations(empty_cluster: Cluster) -> None:
    cluster = empty_cluster
    put_operator(cluster)
    user = lacking(cluster, ("list", "installations"))

    found = run(cluster, "inspect", kubeconfig=user)
    told = warning("list", "installations.operator.tigera.io")
    assert (found.status, found.stderr, found.lines[0]) == (2, told, PROBLEM)


@pytest.mark.parametrize("resource", ["daemonsets", "pods", "nodes"])
def test_without_a_watch(cluster: Cluster, resource: str) -> None:
    user = lacking(cluster, ("watch", resource))
    hold_half_way(cluster, "interface=bond4")

    refused = run(cluster, "rollout-check", kubeconfig=user)
    assert_refused(refused, f'cannot watch resource "{resource}"')
    assert "old template" in refused.stdout
    stands = run(cluster, "rollout-check", "--watch=false", kubeconfig=user)
    assert (stands.status, stands.stderr) == (2, "")
    assert "1 of 4 pods updated" in stands.lines[-1]


def test_without_the_right_to_patch(cluster: Cluster) -> None:
    user = lacking(cluster, ("patch", "daemonsets"))

    for flags in ((), ("--dry-run=server",)):
        refused = run(cluster, *SET, *flags, kubeconfig=user)
        assert_refused(refused, 'cannot patch resource "daemonsets"')
        assert REPAIRED["node-3"] in refused.stdout, "the preview needs no such right"
    assert run(cluster, *SET, "--dry-run=client", kubeconfig=user).status == 0
    assert methods(cluster) == []


def test_without_the_right_to_ask_admission(cluster: Cluster) -> None:
    """Its role is an optional one: nothing is missing without it."""
    user = lacking(cluster, ("create", "pods"))

    changed = run(cluster, *SET, kubeconfig=user)
    assert (changed.status, changed.stderr) == (0, FOLLOW)


def test_without_a_right_that_an_operators_cluster_needs(empty_cluster: Cluster) -> None:
    cluster, told = empty_cluster, "Warning: no permission to "

    def dry_run(*right: str) -> Ended:
        user = lacking(cluster, (right[0], right[1]))
        return run(cluster, *SET, "--dry-run=server", kubeconfig=user)

    with operated(cluster, with_nodes=False) as found:
        assert found.run(*SET, "--dry-run=server").stderr == ""
        status = dry_run("get", "tigerastatuses")
        assert (status.status, status.stderr) == (
            0,
            f"{told}get tigerastatuses.operator.tigera.io\n",
        )
        operator = dry_run("list", "deployments")
        assert (operator.status, operator.stderr) == (0, f"{told}list deployments.apps\n")
        assert_refused(dry_run("patch", "installations"), 'cannot patch resource "installations"')
        user = lacking(cluster, ("get", "installations"))
        label = {"metadata": {"labels": {"changed": "meanwhile"}}}
        change = before_patches(lambda: cluster.client.merge(INSTALLATION, label))
        with Intermediary(cluster, change, user) as server:
            refused = run(cluster, *SET, kubeconfig=server.kubeconfig)
        assert_refused(refused, 'cannot get resource "installations"')
        assert found.field() == {"firstFound": True}


def test_without_a_second_look_at_the_daemon_set(empty_cluster: Cluster) -> None:
    """Only a patch that the server refuses needs it."""
    cluster = empty_cluster
    for path, each in calico().to_create:
        cluster.add(path, each)
    user = lacking(cluster, ("get", "daemonsets"))
    label = {"metadata": {"labels": {"changed": "meanwhile"}}}

    change = before_patches(lambda: cluster.client.merge(DAEMON_SET, label))
    with Intermediary(cluster, change, user) as server:
        refused = run(cluster, *SET, kubeconfig=server.kubeconfig)

    assert_refused(refused, 'cannot get resource "daemonsets"')
    assert METHOD not in json.dumps(cluster.client.get(DAEMON_SET)["spec"])
    assert run(cluster, *SET, kubeconfig=user).status == 0
