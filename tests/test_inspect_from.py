"""``inspect --from`` on the command line, and files that are broken or none of Calico's."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from kubectl_calico_nic.bundle import decoding
from kubectl_calico_nic.bundle.archives import limits
from tests import bundle_files as files
from tests.bundle_files import (
    NICS,
    calico_log,
    choices,
    inspect,
    without_names,
    write,
)
from tests.calico_nic import calico_nic

FOUR = tuple(NICS)


def test_further_paths_may_follow_the_flag_as_a_shell_writes_them(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.log", calico_log(name)) for name in FOUR]
    result = calico_nic("inspect", "--from", *paths, "-o", "json")
    assert choices(result) == NICS
    result = calico_nic("inspect", "--from", *paths, "node-3", "-o", "json")
    assert choices(result) == {"node-3": NICS["node-3"]}


def test_a_node_that_the_files_do_not_know(tmp_path: Path) -> None:
    log = write(tmp_path / "node-1.log", calico_log("node-1"))
    result = calico_nic("inspect", "--from", log, "node-9", "node-1", "node/node-8")
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == 'error: nodes "node-9", "node-8" not found in the files\n'


def test_a_version_that_is_none(tmp_path: Path) -> None:
    log = write(tmp_path / "node-1.log", calico_log("node-1"))
    result = inspect(log, flags=("--calico-version", "banana"))
    assert result.status == 1
    assert 'invalid argument "banana" for "--calico-version" flag' in result.stderr


def test_good_files_exit_with_0(tmp_path: Path) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1"))
    write(tmp_path / "nodes.json", json.dumps(files.node("node-1")))
    result = calico_nic("inspect", "--from", str(tmp_path))
    assert result.status == 0
    assert result.lines[0] == "OK: the node uses the expected address (InternalIP)"


def test_without_any_evidence_of_a_node_it_exits_with_1(tmp_path: Path) -> None:
    nodes = write(tmp_path / "nodes.json", json.dumps(files.node("node-1")))
    assert inspect(nodes).status == 1
    addresses = write(tmp_path / "node-1.txt", files.ip_addr("node-1"))
    assert inspect(addresses).status == 1


# What cannot be read

NOTHING = (
    "no calico-node log, no output of ip addr or birdcl, no Node, pod or DaemonSet of calico-node"
)
OTHER_LOGS = {
    "kube-proxy": ["I0101 00:00:00.000000       1 server.go:483] Version info: v1.31.0"],
    "kube-controllers": [
        "2026-01-01 00:00:00.000 [INFO][1] kube-controllers/main.go 138: Loaded configuration",
        "2026-01-01 00:00:01.000 [INFO][1] kube-controllers/main.go 350: Starting status report",
    ],
    "install-cni": ["2026-01-01 00:00:00.000 [INFO][1] cni-installer/<nil> <nil>: Installed"],
    "the CNI plugin": ["2026-01-01 00:00:00.000 [INFO][7] cni-plugin/plugin.go 324: Calico CNI"],
    "Java": ["2026-01-01 00:00:00.000 [main] INFO  startup.go - started"],
    "prose": ["bird calico-node said: Using autodetected IPv4 address on interface eth0: 10.0.0.1"],
    "foreign JSON": ['{"level":"info","msg":"hello"}', '{"a":1}'],
    "a Status": ['{"kind":"Status","apiVersion":"v1","status":"Failure","message":"forbidden"}'],
    "an empty list": ['{"apiVersion":"v1","kind":"List","items":[]}'],
    "other objects": ["apiVersion: v1", "kind: Service", "metadata:", "  name: dns"],
    "broken objects": ["apiVersion: v1", "kind: Node", "metadata: 7"],
    "what only looks like ip addr": ["1: lo    inet x/y scope host lo"],
    "a day that does not exist": ["2026-02-30 00:00:00.000 [INFO][1] x/x.go 1: x"] * 2,
    "a DaemonSet of something else": ["kind: DaemonSet", "metadata: {name: x}", "spec: [1]"],
}


@pytest.mark.parametrize("lines", OTHER_LOGS.values(), ids=OTHER_LOGS)
def test_what_is_not_calico_nodes_is_no_evidence(lines: list[str], tmp_path: Path) -> None:
    path = write(tmp_path / "other", lines)
    result = inspect(path)
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == f"error: nothing to inspect: {path} ({NOTHING})\n"


def test_a_daemon_set_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "ds.json", json.dumps(files.daemon_set()))
    assert inspect(path).stderr == "error: nothing to inspect: the files name no node\n"


def test_what_is_no_evidence_is_left_out_with_a_warning(tmp_path: Path) -> None:
    log = write(tmp_path / "node-1.log", calico_log("node-1"))
    for number in range(5):
        write(tmp_path / "more" / f"{number}.md", "# Read me\n")
    empty = write(tmp_path / "empty", "")
    binary = write(tmp_path / "binary", b"\x7fELF\0\0\0")
    result = calico_nic("inspect", "--from", log, "--from", str(tmp_path))
    more = tmp_path / "more"
    assert result.stderr.splitlines() == [
        f"Warning: left out {binary} (a binary file)",
        f"Warning: left out {empty} (empty)",
        f"Warning: left out {more}/0.md, {more}/1.md, {more}/2.md and 2 more ({NOTHING})",
    ]
    assert "node-1" in result.stdout


@pytest.mark.parametrize("content", ["", "\n \r\n", "\ufeff"])
def test_an_empty_file(content: str, tmp_path: Path) -> None:
    path = write(tmp_path / "node-1.log", content)
    result = inspect(path)
    assert (result.status, result.stderr) == (1, f"error: nothing to inspect: {path} (empty)\n")


def test_empty_stdin() -> None:
    assert inspect("-").stderr == "error: nothing to inspect: stdin (empty)\n"


BROKEN = {
    "a JSON list cut off": (
        files.as_json(files.node("node-1"))[:400],
        "unexpected end of JSON input",
    ),
    "a JSON string cut off": ('{"kind":"Node",\n"metadata":{"na', "unexpected end of JSON input"),
    "JSON with a comma too many": ('{"kind": "Node",\n}', "invalid JSON"),
    "a second object cut off": ('{"kind": "Node"}\n\n{"kind": ', "unexpected end of JSON input"),
    "JSON nested deeply": ('{"kind":' + "[" * 100_000, "a value of this document cannot be read"),
    "a number without end": ('{"kind":' + "1" * 5000 + "}", "cannot be read"),
    "YAML cut off in a string": ('kind: Node\nmetadata:\n  name: "x', "found unexpected end"),
    "YAML with a tab": ("kind: Node\n\tmetadata: x\n", "line 2: found"),
    "YAML with wrong indentation": ("kind: Node\n  metadata:\n x: y\n", "mapping values"),
    "YAML with a control character": ("kind: Node\nmetadata: {name: '\x1b'}\n", "control"),
    "YAML with an unknown alias": ("kind: Node\nmetadata: *x\n", "undefined alias"),
    "YAML with a foreign tag": ("kind: Node\nmetadata: !!python/name:os.system x\n", "constructor"),
    "YAML nested deeply": ("kind: Node\nx: " + "[" * 100_000, ""),
}


@pytest.mark.parametrize(("content", "problem"), BROKEN.values(), ids=BROKEN)
def test_broken_objects_name_file_and_line(content: str, problem: str, tmp_path: Path) -> None:
    log = write(tmp_path / "node-1.log", calico_log("node-1"))
    path = write(tmp_path / "nodes", content)
    result = inspect(log, path)
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: read {path}: line ")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(("content", "problem"), BROKEN.values(), ids=BROKEN)
def test_of_a_folder_what_is_broken_is_left_out(content: str, problem: str, tmp_path: Path) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1"))
    path = write(tmp_path / "nodes", content)
    result = inspect(str(tmp_path))
    assert choices(result) == {"node-1": NICS["node-1"]}
    assert result.stderr.startswith(f"Warning: left out {path} (line ")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_line_of_a_broken_list_is_where_it_breaks(tmp_path: Path) -> None:
    content = files.as_json(files.node("node-1"))
    lines = content[: content.index('"status"')].rstrip().splitlines()
    result = inspect(write(tmp_path / "x", "\n".join(lines)))
    assert f"x: line {len(lines)}: unexpected end of JSON input" in result.stderr


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    log = write(tmp_path / "node-1.log", calico_log("node-1"))
    result = inspect(log, "no/such/file")
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == 'error: the path "no/such/file" does not exist\n'
    assert inspect("").stderr == 'error: the path "" does not exist\n'


def test_a_folder_without_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    write(tmp_path / "a" / ".hidden", calico_log("node-1"))
    write(tmp_path / ".git" / "x.log", calico_log("node-1"))
    result = inspect(str(tmp_path))
    assert result.status == 1
    assert f'the directory "{tmp_path}" holds no file to read' in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "node-1.log", calico_log("node-1"))
    os.chmod(path, 0)
    assert inspect(path).stderr == f"error: read {path}: permission denied\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_of_a_folder_a_file_that_may_not_be_read_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1"))
    path = write(tmp_path / "node-2.log", calico_log("node-2"))
    os.chmod(path, 0)
    result = inspect(str(tmp_path))
    assert set(choices(result)) == {"node-1"}
    assert result.stderr == f"Warning: left out {path} (permission denied)\n"


def test_bytes_that_are_no_utf_8_do_no_harm(tmp_path: Path) -> None:
    noise = b"\xff\xfe\x80 bird: \xc3\x28\n"
    log = files.text(calico_log("node-1")).encode()
    path = write(tmp_path / "x.log", b"bird: \xe9\n" + log + noise + noise)
    assert choices(inspect(path)) == {"node-1": NICS["node-1"]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_the_encodings_that_windows_writes(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path / "x.log", files.text(calico_log("node-1")).encode(encoding))
    assert choices(inspect(path)) == {"node-1": NICS["node-1"]}
    objects = files.as_json(files.node("node-1", IPv4Address="10.0.0.1/8"))
    path = write(tmp_path / "x.json", objects.encode(encoding))
    assert choices(inspect(path)) == {"node-1": (None, "10.0.0.1/8")}


def test_packed_files(tmp_path: Path) -> None:
    packed = gzip.compress(files.text(calico_log("node-1")).encode())
    path = write(tmp_path / "x.log.gz", packed)
    assert choices(inspect(path)) == {"node-1": NICS["node-1"]}
    for broken in (packed[:-20], packed[:40] + b"x" * 40 + packed[80:]):
        result = inspect(write(tmp_path / "x.gz", broken))
        assert result.status == 1
        assert "its gzip data is damaged or cut off" in result.stderr


@pytest.mark.parametrize(
    ("module", "name"), [(limits, "LARGEST_UNPACKED"), (decoding, "LARGEST_DOCUMENT")]
)
def test_a_file_that_is_too_large_for_what_it_is(
    module: ModuleType, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, 1000)
    path = write(tmp_path / "x.gz", gzip.compress(b'{"kind": "Node"}' + b" " * 2000))
    result = inspect(path)
    assert result.status == 1
    assert result.stderr.startswith(f"error: read {path}: ")


def test_text_of_the_files_does_not_act_on_the_terminal(tmp_path: Path) -> None:
    node = "node-\x1b[2J\u202e1"
    log = write(tmp_path / "x.log", calico_log(node, nic=("bond\x1b[31m4", "172.16.10.21/24")))
    result = calico_nic("inspect", "--from", log)
    assert "\x1b" not in result.stdout + result.stderr
    assert "\u202e" not in result.stdout + result.stderr


def test_a_name_that_is_no_utf_8_can_be_shown(tmp_path: Path) -> None:
    os.makedirs(os.fsencode(tmp_path) + b"/logs")
    with open(os.fsencode(tmp_path) + b"/logs/node-\xff.log", "w") as file:
        file.write(files.text(without_names("node-1")))
    assert choices(inspect(str(tmp_path))) == {"node-\ufffd": NICS["node-1"]}
