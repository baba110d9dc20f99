"""API objects of any shape: every command says something sensible, or why it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.cluster.errors import NotFound
from kubectl_calico_nic.commands import live_cluster
from kubectl_calico_nic.snapshot import decode

from .calico_nic import Result, calico_nic
from .fault_proxy import Asked
from .fuzzing import ANYTHING, SEEDS, examples, mutated
from .simulated import Disturbed
from .simulated_operator import Operator, operators_story
from .test_faults_set import two_nodes


@dataclass
class Recorded:
    """A session that answers each request as a cluster did once; answers may be exchanged."""

    objects: dict[str, Any]
    logs: dict[str, bytes]
    commands: dict[str, str]
    namespace: str = "default"
    concurrency: int = 2
    is_over: bool = False
    written: list[Any] = field(default_factory=list)

    def __enter__(self) -> Recorded:
        return self

    def __exit__(self, *_: object) -> None: ...

    def within(self, seconds: float) -> Recorded:
        return self

    def get(self, path: str, query: Any = ()) -> Any:
        if path not in self.objects:
            raise NotFound(404, "NotFound", "not found")
        return self.objects[path]

    def pages(self, path: str, query: Any = (), limit: int = 500) -> Iterator[list[Any]]:
        items = self.get(path).get("items")
        yield (
            [item for item in items or () if isinstance(item, dict)]
            if isinstance(items, list)
            else []
        )

    def log(self, namespace: str, pod: str, container: str, **_: Any) -> bytes:
        return self.logs.get(pod, b"")

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, timeout: float
    ) -> Any:
        stdout = self.commands.get(" ".join(command), "")
        return SimpleNamespace(stdout=stdout, stderr="", exit_code=0)

    def post(self, path: str, body: Any, query: Any = ()) -> Any:
        return body

    def patch(self, path: str, body: Any, content_type: str, query: Any = ()) -> Any:
        self.written.append(body)
        return self.get(path)


def recorded(cluster: Disturbed) -> Recorded:
    """What the cluster answers to ``set`` and ``inspect``."""
    cluster.run("inspect")
    cluster.run("set", "--interface", "bond4", "--dry-run")
    objects, logs = {}, {}
    for asked in {asked for asked in cluster.proxy.asked if asked.method == "GET"}:
        if asked.path.endswith("/log"):
            with urlopen(f"{cluster.cluster.server}{asked.path}?{asked.query}") as answer:
                logs[asked.path.split("/")[-2]] = answer.read()
        elif not asked.path.endswith("/exec"):
            objects |= answer_to(cluster, asked)
    return Recorded(objects, logs, {})


def answer_to(cluster: Disturbed, asked: Asked) -> dict[str, Any]:
    try:
        return {asked.path: cluster.request("GET", asked.path)}
    except OSError:
        return {}


@pytest.fixture(scope="module")
def plain() -> Recorded:
    with Disturbed(two_nodes()) as cluster:
        return recorded(cluster)


@pytest.fixture(scope="module")
def operated() -> Recorded:
    with Disturbed(operators_story(None)) as cluster:
        Operator(cluster).reconcile()
        return recorded(cluster)


def run(session: Recorded, monkeypatch: pytest.MonkeyPatch, *argv: str) -> Result:
    with monkeypatch.context() as patched:
        patched.setattr(live_cluster, "open_session", lambda parsed, environment: session)
        return calico_nic(*argv, answer="n\n")


COMMANDS = (
    ("inspect",),
    ("inspect", "-o", "json"),
    ("inspect", "node-3"),
    ("inspect", "--what-if", "interface=bond4"),
    ("set", "--interface", "bond4", "--dry-run=client", "--diff"),
    ("set", "--interface", "bond4", "-o", "json"),
    ("set", "--undo"),
    ("rollout-check", "--watch=false"),
)


def is_told(result: Result) -> None:
    """Whatever it is, it is told as a finding or an error of ours, and never as a crash."""
    said = result.stdout + result.stderr
    assert result.status in (0, 1, 2)
    assert "Traceback" not in said
    assert "please report this" not in said, said
    assert said


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", ["plain", "operated"])
def test_answers_of_any_shape(
    name: str,
    argv: tuple[str, ...],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole: Recorded = request.getfixturevalue(name)
    paths = sorted(whole.objects)

    @examples(25)
    @given(st.sampled_from(paths), SEEDS)
    def told(path: str, seed: int) -> None:
        objects = {**whole.objects, path: mutated(whole.objects[path], seed)}
        is_told(run(Recorded(objects, whole.logs, {}), monkeypatch, *argv))

    told()


DECODERS = (
    decode.decode_node,
    decode.decode_pod,
    decode.decode_event,
    decode.decode_node_status,
    decode.decode_config_map,
    decode.decode_calico_version,
    decode.last_written,
)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.__name__)
def test_objects_of_any_shape_are_decoded(decoder: Any) -> None:
    kinds = ("metadata", "spec", "status", "data", "series", "involvedObject", "type")

    @examples(60)
    @given(st.dictionaries(st.sampled_from(kinds), ANYTHING))
    def decodes(item: dict[str, Any]) -> None:
        decoder(item)

    decodes()
