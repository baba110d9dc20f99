"""An attack planted in all that ``set`` is told while it really changes a cluster: none acts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from kubectl_calico_nic.simulator.story import Story
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION
from tests.calico_nic import Result
from tests.planting import ATTACK, IN_A_LINE, Planter, check, in_turn, shares
from tests.simulated import Disturbed, changed_incident

TO_BOND4 = ("set", "--interface", "bond4")
STRUCTURED = ("", "json", "yaml", "name")
NO_EXEC = frozenset({("create", "pods/exec"), ("get", "pods/exec")})
PLAIN_TERMINAL = {"terminal": True, "environ": {"TERM": "dumb"}}
COLOURED_TERMINAL = {"terminal": True, "environ": {"TERM": "xterm"}, "answer": "y\n"}


@dataclass(frozen=True)
class Change:
    """One way to use ``set``; ``before`` is run on the cluster first, undisturbed."""

    words: tuple[str, ...]
    before: tuple[str, ...] = ()
    denied: frozenset[tuple[str, str]] = frozenset()
    answer: str | None = None

    def story(self) -> Story:
        return changed_incident(denied=self.denied, uptime=200.0)


CHANGES = {
    "at once": Change((*TO_BOND4, "--yes", "--diff")),
    "a person is asked, and says no": Change(TO_BOND4, denied=NO_EXEC, answer="n\n"),
    "a person is asked, and says yes": Change(TO_BOND4, denied=NO_EXEC, answer="y\n"),
    "refused": Change(("set", "--interface", "bond3", "--diff")),
    "refused by a right that is missing": Change(
        (*TO_BOND4, "--yes"), denied=frozenset({("patch", "daemonsets")})
    ),
    "waited for": Change((*TO_BOND4, "--wait", "--timeout=1s")),
    "undone as it goes wrong": Change(
        ("set", "--interface", "bond3", "--force", "--wait", "--on-failure=undo", "--timeout=1s")
    ),
    "paused as it goes wrong": Change(
        ("set", "--interface", "bond9", "--force", "--wait", "--on-failure=pause", "--timeout=1s")
    ),
    "a canary": Change((*TO_BOND4, "--canary", "node-3", "--timeout=1s")),
    "a record, undone": Change(("set", "--undo", "--diff"), (*TO_BOND4, "--only-affected")),
    "a record, resumed": Change(("set", "--resume", "--diff"), (*TO_BOND4, "--only-affected")),
    "a record, replaced": Change(
        ("set", "--cidr", "172.16.10.0/24", "--diff"), (*TO_BOND4, "--only-affected")
    ),
}
RUNS = 12
"""So many runs share the places between them."""


def run(change: Change, planter: Planter, flag: Sequence[str] = (), **options: Any) -> Result:
    """Make the change on a cluster of its own."""
    with Disturbed(change.story()) as cluster:
        if change.before:
            assert cluster.run(*change.before).status == 0
        cluster.proxy.clear()
        cluster.proxy.on("GET", "*/log?*", planter)
        cluster.proxy.on("GET", "*/exec?*", lambda exchange: exchange.relay())
        cluster.proxy.on("WATCH", "*", planter.watch)
        cluster.proxy.on("*", "*", planter)
        if change.answer is not None:
            options = {**PLAIN_TERMINAL, "answer": change.answer, **options}
        return cluster.run(*change.words, *flag, **options)


@pytest.mark.parametrize("name", CHANGES)
def test_all_that_a_change_is_told(name: str) -> None:
    change, planter = CHANGES[name], Planter()
    check(run(change, planter), "")
    places = [*planter.found]
    assert len(places) > 100
    if change.before:
        assert any(RECORD_ANNOTATION in shape for _, shape in places)
    shown = 0
    for number, chosen in enumerate(shares(places, RUNS)):
        planter.chosen, planter.number = chosen, number // 2
        output, flag = in_turn(number, STRUCTURED)
        result = run(change, planter, flag)
        check(result, output)
        shown += "PLANTED" in result.stdout + result.stderr
    assert shown  # the attack arrived where something is printed


ACTS = re.compile("\x1b\\[2A|\x1b\\[8m|\x1b]|[\x00\x07\x08\x7f-\x9f\u200b\u2028\u202e\u2066\u05d0]")
"""What of the attack would act beside our own colours and our own table, which is drawn anew."""


@pytest.mark.parametrize("name", ["waited for", "a canary", "a record, undone"])
def test_a_terminal_with_colours(name: str) -> None:
    change, planter = CHANGES[name], Planter()
    assert "\x1b[" in run(change, planter, **COLOURED_TERMINAL).stdout
    shown = 0
    for number, chosen in enumerate(shares([*planter.found], RUNS)):
        planter.chosen, planter.number = chosen, number // 2
        result = run(change, planter, **COLOURED_TERMINAL)
        said = result.stdout + result.stderr
        assert not ACTS.findall(said)
        shown += "PLANTED" in said
    assert shown


REASONS = ("", "Unauthorized", "Forbidden", "Invalid", "Conflict", IN_A_LINE)
REQUESTS = (
    ("GET", "*/daemonsets?*"),
    ("GET", "*/nodes?*"),
    ("GET", "*/pods?*"),
    ("GET", "*/log?*"),
    ("GET", "*/controllerrevisions?*"),
    ("PATCH", "*"),
    ("WATCH", "*/nodes?*"),
    ("WATCH", "*/pods?*"),
    ("DELETE", "*"),
)


@pytest.mark.parametrize("reason", REASONS, ids=ascii)
def test_words_of_a_refusal(reason: str) -> None:
    """The API server's own: message, reason, what it refuses about which object, and warnings."""
    cause = {"field": ATTACK, "message": ATTACK, "reason": ATTACK}
    details = {"kind": ATTACK, "name": ATTACK, "causes": [cause, {**cause, "field": "x"}]}
    status = {"kind": "Status", "status": "Failure", "reason": reason, "message": ATTACK}
    body = json.dumps({**status, "code": 422, "details": details}).encode()
    warning = 'Warning: 299 - "\x1b[8mPLANTED\x9b2A"'
    change = CHANGES["a canary"]
    for number, (method, pattern) in enumerate(REQUESTS):
        output, flag = in_turn(number, STRUCTURED)
        with Disturbed(change.story()) as cluster:
            cluster.proxy.on(
                method,
                pattern,
                lambda exchange: exchange.reply(422, body, "application/json", warning),
            )
            result = cluster.run(*change.words, *flag)
            assert cluster.proxy.struck
        check(result, output)
        assert "PLANTED" in result.stdout + result.stderr, (method, pattern)
