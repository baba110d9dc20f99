"""An attack planted in every text that a cluster hands out: none acts, no format breaks.

What there is to plant it in is not listed here: it is every text and every name of a field in the
answers that the commands get, and every line of the logs and of what commands print on a node.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_calico_nic.simulator.story import SimulatedNode
from tests.bundle_captures import Capture
from tests.bundle_files import write
from tests.calico_nic import Result, calico_nic
from tests.planting import (
    ATTACK,
    IN_A_LINE,
    OUTPUTS,
    Planter,
    Shape,
    attacked,
    check,
    in_turn,
    planted,
    shares,
    texts_of,
)
from tests.simulated import Disturbed, Simulated, changed_incident


@pytest.fixture(scope="module")
def captured() -> Capture:
    with Simulated() as cluster:
        return Capture.of(cluster)


COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "inspect": (("inspect", "--probe=never"), OUTPUTS),
    "inspect of one node": (("inspect", "node-3", "--probe=never"), ("", "json", "yaml")),
    "inspect, what if": (("inspect", "--what-if", "interface=bond4"), ("", "json", "yaml")),
    "set": (("set", "--interface", "bond4", "--dry-run=server"), ("", "json", "yaml", "name")),
    "rollout-check": (("rollout-check", "--watch=false"), ("", "json", "yaml")),
}
RUNS = 75
"""So many runs share the places between them: each is planted in one, beside few others."""


@pytest.fixture(scope="module")
def incident() -> Iterator[Disturbed]:
    """The incident, and beside it a node that is full and one that nothing is heard of."""

    def sick(node: SimulatedNode) -> SimulatedNode:
        is_full, is_silent = node.name == "node-2", node.name == "node-4"
        return dataclasses.replace(node, full=is_full, reachable=not is_silent)

    with Disturbed(changed_incident(node=sick, uptime=200.0)) as cluster:
        yield cluster


@pytest.mark.parametrize("name", COMMANDS)
def test_a_live_cluster(name: str, incident: Disturbed) -> None:
    words, outputs = COMMANDS[name]
    planter = Planter()
    incident.proxy.clear()
    incident.proxy.on("GET", "*/log?*", planter)
    incident.proxy.on("GET", "*/exec?*", lambda exchange: exchange.relay())
    incident.proxy.on("GET", "*", planter)
    incident.proxy.on("PATCH", "*", planter)
    check(incident.run(*words), "")
    places = [*planter.found]
    assert len(places) > 100
    shown = 0
    for number, chosen in enumerate(shares(places, RUNS)):
        planter.chosen, planter.number = chosen, number
        output, flag = in_turn(number, outputs)
        result = incident.run(*words, *flag)
        check(result, output)
        shown += "PLANTED" in result.stdout + result.stderr
    assert shown  # the attack arrived where something is printed


def saved(captured: Capture, kind: str, shape: Shape, number: int) -> Capture:
    """What was captured, with the attack in every text of one shape in one kind of object."""
    items = [planted(copy.deepcopy(item), shape, number) for item in captured.objects[kind]]
    return dataclasses.replace(captured, objects={**captured.objects, kind: items})


def inspected(capture: Capture, folder: Path, number: int) -> Result:
    output, flag = in_turn(number)
    result = calico_nic("inspect", *flag, "--from", *dump_and_outputs(capture, folder))
    check(result, output)
    return result


def dump_and_outputs(capture: Capture, folder: Path) -> list[str]:
    """A bundle of all that was captured; where things lie in it nobody attacks."""
    items = [item for listed in capture.objects.values() for item in listed]
    write(folder / "all.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    for pod, node in capture.nodes.items():
        write(folder / "logs" / f"{pod}.log", capture.logs.get(pod, ""))
        for name, output in capture.outputs[pod].items():
            write(folder / name.replace(" ", "-") / f"{node}.txt", output)
    return [str(folder)]


KINDS = ("Node", "Pod", "Event", "ConfigMap", "DaemonSet", "ClusterInformation")


@pytest.mark.parametrize("kind", KINDS)
def test_objects_in_files(kind: str, captured: Capture, tmp_path: Path) -> None:
    shapes = {shape: None for item in captured.objects[kind] for shape in texts_of(item)}
    assert shapes or kind == "Event"
    for number, shape in enumerate(shapes):
        inspected(saved(captured, kind, shape, number), tmp_path / str(number), number)


def test_lines_in_files(captured: Capture, tmp_path: Path) -> None:
    """Of logs, of what ``ip`` and of what ``birdcl`` printed."""

    def with_attack(text: str, number: int) -> str:
        lines = text.split("\n")
        place = number % len(lines)
        lines[place] = attacked(lines[place], number, IN_A_LINE)
        return "\n".join(lines)

    for number in range(100):
        capture = dataclasses.replace(
            captured,
            logs={pod: with_attack(log, number) for pod, log in captured.logs.items()},
            outputs={
                pod: {name: with_attack(text, number) for name, text in outputs.items()}
                for pod, outputs in captured.outputs.items()
            },
        )
        inspected(capture, tmp_path / str(number), number)


@pytest.mark.parametrize("output", OUTPUTS)
def test_names_of_files(output: str, captured: Capture, tmp_path: Path) -> None:
    name = ATTACK.replace("/", "").replace("\x00", "").replace("\ud800", "")
    folder = tmp_path / name
    paths = dump_and_outputs(captured, folder)
    (folder / f"{name}.log").write_text("2026-01-01 nothing of Calico\n")
    (folder / f"{name}.json").write_text("{")
    flag = ["-o", output] if output else []
    check(calico_nic("inspect", *flag, "--from", *paths), output)
