"""A rollout while it is followed: plain lines in a pipe, a live table on a terminal."""

from __future__ import annotations

import io
import re

import pytest

from kubectl_calico_nic.diagnosis.report import FamilyReport, Report
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.output.rollout_progress import rollout_progress
from kubectl_calico_nic.output.rollout_table import rollout_table
from kubectl_calico_nic.output.screen import line
from kubectl_calico_nic.rollout.state import NodeRollout, Phase, Rollout
from tests.calico_nic import Terminal

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def node(name: str, phase: Phase, waits_for: str = "", *, updated: bool = True) -> NodeRollout:
    family = FamilyReport(Family.IPV4, "ok", True, interface="bond4", address="172.16.10.1/24")
    return NodeRollout(name, phase, phase.value, "p", updated, True, (family,), waits_for=waits_for)


def rollout(*nodes: NodeRollout) -> Rollout:
    return Rollout("kube-system/calico-node", 1, len(nodes), nodes, Report(()))


WAITING = node("node-1", Phase.WAITING, "old template", updated=False)
PROVEN = node("node-1", Phase.PROVEN)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (WAITING, PROVEN, ["node-1: waiting: old template", "node-1: ok, bond4 172.16.10.1/24"]),
        (WAITING, WAITING, ["node-1: waiting: old template"]),
    ],
)
def test_a_pipe_gets_a_line_where_a_node_got_further(
    before: NodeRollout, now: NodeRollout, said: list[str]
) -> None:
    environment = Environment(stdout=io.StringIO(), stderr=io.StringIO())
    with rollout_progress(environment, environment.stdout) as shown:
        shown.show(rollout(before))
        shown.show(rollout(now))
        shown.say(line("lost"))
    assert environment.stdout.getvalue().splitlines() == said  # type: ignore[attr-defined]
    assert environment.stderr.getvalue() == "lost\n"  # type: ignore[attr-defined]


def test_a_terminal_keeps_what_was_said_and_loses_the_table() -> None:
    environment = Environment(stdout=Terminal(), stderr=Terminal(), width=100, height=30)
    with rollout_progress(environment, environment.stdout) as shown:
        shown.show(rollout(WAITING))
        shown.say(line("lost"))
        shown.show(rollout(PROVEN))
    assert environment.stdout.getvalue() == ""  # type: ignore[attr-defined]
    written = environment.stderr.getvalue()  # type: ignore[attr-defined]
    text = CONTROL.sub("", written)
    assert "lost" in text.splitlines()
    assert text.index("old template") < text.index("lost") < text.rindex("node-1")
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l")


def test_a_large_cluster_shows_where_something_happens() -> None:
    quiet = [node(f"a-{number}", Phase.PROVEN) for number in range(300)]
    waiting = [
        node(f"b-{number}", Phase.WAITING, "old template", updated=False) for number in range(90)
    ]
    moving = node("y", Phase.WAITING, "starting, not Ready")
    stuck = node("z", Phase.STUCK, "no address")
    shown = rollout_table(rollout(*quiet, *waiting, moving, stuck), height=10)
    texts = ["".join(span.text for span in spans).split()[0] for spans in shown]
    assert texts == ["NODE", "z", "y", "b-0", "b-1", "b-2", "and"]
    assert "".join(span.text for span in shown[-1]) == "and 387 more nodes"


def test_what_fits_is_shown_in_the_order_of_names() -> None:
    stuck = node("z", Phase.STUCK, "no address")
    shown = rollout_table(rollout(PROVEN, stuck), height=10)
    assert [spans[0].text for spans in shown] == ["NODE", "node-1", "z"]
