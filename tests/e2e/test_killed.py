"""kill -9 of the executable at the writes of a change: what it leaves, resume and undo can end.

Before a write: nothing of it was sent. After it: the API server has done it, and nobody heard.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from typing import NamedTuple

import pytest

from .api_proxy import Exchange, api_proxy
from .cluster import Cluster
from .operator_stand_in import V4
from .operators_cluster import OperatorsCluster, operated
from .plugin_process import RECORD, plugin
from .rollouts import INCIDENT, METHOD, REPAIRED
from .stages import BAD, ON_DELETE, TO_BOND4, Staging, method_in, record_of

CANARY = (*TO_BOND4, "--canary=node-3", "--wait")
ONLY_AFFECTED = (*TO_BOND4, "--only-affected")
UNDO, RESUME = ("set", "--undo", "--wait"), ("set", "--resume", "--wait")


class Moment(NamedTuple):
    """The ``write``-th one of ``command``, ``before`` it or ``after`` it.

    ``first`` was run to its end before. ``is_staged`` says whether something is under way then.
    """

    command: tuple[str, ...]
    write: int
    when: str
    is_staged: bool
    first: tuple[str, ...] = ()

    def __str__(self) -> str:
        *_, flag = (word for word in self.command if word != "--wait")
        return f"{flag.partition('=')[0][2:]}-{self.when}-{self.write}"


# What is left after one write is what is left before the next one, but for what the cluster does in
# between. The simulated cluster has them all: tests/test_set_interrupted.py.
MOMENTS = [
    Moment(CANARY, 1, "after", True),
    Moment(CANARY, 2, "after", True),
    Moment(CANARY, 3, "before", True),
    Moment(CANARY, 3, "after", False),
    Moment(ONLY_AFFECTED, 1, "before", False),
    Moment(ONLY_AFFECTED, 1, "after", True),
    Moment(ONLY_AFFECTED, 2, "after", True),
    Moment(ONLY_AFFECTED, 3, "before", True),
    Moment(ONLY_AFFECTED, 3, "after", True),
    Moment(RESUME, 1, "after", False, ONLY_AFFECTED),
    Moment(UNDO, 1, "after", False, ONLY_AFFECTED),
]


@pytest.fixture
def staging(cluster: Cluster) -> Staging:
    return Staging.of(cluster)


def kill(cluster: Cluster, command: tuple[str, ...], write: int, when: str) -> None:
    """Run the plugin until its ``write``-th write, and no further.

    One that the API server refuses, because somebody was faster, does not count.
    """
    pid: Future[int] = Future()
    done = 0

    def at_writes(exchange: Exchange) -> bool:
        nonlocal done
        done += exchange.is_done
        is_it = exchange.is_done if when == "after" else exchange.answer is None
        if not is_it or done != (write if when == "after" else write - 1):
            return True
        os.kill(pid.result(), signal.SIGKILL)
        return False

    with api_proxy(cluster) as proxy:
        proxy.at_writes = at_writes
        with plugin(cluster, *command, kubeconfig=proxy.kubeconfig) as process:
            pid.set_result(process.pid)
            ended = process.end()
    assert ended.status == -signal.SIGKILL, ended


def leave(staging: Staging, moment: Moment) -> None:
    """Kill the plugin; what it leaves is always one of the announced states."""
    if moment.first:
        staging.ok(*moment.first)
    kill(staging.cluster, moment.command, moment.write, moment.when)
    left = staging.daemon_set
    record = record_of(left)
    assert (record is not None) is (method_in(left) is not None)
    assert (left["spec"]["updateStrategy"] == ON_DELETE) is moment.is_staged
    assert bool(record and record.get("stage")) is moment.is_staged
    assert set(staging.methods.values()) <= {None, "interface=bond4"}, "a third value"


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_undo_ends_it_with_what_was_before(staging: Staging, moment: Moment) -> None:
    leave(staging, moment)
    was_changed = staging.record is not None
    ended = staging.run("set", "--undo")
    assert ended.status == (0 if was_changed else 1), ended
    assert ("nothing to undo" in ended.stderr) is not was_changed
    staging.assert_back()
    assert staging.cluster.annotations() == INCIDENT


WORTH_RESUMING = [each for each in MOMENTS if each.is_staged or each.write > 1]


@pytest.mark.parametrize("moment", WORTH_RESUMING, ids=str)
def test_resume_ends_it_with_the_new_value(staging: Staging, moment: Moment) -> None:
    leave(staging, moment)
    ended = staging.run("set", "--resume")
    assert ended.status == (0 if moment.is_staged else 1), ended
    assert ("nothing to resume" in ended.stderr) is not moment.is_staged
    staging.assert_done()
    assert staging.cluster.annotations() == REPAIRED


@pytest.mark.parametrize("when", ["before", "after"])
def test_when_a_rollout_that_went_wrong_is_being_paused(staging: Staging, when: str) -> None:
    kill(staging.cluster, BAD, 2, when)
    assert (staging.strategy == ON_DELETE) is (when == "after")
    assert staging.record["names"] == [METHOD]
    if when == "after":
        staging.ok("set", "--resume", "--force")
        staging.cluster.wait_until_rolled_out()
        assert set(staging.methods.values()) == {"interface=bond9"}
    staging.ok("set", "--undo")
    staging.assert_back()


def test_when_a_rollout_that_went_wrong_is_being_undone(staging: Staging) -> None:
    kill(staging.cluster, (*BAD, "--on-failure=undo"), 2, "after")
    staging.assert_back()
    ended = staging.run("set", "--undo")
    assert (ended.status, "nothing to undo" in ended.stderr) == (1, True)


@pytest.fixture
def podless(empty_cluster: Cluster) -> Iterator[OperatorsCluster]:
    with operated(empty_cluster, with_nodes=False) as found:
        yield found


@pytest.mark.parametrize("when", ["before", "after"])
def test_when_an_installation_is_being_changed(podless: OperatorsCluster, when: str) -> None:
    kill(podless.cluster, TO_BOND4, 1, when)
    is_changed = RECORD in podless.installation["metadata"].get("annotations", {})
    assert is_changed is (when == "after")
    assert podless.field() == ({"interface": "bond4"} if is_changed else {"firstFound": True})
    ended = podless.run("set", "--undo")
    assert ended.status == (0 if is_changed else 1)
    assert podless.installation["spec"]["calicoNetwork"][V4] == {"firstFound": True}
    podless.wait_for_env(IP_AUTODETECTION_METHOD="first-found")
