"""``inspect`` of clusters with many nodes: one screen for a person, every row for a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.output.inspection_table import inspection
from kubectl_calico_nic.output.screen import Line
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.calico_nic import Result
from tests.clusters import cluster, detected, nics, node
from tests.simulated import Simulated
from tests.wide_cluster import ON_A_BRIDGE, ON_STORAGE, WRONG, wide_story

NODES = 60


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulated]:
    with Simulated(wide_story(NODES)) as running:
        yield running


@pytest.fixture(scope="module")
def on_a_terminal(simulated: Simulated) -> Result:
    return simulated.run("inspect", terminal=True, height=24, environ={"TERM": "dumb"})


def rows(report: str) -> list[str]:
    """The lines of the table below its header."""
    return report.split("\n\n")[1].splitlines()[1:]


def name(number: int) -> str:
    return f"node-{number:03}"


def test_a_pipe_gets_every_row(simulated: Simulated) -> None:
    piped = simulated.run("inspect")
    verdicts = {row.split()[0]: row.split()[-1] for row in rows(piped.stdout)}

    assert piped.status == 2
    assert len(verdicts) == NODES
    assert {node for node, verdict in verdicts.items() if verdict != "ok"} == set(map(name, WRONG))


def test_a_terminal_gets_the_wrong_rows_by_cause_and_the_ok_rows_counted(
    on_a_terminal: Result,
) -> None:
    *shown, folded = rows(on_a_terminal.stdout)
    names = [row.split()[0] for row in shown]

    assert folded == f"{NODES - len(WRONG)} ok  (--all shows them)"
    assert sorted(names) == sorted(map(name, WRONG))
    for cause in (ON_STORAGE, ON_A_BRIDGE):
        places = sorted(names.index(name(number)) for number in cause)
        assert places[-1] - places[0] == len(cause) - 1


def test_each_cause_is_one_paragraph_with_the_nodes_that_suffer_from_it(
    on_a_terminal: Result,
) -> None:
    paragraphs = on_a_terminal.stdout.split("\n\n")[2:]
    titles = [text.partition(":")[0] for text in paragraphs if "next: " in text]

    assert titles == ["wrong-network", "wrong-network", "vip-chosen"]
    assert f"{NODES - len(WRONG)} other nodes lack BGP sessions with them" in on_a_terminal.stdout
    assert on_a_terminal.stdout.count("kubectl calico-nic set") == 1


def test_all_shows_all(simulated: Simulated) -> None:
    shown = simulated.run("inspect", "--all", terminal=True, height=24, environ={"TERM": "dumb"})

    assert len(rows(shown.stdout)) == NODES


def test_prose_is_wrapped_between_words_and_rows_and_commands_are_not(
    simulated: Simulated, on_a_terminal: Result
) -> None:
    piped = simulated.run("inspect", "--probe=never")
    wrapped = [line for line in on_a_terminal.lines if line.startswith("        ")]

    assert wrapped
    assert max(map(len, on_a_terminal.lines)) <= 100
    assert not [line for line in piped.lines if line.startswith("        ")]


def wrong(number: int, count: int) -> NodeFacts:
    """A node of a big cluster; the first ``count`` are on the storage network."""
    high, low = divmod(number, 250)
    right, other = f"172.20.{high}.{low + 1}/16", f"172.30.{high}.{low + 1}/16"
    address, nic = (other, "bond3") if number < count else (right, "bond4")
    return node(
        f"node-{number:04}",
        internal_ip=right.partition("/")[0],
        stored=address,
        log=detected(address, nic),
        inventory=nics(f"bond3 {other}", f"bond4 {right}"),
    )


def big(nodes: int, count: int = 7) -> Snapshot:
    return cluster(*(wrong(number, count) for number in range(nodes)))


def screen(snapshot: Snapshot, height: int | None) -> list[str]:
    lines: list[Line] = inspection(diagnose(snapshot, Question()), height=height)
    return ["".join(span.text for span in parts) for parts in lines]


def test_where_most_are_wrong_each_cause_shows_its_first_rows() -> None:
    shown = screen(big(400, count=390), height=24)

    assert "and 375 more wrong-network  (--all shows them)" in shown
    assert "10 ok  (--all shows them)" in shown
    assert sum(text.startswith("node-") for text in shown) == 15


def test_a_cluster_that_fits_is_not_folded() -> None:
    assert sum(text.startswith("node-") for text in screen(big(16), height=24)) == 16


def test_five_thousand_nodes_take_five_times_as_long_as_one_thousand() -> None:
    def seconds(nodes: int) -> float:
        snapshot = big(nodes)
        began = time.process_time()
        screen(snapshot, height=24)
        return time.process_time() - began

    seconds(100)
    assert seconds(5000) < 12 * seconds(1000)
