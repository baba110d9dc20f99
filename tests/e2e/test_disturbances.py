"""``rollout-check`` while the cluster, the connection or the user disturbs it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .api_proxy import Exchange, api_proxy
from .calico_node_agent import NODES
from .cluster import Cluster
from .plugin_process import EXECUTABLE, plugin, run
from .rollouts import (
    DAEMON_SET,
    METHOD,
    REPAIRED,
    hold_half_way,
    joining_host,
    merge_node,
    methods,
    release,
    set_method,
)
from .sockets import PROC, addresses
from .story import CALICO_PODS, NAME, NAMESPACE, nodes
from .terminal import Terminal
from .users import documented

CHECK = ("rollout-check", "--timeout", "80s")
PROVEN = 'daemon set "calico-node" successfully rolled out and proven on {0} of {0} nodes'
HELD_UP = "node-2: waiting: starting, not Ready"


@contextmanager
def paused(cluster: Cluster, program: str) -> Iterator[None]:
    """One process of the control plane does nothing while the block runs."""
    (pid,) = (process.pid for process in cluster.processes if process.name == program)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_node_that_joins_in_the_middle_is_proven_too(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        host = joining_host()
        cluster.agent.hosts = {host.name: host}
        (node,) = nodes([host], cluster.kubelets.port)
        cluster.client.create(NODES, node)
        check.wait_for("node-5: ok, bond4 172.16.10.25/24")
        release(cluster)
        ended = check.end()
    assert (ended.status, ended.stderr) == (0, "")
    assert ended.lines[-1] == PROVEN.format(5)


def test_a_node_that_leaves_in_the_middle_is_not_waited_for(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        cluster.client.delete(f"{NODES}/node-4")
        release(cluster)
        ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(3))


def test_another_change_in_the_middle_is_what_gets_proven(cluster: Cluster) -> None:
    hold_half_way(cluster, "cidr=172.16.10.0/24")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        set_method(cluster, "interface=bond4")
        release(cluster)
        ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))
    assert methods(cluster) == dict.fromkeys(REPAIRED, "interface=bond4")


def test_a_change_that_is_taken_back_in_the_middle_restarts_no_other_pod(
    empty_cluster: Cluster,
) -> None:
    """The controller takes pods of an equal template as they are, however old they are."""
    cluster = empty_cluster
    cluster.incident(env={METHOD: "interface=bond4"})
    before = {node: pod["metadata"]["uid"] for node, pod in cluster.pods().items()}
    hold_half_way(cluster, "interface=bond3")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        undone = cluster.kubectl("rollout", "undo", "-n", NAMESPACE, f"ds/{NAME}")
        assert undone.returncode == 0, undone.stderr
        release(cluster)
        ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))
    after = {node: pod["metadata"]["uid"] for node, pod in cluster.pods().items()}
    assert [node for node in before if before[node] != after[node]] == ["node-2"]


def test_a_change_that_the_controller_has_not_seen_is_waited_for(empty_cluster: Cluster) -> None:
    """All pods are Ready, right and of the newest revision there is; it is that of the former."""
    cluster = empty_cluster
    cluster.incident(env={METHOD: "interface=bond4"})
    with paused(cluster, "kube-controller-manager"):
        set_method(cluster, "cidr=172.16.10.0/24")
        now = run(cluster, "rollout-check", "--watch=false")
        assert (now.status, "0 of 4 pods updated" in now.lines[-1]) == (2, True)
        with plugin(cluster, *CHECK) as check:
            check.wait_for("node-4: waiting: old template")
            os.kill(_pid(cluster, "kube-controller-manager"), signal.SIGCONT)
            ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))
    assert methods(cluster) == dict.fromkeys(REPAIRED, "cidr=172.16.10.0/24")


def test_what_the_former_method_broke_is_no_reason_to_stop(cluster: Cluster) -> None:
    set_method(cluster, "interface=bond9")
    cluster.wait_until_rolled_out()
    with paused(cluster, "kube-controller-manager"):
        set_method(cluster, "interface=bond4")
        with plugin(cluster, *CHECK) as check:
            check.wait_for("node-4: waiting: old template")
            os.kill(_pid(cluster, "kube-controller-manager"), signal.SIGCONT)
            ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))


def _pid(cluster: Cluster, program: str) -> int:
    (pid,) = (process.pid for process in cluster.processes if process.name == program)
    return pid


def test_an_api_server_that_restarts_is_waited_for(cluster: Cluster) -> None:
    """For somebody with the documented rights, whom it does not know at first."""
    hold_half_way(cluster, "interface=bond4")
    reader = cluster.user("reader", documented("inspect", "exec"))
    with plugin(cluster, *CHECK, kubeconfig=reader) as check:
        check.wait_for(HELD_UP)
        cluster.control_plane.kill_api_server()
        check.wait_for("Warning: no answer, trying again: ", stream="stderr")
        cluster.control_plane.start_api_server()
        check.wait_for("The API server answers again.", stream="stderr")
        release(cluster)
        ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))
    assert len(ended.stderr.splitlines()) == 2


def test_a_watch_that_expired_is_begun_anew(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with (
        api_proxy(cluster) as proxy,
        plugin(cluster, *CHECK, "--probe=never", kubeconfig=proxy.kubeconfig) as check,
    ):
        check.wait_for(HELD_UP)
        proxy.wait_for(lambda exchanges: watched(exchanges) == {"daemonsets", "pods", "nodes"})
        with proxy.holding():
            release(cluster)
            cluster.wait_until_rolled_out()
            # An API server that has just begun remembers no change from before, nor does etcd.
            cluster.control_plane.kill_api_server()
            cluster.control_plane.compact()
            cluster.control_plane.start_api_server()
        ended = check.end()
    assert {"daemonsets", "pods"} <= {each.plural for each in proxy.exchanges if each.expired}
    assert (ended.status, ended.stderr, ended.lines[-1]) == (0, "", PROVEN.format(4))


def test_the_timeout_holds_while_the_api_server_says_nothing(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    check = ("rollout-check", "--timeout", "3s", "--probe=never")
    with (
        api_proxy(cluster) as proxy,
        plugin(cluster, *check, kubeconfig=proxy.kubeconfig) as late,
    ):
        late.wait_for(HELD_UP)
        with proxy.holding():
            ended = late.end(seconds=20)
    assert (ended.status, ended.stderr) == (1, "error: timed out waiting for the condition\n")


def watched(exchanges: list[Exchange]) -> set[str]:
    return {each.plural for each in exchanges if each.is_open}


def test_a_daemon_set_that_is_deleted_ends_it(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        cluster.client.delete(DAEMON_SET)
        ended = check.end()
    assert ended.status == 1
    assert ended.stderr == "error: daemonset kube-system/calico-node: object has been deleted\n"


def test_ctrl_c_ends_it_quietly(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        check.interrupt()
        ended = check.end()
    assert (ended.status, ended.stderr) == (130, "")


@pytest.mark.skipif(not PROC.exists(), reason="the sockets of a process are read from /proc")
def test_ctrl_c_does_not_wait_for_an_api_server_that_hangs(cluster: Cluster) -> None:
    with paused(cluster, "kube-apiserver"), plugin(cluster, *CHECK) as check:
        check.wait_until(lambda: bool(addresses(check.pid)))
        check.interrupt()
        ended = check.end(seconds=10)
    assert (ended.status, ended.stdout, ended.stderr) == (130, "", "")


def test_ctrl_c_on_a_terminal_leaves_it_as_it_was(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with Terminal([EXECUTABLE, *CHECK], cluster.environment()) as terminal:
        before = terminal.settings
        terminal.wait_for("starting, not Ready")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert terminal.settings == before
    assert terminal.shows_cursor
    assert "Traceback" not in terminal.text


def test_a_terminal_shows_a_live_table_and_then_the_proof(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with Terminal([EXECUTABLE, *CHECK], cluster.environment()) as terminal:
        terminal.wait_for("starting, not Ready")
        terminal.wait_for('"calico-node" is not rolled out and proven')
        release(cluster)
        assert terminal.end() == 0
    assert "successfully rolled out" in terminal.text.splitlines()[-1]
    assert terminal.shows_cursor


def test_a_reader_that_has_enough_ends_it_quietly(cluster: Cluster, tmp_path: Path) -> None:
    hold_half_way(cluster, "interface=bond4")
    status = tmp_path / "status"
    command = f"{{ {EXECUTABLE} {' '.join(CHECK)}; echo $? >{status}; }} | head -n 1"
    with subprocess.Popen(
        ["sh", "-c", command],
        env=cluster.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "node-1: waiting: old template\n"
        release(cluster)
        rest, errors = shell.communicate(timeout=60)
    assert (rest, errors) == ("", "")
    assert status.read_text() == "1\n"


def test_pods_that_are_deleted_in_the_middle_are_replaced_and_proven(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        cluster.client.delete(CALICO_PODS, gracePeriodSeconds=0)
        release(cluster)
        ended = check.end()
    assert (ended.status, ended.lines[-1]) == (0, PROVEN.format(4))


def test_changes_of_nodes_that_mean_nothing_here_show_nothing(cluster: Cluster) -> None:
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, *CHECK) as check:
        check.wait_for(HELD_UP)
        for name in REPAIRED:
            merge_node(cluster, name, {"metadata": {"labels": {"changed": "yes"}}})
        release(cluster)
        ended = check.end()
    assert ended.status == 0
    assert ended.stdout.count("node-1: waiting: old template") == 1
