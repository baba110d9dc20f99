"""``inspect --from``: files instead of a cluster, through the command line."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import bundle_files as files
from tests.bundle_files import NAMELESS_STYLES, NICS, STYLES, calico_log, styled, write
from tests.calico_nic import Result, calico_nic

FOUR = tuple(NICS)


def inspect(*paths: str, stdin: str = "", flags: Iterable[str] = ()) -> Result:
    """Inspect these files, as JSON."""
    named = [word for path in paths for word in ("--from", path)]
    return calico_nic("inspect", *named, "-o", "json", *flags, stdin=stdin.encode())


def choices(result: Result) -> dict[str, tuple[str | None, str | None]]:
    """The NIC and address of every node, IPv4."""
    assert result.stdout, result.stderr
    return {
        node["name"]: (node["families"][0]["interface"], node["families"][0]["address"])
        for node in result.json["nodes"]
    }


def verdicts(result: Result) -> dict[str, str]:
    return {node["name"]: node["families"][0]["verdict"] for node in result.json["nodes"]}


def only(result: Result) -> dict[str, Any]:
    """The only node's only family."""
    ((node),) = result.json["nodes"]
    ((family),) = node["families"]
    return {**family, "node": node["name"], "version": node["version"], "ready": node["ready"]}


# Prefixes and names


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_pods_in_one_file_are_told_apart_by_their_prefix(style: files.Style) -> None:
    logs = [styled(style, node, calico_log(node)) for node in FOUR]
    interleaved = [line for lines in zip(*logs, strict=True) for line in lines]
    one_by_one = [line for lines in logs for line in lines]
    assert choices(inspect("-", stdin=files.text(interleaved))) == NICS
    assert choices(inspect("-", stdin=files.text(one_by_one))) == NICS


@pytest.mark.parametrize("style", NAMELESS_STYLES.values(), ids=NAMELESS_STYLES)
def test_the_log_itself_names_its_node(style: files.Style, tmp_path: Path) -> None:
    for number, node in enumerate(FOUR):
        write(tmp_path / f"{number}.log", styled(style, node, calico_log(node)))
    result = inspect(str(tmp_path))
    assert choices(result) == NICS
    assert {node["version"] for node in result.json["nodes"]} == {"v3.24.6"}


@pytest.mark.parametrize("style", NAMELESS_STYLES.values(), ids=NAMELESS_STYLES)
def test_logs_behind_each_other_are_told_apart_by_their_starts(style: files.Style) -> None:
    lines = [line for node in FOUR for line in styled(style, node, calico_log(node))]
    assert choices(inspect("-", stdin=files.text(lines))) == NICS


def without_names(node: str) -> list[str]:
    """What is left of a log when its beginning was rotated away."""
    return [line for line in calico_log(node, monitored=5) if "startup/" not in line][2:]


def test_a_file_is_called_after_the_node_where_the_log_does_not_say(tmp_path: Path) -> None:
    for node in FOUR:
        write(tmp_path / f"{node}.log", without_names(node))
    assert choices(inspect(str(tmp_path))) == NICS


@pytest.mark.parametrize(
    "name",
    [
        "calico-node-33333.log",
        "kube-system_calico-node-33333_calico-node.log",
        "calico-node-33333-previous.log",
        "calico-node-33333_kube-system_calico-node-" + "0a" * 32 + ".log",
        "kube-system_calico-node-33333_0c1a-77/calico-node/0.log",
        "pods/calico-node-33333/calico-node/calico-node/logs/current.log",
    ],
)
def test_a_pods_name_stands_for_its_node_where_the_pods_are_known(
    name: str, tmp_path: Path
) -> None:
    write(tmp_path / "pods.json", json.dumps(files.listed(*map(files.pod, FOUR))))
    write(tmp_path / name, without_names("node-3"))
    found = choices(inspect(str(tmp_path)))
    assert found["node-3"] == NICS["node-3"]
    assert set(found) == set(FOUR)


def test_the_pods_stand_for_their_nodes_in_prefixes_too(tmp_path: Path) -> None:
    lines = [line for node in FOUR for line in styled(STYLES["stern"], node, without_names(node))]
    log = write(tmp_path / "all.log", lines)
    assert set(choices(inspect(log))) == {files.pod_of(node) for node in FOUR}
    pods = write(tmp_path / "pods.yaml", yaml.safe_dump_all(map(files.pod, FOUR)))
    assert choices(inspect(log, pods)) == NICS


def test_folders_name_the_node_of_files_with_everyday_names(tmp_path: Path) -> None:
    for node in FOUR:
        write(tmp_path / node / "calico-node.log", without_names(node))
        write(tmp_path / node / "ip-addr.txt", files.ip_addr(node))
    assert choices(inspect(str(tmp_path))) == NICS


def test_calicos_own_name_of_a_node_yields_to_the_pods_node(tmp_path: Path) -> None:
    nodes = write(tmp_path / "nodes.json", json.dumps(files.node("n1.example.com", "172.16.10.21")))
    pod = files.pod("node-1")
    pod["spec"]["nodeName"] = "n1.example.com"
    pods = write(tmp_path / "pods.json", json.dumps(pod))
    log = write(tmp_path / "x.log", styled(STYLES["stern"], "node-1", calico_log("node-1")))
    assert choices(inspect(nodes, pods, log)) == {"n1.example.com": NICS["node-1"]}


def test_lines_of_other_containers_are_left_out(tmp_path: Path) -> None:
    foreign = calico_log("node-1", nic=("eth9", "10.9.9.9/8"))
    lines = [
        *(f"[pod/calico-node-11111/install-cni] {line}" for line in foreign),
        *styled(STYLES["kubectl --prefix"], "node-1", calico_log("node-1")),
        *(f"[pod/calico-node-11111/mount-bpffs] {line}" for line in foreign),
    ]
    write(tmp_path / "all.log", lines)
    write(tmp_path / "kube-system_calico-node-11111_0c1a/install-cni/0.log", foreign)
    result = inspect(str(tmp_path))
    assert choices(result) == {"node-1": NICS["node-1"]}


def test_mixed_lines_that_nothing_tells_apart_are_no_evidence() -> None:
    logs = [calico_log(node) for node in FOUR]
    interleaved = [line for lines in zip(*logs, strict=True) for line in lines]
    result = inspect("-", stdin=files.text(interleaved))
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == (
        "error: nothing to inspect: stdin (lines of several containers without saying whose; "
        "kubectl logs --prefix says it)\n"
    )


def test_tails_behind_each_other_are_no_evidence(tmp_path: Path) -> None:
    """What ``kubectl logs -l k8s-app=calico-node`` prints: the last lines of every pod."""
    tails = [line for node in FOUR for line in without_names(node)]
    result = inspect(write(tmp_path / "all.log", tails))
    assert result.status == 1
    assert "lines of several containers" in result.stderr


# Which log is the current one


@pytest.mark.parametrize("names", [("a.log", "b.log"), ("b.log", "a.log")])
def test_the_newest_log_of_a_node_counts(names: tuple[str, str], tmp_path: Path) -> None:
    old, new = names
    write(tmp_path / old, calico_log("node-1", hour=1, nic=("eth0", "10.0.0.1/8")))
    write(tmp_path / new, calico_log("node-1", hour=2))
    found = only(inspect(str(tmp_path)))
    assert (found["interface"], found["since"]) == ("bond4", "2026-01-01T02:00:00Z")


def test_the_container_before_explains_a_start_that_has_decided_nothing_yet(
    tmp_path: Path,
) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1", hour=2)[:4])
    write(tmp_path / "node-1-previous.log", files.failed_log("node-1", hour=1))
    found = only(inspect(str(tmp_path)))
    assert (found["verdict"], found["evidence"]) == ("detection-failed", ["previous-log"])


def test_starts_in_one_log_are_containers_of_their_own(tmp_path: Path) -> None:
    lines = [*files.failed_log("node-1", hour=1), *calico_log("node-1", hour=2)[:4]]
    log = write(tmp_path / "x", styled(STYLES["stern"], "node-1", lines))
    assert only(inspect(log))["evidence"] == ["previous-log"]
    healed = [*files.failed_log("node-1", hour=1), *calico_log("node-1", hour=2)]
    log = write(tmp_path / "x", styled(STYLES["stern"], "node-1", healed))
    assert only(inspect(log))["address"] == "172.16.10.21/24"


@pytest.mark.parametrize(
    "parts",
    [
        ("0.log.20260101-000500.gz", "0.log.20260101-001000", "0.log"),
        ("0.log.2.gz", "0.log.1", "0.log"),
    ],
)
def test_the_parts_of_a_rotated_log_are_one_log(parts: tuple[str, ...], tmp_path: Path) -> None:
    lines = calico_log("node-1", monitored=15)
    folder = tmp_path / "kube-system_calico-node-11111_0c1a" / "calico-node"
    for number, name in enumerate(parts):
        part = files.text(styled(NAMELESS_STYLES["CRI"], "", lines[number * 14 : number * 14 + 14]))
        packed = gzip.compress(part.encode()) if name.endswith(".gz") else part
        write(folder / name, packed)
    found = only(inspect(str(tmp_path)))
    assert (found["node"], found["interface"]) == ("node-1", "bond4")
    assert (found["since"], found["version"]) == ("2026-01-01T00:00:00Z", "v3.24.6")
    assert found["evidence"] == ["log"]


def test_copies_of_one_log_are_one_log(tmp_path: Path) -> None:
    whole = calico_log("node-1", monitored=9)
    write(tmp_path / "at-noon" / "node-1.log", whole[:-6])
    write(tmp_path / "later" / "node-1.log", whole)
    write(tmp_path / "tail" / "node-1.log", whole[-4:-2])
    found = only(inspect(str(tmp_path)))
    assert (found["address"], found["evidence"]) == ("172.16.10.21/24", ["log"])


# Objects and ip addr


def as_json(*items: dict[str, Any]) -> str:
    return json.dumps(files.listed(*items), indent=4)


OBJECT_FILES: dict[str, Callable[..., str]] = {
    "a list": as_json,
    "a list in one line": lambda *items: json.dumps(files.listed(*items)),
    "a NodeList": lambda *items: json.dumps(
        {
            "kind": "NodeList",
            "apiVersion": "v1",
            "items": [{key: item[key] for key in ("metadata", "status")} for item in items],
        }
    ),
    "a JSON array": lambda *items: json.dumps(items, indent=2),
    "an array in one line": lambda *items: json.dumps(items),
    "JSON lines": lambda *items: files.text(map(json.dumps, items)),
    "objects behind each other": lambda *items: "\n".join(
        json.dumps(item, indent=4) for item in items
    ),
    "a YAML list": lambda *items: yaml.safe_dump(files.listed(*items)),
    "a YAML sequence": lambda *items: yaml.safe_dump(list(items)),
    "YAML documents": lambda *items: yaml.safe_dump_all(items, explicit_start=True),
    "YAML with comments": lambda *items: (
        "# kubectl get nodes\n\n--- # all\n" + yaml.safe_dump(files.listed(*items))
    ),
    "JSON with a byte order mark": lambda *items: "\ufeff" + as_json(*items),
    "YAML with Windows line ends": lambda *items: yaml.safe_dump(files.listed(*items)).replace(
        "\n", "\r\n"
    ),
}


@pytest.mark.parametrize("form", OBJECT_FILES.values(), ids=OBJECT_FILES)
def test_nodes_give_the_expectation(form: Callable[..., str], tmp_path: Path) -> None:
    content = form(*(files.node(name) for name in FOUR))
    for name in FOUR:
        write(tmp_path / f"{name}.log", calico_log(name))
    write(tmp_path / "nodes", content)
    result = inspect(str(tmp_path))
    assert result.status == 2
    assert verdicts(result) == {
        "node-1": "ok",
        "node-2": "ok",
        "node-3": "wrong-network",
        "node-4": "wrong-network",
    }


def test_nodes_alone_are_evidence(tmp_path: Path) -> None:
    nodes = [files.node(name, IPv4Address=NICS[name][1]) for name in FOUR]
    result = inspect(write(tmp_path / "nodes.json", as_json(*nodes)))
    assert verdicts(result)["node-3"] == "wrong-network"
    assert {node["families"][0]["evidence"][0] for node in result.json["nodes"]} == {"annotation"}


def test_pods_and_daemon_sets_give_readiness_method_and_version(tmp_path: Path) -> None:
    write(tmp_path / "ds.yaml", yaml.safe_dump(files.daemon_set()))
    write(tmp_path / "all.json", as_json(files.node("node-1"), files.pod("node-1")))
    write(tmp_path / "node-1.log", without_names("node-1"))
    result = inspect(str(tmp_path))
    (daemon_set,) = result.json["daemonSets"]
    assert (daemon_set["name"], daemon_set["version"]) == ("kube-system/calico-node", "v3.24.6")
    assert daemon_set["method"] == {"IPv4": "first-found"}
    found = only(result)
    assert (found["ready"], found["version"], found["verdict"]) == (True, "v3.24.6", "ok")


def test_ip_addr_gives_the_recommendation(tmp_path: Path) -> None:
    for name in FOUR:
        write(tmp_path / f"{name}.log", calico_log(name))
        write(tmp_path / "ip" / f"{name}.txt", files.ip_addr(name))
    nodes = write(tmp_path / "nodes.json", as_json(*(files.node(name) for name in FOUR)))
    result = inspect(str(tmp_path), nodes)
    (found,) = result.json["recommendations"]
    assert (found["method"], found["changes"], found["nodes"]) == ("interface=bond4", 2, 4)
    assert found["command"] == "kubectl calico-nic set --interface bond4"


@pytest.mark.parametrize(
    ("addresses", "links"),
    [
        ("node-1.txt", "node-1-link.txt"),
        ("addr/node-1.txt", "link/node-1.txt"),
        ("node-1.addr", "node-1.link"),
        ("node-1-ip-addr.txt", "node-1-ip-link.txt"),
        ("node-1/ip-addr.txt", "node-1/ip-link.txt"),
    ],
)
def test_ip_addr_and_ip_link_of_one_node(addresses: str, links: str, tmp_path: Path) -> None:
    write(tmp_path / addresses, files.ip_addr("node-1"))
    write(tmp_path / links, files.ip_link("node-1"))
    result = inspect(str(tmp_path), flags=("--what-if", "interface=bond3"))
    assert choices(result) == {"node-1": ("bond3", "172.16.16.21/23")}
    assert result.stderr == ""


def test_ip_link_alone_is_no_inventory(tmp_path: Path) -> None:
    result = inspect(write(tmp_path / "node-1.txt", files.ip_link("node-1")))
    assert result.status == 1
    assert "ip link output of a node without its ip addr output" in result.stderr


def test_the_version_is_a_flag_where_no_file_names_it(tmp_path: Path) -> None:
    log = write(tmp_path / "node-1.log", without_names("node-1"))
    assert only(inspect(log))["version"] is None
    assert only(inspect(log, flags=("--calico-version", "v3.20.1")))["version"] == "v3.20.1"
    named = write(tmp_path / "named.log", calico_log("node-1"))
    assert only(inspect(named, flags=("--calico-version", "v3.20.1")))["version"] == "v3.24.6"


# The command line


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

NOTHING = "no calico-node log, no ip addr output, no Node, pod or DaemonSet of calico-node"
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
    "a DaemonSet of something else": ["kind: DaemonSet", "metadata: {name: x}", "spec: [1]"],
}


@pytest.mark.parametrize("lines", OTHER_LOGS.values(), ids=OTHER_LOGS)
def test_what_is_not_calico_nodes_is_no_evidence(lines: list[str], tmp_path: Path) -> None:
    path = write(tmp_path / "other", lines)
    result = inspect(path)
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == f"error: nothing to inspect: {path} ({NOTHING})\n"


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
    "a JSON list cut off": (as_json(files.node("node-1"))[:400], "unexpected end of JSON input"),
    "a JSON string cut off": ('{"kind":"Node",\n"metadata":{"na', "unexpected end of JSON input"),
    "JSON with a comma too many": ('{"kind": "Node",\n}', "invalid JSON"),
    "a second object cut off": ('{"kind": "Node"}\n\n{"kind": ', "unexpected end of JSON input"),
    "JSON nested deeply": ('{"kind":' + "[" * 100_000, "a value of this document cannot be read"),
    "a number without end": ('{"kind":' + "1" * 5000 + "}", "cannot be read"),
    "YAML cut off in a string": ('kind: Node\nmetadata:\n  name: "x', "found unexpected end"),
    "YAML with a tab": ("kind: Node\n\tmetadata: x\n", "tab character"),
    "YAML with wrong indentation": ("kind: Node\n  metadata:\n x: y\n", "mapping values"),
    "YAML with a control character": ("kind: Node\nmetadata: {name: '\x1b'}\n", "control"),
    "YAML with an unknown alias": ("kind: Node\nmetadata: *x\n", "undefined alias"),
    "YAML with a foreign tag": ("kind: Node\nmetadata: !!python/name:os.system x\n", "constructor"),
    "YAML nested deeply": ("kind: Node\nx: " + "[" * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize(("content", "problem"), BROKEN.values(), ids=BROKEN)
def test_broken_objects_name_file_and_line(content: str, problem: str, tmp_path: Path) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1"))
    path = write(tmp_path / "nodes", content)
    result = inspect(str(tmp_path))
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: read {path}: line ")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_line_of_a_broken_list_is_where_it_breaks(tmp_path: Path) -> None:
    content = as_json(files.node("node-1"))
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


def test_bytes_that_are_no_utf_8_do_no_harm(tmp_path: Path) -> None:
    noise = b"\xff\xfe\x80 bird: \xc3\x28\n"
    log = files.text(calico_log("node-1")).encode()
    path = write(tmp_path / "x.log", b"bird: \xe9\n" + log + noise + noise)
    assert choices(inspect(path)) == {"node-1": NICS["node-1"]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_the_encodings_that_windows_writes(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path / "x.log", files.text(calico_log("node-1")).encode(encoding))
    assert choices(inspect(path)) == {"node-1": NICS["node-1"]}
    objects = as_json(files.node("node-1", IPv4Address="10.0.0.1/8"))
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
