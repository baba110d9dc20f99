"""``inspect --from`` logs: whose they are, and which one counts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml

from kubectl_calico_nic.bundle.assemble import read_files
from kubectl_calico_nic.bundle.layouts.file_names import stem_of
from tests import bundle_files as files
from tests.bundle_files import (
    NAMELESS_STYLES,
    NICS,
    STYLES,
    calico_log,
    choices,
    inspect,
    only,
    styled,
    without_names,
    write,
)

FOUR = tuple(NICS)


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


def test_init_containers_in_the_same_log_are_no_container_before(tmp_path: Path) -> None:
    """What ``kubectl logs --all-containers`` prints, and ``calicoctl cluster diags`` packs."""
    others = [
        "2026-01-01 00:00:00.000 [INFO][1] cni-installer/<nil> <nil>: Installed",
        "2026-01-01 00:00:00.500 [INFO][1] init/calico-init_linux.go 58: Checking if BPF is there",
    ]
    path = write(tmp_path / "node-1.log", [*others, *calico_log("node-1")])
    (facts,) = read_files([path], None).nodes
    assert facts.previous_log is None
    assert only(inspect(path))["address"] == "172.16.10.21/24"


def test_the_file_of_the_monitor_on_the_host(tmp_path: Path) -> None:
    lines = [line for line in calico_log("node-1") if "monitor-addresses/" in line]
    write(tmp_path / "node-1" / "var" / "startup.log", calico_log("node-1", monitored=0))
    write(tmp_path / "node-1" / "monitor-addresses" / "current", lines)
    assert only(inspect(str(tmp_path)))["address"] == "172.16.10.21/24"


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


def test_a_later_tail_adds_to_what_an_earlier_copy_tells(tmp_path: Path) -> None:
    whole = calico_log("node-1", monitored=1)
    silent = [line.replace("00:01", "00:09") for line in whole if "felix/" in line]
    write(tmp_path / "node-1.log", [*whole, *silent[:1]])
    later = [line.replace("00:09", "00:19") for line in silent]
    write(tmp_path / "tail" / "node-1.log", [*silent, *later])
    found = only(inspect(str(tmp_path)))
    assert (found["address"], found["evidence"]) == ("172.16.10.21/24", ["log"])


def test_the_failure_of_an_older_container_is_no_part_of_a_later_tail(tmp_path: Path) -> None:
    write(tmp_path / "old" / "node-1.log", files.failed_log("node-1", hour=1))
    tail = [line for line in calico_log("node-1", hour=2) if "felix/" in line]
    write(tmp_path / "node-1.log", tail)
    assert only(inspect(str(tmp_path)))["evidence"] == ["previous-log"]


@pytest.mark.parametrize("clock", ["2026-01-01 00:00:59.900", "2026-02-30 00:00:00.000"])
def test_clocks_of_one_container_may_jitter(clock: str, tmp_path: Path) -> None:
    lines = calico_log("node-1", monitored=1)
    late = f"{clock} [INFO][64] felix/summary.go 100: Summarising 12 loops over 1m3.4s"
    result = inspect(write(tmp_path / "x.log", [*lines, late, *lines[-2:]]))
    assert choices(result) == {"node-1": NICS["node-1"]}


def test_a_file_called_by_everyday_words_alone() -> None:
    assert (stem_of("calico-node.log"), stem_of("/logs/current.log.1")) == (
        "calico-node",
        "current",
    )
