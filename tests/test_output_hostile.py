"""Text of the cluster that means harm: nothing acts, no table breaks, memory stays flat."""

from __future__ import annotations

import json
import tracemalloc
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundle_files import calico_log
from tests.calico_nic import Result, calico_nic

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
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    write_cluster(tmp_path, HOSTILE[request.param])
    yield tmp_path


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
    header, *rows = inspected(folder, "-o", "wide").stdout.split("NODE ", 1)[1].split("\n\n")[0].split("\n")

    assert [row.split()[0] for row in rows if row] == ["node-3"]
    assert "READY" in header


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_data_is_kept_whole_and_says_nothing_raw(folder: Path, output: str) -> None:
    result = inspected(folder, "-o", output)

    raw = set(result.stdout) - {"\n"}
    assert all(unicodedata.category(character)[0] != "C" for character in raw)
    if output == "json":
        assert result.json["kind"] == "Inspection"
