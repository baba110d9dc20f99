"""Somebody, or an owner, writes the object while a change is under way: by whom is told.

The API server's own managedFields say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from .api_proxy import Exchange, api_proxy
from .cluster import Cluster
from .plugin_process import Ended, run
from .rollouts import DAEMON_SET, METHOD, set_method
from .stages import BACK, ON_DELETE, TO_BOND4, Staging, method_in
from .story import NAME, NAMESPACE

BY_ARGO = {"argocd.argoproj.io/tracking-id": f"net:apps/DaemonSet:{NAMESPACE}/{NAME}"}
LOOK = "  look:  kubectl calico-nic inspect\n"
FOLLOW = "  go on: by itself; follow it: kubectl calico-nic rollout-check\n"
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}


@pytest.fixture
def staging(cluster: Cluster) -> Staging:
    return Staging.of(cluster)


def overtaken(
    cluster: Cluster, write: str, act: Callable[[], object], *command: str
) -> tuple[Ended, list[str]]:
    """Run the plugin; somebody acts when its first ``write`` was done. Return its writes too."""
    writes: list[str] = []

    def at_writes(exchange: Exchange) -> bool:
        if exchange.is_done:
            writes.append(exchange.method)
            if writes == [*writes[:-1], write] and writes.count(write) == 1:
                act()
        return True

    with api_proxy(cluster) as proxy:
        proxy.at_writes = at_writes
        ended = run(cluster, *command, kubeconfig=proxy.kubeconfig)
    return ended, writes


def as_argo(cluster: Cluster, method: str) -> None:
    """What a sync writes, and under which name."""
    done = cluster.kubectl(
        *("set", "env", "-n", NAMESPACE, f"ds/{NAME}", "-c", NAME, f"{METHOD}={method}"),
        "--field-manager=argocd-controller",
    )
    assert done.returncode == 0, done.stderr


def test_no_pod_is_deleted_for_a_value_that_somebody_set_meanwhile(staging: Staging) -> None:
    cluster = staging.cluster
    ended, writes = overtaken(
        cluster,
        "PATCH",
        lambda: set_method(cluster, "interface=bond5"),
        *(*TO_BOND4, "--canary=node-3", "--wait"),
    )
    assert (ended.status, writes, staging.replaced) == (2, ["PATCH"], set())
    assert re.search(
        r"somebody changed it meanwhile: IP_AUTODETECTION_METHOD is interface=bond5, no longer "
        r"interface=bond4; by managedFields kubectl-set wrote it last, 20\S+; this command deletes "
        r"no more pods\n",
        ended.stderr,
    )
    assert ended.stderr.endswith(BACK + LOOK)
    assert staging.strategy == ON_DELETE

    set_method(cluster, "interface=bond4")
    staging.ok("set", "--undo")
    staging.assert_back()


def test_a_variable_that_somebody_removed_is_not_said_to_be_of_this_program(
    staging: Staging,
) -> None:
    """It has the other one, as it set it; who only removed something is in no managedFields."""
    cluster = staging.cluster
    set_env = ("set", "env", "-n", NAMESPACE, f"ds/{NAME}", "-c", NAME)
    assert cluster.kubectl(*set_env, "IP-").returncode == 0
    cluster.wait_until_rolled_out()
    ended, writes = overtaken(
        cluster,
        "PATCH",
        lambda: cluster.kubectl(*set_env, f"{METHOD}-", "--field-manager=a-colleague"),
        *(*TO_BOND4, "--canary=node-3", "--wait"),
    )
    assert (ended.status, writes) == (2, ["PATCH"]), ended
    assert ended.stderr.endswith(
        "somebody changed it meanwhile: IP_AUTODETECTION_METHOD is absent, no longer "
        f"interface=bond4; this command deletes no more pods\n{BACK}{LOOK}"
    )


def test_no_second_pod_is_deleted_once_the_strategy_is_another(staging: Staging) -> None:
    cluster = staging.cluster
    ended, writes = overtaken(
        cluster,
        "DELETE",
        lambda: cluster.client.merge(DAEMON_SET, {"spec": {"updateStrategy": ROLLING}}),
        *(*TO_BOND4, "--only-affected"),
    )
    assert (ended.status, writes) == (2, ["PATCH", "DELETE"])
    assert "spec.updateStrategy is RollingUpdate, maxSurge 0, maxUnavailable 1, no longer" in (
        ended.stderr
    )
    assert "but under RollingUpdate the controller now replaces every pod of another" in (
        ended.stderr
    )
    assert ended.stderr.endswith(FOLLOW + BACK)
    cluster.wait_until_rolled_out()
    staging.ok("set", "--undo", "--wait")
    staging.assert_back()


def test_an_owner_that_puts_the_value_back_while_it_is_followed_is_told(staging: Staging) -> None:
    cluster = staging.cluster
    cluster.client.merge(DAEMON_SET, {"metadata": {"annotations": BY_ARGO}})
    as_argo(cluster, "first-found")
    cluster.wait_until_rolled_out()

    ended, writes = overtaken(
        cluster,
        "PATCH",
        lambda: as_argo(cluster, "first-found"),
        *(*TO_BOND4, "--force", "--wait"),
    )
    assert (ended.status, writes) == (2, ["PATCH"]), ended
    assert re.search(
        r"the old value was put back: IP_AUTODETECTION_METHOD is first-found, no longer "
        r"interface=bond4; by managedFields argocd-controller wrote it last, 20\S+Z\n"
        r"  Argo CD application net: its next sync may put the old value back",
        ended.stderr,
    )
    assert "paused" not in ended.stderr
    assert (method_in(staging.daemon_set), staging.strategy) == ("first-found", ROLLING)
