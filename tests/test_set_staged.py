"""A change in stages on a simulated cluster: canary, only what is affected, resume, undo, pause."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION
from tests.calico_nic import Result
from tests.simulated import CALICO_NODE, Simulated, changed_incident

METHOD = "IP_AUTODETECTION_METHOD"
PODS = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dcalico-node"
ON_DELETE = {"type": "OnDelete"}
TO_BOND4 = ("set", "--interface", "bond4")


def pods(cluster: Simulated) -> dict[str, str]:
    """The uid of the calico-node pod on each node."""
    items = cluster.request("GET", PODS)["items"]
    return {item["spec"]["nodeName"]: item["metadata"]["uid"] for item in items}


def replaced(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {node for node in before if before[node] != after[node]}


def record(cluster: Simulated) -> str | None:
    annotations: dict[str, str] = cluster.daemon_set()["metadata"].get("annotations", {})
    return annotations.get(RECORD_ANNOTATION)


def strategy(cluster: Simulated) -> Any:
    return cluster.daemon_set()["spec"]["updateStrategy"]


def patch(cluster: Simulated, change: Any) -> None:
    cluster.request("PATCH", CALICO_NODE, change, "merge-patch+json")


def ok(result: Result) -> Result:
    assert result.status == 0, result
    return result


def test_a_canary_is_proven_before_the_rest_rolls() -> None:
    with Simulated() as cluster:
        former = strategy(cluster)
        result = ok(cluster.run(*TO_BOND4, "--canary", "node-3", "--wait"))
        now = strategy(cluster)
    proven, rolled = result.stdout.index("node-3: ok"), result.stdout.index("successfully")
    assert proven < rolled
    assert "1 pod restarts, about 9 seconds now; 3 later." in result.stdout
    assert (
        "The canary is Ready on the expected address (node-3: BGP 2/3, routes to its peers by "
        "bond4): 3 more pods restart.\n"
    ) in result.stderr
    assert "successfully rolled out and proven on 4 of 4 nodes" in result.stdout
    assert now == former


def test_a_canary_may_be_chosen_by_label() -> None:
    with Simulated() as cluster:
        result = cluster.run(
            *TO_BOND4, "--canary", "kubernetes.io/hostname=node-4", "--dry-run", "-o", "json"
        )
        nobody = cluster.run(*TO_BOND4, "--canary", "rack=9")
    assert ok(result).json["stage"] == {"kind": "canary", "nodes": ["node-4"]}
    assert nobody.stderr == 'error: no node has labels that match "rack=9"\n'


@pytest.mark.parametrize(
    ("canary", "said"),
    [
        ("node-1", "the address of node-1 does not change: a canary there proves nothing"),
        ("node-9", "node-9 runs no pod of this DaemonSet"),
    ],
)
def test_a_canary_that_proves_nothing_is_refused(canary: str, said: str) -> None:
    with Simulated() as cluster:
        before = cluster.daemon_set()
        result = cluster.run(*TO_BOND4, "--canary", canary, "--force")
        after = cluster.daemon_set()
    assert result.status == 2
    assert said in result.stdout
    assert result.stderr == "refused: canary-proves-nothing; nothing was sent\n"
    assert before == after


def test_a_canary_that_fails_leaves_all_other_pods_alone() -> None:
    with Simulated() as cluster:
        before = pods(cluster)
        result = cluster.run("set", "--interface", "bond9", "--force", "--canary", "node-3")
        after, kept = pods(cluster), record(cluster)
    assert result.status == 2
    assert replaced(before, after) == {"node-3"}
    assert "the new value is not proven" in result.stderr
    assert "back:  kubectl calico-nic set --undo" in result.stderr
    assert kept is not None
    assert '"kind":"canary"' in kept


def test_a_stage_that_may_not_be_carried_out_names_the_ways_out() -> None:
    with Simulated(changed_incident(denied=frozenset({("delete", "pods")}))) as cluster:
        before = pods(cluster)
        result = cluster.run(*TO_BOND4, "--canary", "node-3")
        after = pods(cluster)
        back = ok(cluster.run("set", "--undo"))
    assert result.status == 1
    *ways, refusal = result.stderr.splitlines()
    assert 'cannot delete resource "pods"' in refusal
    assert ways[-2:] == [
        "  go on: kubectl calico-nic set --resume",
        "  back:  kubectl calico-nic set --undo",
    ]
    assert after == before
    assert back.stdout.endswith("daemonset.apps/calico-node env restored\n")


def test_only_affected_nodes_restart_and_resume_lets_the_others_roll() -> None:
    with Simulated() as cluster:
        former, first = strategy(cluster), pods(cluster)
        staged = ok(cluster.run(*TO_BOND4, "--only-affected"))
        second, meanwhile = pods(cluster), strategy(cluster)
        seen = cluster.run("inspect", "-o", "json")
        another = cluster.run("set", "--first-found")
        resumed = ok(cluster.run("set", "--resume", "--wait"))
        third, restored = pods(cluster), strategy(cluster)
        again = cluster.run("set", "--resume")
    assert replaced(first, second) == {"node-3", "node-4"}
    assert meanwhile == ON_DELETE
    assert (
        "They are Ready on the expected address (node-3: BGP 2/3, routes to its peers by bond4; "
        "node-4: BGP 3/3, routes to its peers by bond4).\n"
        "2 pods keep the old value until: kubectl calico-nic set --resume\n"
    ) in staged.stderr
    assert "staged" in {finding["id"] for finding in seen.json["findings"]}
    assert another.stderr == "refused: staged; nothing was sent\n"
    assert replaced(second, third) == {"node-1", "node-2"}
    assert "proven on 4 of 4 nodes" in resumed.stdout
    assert restored == former
    assert again.status == 1
    assert "nothing to resume" in again.stderr


def test_undoing_a_staged_change_replaces_only_the_pods_that_changed() -> None:
    with Simulated() as cluster:
        original = cluster.daemon_set()
        ok(cluster.run(*TO_BOND4, "--only-affected"))
        staged = pods(cluster)
        result = ok(cluster.run("set", "--undo", "--wait"))
        undone, after = pods(cluster), cluster.daemon_set()
        again = cluster.run("set", "--undo")
    assert "2 pods restart" in result.stdout
    assert replaced(staged, undone) == {"node-3", "node-4"}
    assert after["spec"] == original["spec"]
    assert RECORD_ANNOTATION not in after["metadata"].get("annotations", {})
    assert again.status == 1
    assert "nothing to undo" in again.stderr


def test_undo_gives_back_exactly_the_former_spec() -> None:
    with Simulated(changed_incident(env={"IP": None, METHOD: "can-reach=$(NODEIP)"})) as cluster:
        original = cluster.daemon_set()
        ok(cluster.run("set", "--interface", "bond4", "--family", "46", "--force"))
        assert cluster.daemon_set()["spec"] != original["spec"]
        result = ok(cluster.run("set", "--undo"))
        after = cluster.daemon_set()
    assert after["spec"] == original["spec"]
    assert "daemonset.apps/calico-node env restored\n" in result.stdout


def test_what_the_record_says() -> None:
    with Simulated() as cluster:
        ok(cluster.run(*TO_BOND4))
        kept = record(cluster)
    assert kept is not None
    assert '"by":"demo"' in kept
    assert f'"change":"{METHOD} absent -> interface=bond4"' in kept


def test_undo_refuses_what_somebody_changed_since() -> None:
    with Simulated() as cluster:
        ok(cluster.run(*TO_BOND4))
        cluster.patch_env(METHOD, "interface=bond5")
        before = cluster.daemon_set()
        result = cluster.run("set", "--undo", "--force")
        after = cluster.daemon_set()
    assert result.status == 2
    assert "interface=bond5" in result.stdout
    assert result.stderr.endswith("refused: changed-since; nothing was sent\n")
    assert before["metadata"]["generation"] == after["metadata"]["generation"]


def test_undo_after_somebody_else_took_it_back_only_forgets_the_record() -> None:
    with Simulated() as cluster:
        original = cluster.daemon_set()
        ok(cluster.run(*TO_BOND4))
        patch(cluster, {"spec": {"template": original["spec"]["template"]}})
        before = cluster.daemon_set()
        result = ok(cluster.run("set", "--undo"))
        after = cluster.daemon_set()
    assert "No pod restarts by itself." in result.stdout
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert RECORD_ANNOTATION not in after["metadata"].get("annotations", {})


def test_resume_leaves_a_strategy_alone_that_somebody_set_meanwhile() -> None:
    mine = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0}}
    with Simulated() as cluster:
        ok(cluster.run(*TO_BOND4, "--only-affected"))
        patch(cluster, {"spec": {"updateStrategy": mine}})
        ok(cluster.run("set", "--resume", "--force"))
        after, kept = strategy(cluster), record(cluster)
    assert after == mine
    assert kept is not None
    assert "stage" not in kept


@pytest.mark.parametrize(
    ("word", "said", "is_on_delete"),
    [
        ("pause", "paused: no more pods restart; node-1", True),
        ("undo", "undone: the former value is back", False),
        ("leave", "left as it is", False),
    ],
)
def test_a_rollout_that_goes_wrong(word: str, said: str, is_on_delete: bool) -> None:
    with Simulated() as cluster:
        result = cluster.run(
            "set", "--method", "interface=bond9", "--force", "--wait", "--on-failure", word
        )
        now, env = strategy(cluster), cluster.env()
    assert result.status == 2
    assert said in result.stderr
    assert (now == ON_DELETE) is is_on_delete
    assert (METHOD in env) is (word != "undo")


def test_only_what_got_the_new_value_restarts_when_it_is_undone() -> None:
    """Half way through a rollout most pods still match the former template."""
    nothing = {"metadata": {"annotations": {"projectcalico.org/IPv4Address": None}}}
    bad = ("set", "--method", "interface=bond9", "--force", "--wait", "--on-failure", "leave")
    with Simulated() as cluster:
        for node in pods(cluster):
            cluster.request("PATCH", f"/api/v1/nodes/{node}", nothing, "merge-patch+json")
        left = cluster.run(*bad)
        before = pods(cluster)
        undone = ok(cluster.run("set", "--undo", "--wait"))
        after = pods(cluster)
    assert "left as it is\n  go on: by itself; follow it: kubectl calico-nic rollout-check\n" in (
        left.stderr
    )
    assert replaced(before, after) == {"node-1"}
    assert "1 pod restarts" in undone.stdout
    assert "Blocked" not in undone.stdout
    assert "brings along" not in undone.stdout


def test_undo_knows_that_somebody_changed_the_template_since() -> None:
    restart = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    template = {"spec": {"template": {"metadata": {"annotations": restart}}}}
    with Simulated() as cluster:
        ok(cluster.run(*TO_BOND4, "--only-affected"))
        alone = ok(cluster.run("set", "--undo", "--dry-run"))
        patch(cluster, template)
        seen = cluster.run("inspect")
        result = ok(cluster.run("set", "--undo", "--dry-run"))
    assert "\n2 pods restart" in alone.stdout
    assert "2 of 4 pods still run the old value" in seen.stdout
    assert "\n4 pods restart" in result.stdout


def test_a_stage_that_was_undone_may_be_set_again() -> None:
    """The pods that never restarted match the former template still, generations later."""
    with Simulated() as cluster:
        for _ in range(2):
            before = pods(cluster)
            ok(cluster.run(*TO_BOND4, "--only-affected"))
            undone = ok(cluster.run("set", "--undo", "--wait"))
            assert "\n2 pods restart" in undone.stdout
            assert replaced(before, pods(cluster)) == {"node-3", "node-4"}


def test_what_does_not_go_together() -> None:
    with Simulated() as cluster:
        for flags, said in {
            ("--canary", "a", "--only-affected"): "--canary and --only-affected exclude",
            ("--canary", ","): 'invalid argument "" for "--canary"',
            ("--on-failure", "undo"): "--on-failure goes with --wait",
            ("--wait", "--on-failure", "x"): 'invalid argument "x" for "--on-failure" flag',
            ("--timeout", "1m"): "--timeout goes with --wait",
        }.items():
            result = cluster.run(*TO_BOND4, *flags)
            assert result.status == 1
            assert said in result.stderr
        both = cluster.run("set", "--undo", "--resume")
        staged = cluster.run("set", "--undo", "--only-affected")
    assert "--undo and --resume exclude each other" in both.stderr
    assert "--undo reaches every node" in staged.stderr
