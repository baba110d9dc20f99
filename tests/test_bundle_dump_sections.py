"""Logs between the lines that ``kubectl cluster-info dump`` puts around them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.bundle.layouts.cluster_info_dump import sections
from tests import bundle_files as files
from tests.bundle_files import (
    NICS,
    calico_log,
    choices,
    inspect,
    pod_of,
    text,
    without_names,
    write,
)


def frame(edge: str, pod: str, container: str = "calico-node") -> str:
    return f"==== {edge} logs for container {container} of pod kube-system/{pod} ====\n"


def framed(pod: str, log: str, container: str = "calico-node") -> str:
    return frame("START", pod, container) + log + frame("END", pod, container)


def cut(dump: str, size: int = 100) -> list[tuple[str | None, str]]:
    """The parts of a dump: the pod, None for what stands between, and the text."""
    data = dump.encode()
    blocks = (data[place : place + size] for place in range(0, len(data), size))
    return [
        (f"{section.pod}/{section.container}" if section else None, b"".join(inside).decode())
        for section, inside in sections(blocks)
    ]


def test_logs_and_what_stands_between() -> None:
    dump = "{}\n" + framed("a", "1\n2\n") + framed("a", "3\n", "box") + "[]\n" + framed("b", "")
    assert [part for part in cut(dump) if part != (None, "")] == [
        (None, "{}\n"),
        ("a/calico-node", "1\n2\n"),
        ("a/box", "3\n"),
        (None, "[]\n"),
        ("b/calico-node", ""),
    ]


@pytest.mark.parametrize(
    "inside",
    [
        frame("END", "another"),
        frame("END", "a", "another"),
        f"x{frame('END', 'a')}",
        frame("END", "a").replace(" ====", "!===="),
    ],
)
def test_other_ends_end_nothing(inside: str) -> None:
    assert (("a/calico-node", f"1\n{inside}2\n")) in cut(framed("a", f"1\n{inside}2\n"))


def test_a_log_that_was_cut_off() -> None:
    dump = frame("START", "a") + "1\n" + framed("b", "2\n")
    assert [part for part in cut(dump) if part[0]] == [
        ("a/calico-node", "1\n"),
        ("b/calico-node", "2\n"),
    ]


LINES = st.sampled_from(
    ["1\n", "\n", "x", frame("START", "a"), frame("END", "a"), frame("START", "b", "box")]
)


@given(st.lists(LINES, max_size=20).map("".join), st.integers(1, 200))
def test_nothing_is_lost_but_the_frames(dump: str, size: int) -> None:
    kept = "".join(part for _, part in cut(dump, size))
    lines = [line for line in dump.splitlines() if not line.startswith("====")]
    assert [line for line in kept.splitlines() if not line.startswith("====")] == lines


def dump_files(folder: Path) -> Iterator[str]:
    pods = [files.pod(node) for node in NICS]
    yield write(folder / "pods.json", json.dumps({"kind": "PodList", "items": pods}))
    for node in NICS:
        other = framed(pod_of(node), text(calico_log(node, nic=("eth9", "10.9.9.9/8"))), "flannel")
        log = framed(pod_of(node), text(without_names(node)))
        yield write(folder / "kube-system" / pod_of(node) / "logs.txt", other + log)


def test_the_pod_of_a_log_tells_its_node(tmp_path: Path) -> None:
    assert choices(inspect(*dump_files(tmp_path))) == NICS


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", "the container logged nothing"),
        ("Request log error: forbidden\n", "the log was refused"),
    ],
)
def test_a_log_that_is_not_there(log: str, reason: str, tmp_path: Path) -> None:
    paths = list(dump_files(tmp_path))
    write(Path(paths[-1]), framed(pod_of("node-4"), log))
    result = inspect(*paths)
    gaps = {gap["node"]: gap["reason"] for gap in result.json["gaps"]}
    assert gaps.get("node-4") == (log.strip() or None), reason
    assert choices(result)["node-4"] == (None, None)
