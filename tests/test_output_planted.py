"""An attack planted in every text that a cluster hands out: none acts, no format breaks.

What there is to plant it in is not listed here: it is every text and every name of a field in the
answers that the commands get, and every line of the logs and of what commands print on a node.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_calico_nic.simulator.story import SimulatedNode
from tests.bundle_captures import Capture
from tests.bundle_files import write
from tests.calico_nic import Result, calico_nic
from tests.fault_proxy import Exchange
from tests.simulated import Disturbed, Simulated, changed_incident

ATTACK = (
    "\x1b[31m\x1b]0;title\x07\x1b]8;;http://a\x1b\\link\x9b1m\x9d\u202e\u2066\u200b\u05d0\ud800\x00"
    "\r\nPLANTED: 1\n---\n- PLANTED\n}],\"'\t{{\u2028\x85[link=http://a][red]PLANTED[/red]\x08\x7f"
)
IN_A_LINE = ATTACK.replace("\n", "").replace("\ud800", "")
Shape = tuple[str, ...]
"""Where a text stands: the keys that lead to it, with ``*`` for each item of a list."""
NAME = "(name)"
"""The last step of the shape of a key."""


def texts_of(value: Any, above: Shape = ()) -> Iterator[Shape]:
    """The shapes of all texts in JSON, and of the keys of what maps names that people choose."""
    if isinstance(value, str):
        yield above
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item, (*above, "*"))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_of(item, (*above, key))
        if above and above[-1] in ("labels", "annotations", "data", "matchLabels", "nodeSelector"):
            yield (*above, NAME)


def attacked(text: str, number: int, attack: str = ATTACK) -> str:
    """``text`` with the attack behind it, in the middle of it, or in its place."""
    half = len(text) // 2
    return (text + attack, text[:half] + attack + text[half:], attack)[number % 3]


def planted(value: Any, shape: Shape, number: int) -> Any:
    """``value`` with the attack in every text of this shape; it is changed in place."""
    if not shape:
        return attacked(value, number) if isinstance(value, str) else value
    step, rest = shape[0], shape[1:]
    if step == NAME and isinstance(value, dict):
        for key in [*value]:
            value[attacked(key, number)] = value[key]
    elif step == "*" and isinstance(value, list):
        value[:] = [planted(item, rest, number) for item in value]
    elif isinstance(value, dict) and step in value:
        value[step] = planted(value[step], rest, number)
    return value


def check(result: Result, output: str) -> None:
    """Nothing that was printed acts, and what programs read is whole."""
    assert result.status in (0, 1, 2)
    said = result.stdout + result.stderr
    assert "Traceback" not in said
    assert "please report this" not in said
    for character in set(said) - {"\n"}:
        assert unicodedata.category(character)[0] not in "CM", hex(ord(character))
        assert unicodedata.bidirectional(character) not in ("R", "AL", "AN")
    if output == "json" and result.stdout:
        json.loads(result.stdout)
    elif output == "yaml" and result.stdout:
        assert isinstance(yaml.safe_load(result.stdout), dict)
    else:
        begun = ("PLANTED", "---", "- PLANTED")
        assert not [line for line in said.splitlines() if line.startswith(begun)]


OUTPUTS = ("", "wide", "json", "yaml", "name")


def in_turn(number: int, outputs: tuple[str, ...] = OUTPUTS) -> tuple[str, list[str]]:
    """The output format of the run with this number, and the flag for it."""
    output = outputs[number % len(outputs)]
    return output, ["-o", output] if output else []


@pytest.fixture(scope="module")
def captured() -> Capture:
    with Simulated() as cluster:
        return Capture.of(cluster)


class Planter:
    """Plants attacks in answers on their way; knows the ``found`` shapes by path."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, Shape], None] = {}
        self.chosen: frozenset[tuple[str, Shape]] = frozenset()
        self.number = 0

    def __call__(self, exchange: Exchange) -> object:
        head, body = exchange.answer()
        status = int(head.split(b" ", 2)[1])
        kind = b"application/json" if b"application/json" in head else b"text/plain"
        data = self._objects if kind == b"application/json" else self._log
        return exchange.reply(status, data(exchange.asked.path, body), kind.decode())

    def _objects(self, path: str, body: bytes) -> bytes:
        value = json.loads(body)
        for shape in texts_of(value):
            if (path, shape) in self.chosen:
                planted(value, shape, self.number)
            self.found[path, shape] = None
        return json.dumps(value).encode()

    def _log(self, _path: str, body: bytes) -> bytes:
        """Each line is a place of its own, whichever pod's log it stands in."""
        lines = body.decode().split("\n")
        for number, line in enumerate(lines):
            place = ("log", (str(number),))
            self.found[place] = None
            if place in self.chosen:
                lines[number] = attacked(line, self.number, IN_A_LINE)
        return "\n".join(lines).encode("utf-8", "surrogatepass")


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
    for number in range(RUNS):
        planter.chosen, planter.number = frozenset(places[number::RUNS]), number
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
