"""What ``set`` does by itself after its change, while somebody else changes the same objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError, ConnectionRefused
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.commands.change_session import ChangeSession
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION

from .simulated import CALICO_NODE, Simulated
from .simulated_operator import INSTALLATION, MERGE, STATUS, Operator, operators_story

METHOD = "IP_AUTODETECTION_METHOD"
TO_BOND4 = ("set", "--interface", "bond4")
WRONG = ("set", "--method", "interface=bond9", "--force", "--wait", "--on-failure")
MEANWHILE = "somebody changed it meanwhile; nothing was sent"
FOLLOW = "  go on: by itself; follow it: kubectl calico-nic rollout-check\n"
BACK = "  back:  kubectl calico-nic set --undo\n"
UNKNOWN = "unknown whether the API server took what was sent: run kubectl calico-nic inspect"
FIELD = "nodeAddressAutodetectionV4"
Send = Callable[[], Any]


@contextmanager
def at_patch(
    number: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[Send], Any], call: str = "patch"
) -> Iterator[None]:
    """Let ``act`` do what happens when the ``number``-th patch is to be sent."""
    send, count = getattr(Session, call), 0

    def patch(self: Session, *words: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count != number:
            return send(self, *words, **options)
        return act(lambda: send(self, *words, **options))

    with monkeypatch.context() as patched:
        patched.setattr(Session, call, patch)
        yield


@contextmanager
def before_plan(
    number: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]
) -> Iterator[None]:
    """Let somebody ``act`` just before the ``number``-th plan is made."""
    plan, count = ChangeSession.plan, 0

    def planned(self: ChangeSession, *words: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            act()
        return plan(self, *words)

    with monkeypatch.context() as patched:
        patched.setattr(ChangeSession, "plan", planned)
        yield


def with_kubectl(cluster: Simulated) -> None:
    cluster.patch_env(METHOD, "interface=bond8")


def with_this_tool(cluster: Simulated) -> None:
    done = cluster.run("set", "--method", "interface=bond8", "--force")
    assert done.status == 0, done


def annotate(cluster: Simulated, path: str = CALICO_NODE) -> None:
    cluster.request("PATCH", path, {"metadata": {"annotations": {"x": "1"}}}, MERGE)


@pytest.mark.parametrize("word", ["undo", "pause"])
@pytest.mark.parametrize("colleague", [with_kubectl, with_this_tool])
def test_what_a_colleague_set_meanwhile_is_left_alone(
    word: str, colleague: Callable[[Simulated], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated() as cluster:
        theirs: list[Any] = []

        def overtaken(send: Send) -> Any:
            answer = send()
            colleague(cluster)
            theirs.append(cluster.daemon_set())
            return answer

        with at_patch(1, monkeypatch, overtaken):
            result = cluster.run(*WRONG, word)
        env, now = cluster.env(), cluster.daemon_set()
    assert result.status == 2
    assert (
        "daemonset kube-system/calico-node: somebody changed it meanwhile: "
        f"{METHOD} is interface=bond8, no longer interface=bond9"
    ) in result.stderr
    assert "paused" not in result.stderr + result.stdout
    assert "undone" not in result.stderr + result.stdout
    assert env[METHOD] == "interface=bond8"
    assert now["spec"] == theirs[0]["spec"]
    assert now["metadata"]["annotations"] == theirs[0]["metadata"]["annotations"]


def test_what_a_colleague_undid_meanwhile_is_not_called_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated() as cluster:

        def undone() -> None:
            assert cluster.run("set", "--undo").status == 0

        with before_plan(2, monkeypatch, undone):
            result = cluster.run(*WRONG, "undo")
    assert result.status == 2
    assert MEANWHILE in result.stderr
    assert "undone" not in result.stderr


def test_a_canary_proves_no_other_value(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated() as cluster:
        with before_plan(2, monkeypatch, lambda: cluster.patch_env(METHOD, "interface=bond9")):
            result = cluster.run(*TO_BOND4, "--canary", "node-3", "--wait")
        now = cluster.daemon_set()
        by_hand = cluster.run("set", "--resume", "--force")
    assert result.status == 1
    assert result.stderr.endswith(f"error: daemonset kube-system/calico-node: {MEANWHILE}\n")
    assert "more pods restart" not in result.stderr
    assert now["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert by_hand.stderr.endswith("refused: changed-since; nothing was sent\n")
    assert "resume would roll that out" in by_hand.stdout


def test_an_installation_that_a_colleague_changed_is_left_alone() -> None:
    with Simulated(operators_story()) as cluster:
        Operator(cluster).reconcile()
        degraded = {"type": "Degraded", "status": "True", "message": "Invalid Installation: no"}
        theirs = {"spec": {"calicoNetwork": {FIELD: {"interface": "bond5"}}}}

        def reject(seconds: float) -> None:
            cluster.request("PATCH", STATUS, {"status": {"conditions": [degraded]}}, MERGE)
            cluster.request("PATCH", INSTALLATION, theirs, MERGE)

        result = cluster.run(*TO_BOND4, sleep=reject)
        found = cluster.request("GET", INSTALLATION)["spec"]["calicoNetwork"][FIELD]
    assert result.status == 2
    assert "the operator rejects it: Invalid Installation: no:" in result.stderr
    assert f"installation default: {MEANWHILE}" in result.stderr
    assert found == {"interface": "bond5"}


def test_the_operators_reason_is_told_even_where_nothing_can_be_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated(operators_story()) as cluster:
        Operator(cluster).reconcile()
        degraded = {"type": "Degraded", "status": "True", "message": "Invalid Installation: no"}

        def reject(seconds: float) -> None:
            cluster.request("PATCH", STATUS, {"status": {"conditions": [degraded]}}, MERGE)

        with at_patch(2, monkeypatch, forbidden):
            result = cluster.run(*TO_BOND4, sleep=reject)
    assert result.status == 2
    assert "the operator rejects it: Invalid Installation: no: left as it is (" in result.stderr
    assert result.stderr.endswith(BACK)


def forbidden(_: Send) -> Any:
    raise ApiError(403, "Forbidden", "no")


def interrupted(send: Send) -> Any:
    send()
    raise KeyboardInterrupt


@pytest.mark.parametrize("word", ["undo", "pause"])
def test_ctrl_c_while_it_puts_right_what_failed(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated() as cluster, at_patch(2, monkeypatch, interrupted):
        result = cluster.run(*WRONG, word)
    assert result.status == 130
    assert result.stderr.endswith(f"the rollout went wrong: {UNKNOWN}\n")


@pytest.mark.parametrize("word", ["undo", "pause"])
def test_a_rollout_that_cannot_be_stopped_goes_on_by_itself(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated() as cluster, at_patch(2, monkeypatch, forbidden):
        result = cluster.run(*WRONG, word)
    assert result.status == 2
    assert "the rollout went wrong: left as it is (" in result.stderr
    assert result.stderr.endswith(FOLLOW + BACK)


def test_an_undo_of_which_nothing_is_known_is_not_called_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated() as cluster, monkeypatch.context() as patched:

        def away(*_: Any) -> Any:
            raise ConnectionRefused("127.0.0.1:6443")

        def lost(send: Send) -> Any:
            send()
            patched.setattr(Session, "get", away)
            raise ApiError(503, "ServiceUnavailable", "no")

        with at_patch(2, patched, lost):
            result = cluster.run(*WRONG, "undo")
    assert result.status == 2
    assert "left as it is" not in result.stderr
    assert result.stderr.endswith(f": {UNKNOWN}\n")


@pytest.mark.parametrize(
    ("ends", "status", "said"),
    [
        ("--undo", 0, ""),
        ("--resume", 1, "no answer came to what was sent, and it was changed since"),
    ],
)
def test_an_end_whose_answer_is_lost_before_somebody_else_writes(
    ends: str, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated() as cluster:
        assert cluster.run(*TO_BOND4, "--only-affected").status == 0

        def lost(send: Send) -> Any:
            send()
            annotate(cluster)
            raise ApiError(503, "ServiceUnavailable", "no")

        with at_patch(1, monkeypatch, lost):
            result = cluster.run("set", ends)
        kept = cluster.daemon_set()["metadata"]["annotations"].get(RECORD_ANNOTATION)
    assert result.status == status, result
    assert said in result.stderr
    assert (kept is None) is (ends == "--undo")
    assert ("env restored" in result.stdout) is (ends == "--undo")
    assert ("run kubectl calico-nic inspect" in result.stderr) is (ends == "--resume")


def test_ctrl_c_at_an_operators_undo_does_not_advise_to_undo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulated(operators_story()) as cluster:
        operator = Operator(cluster)
        operator.reconcile()
        with operator.running():
            assert cluster.run(*TO_BOND4).status == 0
            with at_patch(1, monkeypatch, interrupted):
                result = cluster.run("set", "--undo")
    assert result.status == 130
    assert result.stderr.endswith(f"interrupted: installation default has the change\n{FOLLOW}")


def test_a_canary_whose_node_is_deleted_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated() as cluster:

        def gone(send: Send) -> Any:
            cluster.request("DELETE", "/api/v1/nodes/node-3")
            return send()

        with at_patch(1, monkeypatch, gone, "delete"):
            result = cluster.run(*TO_BOND4, "--canary", "node-3", "--wait", "--timeout", "9s")
    assert result.status == 2
    assert "node-3: its Node was deleted\n" in result.stderr
    assert "the new value is not proven: " in result.stderr
