"""Somebody changes the object between the patch of a stage and the deletion of a pod for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.commands.rollout_watch import RolloutWatch
from kubectl_calico_nic.errors import CalicoNicError

from .simulated import Simulated, changed_incident
from .test_set_meanwhile import METHOD, Send, annotate, at_patch
from .test_set_staged import TO_BOND4, ok, patch, pods, replaced

CANARY = (*TO_BOND4, "--canary", "node-3", "--wait")
TITLE = "daemonset kube-system/calico-node: somebody changed it meanwhile: "
BACK_AGAIN = "daemonset kube-system/calico-node: the old value was put back: "
STOPS = "; this command deletes no more pods\n"
ROLLS = (
    "; this command deletes no more pods, but under RollingUpdate the controller now replaces "
    "every pod of another template\n"
)
BACK = "  back:  kubectl calico-nic set --undo\n"
WAYS = f"  go on: kubectl calico-nic set --resume\n{BACK}"
LOOK = f"{BACK}  look:  kubectl calico-nic inspect\n"
FOLLOW = f"  go on: by itself; follow it: kubectl calico-nic rollout-check\n{BACK}"
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0}}


def another_value(cluster: Simulated) -> None:
    cluster.patch_env(METHOD, "interface=bond3")


def no_value(cluster: Simulated) -> None:
    found = cluster.daemon_set()
    (container,) = found["spec"]["template"]["spec"]["containers"]
    container["env"] = [entry for entry in container["env"] if entry["name"] != METHOD]
    patch(cluster, {"spec": {"template": found["spec"]["template"]}})


def another_strategy(cluster: Simulated) -> None:
    patch(cluster, {"spec": {"updateStrategy": ROLLING}})


def undone(cluster: Simulated) -> None:
    ok(cluster.run("set", "--undo"))


def resumed(cluster: Simulated) -> None:
    ok(cluster.run("set", "--resume"))


def raced(
    cluster: Simulated,
    monkeypatch: pytest.MonkeyPatch,
    colleague: Callable[[Simulated], None],
    *command: str,
) -> tuple[Any, set[str]]:
    """Run ``command`` while a colleague is just faster than the first deletion."""
    before = pods(cluster)
    deleted = 0
    delete = Session.delete

    def counted(self: Session, *words: Any, **options: Any) -> Any:
        nonlocal deleted
        deleted += 1
        return delete(self, *words, **options)

    def overtaken(send: Send) -> Any:
        answer = send()
        colleague(cluster)
        return answer

    with at_patch(1, monkeypatch, overtaken):
        monkeypatch.setattr(Session, "delete", counted)
        result = cluster.run(*command)
    return result, set() if not deleted else replaced(before, pods(cluster))


@pytest.mark.parametrize(
    ("colleague", "said", "ends"),
    [
        (another_value, f"{METHOD} is interface=bond3, no longer interface=bond4", STOPS + LOOK),
        (no_value, f"{METHOD} is absent, no longer interface=bond4", STOPS + LOOK),
        (
            another_strategy,
            "spec.updateStrategy is RollingUpdate, maxSurge 0, maxUnavailable 2, no longer "
            "OnDelete",
            ROLLS + FOLLOW,
        ),
    ],
)
def test_no_pod_is_deleted_for_what_somebody_changed(
    colleague: Callable[[Simulated], None], said: str, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated() as cluster:
        result, deleted = raced(cluster, monkeypatch, colleague, *CANARY)
    title = BACK_AGAIN if colleague is no_value else TITLE
    assert (result.status, deleted) == (2, set())
    assert f"{title}{said}; by managedFields Python-urllib wrote it last, 20" in result.stderr
    assert result.stderr.endswith(ends)


def test_a_variable_that_nobody_changed_is_not_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated(changed_incident(env={"IP": None})) as cluster:
        result, deleted = raced(cluster, monkeypatch, no_value, *CANARY)
    assert (result.status, deleted) == (2, set())
    assert f"{TITLE}{METHOD} is absent, no longer interface=bond4; by managed" in result.stderr


def other_order(cluster: Simulated) -> None:
    found = cluster.daemon_set()
    (container,) = found["spec"]["template"]["spec"]["containers"]
    container["env"].reverse()
    patch(cluster, {"spec": {"template": found["spec"]["template"]}})


def test_of_another_order_no_variable_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated(changed_incident(env={"IP": None})) as cluster:
        result, deleted = raced(cluster, monkeypatch, other_order, *CANARY)
    assert (result.status, deleted) == (2, set())
    assert f"{TITLE}IP, {METHOD} are in another order than they were set; by " in result.stderr


def test_what_was_put_back_after_the_canary_cannot_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated() as cluster:

        def put_back(send: Send) -> Any:
            answer = send()
            no_value(cluster)
            return answer

        with at_patch(2, monkeypatch, put_back):
            result = cluster.run(*CANARY)
        resumed = cluster.run("set", "--resume")
        back = cluster.run("set", "--undo")
    assert result.status == 2
    assert f"{BACK_AGAIN}{METHOD} is absent, no longer interface=bond4" in result.stderr
    assert result.stderr.endswith(LOOK)
    assert "go on:" not in result.stderr
    assert "nothing to resume" in resumed.stderr
    assert back.status == 0, back


def test_what_fails_after_the_canary_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, watches = RolloutWatch.__init__, 0

    def second_fails(self: RolloutWatch, *words: Any) -> None:
        nonlocal watches
        watches += 1
        if watches == 2:
            raise CalicoNicError("no more of this")
        begin(self, *words)

    monkeypatch.setattr(RolloutWatch, "__init__", second_fails)
    with Simulated() as cluster:
        result = cluster.run(*CANARY)
    assert (result.status, watches) == (1, 2)
    assert result.stderr.endswith(f"{FOLLOW}error: no more of this\n")


@pytest.mark.parametrize("colleague", [undone, resumed])
def test_no_pod_is_deleted_where_the_stage_was_ended(
    colleague: Callable[[Simulated], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated() as cluster:
        result, deleted = raced(cluster, monkeypatch, colleague, *CANARY)
    assert (result.status, deleted) == (1, set())
    assert result.stderr.endswith(f"error: {TITLE}its record is another one, or gone{ROLLS}")
    assert WAYS not in result.stderr


def test_what_does_not_matter_to_the_stage_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated() as cluster:
        result, deleted = raced(cluster, monkeypatch, annotate, *TO_BOND4, "--only-affected")
    assert (result.status, deleted) == (0, {"node-3", "node-4"})


def after_the_first_deletion(
    cluster: Simulated, monkeypatch: pytest.MonkeyPatch, act: Callable[[Simulated], None]
) -> Any:
    """Run a stage of two nodes; somebody acts when the first pod was deleted."""

    def then(send: Send) -> Any:
        answer = send()
        act(cluster)
        return answer

    with at_patch(1, monkeypatch, then, "delete"):
        return cluster.run(*TO_BOND4, "--only-affected")


def test_no_second_pod_is_deleted_for_what_somebody_changed_after_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated() as cluster:
        before = pods(cluster)
        result = after_the_first_deletion(cluster, monkeypatch, another_value)
        after = pods(cluster)
        refused = cluster.run("set", "--undo")
        patch(cluster, {"spec": {"template": without(cluster, "interface=bond3")}})
        back = ok(cluster.run("set", "--undo"))
    assert replaced(before, after) == {"node-3"}
    assert result.status == 2
    assert f"{TITLE}{METHOD} is interface=bond3, no longer interface=bond4; by " in result.stderr
    assert result.stderr.endswith(f"{STOPS}{LOOK}")
    assert refused.stderr.endswith("refused: changed-since; nothing was sent\n")
    assert back.stdout.endswith("env restored\n")


def without(cluster: Simulated, value: str) -> Any:
    template = cluster.daemon_set()["spec"]["template"]
    (container,) = template["spec"]["containers"]
    container["env"] = [entry for entry in container["env"] if entry.get("value") != value]
    return template


def test_a_template_that_somebody_else_changed_under_a_stage_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pod of the stage is of an older template then, and nobody replaces it by itself."""
    with Simulated() as cluster:
        before = pods(cluster)

        def another_variable(cluster: Simulated) -> None:
            cluster.cluster.settle()
            cluster.patch_env("FELIX_X", "1")

        result = after_the_first_deletion(cluster, monkeypatch, another_variable)
        after = pods(cluster)
        resumed = ok(cluster.run("set", "--resume", "--wait"))
    assert result.status == 2
    assert "runs the old template until it is deleted (OnDelete)" in result.stdout
    assert result.stderr.endswith(WAYS)
    assert replaced(before, after) == {"node-3"}
    assert "proven on 4 of 4 nodes" in resumed.stdout


def test_without_the_right_to_look_no_pod_is_deleted() -> None:
    denied = frozenset({("get", "daemonsets")})
    with Simulated(changed_incident(denied=denied)) as cluster:
        before = pods(cluster)
        result = cluster.run(*CANARY)
        after = pods(cluster)
    assert (result.status, after) == (1, before)
    assert WAYS in result.stderr
    assert 'cannot get resource "daemonsets"' in result.stderr
