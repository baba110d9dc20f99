"""How many requests are in flight: fewer while the server pushes back, more again after."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from kubectl_calico_nic.cluster.turns import Turns


def at_once(turns: Turns) -> int:
    """How many turns there are."""
    count = 0
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(turns.turn(0))
            except TimeoutError:
                return count
            count += 1


def test_no_more_than_asked_for_at_once() -> None:
    assert at_once(Turns(5)) == 5


def test_one_round_that_meets_429_halves_it_once() -> None:
    turns = Turns(16)
    with ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(turns.turn(0))
        for _ in range(10):
            turns.slow_down()
    assert at_once(turns) == 8


def test_it_never_comes_to_a_standstill() -> None:
    turns = Turns(4)
    for _ in range(9):
        with turns.turn(0):
            turns.slow_down()
    assert at_once(turns) == 1


def test_what_goes_well_brings_it_back_one_by_one() -> None:
    turns = Turns(4)
    with turns.turn(0):
        turns.slow_down()
    limits = []
    for _ in range(20):
        with turns.turn(0):
            pass
        limits.append(turns._limit)
    assert limits == sorted(limits)
    assert limits[0] == 2
    assert limits[-1] == 4


def test_who_gets_no_turn_in_time_is_told() -> None:
    turns = Turns(1)
    with turns.turn(None), pytest.raises(TimeoutError), turns.turn(0.01):
        raise AssertionError
