"""How often a rollout is judged: never at the cost of all of a CPU, never late at its end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kubectl_calico_nic.commands.judging_pace import JudgingPace


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("took", "rest"), [(0.0, 0.0), (0.25, 0.25), (1.0, 1.0), (8.0, 1.0)])
def test_it_rests_as_long_as_judging_took_but_for_a_second_at_most(
    took: float, rest: float
) -> None:
    clock = Clock()
    pace = JudgingPace(clock)
    assert pace.rest == 0.0
    with pace.judging():
        clock.now += took
    assert pace.rest == rest
    clock.now += rest / 2
    assert pace.rest == rest / 2
    clock.now += rest
    assert pace.rest == 0.0


def test_what_nobody_changed_is_judged_again_for_its_age() -> None:
    clock = Clock()
    pace = JudgingPace(clock)
    with pace.judging():
        clock.now += 0.5
    stale = []
    for seconds in (0.0, 10.0, 0.5):
        clock.now += seconds
        stale.append(pace.is_stale)
    assert stale == [False, False, True]
