"""A rollout that goes wrong, or that nobody waits for any longer: what stops, and the ways out.

Commands run as a user with exactly the documented rights, but where a proxy listens: there as the
administrator.
"""

from __future__ import annotations

import signal

import pytest

from .api_proxy import Exchange, api_proxy
from .calico_node_agent import NODES
from .cluster import Cluster
from .plugin_process import plugin
from .rollouts import HELD, hold, release, wait_for_daemon_set
from .stages import BACK, BAD, EVERY_NODE, GO_ON, ON_DELETE, TO_BOND4, Staging

ADDRESS = "projectcalico.org/IPv4Address"


@pytest.fixture
def staging(cluster: Cluster) -> Staging:
    return Staging.of(cluster)


@pytest.fixture
def crashing(staging: Staging) -> Staging:
    """Nothing is stored: a detection that fails ends calico-node instead of keeping an address."""
    for node in EVERY_NODE:
        staging.cluster.client.merge(
            f"{NODES}/{node}", {"metadata": {"annotations": {ADDRESS: None}}}
        )
    return staging


def test_a_rollout_that_goes_wrong_is_paused(crashing: Staging) -> None:
    result = crashing.run(*BAD)
    assert result.status == 2, result
    (victim,) = crashing.replaced
    assert f"the rollout went wrong: paused: no more pods restart; {victim} have" in result.stderr
    assert GO_ON + BACK in result.stderr
    assert "detection-failed" in result.stdout
    assert crashing.strategy == ON_DELETE
    assert crashing.record["stage"]["kind"] == "paused"

    refused = crashing.run("set", "--resume")
    assert (refused.status, "detection-failed" in refused.stderr) == (2, True)
    assert crashing.ok("set", "--undo", "--wait")
    assert crashing.replaced == {victim}
    crashing.assert_back()


def test_a_rollout_that_goes_wrong_is_undone(crashing: Staging) -> None:
    result = crashing.run(*BAD, "--on-failure=undo")
    assert result.status == 2, result
    assert "the rollout went wrong: undone: the former value is back\n" in result.stderr
    crashing.assert_back()
    assert len(crashing.replaced) == 1


def test_a_rollout_that_goes_wrong_is_left(crashing: Staging) -> None:
    result = crashing.run(*BAD, "--on-failure=leave")
    assert result.status == 2, result
    goes_on = "  go on: by itself; follow it: kubectl calico-nic rollout-check\n"
    assert f"the rollout went wrong: left as it is\n{goes_on}{BACK}" in result.stderr
    assert crashing.strategy == crashing.original["updateStrategy"]
    assert "stage" not in crashing.record
    assert len(crashing.replaced) == 1
    undone = crashing.ok("set", "--undo")
    assert "\n1 pod restarts" in undone.stdout
    crashing.assert_back()
    assert len(crashing.replaced) == 1


def test_a_canary_that_fails_leaves_all_other_pods_alone(crashing: Staging) -> None:
    result = crashing.run(*BAD, "--canary=node-4")
    assert result.status == 2, result
    assert "the new value is not proven" in result.stderr
    assert GO_ON + BACK in result.stderr
    assert crashing.replaced == {"node-4"}
    assert crashing.strategy == ON_DELETE
    crashing.ok("set", "--undo")
    crashing.assert_back()
    assert crashing.replaced == {"node-4"}


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["ctrl-c", "term", "hup"],
)
def test_ctrl_c_pauses_and_resume_goes_on(
    number: signal.Signals, status: int, staging: Staging
) -> None:
    cluster = staging.cluster
    hold(cluster)
    with plugin(cluster, *TO_BOND4, "--wait", kubeconfig=staging.user) as process:
        process.wait_for("node-2: waiting: starting, not Ready")
        process.interrupt(number)
        ended = process.end()
    assert ended.status == status
    assert f"interrupted: paused: no more pods restart; {HELD} have the new value\n" in ended.stderr
    assert ended.stderr.endswith(GO_ON + BACK)
    release(cluster)
    wait_for_daemon_set(cluster, lambda found: found["status"].get("numberAvailable") == 4)
    assert staging.replaced == {HELD}
    assert (staging.strategy, staging.record["stage"]["kind"]) == (ON_DELETE, "paused")

    staging.ok("set", "--resume", "--wait")
    staging.assert_done()


FOLLOW = "  go on: by itself; follow it: kubectl calico-nic rollout-check\n"
UNKNOWN = (
    "interrupted: daemonset kube-system/calico-node does not have the change; unknown whether the "
    "API server still takes what was sent: run kubectl calico-nic inspect\n"
)
MADE = f"interrupted: daemonset kube-system/calico-node has the change\n{FOLLOW}{BACK}"


@pytest.mark.parametrize("is_made", [False, True], ids=["lost on its way", "made"])
def test_ctrl_c_while_the_first_patch_is_sent_says_what_is_known(
    is_made: bool, staging: Staging
) -> None:
    cluster = staging.cluster
    with (
        api_proxy(cluster) as proxy,
        plugin(cluster, *TO_BOND4, "--wait", kubeconfig=proxy.kubeconfig) as process,
    ):

        def interrupt(exchange: Exchange) -> bool:
            if (exchange.answer is not None) is not is_made:
                return True
            process.interrupt()
            process.end()
            return False

        proxy.at_writes = interrupt
        ended = process.end()
    assert ended.status == 130
    assert ended.stderr.endswith(MADE if is_made else UNKNOWN)
    if is_made:
        staging.ok("set", "--undo", "--wait")
    staging.assert_back()


def test_a_second_ctrl_c_leaves_at_once_and_says_what_is_unknown(staging: Staging) -> None:
    cluster = staging.cluster
    hold(cluster)
    with (
        api_proxy(cluster) as proxy,
        plugin(cluster, *TO_BOND4, "--wait", kubeconfig=proxy.kubeconfig) as process,
    ):
        writes = 0

        def interrupt_the_pause(exchange: Exchange) -> bool:
            nonlocal writes
            writes += exchange.answer is None
            if writes == 2:
                process.interrupt()
                process.end()
            return writes < 2

        proxy.at_writes = interrupt_the_pause
        process.wait_for("node-2: waiting: starting, not Ready")
        process.interrupt()
        ended = process.end()
    assert ended.status == 130
    assert ended.stderr.endswith(
        "interrupted: unknown whether the API server took what was sent: "
        "run kubectl calico-nic inspect\n"
    )
    assert "stage" not in staging.record
    release(cluster)
    staging.ok("set", "--undo", "--wait")
    staging.assert_back()


def test_ctrl_c_before_a_canary_is_proven(staging: Staging) -> None:
    cluster = staging.cluster
    cluster.agent.set_conditions(unready=frozenset({"node-3"}))
    wait_for_daemon_set(cluster, lambda found: found["status"]["numberAvailable"] == 3)
    command = (*TO_BOND4, "--canary=node-3", "--wait")
    with plugin(cluster, *command, kubeconfig=staging.user) as process:
        process.wait_for("node-3: waiting: starting, not Ready")
        process.interrupt()
        ended = process.end()
    assert ended.status == 130
    assert "interrupted: " in ended.stderr
    assert ended.stderr.endswith(GO_ON + BACK)
    assert (staging.replaced, staging.strategy) == ({"node-3"}, ON_DELETE)
    release(cluster)
    staging.ok("set", "--undo", "--wait")
    staging.assert_back()


def test_a_wait_that_takes_too_long_pauses(staging: Staging) -> None:
    hold(staging.cluster)
    ended = staging.run(*TO_BOND4, "--wait", "--timeout=1s")
    assert ended.status == 2
    paused = f"paused: no more pods restart; {HELD} have the new value\n"
    assert f"timed out waiting for the condition: {paused}{GO_ON}{BACK}" in ended.stderr
    assert (staging.strategy, staging.replaced) == (ON_DELETE, {HELD})
    release(staging.cluster)
    staging.ok("set", "--resume")
    staging.assert_done()
