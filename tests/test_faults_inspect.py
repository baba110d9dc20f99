"""``inspect`` in every cell of the fault matrix: true, or said to be unknown, and in time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from .calico_nic import Result
from .cluster_server import unused_port
from .fault_matrix import FAULTS, TAKES_ITS_TIME, Cell, cells
from .simulated import Disturbed

PODS = "*/kube-system/pods?*"
NODES = "/api/v1/nodes?*"
DEADLINE = "--request-timeout=400ms"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Disturbed]:
    with Disturbed() as running:
        yield running


@pytest.fixture(scope="module")
def whole(cluster: Disturbed) -> Result:
    """The report when nothing is disturbed."""
    cluster.proxy.clear()
    return cluster.run("inspect", "-o", "wide")


def row(result: Result, node: str) -> list[str]:
    """The fields of a node's row."""
    return next(line for line in result.lines if line.startswith(f"{node} ")).split()


@pytest.mark.parametrize("cell", cells("inspect"), ids=str)
def test_the_matrix(cell: Cell, cluster: Disturbed, whole: Result) -> None:
    patterns = {
        "pods": PODS,
        "nodes": NODES,
        "log": cluster.of_pod("node-3", "log"),
        "exec": cluster.of_pod("node-3", "exec"),
    }
    cluster.proxy.clear()
    times = None if cell.always else 1
    cluster.proxy.on("GET", patterns[cell.place], FAULTS[cell.fault], times=times)
    limit = [DEADLINE] if cell.fault in TAKES_ITS_TIME else []
    result = cluster.run("inspect", "-o", "wide", *limit)
    assert cluster.proxy.struck

    if cell.outcome == "whole":
        assert (result.status, result.stdout, result.stderr) == (2, whole.stdout, "")
    elif cell.outcome == "fails":
        assert (result.status, result.stdout) == (1, "")
        assert len(result.stderr.splitlines()) == 1
    elif cell.outcome == "part":
        assert result.status == 2
        assert "Warning: " in result.stderr
        if cell.place == "log" and cell.fault != "403":
            assert "INCOMPLETE: rests on the logs of 3 of 4 nodes; not read: node-3" in result.lines
            assert [row(result, f"node-{n}") for n in (1, 2, 4)] == [
                row(whole, f"node-{n}") for n in (1, 2, 4)
            ]
    else:
        assert cell.outcome == "as is"
        assert result.status == 2
    assert "Traceback" not in result.stderr
    assert "unexpected" not in result.stderr.partition("unexpected EOF")[2]


COMMANDS = (("inspect",), ("set", "--interface", "bond4"), ("rollout-check",))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_server_that_refuses_is_named_in_kubectls_words(
    command: tuple[str, ...], cluster: Disturbed
) -> None:
    port = unused_port()
    result = cluster.run(*command, "--server", f"http://127.0.0.1:{port}")
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == (
        f"The connection to the server 127.0.0.1:{port} was refused - did you specify the right "
        "host or port?\n"
    )


@pytest.mark.parametrize("place", [PODS, NODES, "*/log?*", "*/daemonsets?*"])
def test_a_server_that_restarts_meanwhile_is_asked_again(
    place: str, cluster: Disturbed, whole: Result
) -> None:
    cluster.proxy.clear()
    cluster.proxy.on("GET", place, lambda _: cluster.proxy.be_away(connections=3), times=1)
    result = cluster.run("inspect", "-o", "wide")
    assert (result.status, result.stdout, result.stderr) == (2, whole.stdout, "")


def test_an_error_does_not_wait_for_what_still_hangs(cluster: Disturbed) -> None:
    """The process ends when it has told why, not when the last worker gives up."""
    cluster.proxy.clear()
    cluster.proxy.on("GET", NODES, FAULTS["silence"])
    cluster.proxy.on("GET", "*/daemonsets?*", FAULTS["404"])
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "kubectl_calico_nic", "inspect"],
        env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error from server (NotFound): not found\n"
    assert time.monotonic() - began < 20
