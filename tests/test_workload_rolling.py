"""Which pods a template change restarts, how many at once, and what blocks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.workload.revisions import is_updated
from kubectl_calico_nic.workload.rolling import (
    PodState,
    Strategy,
    forecast_roll,
    scaled,
    start_seconds,
)


@pytest.mark.parametrize(
    ("revision", "newest", "generation", "newest_generation", "expected"),
    [
        ("a", "a", "1", "2", True),
        ("a", "b", "2", "2", True),
        ("a", "b", "1", "2", False),
        ("a", "b", None, None, False),
        (None, "b", "2", "2", True),
        (None, None, "1", "2", False),
        ("a", None, "1", None, None),
        (None, "b", None, "2", None),
        ("", "", "", "", None),
    ],
)
def test_a_pod_is_updated_when_either_label_matches(
    revision: str | None,
    newest: str | None,
    generation: str | None,
    newest_generation: str | None,
    expected: bool | None,
) -> None:
    assert is_updated(revision, newest, generation, newest_generation) is expected


def pods(
    ready: int, unready: int = 0, missing: int = 0, seconds: float | None = None
) -> list[PodState]:
    states = [PodState(f"r{n}", True, start_seconds=seconds) for n in range(ready)]
    states += [PodState(f"u{n}", False) for n in range(unready)]
    return states + [PodState(f"m{n}", False, exists=False) for n in range(missing)]


def test_ready_pods_restart_one_at_a_time_by_default() -> None:
    roll = forecast_roll(pods(ready=4, seconds=30.0), Strategy())
    assert (roll.restarts, roll.at_once, roll.ready_at_once) == (4, 1, 1)
    assert roll.blocked_by == ()
    assert roll.seconds == 120


def test_all_unready_pods_are_replaced_at_once_and_hold_up_the_ready_ones() -> None:
    roll = forecast_roll(pods(ready=2, unready=2, seconds=30.0), Strategy(max_unavailable=1))
    assert roll.first == ("u0", "u1")
    assert roll.at_once == 2
    assert roll.blocked_by == ("u0", "u1")
    assert roll.seconds is None


def test_a_node_without_its_pod_uses_up_max_unavailable_too() -> None:
    roll = forecast_roll(pods(ready=3, missing=1), Strategy(max_unavailable=1))
    assert (roll.restarts, roll.blocked_by) == (3, ("m0",))


def test_room_left_by_unready_pods_is_used_in_the_same_moment() -> None:
    roll = forecast_roll(pods(ready=4, unready=1, seconds=10.0), Strategy(max_unavailable=3))
    assert (roll.at_once, roll.ready_at_once, roll.blocked_by) == (3, 3, ())
    assert roll.seconds == 30


def test_nothing_blocks_when_no_ready_pod_is_left_to_restart() -> None:
    assert forecast_roll(pods(ready=0, unready=3), Strategy()).blocked_by == ()


def test_a_percentage_rounds_up() -> None:
    assert forecast_roll(pods(ready=11), Strategy(max_unavailable="10%")).ready_at_once == 2


def test_a_surge_counts_instead_of_max_unavailable() -> None:
    roll = forecast_roll(pods(ready=4, missing=1), Strategy(max_unavailable=0, max_surge="50%"))
    assert (roll.ready_at_once, roll.blocked_by) == (3, ())


def test_neither_surge_nor_unavailability_counts_as_one() -> None:
    assert forecast_roll(pods(ready=4), Strategy(max_unavailable=0)).ready_at_once == 1


def test_on_delete_restarts_nothing() -> None:
    roll = forecast_roll(pods(ready=2, unready=2), Strategy(type="OnDelete"))
    assert (roll.restarts, roll.at_once, roll.first, roll.blocked_by) == (0, 0, (), ())


def test_pods_that_match_the_new_template_stay() -> None:
    states = [PodState("new", True, updated=True), PodState("old", True)]
    assert forecast_roll(states, Strategy()).restarts == 1
    unready = [PodState("new", False, updated=True), PodState("old", True)]
    assert forecast_roll(unready, Strategy()).blocked_by == ("new",)


@given(
    st.integers(0, 30),
    st.integers(0, 5),
    st.integers(0, 3),
    st.one_of(st.integers(0, 40), st.integers(0, 100).map(lambda n: f"{n}%")),
)
def test_ready_pods_never_restart_beyond_the_limit(
    ready: int, unready: int, missing: int, limit: int | str
) -> None:
    roll = forecast_roll(pods(ready, unready, missing), Strategy(max_unavailable=limit))
    allowed = max(1, scaled(limit, ready + unready + missing))
    assert roll.ready_at_once == min(allowed, ready)
    assert len(roll.first) == unready
    assert roll.restarts == ready + unready
    assert roll.at_once <= roll.restarts
    assert bool(roll.blocked_by) == (ready > 0 and unready + missing >= allowed)


@pytest.mark.parametrize(
    ("value", "total", "expected"),
    [(3, 10, 3), ("25%", 10, 3), ("0%", 10, 0), ("100%", 7, 7), ("x", 10, 0), ("5", 10, 0)],
)
def test_scaled_values(value: int | str, total: int, expected: int) -> None:
    assert scaled(value, total) == expected


def test_the_strategy_is_read_with_the_defaults_of_the_api() -> None:
    assert Strategy.of({}) == Strategy("RollingUpdate", 1, 0)
    rolling = {"maxUnavailable": "10%", "maxSurge": 0}
    assert Strategy.of({"updateStrategy": {"rollingUpdate": rolling}}).max_unavailable == "10%"
    assert Strategy.of({"updateStrategy": {"type": "OnDelete"}}).type == "OnDelete"


@pytest.mark.parametrize(
    ("began", "ready", "expected"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:32Z", 32.0),
        ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", None),
        ("2026-01-01T00:00:10Z", "2026-01-01T00:00:00Z", None),
        ("2026-01-01T00:00:10Z", "2026-01-01T00:00:10Z", None),
        (None, "2026-01-01T00:00:00Z", None),
        ("yesterday", "2026-01-01T00:00:00Z", None),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:01Z", None),
    ],
)
def test_a_start_is_timed_only_when_both_ends_belong_to_it(
    began: str | None, ready: str, expected: float | None
) -> None:
    assert start_seconds(began, ready) == expected
