"""``inspect`` in every cell of the fault matrix: true, or said to be unknown, and in time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .calico_nic import Result
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
