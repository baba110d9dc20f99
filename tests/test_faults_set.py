"""``set`` whatever happens: never lost, never half applied, never reported wrongly."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any

import pytest

from kubectl_calico_nic.simulator.story import Story, incident

from .calico_nic import Result
from .fault_matrix import FAULTS, TAKES_ITS_TIME, Cell, cells
from .fault_schedules import Outcome, Schedule, Somebody, restore
from .simulated import CALICO_NODE, Disturbed

SET = ("set", "--interface", "bond4", "--concurrency", "1")
SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "150"))
"""How many random schedules are tried; ``make faults`` tries 10,000."""
BATCHES = max(10, SCHEDULES // 25)
EVERY_REQUEST = "FAULT_SCHEDULES" in os.environ


def two_nodes() -> Story:
    """One node that is right, one that is wrong: what there is to read is read sooner."""
    return dataclasses.replace(incident(), nodes=incident().nodes[1:3], uptime=200.0)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Disturbed]:
    with Disturbed(two_nodes()) as running:
        yield running


@pytest.fixture(scope="module")
def before(cluster: Disturbed) -> Any:
    return cluster.daemon_set()


@pytest.fixture(scope="module")
def intended(cluster: Disturbed, before: Any) -> Any:
    """The object as an undisturbed ``set`` leaves it."""
    assert cluster.run(*SET).status == 0
    after = cluster.daemon_set()
    restore(cluster, before)
    return after


def outcome(
    cluster: Disturbed, before: Any, result: Result, somebody: Somebody | None = None
) -> Outcome:
    """How it ended; the cluster is then as it was."""
    cluster.proxy.clear()
    after = cluster.daemon_set()
    restore(cluster, before)
    return Outcome(before, after, result, somebody.labels if somebody else {})


@pytest.mark.parametrize("cell", cells("set"), ids=str)
def test_the_matrix(cell: Cell, cluster: Disturbed, before: Any, intended: Any) -> None:
    cluster.proxy.clear()
    times = None if cell.always else 1
    cluster.proxy.on("PATCH", f"{CALICO_NODE}?*", FAULTS[cell.fault], times=times)
    limit = ["--request-timeout=400ms"] if cell.fault in TAKES_ITS_TIME else []
    found = outcome(cluster, before, cluster.run(*SET, *limit))
    found.check(intended)
    assert found.is_made is (cell.outcome == "made")
    assert (found.result.status == 0) is (cell.outcome == "made")


QUICK = ("reset mid-chunk", "403", "503", "200 and HTML")
"""One fault of each kind: those that are all met in the same way are left to ``make faults``."""


@pytest.mark.parametrize("fault", FAULTS if EVERY_REQUEST else QUICK)
def test_every_request(fault: str, cluster: Disturbed, before: Any, intended: Any) -> None:
    cluster.proxy.clear()
    limit = ["--request-timeout=400ms"] if fault in TAKES_ITS_TIME else []
    number, is_over = 0, False
    while not is_over:
        cluster.proxy.on("*", "*", FAULTS[fault], skip=number, times=1)
        result = cluster.run(*SET, *limit)
        is_over = not cluster.proxy.struck
        outcome(cluster, before, result).check(intended)
        number += 1
    assert number > 15


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_schedules(batch: int, cluster: Disturbed, before: Any, intended: Any) -> None:
    for seed in range(batch * SCHEDULES // BATCHES, (batch + 1) * SCHEDULES // BATCHES):
        somebody = Somebody(cluster)
        schedule = Schedule(seed, somebody)
        cluster.proxy.clear()
        cluster.proxy.on("*", "*", schedule)
        result = cluster.run(*SET)
        try:
            outcome(cluster, before, result, somebody).check(intended)
        except AssertionError:
            print(f"seed {seed}", *schedule.drawn, result, sep="\n")  # noqa: T201
            raise
