"""A change in stages on a real control plane: what restarts when, and how each stage ends.

Commands run as a user with exactly the documented rights, but where a proxy listens: there as the
administrator.
"""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from .api_client import ApiError, Object
from .api_proxy import Exchange, api_proxy
from .cluster import Cluster
from .plugin_process import RECORD, run
from .rollouts import (
    DAEMON_SET,
    INCIDENT,
    METHOD,
    REPAIRED,
    set_method,
)
from .stages import (
    AFFECTED,
    BACK,
    EVERY_NODE,
    GO_ON,
    NEW,
    ON_DELETE,
    TO_BOND4,
    Staging,
    method_in,
    record_of,
    replaced,
    uids,
)
from .story import CALICO_PODS, NAME, NAMESPACE
from .users import documented

ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@pytest.fixture
def staging(cluster: Cluster) -> Staging:
    return Staging.of(cluster)


def test_a_canary_is_proven_before_any_other_pod_restarts(staging: Staging) -> None:
    cluster, seen = staging.cluster, []

    def look(exchange: Exchange) -> bool:
        if exchange.answer is None:
            seen.append((exchange.method, uids(cluster), method_in(staging.daemon_set)))
        return True

    with api_proxy(cluster) as proxy:
        proxy.at_writes = look
        ended = run(cluster, *TO_BOND4, "--canary=node-3", "--wait", kubeconfig=proxy.kubeconfig)

    assert ended.status == 0, ended
    assert [method for method, *_ in seen] == ["PATCH", "DELETE", "PATCH"]
    staged, deleting, resuming = seen
    assert (staged[1:], deleting[1:]) == ((staging.first, None), (staging.first, NEW))
    assert replaced(staging.first, resuming[1]) == {"node-3"}
    assert replaced(resuming[1], uids(cluster)) == EVERY_NODE - {"node-3"}
    proven, rolled = ended.stdout.index("node-3: ok"), ended.stdout.index("successfully")
    assert proven < rolled
    assert (
        "The canary is Ready on the expected address (node-3: BGP 2/3, routes to its peers by "
        "bond4): 3 more pods restart.\n"
    ) in ended.stderr
    assert cluster.annotations() == REPAIRED
    staging.assert_done()


def test_only_the_affected_nodes_restart_until_somebody_resumes(staging: Staging) -> None:
    staged = staging.ok(*TO_BOND4, "--only-affected")
    assert "2 pods keep the old value until: kubectl calico-nic set --resume" in staged.stderr
    assert staging.replaced == AFFECTED
    assert staging.strategy == ON_DELETE
    assert staging.record["stage"]["kind"] == "only-affected"
    assert staging.cluster.annotations() == REPAIRED

    seen = staging.run("inspect", "-o", "json")
    assert "staged" in {finding["id"] for finding in json.loads(seen.stdout)["findings"]}
    stands = staging.run("rollout-check", "--watch=false")
    assert (stands.status, "OnDelete" in stands.stdout) == (2, True)
    another = staging.run("set", "--first-found", "--force")
    assert (another.status, another.stderr) == (2, "refused: staged; nothing was sent\n")

    second = uids(staging.cluster)
    resumed = staging.ok("set", "--resume", "--wait")
    assert "proven on 4 of 4 nodes" in resumed.stdout
    assert replaced(second, uids(staging.cluster)) == EVERY_NODE - AFFECTED
    staging.assert_done()
    again = staging.run("set", "--resume")
    assert (again.status, "nothing to resume" in again.stderr) == (1, True)


def test_undo_replaces_only_the_pods_that_changed(staging: Staging) -> None:
    staging.ok(*TO_BOND4, "--only-affected")
    restart_for_another_reason(staging.cluster, "node-1")
    assert staging.methods == {**dict.fromkeys(EVERY_NODE, NEW), "node-2": None}
    staged = uids(staging.cluster)

    undone = staging.ok("set", "--undo", "--wait")

    assert "3 pods restart" in undone.stdout
    assert replaced(staged, uids(staging.cluster)) == EVERY_NODE - {"node-2"}
    assert uids(staging.cluster)["node-2"] == staging.first["node-2"]
    staging.assert_back()
    assert staging.cluster.annotations() == INCIDENT
    again = staging.run("set", "--undo")
    assert (again.status, "nothing to undo" in again.stderr) == (1, True)


def restart_for_another_reason(cluster: Cluster, node: str) -> None:
    """What a drain or an eviction does, for one."""
    gone = cluster.pods()[node]["metadata"]
    assert cluster.kubectl("delete", "pod", "-n", NAMESPACE, gone["name"]).returncode == 0
    cluster.client.wait_for(
        CALICO_PODS,
        lambda pods: any(
            pod["spec"].get("nodeName") == node
            and pod["metadata"]["uid"] != gone["uid"]
            and any(each.get("ready") for each in pod["status"].get("containerStatuses", []))
            for pod in pods
        ),
    )


def test_undo_after_kubectl_rollout_undo(staging: Staging) -> None:
    """The values are back already: what is left of the change is its record and its strategy."""
    staging.ok(*TO_BOND4, "--only-affected")
    took_back = staging.cluster.kubectl("rollout", "undo", "-n", NAMESPACE, f"ds/{NAME}")
    assert took_back.returncode == 0, took_back.stderr
    before = staging.daemon_set
    assert (method_in(before), record_of(before)["stage"]["kind"]) == (None, "only-affected")

    undone = staging.ok("set", "--undo", "--wait")

    assert "2 pods restart" in undone.stdout
    staging.assert_back()
    assert staging.replaced == AFFECTED
    assert staging.cluster.annotations() == INCIDENT


def test_undo_after_kubectl_rollout_undo_of_a_whole_change(staging: Staging) -> None:
    staging.ok(*TO_BOND4, "--wait")
    staging.cluster.kubectl("rollout", "undo", "-n", NAMESPACE, f"ds/{NAME}")
    staging.cluster.wait_until_rolled_out()
    before, pods = staging.daemon_set, uids(staging.cluster)

    undone = staging.ok("set", "--undo")

    assert "No pod restarts" in undone.stdout
    assert staging.daemon_set["metadata"]["generation"] == before["metadata"]["generation"]
    staging.assert_back()
    assert uids(staging.cluster) == pods


def test_undo_after_kubectl_rollout_restart(staging: Staging) -> None:
    """The template is another one than before the change, also for pods that never restarted."""
    staging.ok(*TO_BOND4, "--only-affected")
    staging.cluster.kubectl("rollout", "restart", "-n", NAMESPACE, f"ds/{NAME}")
    staging.wait_until_observed()
    before = uids(staging.cluster)
    seen = staging.run("inspect")
    assert "2 of 4 pods still run the old value" in seen.stdout

    undone = staging.ok("set", "--undo")

    assert "\n4 pods restart" in undone.stdout
    staging.cluster.wait_until_rolled_out()
    assert replaced(before, uids(staging.cluster)) == EVERY_NODE
    assert staging.cluster.annotations() == INCIDENT


def test_undo_refuses_what_somebody_set_since(staging: Staging) -> None:
    staging.ok(*TO_BOND4, "--only-affected")
    set_method(staging.cluster, "interface=bond5")
    staging.wait_until_observed()
    before = staging.daemon_set

    refused = staging.run("set", "--undo", "--force")

    assert refused.status == 2, refused
    assert "interface=bond4" in refused.stdout
    assert "interface=bond5" in refused.stdout
    assert refused.stderr.endswith("refused: changed-since; nothing was sent\n")
    assert staging.daemon_set == before


def test_the_server_side_dry_run_is_the_real_result(staging: Staging) -> None:
    """Set, resume and undo: the object that the server would make, and the one that it makes."""
    commands = ((*TO_BOND4, "--only-affected"), ("set", "--resume", "--wait"), ("set", "--undo"))
    for command in commands:
        answers: list[Object] = []

        def keep(exchange: Exchange, answers: list[Object] = answers) -> bool:
            if exchange.method == "PATCH" and exchange.answer is not None:
                answers.append(exchange.answer)
            return True

        before = staging.daemon_set
        with api_proxy(staging.cluster) as proxy:
            proxy.at_writes = keep
            dry = tuple(word for word in command if word != "--wait")
            planned = run(staging.cluster, *dry, "--dry-run=server", kubeconfig=proxy.kubeconfig)
            assert as_wanted(staging.daemon_set) == as_wanted(before)
            done = run(staging.cluster, *command, kubeconfig=proxy.kubeconfig)
        assert (planned.status, done.status) == (0, 0), (planned, done)
        dry_run, real = answers
        assert as_wanted(dry_run) == as_wanted(real) != as_wanted(before)
        assert as_wanted(real) == as_wanted(staging.daemon_set)
    staging.assert_back()


def as_wanted(daemon_set: Object) -> Any:
    """What people want of it; the record without the time at which it was written."""
    metadata, record = daemon_set["metadata"], record_of(daemon_set)
    annotations = copy.deepcopy(metadata["annotations"])
    annotations.pop(RECORD, None)
    kept = {key: value for key, value in (record or {}).items() if key != "at"}
    return daemon_set["spec"], metadata["labels"], annotations, metadata["generation"], kept


def test_a_pod_that_admission_denies_is_never_asked_for(staging: Staging) -> None:
    deny_privileged_pods(staging.cluster)
    before = staging.daemon_set
    for flags in ((), ("--canary=node-3",), ("--only-affected", "--dry-run=server")):
        refused = staging.run(*TO_BOND4, *flags)
        assert refused.status == 2, refused
        assert "pod-denied" in refused.stderr
        assert "no privileged pods here" in refused.stdout
    assert staging.daemon_set["metadata"]["generation"] == before["metadata"]["generation"]
    assert (staging.replaced, staging.record) == (set(), None)


def deny_privileged_pods(cluster: Cluster) -> None:
    """A policy that denies calico-node's pods; effective when this returns."""
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["pods"],
        "operations": ["CREATE"],
    }
    expression = "!object.spec.containers.exists(c, c.?securityContext.privileged.orValue(false))"
    policy = {
        "metadata": {"name": "no-privileged-pods"},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": expression, "message": "no privileged pods here"}],
        },
    }
    binding = {
        "metadata": {"name": "no-privileged-pods"},
        "spec": {"policyName": "no-privileged-pods", "validationActions": ["Deny"]},
    }
    cluster.add(f"{ADMISSION}/validatingadmissionpolicies", policy)
    cluster.add(f"{ADMISSION}/validatingadmissionpolicybindings", binding)
    template = cluster.client.get(DAEMON_SET)["spec"]["template"]
    pod = {"metadata": {"name": "asks"}, "spec": template["spec"]}
    deadline = time.monotonic() + 30
    while "no privileged pods here" not in _refusal(cluster, pod):
        assert time.monotonic() < deadline, "the policy takes no effect"


def _refusal(cluster: Cluster, pod: Object) -> str:
    """What the server says against a pod now; empty when it lets it in."""
    try:
        cluster.client.create(f"{CALICO_PODS}?dryRun=All", pod)
    except ApiError as error:
        return str(error)
    return ""


def test_the_role_for_set_alone_cannot_stage(staging: Staging) -> None:
    rights = documented("inspect", "exec", "set", "admission")
    user = staging.cluster.user("sets", rights)
    refused = run(staging.cluster, *TO_BOND4, "--only-affected", kubeconfig=user)
    assert refused.status == 1
    assert 'cannot delete resource "pods"' in refused.stderr
    assert GO_ON + BACK in refused.stderr
    assert (staging.strategy, staging.record["stage"]["kind"]) == (ON_DELETE, "only-affected")
    assert staging.replaced == set()

    undone = run(staging.cluster, "set", "--undo", "--wait", kubeconfig=user)
    assert undone.status == 0, undone
    staging.assert_back()
    assert staging.replaced == set()
    changed = run(staging.cluster, *TO_BOND4, "--wait", kubeconfig=user)
    assert changed.status == 0, changed
    assert METHOD in changed.stdout
