"""Simulated time: what happens in which order, and what waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from kubectl_calico_nic.simulator.clock import Clock

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(pace=0, now=lambda: NOON)
    yield clock
    clock.stop()


def test_actions_run_in_the_order_they_are_due(clock: Clock, done: list[str]) -> None:
    clock.after(2, lambda: done.append("later"))
    clock.after(1, lambda: done.append("first"))
    clock.after(1, lambda: done.append("second"))
    clock.start()
    clock.settle()
    assert done == ["first", "second", "later"]


def test_what_an_action_starts_takes_its_turn(clock: Clock, done: list[str]) -> None:
    def first() -> None:
        done.append("first")
        clock.after(2, lambda: done.append("third"))

    clock.after(1, first)
    clock.after(2, lambda: done.append("second"))
    clock.start()
    clock.settle()
    assert done == ["first", "second", "third"]


def test_patient_actions_wait_for_time_to_pass(clock: Clock, done: list[str]) -> None:
    clock.after(10, lambda: done.append("patient"), patient=True)
    clock.after(20, lambda: done.append("prompt"))
    clock.start()
    clock.settle()
    assert done == ["prompt"]
    clock.advance(0)
    assert done == ["prompt", "patient"]


def test_time_that_passes_shows_on_the_clock(clock: Clock, done: list[str]) -> None:
    times = []

    def again() -> None:
        times.append(clock.now())
        clock.after(60, again, patient=True)

    clock.start()
    clock.after(60, again, patient=True)
    clock.advance(150)
    assert times == [NOON + timedelta(seconds=60), NOON + timedelta(seconds=120)]
    assert clock.now() == NOON + timedelta(seconds=150)


def test_the_past_is_lived_through_before_the_start() -> None:
    times = []
    clock = Clock(pace=0, began=NOON - timedelta(hours=1), now=lambda: NOON)
    clock.after(5, lambda: times.append(clock.now()))
    clock.after(1800, lambda: times.append(clock.now()), patient=True)
    clock.rehearse(3600)
    clock.start()
    clock.stop()
    assert times == [NOON - timedelta(seconds=3595), NOON - timedelta(seconds=1800)]
    assert clock.now() == NOON


def test_a_pace_stretches_time(done: list[str]) -> None:
    clock = Clock(pace=0.01)
    clock.after(2, lambda: done.append("later"), patient=True)
    clock.after(1, lambda: done.append("first"))
    clock.start()
    clock.after(3, lambda: done.append("last"))
    clock.settle()
    assert done == ["first", "later", "last"]
    assert clock.seconds() >= 3
    clock.stop()


def test_a_failure_reaches_who_waits(clock: Clock) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    clock.after(0, fail)
    clock.start()
    with pytest.raises(ZeroDivisionError):
        clock.settle()


def test_what_does_not_come_to_rest_is_said(clock: Clock) -> None:
    def again() -> None:
        clock.after(1, again)

    clock.after(0, again)
    clock.start()
    with pytest.raises(TimeoutError, match="did not settle"):
        clock.settle(timeout=0.05)
