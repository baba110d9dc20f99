"""``set`` on a cluster that the Tigera operator made: its Installation changes, nothing else.

Every command runs as a user with exactly the documented rights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .api_client import ApiError
from .cluster import Cluster
from .operator_stand_in import DAEMON_SET, DEPLOYMENT, INSTALLATION, INSTALLATIONS, MANAGER, V4, V6
from .operators_cluster import OperatorsCluster, operated, wait_until_available
from .plugin_process import RECORD, plugin
from .rollouts import INCIDENT, REPAIRED
from .whole_story import PROBLEM

OVERLAY = f"{INSTALLATIONS}/overlay"
SET = ("set", "--interface", "bond4")
FIRST_FOUND = {"firstFound": True}
OURS = "kubectl-calico-nic"
METHODS = {
    ("--interface", "bond4"): ({"interface": "bond4"}, "interface=bond4"),
    ("--skip-interface", "bond3"): ({"skipInterface": "bond3"}, "skip-interface=bond3"),
    ("--can-reach", "172.16.10.1"): ({"canReach": "172.16.10.1"}, "can-reach=172.16.10.1"),
    ("--cidr", "172.16.10.0/24,10.0.0.0/8"): (
        {"cidrs": ["172.16.10.0/24", "10.0.0.0/8"]},
        "cidr=172.16.10.0/24,10.0.0.0/8",
    ),
    ("--kubernetes-internal-ip",): ({"kubernetes": "NodeInternalIP"}, "kubernetes-internal-ip"),
    ("--first-found",): (FIRST_FOUND, "first-found"),
}


@pytest.fixture
def incident(empty_cluster: Cluster) -> Iterator[OperatorsCluster]:
    """The incident on an operator's cluster; the DaemonSet is the operator's alone afterwards."""
    with operated(empty_cluster) as found:
        yield found
        assert_only_the_operator_wrote(found)


@pytest.fixture
def podless(empty_cluster: Cluster) -> Iterator[OperatorsCluster]:
    """An operator's cluster without any calico-node pod."""
    with operated(empty_cluster, with_nodes=False) as found:
        yield found
        assert_only_the_operator_wrote(found)


def assert_only_the_operator_wrote(found: OperatorsCluster) -> None:
    managers = {each["manager"] for each in found.daemon_set["metadata"]["managedFields"]}
    assert managers == {MANAGER, "kube-controller-manager"}
    assert RECORD not in found.daemon_set["metadata"]["annotations"]


def record(found: OperatorsCluster) -> str | None:
    annotations: dict[str, str] = found.installation["metadata"].get("annotations", {})
    return annotations.get(RECORD)


def test_the_whole_story(incident: OperatorsCluster) -> None:
    before = incident.installation
    assert incident.run("inspect").lines[0] == PROBLEM

    done = incident.run(*SET, "--wait")

    assert done.status == 0, done
    assert f'{V4}: {{"firstFound": true}} -> {{"interface": "bond4"}}' in done.stdout
    assert "installation.operator.tigera.io/default patched\n" in done.stdout
    assert "The operator has carried it over to daemonset calico-system/calico-node." in done.stderr
    assert "proven on 4 of 4 nodes" in done.stdout
    assert incident.cluster.annotations() == REPAIRED
    managed = incident.installation["metadata"]["managedFields"]
    (mine,) = (each for each in managed if each["manager"] == OURS)
    assert [*mine["fieldsV1"]["f:spec"]["f:calicoNetwork"]] == [f"f:{V4}"]
    assert incident.run("inspect").status == 0
    assert incident.run("rollout-check").status == 0

    undone = incident.run("set", "--undo", "--wait")
    assert undone.status == 0, undone
    assert incident.installation["spec"] == before["spec"]
    assert record(incident) is None
    again = incident.run("set", "--undo")
    assert (again.status, again.stderr) == (
        1,
        "error: nothing to undo: installation default has no record of a change\n",
    )


def test_every_method_and_back(podless: OperatorsCluster) -> None:
    for flags, (field, method) in METHODS.items():
        changed = podless.run("set", *flags, "--force")
        assert (changed.status, podless.field()) == (0, field), changed
        env = podless.env()
        assert (env["IP"], env["IP_AUTODETECTION_METHOD"]) == ("autodetect", method)
    same = podless.run("set", "--first-found")
    assert same.lines[-1] == "installation.operator.tigera.io/default unchanged"

    assert podless.run("set", "--interface", "bond4").status == 0
    unset = podless.run("set", "--unset", "--force")
    assert (unset.status, podless.field()) == (0, FIRST_FOUND), unset
    assert podless.env()["IP_AUTODETECTION_METHOD"] == "first-found"
    undone = podless.run("set", "--undo")
    assert (undone.status, podless.field()) == (0, {"interface": "bond4"}), undone
    assert podless.env()["IP_AUTODETECTION_METHOD"] == "interface=bond4"


def test_a_family_that_was_unused_is_unused_again(podless: OperatorsCluster) -> None:
    changed = podless.run("set", "--interface", "bond4", "--family", "6", "--force")
    assert (changed.status, podless.field(V6)) == (0, {"interface": "bond4"}), changed
    assert podless.env()["IP6_AUTODETECTION_METHOD"] == "interface=bond4"

    undone = podless.run("set", "--undo")

    assert (undone.status, podless.field(V6)) == (0, None), undone
    assert podless.env()["IP6"] == "none"
    assert podless.field() == FIRST_FOUND


def test_the_schema_is_the_real_one(podless: OperatorsCluster) -> None:
    with pytest.raises(ApiError, match="no more than one autodetection method can be specified"):
        podless.write({V4: {"interface": "bond4"}})
    podless.write({V4: {"firstFound": None}})
    podless.wait_for_env(IP="none")
    podless.write({V4: None})
    podless.wait_for_env(IP="autodetect", IP_AUTODETECTION_METHOD="first-found")


def test_an_edit_of_the_daemon_set_is_undone_by_the_operator(podless: OperatorsCluster) -> None:
    edit = ("set", "env", "-n", "calico-system", "ds/calico-node", "IP_AUTODETECTION_METHOD=x")
    assert podless.cluster.kubectl(*edit).returncode == 0
    podless.wait_for_env(IP_AUTODETECTION_METHOD="first-found")


def test_an_invalid_value_is_not_sent(podless: OperatorsCluster) -> None:
    before = podless.installation
    for value in ("interface=", "cidr=10.0.0.0/99", "bond4"):
        refused = podless.run("set", "--method", value, "--force")
        assert refused.status == 1, refused
    assert podless.installation == before


def test_what_the_operator_rejects_is_taken_back(podless: OperatorsCluster) -> None:
    podless.operator.refused = "bond4"
    result = podless.run(*SET)
    assert result.status == 2, result
    assert (
        "the operator rejects it: Invalid Installation provided: interface bond4 is refused here: "
        "undone: the former value is back\n"
    ) in result.stderr
    assert (podless.field(), record(podless)) == (FIRST_FOUND, None)
    podless.wait_until_degraded("")


def test_an_operator_that_is_degraded(podless: OperatorsCluster) -> None:
    """Nothing takes effect until somebody mends it; that may be this very change."""
    podless.write({V4: {"firstFound": None, "cidrs": ["10.0.0.0/99"]}})
    podless.wait_until_degraded("invalid CIDR provided")
    podless.operator.status_seconds = 1.0

    refused = podless.run(*SET)
    assert refused.status == 2
    assert refused.stderr.endswith(
        "refused: operator-degraded; nothing was sent (--force overrides)\n"
    )
    mended = podless.run(*SET, "--force")

    assert mended.status == 0, mended
    assert podless.field() == {"interface": "bond4"}
    podless.wait_until_degraded("")


def test_no_operator_runs(podless: OperatorsCluster) -> None:
    podless.operator.stop()
    podless.cluster.client.merge(DEPLOYMENT, {"spec": {"replicas": 0}})
    podless.cluster.client.wait_for(
        DEPLOYMENT.rpartition("/")[0],
        lambda found: not found[0]["status"].get("availableReplicas"),
    )
    refused = podless.run(*SET)
    assert refused.status == 2
    assert "operator-not-running" in refused.stderr
    assert podless.field() == FIRST_FOUND

    forced = podless.run(*SET, "--force", "--wait", "--timeout", "1s")

    assert forced.status == 2, forced
    assert "the operator has not carried it over to daemonset calico-system/calico-node" in (
        forced.stderr
    )
    assert podless.field() == {"interface": "bond4"}


def test_the_overlay_decides(podless: OperatorsCluster) -> None:
    podless.write({V4: {"firstFound": None, "skipInterface": "bond7"}})
    podless.overlay({V4: {"interface": "bond3"}})
    podless.wait_for_env(IP_AUTODETECTION_METHOD="interface=bond3")

    def overlay() -> object:
        held = podless.cluster.client.get(OVERLAY)["spec"].get("calicoNetwork", {})
        return held.get(V4)

    changed = podless.run(*SET)
    assert (changed.status, overlay()) == (0, {"interface": "bond4"}), changed
    assert podless.env()["IP_AUTODETECTION_METHOD"] == "interface=bond4"
    undone = podless.run("set", "--undo")
    assert (undone.status, overlay()) == (0, {"interface": "bond3"}), undone

    unset = podless.run("set", "--unset", "--force")

    assert (unset.status, overlay()) == (0, None), unset
    assert podless.env()["IP_AUTODETECTION_METHOD"] == "skip-interface=bond7"
    assert podless.field() == {"skipInterface": "bond7"}


def test_what_the_operator_rejects_of_the_overlay_is_taken_back(
    podless: OperatorsCluster,
) -> None:
    podless.overlay({V4: {"interface": "bond3"}})
    podless.wait_for_env(IP_AUTODETECTION_METHOD="interface=bond3")
    podless.operator.refused = "bond4"
    result = podless.run(*SET)
    assert result.status == 2, result
    assert "Invalid computed config: interface bond4 is refused here: undone" in result.stderr
    assert podless.cluster.client.get(OVERLAY)["spec"]["calicoNetwork"][V4] == {
        "interface": "bond3"
    }


@pytest.mark.parametrize("flags", [("--canary", "node-3"), ("--only-affected",)])
def test_stages_are_refused_with_what_bounds_the_damage(
    podless: OperatorsCluster, flags: tuple[str, ...]
) -> None:
    refused = podless.run(*SET, *flags, "--force")
    assert refused.status == 2
    assert "--wait --on-failure=undo" in refused.stdout
    assert podless.field() == FIRST_FOUND


def test_an_installation_of_helm_is_changed_in_its_values(podless: OperatorsCluster) -> None:
    annotations = {
        "meta.helm.sh/release-name": "calico",
        "meta.helm.sh/release-namespace": "tigera-operator",
    }
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    change = {"metadata": {"annotations": annotations, "labels": labels}}
    podless.cluster.client.merge(INSTALLATION, change)
    before = podless.installation

    refused = podless.run(*SET)
    assert refused.status == 2, refused
    assert "refused: owner-reverts; nothing was sent (--force overrides)\n" in refused.stderr
    assert "helm release calico" in refused.stdout.lower()
    assert "nodeAddressAutodetectionV4" in refused.stdout
    assert "interface: bond4" in refused.stdout
    assert podless.installation == before

    forced = podless.run(*SET, "--force")
    assert (forced.status, podless.field()) == (0, {"interface": "bond4"}), forced


def test_a_rollout_that_goes_wrong_is_taken_back(incident: OperatorsCluster) -> None:
    bad = ("--method", "interface=bond9", "--force")
    result = incident.run("set", *bad, "--wait", "--on-failure", "undo")
    assert result.status == 2, result
    assert "kept-stale-address" in result.stdout
    assert "undone: the former value is back" in result.stderr
    assert (incident.field(), record(incident)) == (FIRST_FOUND, None)
    incident.wait_for_env(IP_AUTODETECTION_METHOD="first-found")
    incident.wait_until_settled()
    assert incident.cluster.annotations() == INCIDENT


def test_an_operators_rollout_cannot_be_paused(incident: OperatorsCluster) -> None:
    incident.cluster.agent.set_conditions(unready=frozenset({"node-1"}))
    with plugin(incident.cluster, *SET, "--wait", kubeconfig=incident.user) as process:
        process.wait_for("waiting: old template")
        process.interrupt()
        ended = process.end()
    assert ended.status == 130
    told = "interrupted: left as it is (an operator's rollout cannot be paused)\n"
    assert told in ended.stderr
    assert "  back:  kubectl calico-nic set --undo\n" in ended.stderr
    assert "--resume" not in ended.stderr
    incident.cluster.agent.set_conditions()
    assert incident.run("set", "--undo", "--wait").status == 0
    assert incident.cluster.annotations() == INCIDENT


def test_the_plan_is_what_happens(podless: OperatorsCluster) -> None:
    server = podless.run(*SET, "--dry-run=server", "-o", "json")
    assert podless.field() == FIRST_FOUND
    applied = podless.run(*SET, "-o", "json")
    planned, done = json.loads(server.stdout), json.loads(applied.stdout)
    assert (planned.pop("applied"), done.pop("applied")) == (False, True)
    assert planned == done
    assert podless.cluster.client.get(DAEMON_SET)["metadata"]["generation"] == 2
    wait_until_available(podless.cluster)
