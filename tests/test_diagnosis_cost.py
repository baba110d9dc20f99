"""What the recommended command costs: addresses, pods, how many at once, and about how long."""

from __future__ import annotations

import dataclasses

import pytest

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import Recommendation
from kubectl_calico_nic.output.recommendation_lines import recommendation_lines
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import incident

CREATED = "2026-01-01T12:00:00Z"


def at(seconds: int) -> str:
    return f"2026-01-01T12:{seconds // 60:02}:{seconds % 60:02}Z"


def started(facts: NodeFacts, seconds: int | None, *, ready: bool = True) -> NodeFacts:
    """A node whose calico-node took ``seconds`` from its start to Ready."""
    assert facts.pod is not None
    pod = dataclasses.replace(
        facts.pod,
        ready=ready,
        created=CREATED,
        ready_since=None if seconds is None else at(seconds),
        container_state=ContainerState("running", started_at=CREATED, ready=ready),
    )
    return dataclasses.replace(facts, pod=pod)


def with_starts(*starts: int | None, unready: tuple[str, ...] = ()) -> Snapshot:
    snapshot = incident()
    nodes = tuple(
        started(facts, seconds, ready=facts.name not in unready)
        for facts, seconds in zip(snapshot.nodes, starts, strict=True)
    )
    return dataclasses.replace(snapshot, nodes=nodes)


def with_strategy(snapshot: Snapshot, **strategy: object) -> Snapshot:
    (owner,) = snapshot.daemon_sets
    spec = {**owner.spec, "updateStrategy": strategy}
    changed = DaemonSet({**owner.object, "spec": spec})
    return dataclasses.replace(snapshot, daemon_sets=(changed,))


def recommended(snapshot: Snapshot) -> Recommendation:
    (found,) = diagnose(snapshot, Question()).recommendations
    return found


@pytest.mark.parametrize(
    ("starts", "seconds"),
    [
        ((30, 30, 30, 30), 120),
        ((20, 30, 40, 500), 140),
        ((20, None, None, None), 80),
        ((None, None, None, None), None),
    ],
)
def test_the_time_is_the_median_start_for_each_batch(
    starts: tuple[int | None, ...], seconds: int | None
) -> None:
    assert recommended(with_starts(*starts)).seconds == seconds


@pytest.mark.parametrize(("limit", "seconds"), [(1, 120), (2, 60), ("50%", 60), ("100%", 30)])
def test_pods_that_restart_together_take_no_longer_than_one(limit: object, seconds: int) -> None:
    rolling = {"maxUnavailable": limit}
    snapshot = with_strategy(
        with_starts(30, 30, 30, 30), type="RollingUpdate", rollingUpdate=rolling
    )
    assert recommended(snapshot).seconds == seconds


def test_nothing_restarts_by_itself_under_on_delete() -> None:
    found = recommended(with_strategy(with_starts(30, 30, 30, 30), type="OnDelete"))

    assert (found.restarts, found.seconds) == (0, None)


def test_what_the_value_mends_does_not_hold_the_roll_up() -> None:
    found = recommended(with_starts(30, 30, None, None, unready=("node-3", "node-4")))

    assert (found.blocked_by, found.seconds, found.at_once) == ((), 120, 2)


def test_a_node_that_it_does_not_mend_holds_the_roll_up() -> None:
    found = recommended(with_starts(30, None, 30, 30, unready=("node-2",)))

    assert (found.blocked_by, found.seconds) == (("node-2",), None)


def words(**changes: object) -> list[str]:
    report = diagnose(with_starts(30, 30, 30, 30), Question())
    (found,) = report.recommendations
    changed = dataclasses.replace(found, **changes)  # type: ignore[arg-type]
    lines = recommendation_lines(dataclasses.replace(report, recommendations=(changed,)))
    return ["".join(span.text for span in parts) for parts in lines]


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({}, "2 addresses change, 4 pods restart one at a time, about 2 minutes in all."),
        (
            {"changes": 1, "restarts": 1},
            "1 address changes, 1 pod restarts, about 2 minutes in all.",
        ),
        ({"seconds": None}, "2 addresses change, 4 pods restart one at a time."),
        (
            {"at_once": 3},
            "2 addresses change, 4 pods restart up to 3 at a time, about 2 minutes in all.",
        ),
        ({"restarts": None}, "2 addresses change."),
    ],
)
def test_the_cost_in_words(changes: dict[str, object], cost: str) -> None:
    _, promise, command = words(**changes)

    assert promise == f"interface=bond4 gives all 4 nodes their expected address: {cost}"
    assert command == "  kubectl calico-nic set --interface bond4"


def test_what_is_left_out_and_what_holds_it_up_is_named() -> None:
    names = tuple(f"n{number}" for number in range(8))
    _, promise, blocked, _ = words(
        nodes=3, uncovered=names, why_uncovered=("it would choose nothing",) * 8, blocked_by=("x",)
    )
    assert "gives 3 of 4 nodes their expected address; not n0 (it would choose nothing)" in promise
    assert "n5 (it would choose nothing) and 2 more" in promise
    assert blocked == (
        "It goes no further than x, whose calico-node is not Ready, until that is mended."
    )


def advice_for(state: ContainerState) -> str:
    snapshot = incident(inventories=False)
    nodes = tuple(
        dataclasses.replace(facts, pod=dataclasses.replace(facts.pod, container_state=state))
        for facts in snapshot.nodes
        if facts.pod is not None
    )
    (advice,) = diagnose(dataclasses.replace(snapshot, nodes=nodes), Question()).advice
    return advice.partition("; ")[2]


def test_a_right_is_missed_only_where_there_is_somebody_to_ask() -> None:
    assert advice_for(ContainerState("running")).endswith("which needs pods/exec")
    assert advice_for(ContainerState("waiting")) == (
        "calico-node does not run there to be asked: see ip -o addr show on the node itself"
    )
