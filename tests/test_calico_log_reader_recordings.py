"""The log reader against what the real calico-node logged and stored."""

from __future__ import annotations

import collections
import json
import pathlib
from collections.abc import Iterable
from typing import Any

import pytest

from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.calico.log.reading import Decision, Outcome
from kubectl_calico_nic.family import Family

RECORDINGS = pathlib.Path(__file__).parents[2] / "shared" / "calico" / "recordings"
V4, V6 = Family.IPV4, Family.IPV6

HIDDEN = "the log level hides it"
NOT_ASKED_FOR = "its variable is unset: nothing is looked for"
NOTHING_STORED = "IP=none with nothing stored"
BACKEND_NONE = "CALICO_NETWORKING_BACKEND=none (v3.26.2 and later)"


def recorded_runs() -> Iterable[dict[str, Any]]:
    for path in sorted(RECORDINGS.glob("*.json")):
        yield from json.loads(path.read_text())["runs"]


def stored_by(decision: Decision, before: str | None) -> str | None:
    """What the annotation must be after ``decision``."""
    if decision.outcome in (Outcome.FAILED, Outcome.CONFLICT):
        return None
    if decision.outcome in (Outcome.INVALID_METHOD, Outcome.INVALID_ADDRESS):
        return before
    return decision.address


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
def test_every_recorded_run_is_read_as_it_ended() -> None:
    decided: collections.Counter[tuple[Family, Outcome]] = collections.Counter()
    untold: collections.Counter[str] = collections.Counter()
    for run in recorded_runs():
        reading = read_log(run["log"])
        assert reading.terminated is (run["exit"] != 0)
        for family in Family:
            before = run["stored"].get(family.address_annotation)
            after = run["annotations"].get(family.address_annotation)
            decision = reading.latest(family)
            if decision is None:
                why = why_untold(run, family)
                untold[why] += 1
                assert why == HIDDEN or after == before
                continue
            expected = stored_by(decision, before)
            length = f"/{family.max_prefix_length}"  # an explicit address is logged without it
            assert after in (expected, f"{expected}{length}"), run
            decided[family, decision.outcome] += 1
    assert decided == {
        (V4, Outcome.DETECTED): 228,
        (V4, Outcome.EXPLICIT): 24,
        (V4, Outcome.KEPT): 48,
        (V4, Outcome.DISABLED): 8,
        (V4, Outcome.FAILED): 88,
        (V4, Outcome.CONFLICT): 8,
        (V4, Outcome.INVALID_METHOD): 16,
        (V4, Outcome.INVALID_ADDRESS): 8,
        (V6, Outcome.DETECTED): 40,
        (V6, Outcome.KEPT): 8,
        (V6, Outcome.FAILED): 24,
    }
    assert untold == {
        NOT_ASKED_FOR: 392,
        HIDDEN: 8,
        NOTHING_STORED: 8,
        BACKEND_NONE: 4,
    }


def why_untold(run: dict[str, Any], family: Family) -> str:
    """Why calico-node logged nothing about ``family`` in ``run``."""
    env = run["env"]
    if env.get("CALICO_STARTUP_LOGLEVEL") == "ERROR" and family is V4:
        return HIDDEN
    if family.ip_variable not in env:
        return NOT_ASKED_FOR
    if env["IP"] == "none":
        return NOTHING_STORED
    return BACKEND_NONE
