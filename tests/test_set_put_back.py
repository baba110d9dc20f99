"""``set --force --wait`` under an owner that puts the old value back while it follows."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from kubectl_calico_nic.commands.rollout_watch import RolloutWatch
from kubectl_calico_nic.simulator.story import Story

from .calico_nic import Result
from .simulated import CALICO_NODE, Simulated
from .simulated_operator import DAEMON_SET, INSTALLATION, MERGE, Operator, operators_story
from .test_set_companions import APPLICATION, BY_ARGO, BY_FLUX, SUSPENDED, owned
from .test_set_meanwhile import METHOD, Send, at_patch
from .test_set_staged import ON_DELETE, ok, pods, strategy

FORCED = ("set", "--interface", "bond4", "--force")
PUT_BACK = (
    f"daemonset kube-system/calico-node: the old value was put back: {METHOD} is first-found, no "
    "longer interface=bond4; by managedFields {} wrote it last, 20"
)
GIT = "change path calico in https://git.example/infra (HEAD) of Argo CD application net\n"
SAME = "cidr=172.16.10.0/24"
"""A method that gives every node the same address as interface=bond4."""
RECONCILING = {**SUSPENDED, "spec": {"interval": "10m", "path": "./calico"}}


def named_in_git(marks: dict[str, Any], *objects: dict[str, Any]) -> Story:
    """A cluster whose source names the variable, so that its owner puts it back."""
    story = owned(marks, *objects)
    for item in story.objects:
        if item["kind"] == "DaemonSet":
            (container,) = item["spec"]["template"]["spec"]["containers"]
            container["env"].append({"name": METHOD, "value": "first-found"})
    return story


def syncing(cluster: Simulated, manager: str) -> Callable[[Send], Any]:
    """The owner syncs as soon as a change was made: the template and the strategy of its source."""
    before = cluster.daemon_set()["spec"]

    def put_back(send: Send) -> Any:
        answer = send()
        source = {"spec": {key: before[key] for key in ("template", "updateStrategy")}}
        path = f"{CALICO_NODE}?fieldManager={manager}"
        cluster.request("PATCH", path, source, "merge-patch+json")
        return answer

    return put_back


@pytest.mark.parametrize("word", ["pause", "undo", "leave"])
def test_self_heal_is_named_and_nothing_is_sent_against_it(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated(named_in_git(BY_ARGO, APPLICATION)) as cluster:
        with at_patch(1, monkeypatch, syncing(cluster, "argocd-controller")):
            result = cluster.run(*FORCED, "--wait", "--on-failure", word)
        theirs = cluster.daemon_set()
    assert result.status == 2
    assert "selfHeal puts what Git says back within seconds" in result.stdout
    assert "and pods that got another value restart once more" in result.stdout
    assert PUT_BACK.format("argocd-controller") in result.stderr
    assert result.stderr.endswith(GIT)
    assert "successfully rolled out" not in result.stdout
    assert theirs["spec"]["updateStrategy"] != ON_DELETE
    env = theirs["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": METHOD, "value": "first-found"} in env


def test_a_change_that_moves_nobody_is_not_called_done_when_it_is_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every address is right under the old value too: nothing else would tell."""
    story = named_in_git(BY_ARGO, APPLICATION)
    text = json.dumps(list(story.objects)).replace('"first-found"', '"cidr=172.16.10.0/24"')
    story = _with_objects(story, json.loads(text))
    with Simulated(story) as cluster:
        ok(cluster.run("inspect"))
        with at_patch(1, monkeypatch, syncing(cluster, "argocd-controller")):
            result = cluster.run(*FORCED, "--wait")
    assert result.status == 2
    assert f"{METHOD} is cidr=172.16.10.0/24, no longer interface=bond4" in result.stderr


def _with_objects(story: Story, objects: list[Any]) -> Story:
    return dataclasses.replace(story, objects=tuple(objects))


def test_a_kustomization_that_reconciles_meanwhile_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        Simulated(named_in_git(BY_FLUX, RECONCILING)) as cluster,
        at_patch(1, monkeypatch, syncing(cluster, "kustomize-controller")),
    ):
        result = cluster.run(*FORCED, "--wait")
    assert result.status == 2
    assert PUT_BACK.format("kustomize-controller") in result.stderr
    assert "Flux Kustomization flux-system/infra: its next reconciliation (every 10m) may" in (
        result.stderr
    )


def test_no_pod_of_a_stage_is_deleted_for_a_value_that_was_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated(named_in_git(BY_ARGO, APPLICATION)) as cluster:
        before = pods(cluster)
        with at_patch(1, monkeypatch, syncing(cluster, "argocd-controller")):
            result = cluster.run(*FORCED, "--canary", "node-3", "--wait")
        after, now = pods(cluster), strategy(cluster)
        back = ok(cluster.run("set", "--undo"))
    assert (result.status, after, now != ON_DELETE) == (2, before, True)
    assert PUT_BACK.format("argocd-controller").partition(";")[0] in result.stderr
    assert "; this command deletes no more pods, but under RollingUpdate the controller now " in (
        result.stderr
    )
    assert "go on:" not in result.stderr
    assert "No pod restarts" in back.stdout


def test_where_git_does_not_name_the_variable_the_change_stays() -> None:
    with Simulated(owned(BY_ARGO, APPLICATION)) as cluster:
        result = ok(cluster.run(*FORCED, "--wait"))
    assert "proven on 4 of 4 nodes" in result.stdout


def put_installation_back(send: Send, cluster: Simulated) -> Any:
    answer = send()
    network = {"nodeAddressAutodetectionV4": {"firstFound": True, "interface": None}}
    path = f"{INSTALLATION}?fieldManager=argocd-controller"
    cluster.request("PATCH", path, {"spec": {"calicoNetwork": network}}, MERGE)
    return answer


@pytest.mark.parametrize("runs", [False, True], ids=["before the operator acts", "with it"])
def test_an_installation_that_is_put_back_is_named(
    runs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated(operators_story()) as cluster:
        operator = Operator(cluster)
        operator.reconcile()
        with at_patch(1, monkeypatch, lambda send: put_installation_back(send, cluster)):
            if runs:
                with operator.running():
                    result = cluster.run(*FORCED, "--wait")
            else:
                result = cluster.run(*FORCED, "--wait")
    assert result.status == 2
    assert (
        'installation default: somebody changed it meanwhile: nodeAddressAutodetectionV4 is {"first'
        'Found": true}, no longer {"interface": "bond4"}; by managedFields argocd-controller wrote '
    ) in result.stderr


def test_an_installation_that_is_put_back_while_pods_restart_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated(operators_story()) as cluster:
        operator, begin = Operator(cluster), RolloutWatch.__init__
        operator.reconcile()

        def overtaken(self: RolloutWatch, *words: Any) -> None:
            put_installation_back(lambda: None, cluster)
            operator.reconcile()
            begin(self, *words)

        def carried_over(send: Send) -> Any:
            answer = send()
            operator.reconcile()
            return answer

        monkeypatch.setattr(RolloutWatch, "__init__", overtaken)
        with at_patch(1, monkeypatch, carried_over):
            result = cluster.run(*FORCED, "--wait")
    assert result.status == 2
    assert "The operator has carried it over" in result.stderr
    assert "by managedFields argocd-controller wrote it last" in result.stderr


def edited_by_hand(
    cluster: Simulated, monkeypatch: pytest.MonkeyPatch, *, operator_runs: bool
) -> Result:
    """The operator carries ``set --wait`` over; then somebody edits its DaemonSet, once."""
    operator, begin, edits = Operator(cluster), RolloutWatch.__init__, 0
    operator.reconcile()
    clock = [0.0]

    def slept(seconds: float) -> None:
        clock[0] += seconds
        if operator_runs:
            operator.reconcile()

    def edited(self: RolloutWatch, *words: Any) -> None:
        nonlocal edits
        if not edits:
            template = cluster.request("GET", DAEMON_SET)["spec"]["template"]
            template = json.loads(json.dumps(template).replace("interface=bond4", SAME))
            cluster.request("PATCH", DAEMON_SET, {"spec": {"template": template}}, MERGE)
        edits += 1
        begin(self, *words)

    def carried_over(send: Send) -> Any:
        answer = send()
        operator.reconcile()
        return answer

    monkeypatch.setattr(RolloutWatch, "__init__", edited)
    with at_patch(1, monkeypatch, carried_over):
        return cluster.run(*FORCED, "--wait", sleep=slept, monotonic=lambda: clock[0])


def test_an_edit_of_an_operators_daemon_set_is_the_operators_to_undo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The Installation says what was set still: nothing is lost."""
    with Simulated(operators_story()) as cluster:
        result = edited_by_hand(cluster, monkeypatch, operator_runs=True)
        template = cluster.request("GET", DAEMON_SET)["spec"]["template"]
    assert result.status == 0
    assert "somebody changed it" not in result.stderr
    assert "successfully rolled out" in result.stdout
    assert "interface=bond4" in json.dumps(template)


def test_an_edit_of_its_daemon_set_that_the_operator_does_not_undo_is_no_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated(operators_story()) as cluster:
        result = edited_by_hand(cluster, monkeypatch, operator_runs=False)
    assert result.status == 2
    assert (
        "the operator has not carried it over to daemonset calico-system/calico-node in 60 "
        f"seconds ({METHOD} is {SAME}, not interface=bond4): see kubectl get tigerastatus"
    ) in result.stderr
    assert "successfully rolled out" not in result.stdout


def test_a_default_that_the_operator_fills_in_is_no_change_of_somebody_else() -> None:
    with Simulated(operators_story({"nodeAddressAutodetectionV4": {"interface": "bond4"}})) as own:
        operator = Operator(own)
        operator.reconcile()
        with operator.running():
            result = own.run("set", "--unset", "--force")
    assert result.status == 0, result
    assert "somebody changed it" not in result.stderr
