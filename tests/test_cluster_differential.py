"""Generated kubeconfigs, command lines and environments: what kubectl does with them, we do.

Thousands are compared with what the real kubectl was recorded to do; a sample is run by both
executables. ``CALICO_NIC_CASES=5000`` runs that many more, each by the real kubectl.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster_differences import DIFFERENCES, Difference, Outcome, explanation, page
from tests.cluster_differential import Arena, Run, arena
from tests.cluster_generated import generated
from tests.cluster_kubectl import needs_kubectl
from tests.cluster_outcomes import COUNT, RECORDING, digest, recorded

EXECUTABLE = Path(sys.executable).parent / "kubectl-calico_nic"
SAMPLE = 50
CASES = int(os.environ.get("CALICO_NIC_CASES", "0"))
_FIRST = 1_000_000
_CHUNK = 250


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("pki")) as place:
        yield place


def unexplained(theirs: Outcome, ours: Outcome, run: Run) -> str:
    """What a failure says; "" where both did the same, or differ on purpose."""
    if theirs == ours or explanation(theirs, ours) is not None:
        return ""
    both = "".join(f"\n{json.dumps(each, ensure_ascii=False)}" for each in (theirs, ours))
    return f"\ncase {run.case.number}:{both}\n{run.case.text}"


@pytest.fixture(scope="module")
def explained() -> dict[str, int]:
    """How often each difference was met."""
    return {}


def test_the_recording_is_of_these_cases() -> None:
    content, cases = recorded()
    assert content["digest"] == digest(range(COUNT)), f"{RECORDING}: record it anew"
    asked = sum("server" in outcome for _, outcome in cases)
    assert asked > COUNT * 0.45, "too many cases end in an error"


@pytest.mark.parametrize("first", range(0, COUNT, _CHUNK))
def test_we_do_what_kubectl_did(
    place: Arena, tmp_path: Path, first: int, explained: dict[str, int]
) -> None:
    wrong = []
    for number, theirs in recorded()[1]:
        if not first <= number < first + _CHUNK:
            continue
        case = generated(number)
        if not place.has(case):
            continue
        run = Run.prepare(case, place, tmp_path)
        ours = run.in_process()
        wrong.append(unexplained(theirs, ours, run))
        if theirs != ours:
            met = explanation(theirs, ours)
            explained[met.what if met else ""] = explained.get(met.what if met else "", 0) + 1
    assert "".join(wrong) == ""


def test_every_difference_that_cases_can_meet_was_met(explained: dict[str, int]) -> None:
    def can_be_met(difference: Difference) -> bool:
        return difference.explains is not None

    assert set(explained) == {each.what for each in filter(can_be_met, DIFFERENCES)}


def _of_commands(outcome: Outcome) -> Outcome:
    """The outcome without what two different commands ask for."""
    through = outcome.get("through")
    if "path" not in outcome:
        return outcome
    short = {**outcome, "path": outcome["path"].partition("/api")[0]}
    if through is not None:
        short["through"] = {**through, "target": through["target"].partition("/api")[0]}
    return short


@needs_kubectl
def test_both_executables_do_the_same(place: Arena, tmp_path: Path) -> None:
    step = COUNT // SAMPLE
    cases = [case for case in map(generated, range(0, COUNT, step)) if place.has(case)]
    for number in range(1, COUNT, step):
        if len(cases) < SAMPLE and place.has(case := generated(number)):
            cases.append(case)
    assert len(cases) >= SAMPLE
    wrong = []
    for case in cases:
        run = Run.prepare(case, place, tmp_path)
        theirs, ours = _of_commands(run.by_kubectl()), _of_commands(run.by_plugin(EXECUTABLE))
        wrong.append(unexplained(theirs, ours, run))
    assert "".join(wrong) == ""


@needs_kubectl
@pytest.mark.skipif(not CASES, reason="CALICO_NIC_CASES is not set")
@pytest.mark.timeout(0)
def test_many_more_cases_with_the_real_kubectl(place: Arena, tmp_path: Path) -> None:
    wrong = []
    for case in map(generated, range(_FIRST, _FIRST + CASES)):
        if place.has(case):
            run = Run.prepare(case, place, tmp_path)
            wrong.append(unexplained(run.by_kubectl(), run.in_process(), run))
    assert "".join(wrong) == ""


def test_the_page_is_the_table() -> None:
    assert Path(__file__).parents[1].joinpath("docs/kubectl-differences.md").read_text() == page()
