"""Attacks for whatever a cluster hands out: what is planted and where, and what may not be seen."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from kubectl_calico_nic.simulator.apiserver.remote_command import Execution
from kubectl_calico_nic.simulator.apiserver.status_errors import StatusError
from tests.calico_nic import Result
from tests.fault_proxy import Exchange, rewritten

ATTACK = (
    "\x1b[2A\x1b[8m\x1b[31m\x1b]0;title\x07\x1b]8;;http://a\x1b\\link\x9b1m\x9d\u202e\u2066\u200b\u05d0\ud800\x00"
    "\r\nPLANTED: 1\n---\n- PLANTED\n}],\"'\t{{\u2028\x85[link=http://a][red]PLANTED[/red]\x08\x7f"
)
IN_A_LINE = ATTACK.replace("\n", "").replace("\ud800", "")
Shape = tuple[str, ...]
"""Where a text stands: the keys that lead to it, with ``*`` for each item of a list."""
Place = tuple[str, Shape]
"""A path, a log, or a command on a node, and the shape of a text in what it answers."""
NAME = "(name)"
"""The last step of the shape of a key."""
WITHIN = "(within)"
"""The step into a text that is itself JSON, as the record of a change is."""
AT_LEAST = int(os.environ.get("PLANTED_RUNS", "0"))
"""In so many runs, where a test would do with fewer: what is planted alone is read further."""


def texts_of(value: Any, above: Shape = ()) -> Iterator[Shape]:
    """The shapes of all texts in JSON, and of the keys of what maps names that people choose."""
    if isinstance(value, str):
        yield above
        yield from texts_of(_within(value), (*above, WITHIN))
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item, (*above, "*"))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_of(item, (*above, key))
        if above and above[-1] in ("labels", "annotations", "data", "matchLabels", "nodeSelector"):
            yield (*above, NAME)


def _within(text: str) -> Any:
    """The object or list that ``text`` is the JSON of; None where it is none."""
    try:
        found = json.loads(text) if text.startswith(("{", "[")) else None
    except ValueError:
        found = None
    return found


def attacked(text: str, number: int, attack: str = ATTACK) -> str:
    """``text`` with the attack behind it, in the middle of it, or in its place."""
    half = len(text) // 2
    return (text + attack, text[:half] + attack + text[half:], attack)[number % 3]


def planted(value: Any, shape: Shape, number: int) -> Any:
    """``value`` with the attack in every text of this shape; it is changed in place."""
    if not shape:
        return attacked(value, number) if isinstance(value, str) else value
    step, rest = shape[0], shape[1:]
    if step == WITHIN and isinstance(value, str):
        return json.dumps(planted(_within(value), rest, number))
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
        lines = said.splitlines()
        assert "---" not in lines
        assert not [line for line in lines if line.startswith(("PLANTED", "- PLANTED"))]


OUTPUTS = ("", "wide", "json", "yaml", "name")


def in_turn(number: int, outputs: tuple[str, ...] = OUTPUTS) -> tuple[str, list[str]]:
    """The output format of the run with this number, and the flag for it."""
    output = outputs[number % len(outputs)]
    return output, ["-o", output] if output else []


def shares(places: Sequence[Place], runs: int) -> list[frozenset[Place]]:
    """The places of each run: every one of them in one run, beside few others."""
    count = min(max(runs, AT_LEAST), len(places))
    return [frozenset(places[number::count]) for number in range(count)]


class Planter:
    """Plants attacks in answers on their way; knows the ``found`` shapes by path."""

    def __init__(self) -> None:
        self.found: dict[Place, None] = {}
        self.chosen: frozenset[Place] = frozenset()
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
            if self._is_chosen(path, *shape):
                planted(value, shape, self.number)
        return json.dumps(value).encode()

    def _log(self, _path: str, body: bytes) -> bytes:
        return self._lines("log", body.decode()).encode("utf-8", "surrogatepass")

    def _lines(self, where: str, text: str) -> str:
        """Each line is a place of its own, whichever node it comes from."""
        lines = text.split("\n")
        for number, line in enumerate(lines):
            if self._is_chosen(where, str(number)):
                lines[number] = attacked(line, self.number, IN_A_LINE)
        return "\n".join(lines)

    def _is_chosen(self, where: str, *shape: str) -> bool:
        self.found[where, shape] = None
        return (where, shape) in self.chosen

    def watch(self, exchange: Exchange) -> object:
        """Plant in the events of a watch what is planted in the list."""

        def rewrite(past: list[bytes]) -> list[bytes]:
            event = json.loads(past[-1])
            for shape in texts_of(event["object"]):
                if self._is_chosen(exchange.asked.path, *shape):
                    planted(event["object"], shape, self.number)
            return [json.dumps(event).encode()]

        return rewritten(rewrite)(exchange)

    def execution(self, command: tuple[str, ...], done: Execution) -> Execution:
        """What a command printed on a node, or, as another place, with what it failed there."""
        where = " ".join(command)
        stdout, stderr = self._lines(where, done.stdout), self._lines(where, done.stderr)
        if self._is_chosen(where, "failure"):
            return Execution(stdout, f"{stderr}{IN_A_LINE}\n", 1)
        if self._is_chosen(where, "refusal"):
            raise StatusError(500, IN_A_LINE, IN_A_LINE)
        return Execution(stdout, stderr, done.exit_code)
