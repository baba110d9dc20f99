"""Generated kubeconfigs, command lines and environments: what kubectl does with them, we do.

Thousands are compared with what the real kubectl was recorded to do; a sample is run by both
executables. ``CALICO_NIC_CASES=5000`` runs that many more, each by the real kubectl.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cluster_differences import DIFFERENCES, Outcome, explanation, page
from tests.cluster_differential import Arena, Run, arena
from tests.cluster_generated import Generated, generated
from tests.cluster_kubectl import needs_kubectl
from tests.cluster_outcomes import COUNT, RECORDING, checksum, recorded

EXECUTABLE = Path(sys.executable).parent / "kubectl-calico_nic"
SAMPLE = 50
CASES = int(os.environ.get("CALICO_NIC_CASES", "0"))
_FIRST = 1_000_000
_CHUNK = 250
_AT_ONCE = 4


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("pki")) as place:
        yield place


def unexplained(theirs: Outcome, ours: Outcome, case: Generated) -> str:
    """What a failure says; "" where both did the same, or differ on purpose."""
    if theirs == ours or explanation(theirs, ours) is not None:
        return ""
    both = "".join(f"\n{json.dumps(each, ensure_ascii=False)}" for each in (theirs, ours))
    return f"\ncase {case.number}:{both}\n{case.text}"


@pytest.fixture(scope="module")
def recording() -> Mapping[int, tuple[int, Outcome]]:
    return recorded()


@pytest.mark.parametrize("first", range(0, COUNT, _CHUNK))
def test_we_do_what_kubectl_did(
    place: Arena, tmp_path: Path, first: int, recording: Mapping[int, tuple[int, Outcome]]
) -> None:
    wrong = []
    for number in range(first, first + _CHUNK):
        case = generated(number)
        if number in recording and place.has(case):
            known, theirs = recording[number]
            assert checksum(case) == known, f"{RECORDING}: record it anew"
            wrong.append(unexplained(theirs, Run.prepare(case, place, tmp_path).in_process(), case))
    assert "".join(wrong) == ""


def test_the_recording_is_not_of_errors_alone(recording: Mapping[int, Any]) -> None:
    asked = sum("server" in outcome for _, outcome in recording.values())
    assert asked > COUNT * 0.45


def _of_commands(outcome: Outcome) -> Outcome:
    """The outcome without what two different commands ask for."""
    through = outcome.get("through")
    if "path" not in outcome:
        # The plugin writes no blanks at the end of a line.
        return {"error": re.sub(r" +$", "", outcome["error"], flags=re.MULTILINE)}
    short = {**outcome, "path": outcome["path"].partition("/api")[0]}
    if through is not None:
        short["through"] = {**through, "target": through["target"].partition("/api")[0]}
    return short


@needs_kubectl
def test_both_executables_do_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    def compared(numbers: Sequence[int]) -> list[str]:
        homes = tmp_path_factory.mktemp("homes")
        with arena(tmp_path_factory.mktemp("pki")) as place:
            cases = [case for case in map(generated, numbers) if place.has(case)]
            return [_by_both(Run.prepare(case, place, homes)) for case in cases]

    # A few more than are wanted: some need what not every machine has.
    numbers = range(0, COUNT, COUNT // (SAMPLE + 10))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        wrong = [w for part in pool.map(compared, _parts(numbers)) for w in part]
    assert len(wrong) >= SAMPLE
    assert "".join(wrong) == ""


def _parts(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[part::_AT_ONCE] for part in range(_AT_ONCE)]


def _by_both(run: Run) -> str:
    theirs, ours = _of_commands(run.by_kubectl()), _of_commands(run.by_plugin(EXECUTABLE))
    return unexplained(theirs, ours, run.case)


@needs_kubectl
@pytest.mark.skipif(not CASES, reason="CALICO_NIC_CASES is not set")
@pytest.mark.timeout(0)
def test_many_more_cases_with_the_real_kubectl(place: Arena, tmp_path: Path) -> None:
    wrong = []
    for case in map(generated, range(_FIRST, _FIRST + CASES)):
        if place.has(case):
            run = Run.prepare(case, place, tmp_path)
            wrong.append(unexplained(run.by_kubectl(), run.in_process(), case))
    # All of them: an assertion would show the first lines alone.
    found = "".join(wrong)
    if found:
        pytest.fail(found, pytrace=False)


# A case in which each difference is met, in the order of the table.
MET = (31, 11, 938, 111, 75, 718, 2238, 245, 77, 154)


@needs_kubectl
def test_each_difference_is_one(place: Arena, tmp_path: Path) -> None:
    expected = [each.what for each in DIFFERENCES if each.explains is not None]
    found = []
    for number, what in zip(MET, expected, strict=True):
        case = generated(number)
        if not place.has(case):
            found.append(what)
            continue
        run = Run.prepare(case, place, tmp_path)
        theirs, ours = run.by_kubectl(), run.in_process()
        assert theirs != ours
        met = explanation(theirs, ours)
        found.append(met.what if met else "")
    assert found == expected


def test_the_page_is_the_table() -> None:
    assert Path(__file__).parents[1].joinpath("docs/kubectl-differences.md").read_text() == page()
