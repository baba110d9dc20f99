"""Text of the cluster that means harm: nothing acts, no table breaks, memory stays flat."""

from __future__ import annotations

import dataclasses
import json
import tracemalloc
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from kubectl_calico_nic.collection.logs import read_current_log, read_previous_log
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.simulator.story import SimulatedNode
from kubectl_calico_nic.snapshot.pod import Pod
from tests.bundle_files import calico_log
from tests.calico_nic import Result, calico_nic
from tests.simulated import Simulated, changed_incident

HOSTILE = {
    "terminal escapes": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "markup": "[red]x[/red] [link=http://a]b[/link]",
    "a carriage return": "ok\rwrong",
    "line breaks": "a\nb\u2028c\x85d",
    "right to left": "\u202egnp.exe\u202c",
    "letters from right to left": "\u05d0\u05d1 172.16.10.21",
    "zero width": "a\u200bb\u2060c\ufeff",
    "marks piled up": "z" + "\u0301" * 40,
    "blanks that are none": "a\u00a0b\u3000c\u115f",
    "lone surrogates": "\ud800x",
    "C1 controls": "\x9b31mred",
    "enormous": "x" * 3_000_000,
}
INTERNAL_IP = "172.16.10.23"
LONGEST_LINE = 4000
"""Columns: however long a text of the cluster is, no line of ours is longer."""


def write_cluster(folder: Path, hostile: str) -> None:
    """A node on a wrong network, and ``hostile`` wherever a cluster keeps text."""
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": "node-3",
            "annotations": {
                "projectcalico.org/IPv4Address": hostile,
                "projectcalico.org/Interfaces": hostile,
            },
            "labels": {hostile[:60]: hostile[:60]},
        },
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": INTERNAL_IP},
                {"type": "InternalIP", "address": hostile},
            ],
            "conditions": [{"type": "Ready", "status": "False", "message": hostile}],
        },
    }
    container = {
        "name": "calico-node",
        "image": f"calico/node:{hostile}",
        "env": [
            {"name": "IP", "value": "autodetect"},
            {"name": "IP_AUTODETECTION_METHOD", "value": f"interface={hostile}"},
            {"name": "CALICO_NETWORKING_BACKEND", "value": hostile},
        ],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "calico-node-33333",
            "namespace": "kube-system",
            "labels": {"k8s-app": "calico-node"},
            "ownerReferences": [{"kind": "DaemonSet", "name": "calico-node", "controller": True}],
        },
        "spec": {"nodeName": "node-3", "containers": [container]},
        "status": {
            "phase": "Running",
            "reason": hostile,
            "message": hostile,
            "containerStatuses": [
                {
                    "name": "calico-node",
                    "restartCount": 3,
                    "state": {"waiting": {"reason": hostile, "message": hostile}},
                    "lastState": {"terminated": {"exitCode": 1, "reason": hostile}},
                }
            ],
        },
    }
    for name, item in (("node.json", node), ("pod.json", pod)):
        (folder / name).write_text(json.dumps(item))
    lines = calico_log("node-3")
    stamp = "2026-01-01 00:03:00.001 [INFO][66] monitor-addresses/autodetection_methods.go 103:"
    found = "Using autodetected IPv4 address on interface"
    lines += [f"{stamp} {found} {hostile}: 172.16.16.23/23", f"{stamp} {hostile}"]
    lines += [f"{stamp} {found} bond3: 172.16.16.23/23"]
    log = "\n".join(lines).encode("utf-8", "surrogatepass")
    (folder / "node-3.log").write_bytes(log + b" \xff\xfe\x80\n")


@pytest.fixture(params=HOSTILE, ids=list(HOSTILE))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write_cluster(tmp_path, HOSTILE[request.param])
    return tmp_path


def inspected(folder: Path, *argv: str, **options: object) -> Result:
    result = calico_nic("inspect", *argv, "--from", str(folder), **options)  # type: ignore[arg-type]
    assert result.status in (0, 2), result.stderr[:500]
    assert "Traceback" not in result.stderr
    return result


@pytest.mark.parametrize("argv", [(), ("-o", "wide"), ("node-3",), ("-o", "name")])
def test_nothing_acts(folder: Path, argv: tuple[str, ...]) -> None:
    result = inspected(folder, *argv)

    for character in set(result.stdout + result.stderr) - {"\n"}:
        assert unicodedata.category(character)[0] not in "CM", hex(ord(character))
        assert unicodedata.bidirectional(character) not in ("R", "AL", "AN")
    assert max(map(len, result.lines)) <= LONGEST_LINE


def test_a_terminal_gets_no_escape_but_ours(folder: Path) -> None:
    plain = inspected(folder, "node-3", terminal=True, environ={"TERM": "dumb"})
    coloured = inspected(folder, "node-3", terminal=True, environ={"TERM": "xterm"})

    assert "\x1b" not in plain.stdout
    styles = {part.partition("m")[0] for part in coloured.stdout.split("\x1b[")[1:]}
    assert styles <= {"0", "1", "2", "31", "1;31", "32", "33"}
    assert "\x1b]" not in coloured.stdout


def test_the_row_stays_a_row(folder: Path) -> None:
    report = inspected(folder, "-o", "wide").stdout
    header, *rows = report[report.index("NODE ") :].split("\n\n")[0].splitlines()

    assert [row.split()[0] for row in rows] == ["node-3"]
    assert header.split()[1] == "READY"


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_data_is_kept_whole_and_says_nothing_raw(folder: Path, output: str) -> None:
    result = inspected(folder, "-o", output)

    raw = set(result.stdout) - {"\n"}
    assert all(unicodedata.category(character)[0] != "C" for character in raw)
    if output == "json":
        assert result.json["kind"] == "Inspection"


def no_control(text: str) -> bool:
    return all(unicodedata.category(character)[0] != "C" for character in set(text) - {"\n"})


def test_nothing_acts_that_a_live_cluster_says() -> None:
    hostile = "".join(text for text in HOSTILE.values() if len(text) < 100 and "\ud800" not in text)

    def annotated(node: SimulatedNode) -> SimulatedNode:
        annotations = {"projectcalico.org/Interfaces": hostile, hostile: hostile}
        return dataclasses.replace(node, annotations=annotations)

    story = changed_incident(env={"IP_AUTODETECTION_METHOD": hostile}, node=annotated)
    with Simulated(story) as cluster:
        results = [
            cluster.run("inspect", *argv)
            for argv in ((), ("-o", "wide"), ("node-1",), ("--what-if", hostile))
        ]
    for result in results:
        assert result.status == 2, result.stderr
        assert no_control(result.stdout + result.stderr)
        assert "\u05d0" not in result.stdout


MEGABYTE = 1_000_000
FLAT = 20 * MEGABYTE
"""What reading may take at most, whatever the size of what is read."""


def peak(read: Callable[[], object]) -> int:
    """The most memory that was in use while ``read`` ran, in bytes."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("filler", [b"x", b"2026-01-01 00:02:00.000 [INFO][64] felix/a.go 1: b\n"])
def test_a_log_of_100_megabytes_is_read_in_flat_memory(tmp_path: Path, filler: bytes) -> None:
    head, tail = calico_log("node-3", monitored=1), calico_log("node-3", monitored=9)[-1]
    with (tmp_path / "node-3.log").open("wb") as file:
        file.write("\n".join(head).encode() + b"\n")
        for _ in range(100):
            file.write(filler * (MEGABYTE // len(filler)))
        file.write(b"\n" + tail.encode() + b"\n")

    results: list[Result] = []
    used = peak(lambda: results.append(inspected(tmp_path)))
    assert used < FLAT
    assert "node-3  -      bond3      172.16.16.23/23" in results[0].stdout


class Endless:
    """A kubelet whose container has written 100 MB: one line without an end."""

    def __init__(self) -> None:
        self.text = b"2026-01-01 00:00:00.000 [INFO][9] startup/a.go 1: " + b"x" * 100 * MEGABYTE

    def log(self, *_: str, limit_bytes: int | None = None, **__: Any) -> bytes:
        return self.text[:limit_bytes]


@pytest.mark.parametrize("read", [read_current_log, read_previous_log])
def test_a_live_log_of_100_megabytes_is_read_in_flat_memory(
    read: Callable[[Api, Pod], object],
) -> None:
    api = cast(Api, Endless())

    assert peak(lambda: read(api, Pod("kube-system", "calico-node-1", "node-1"))) < FLAT
