"""What kubectl, stern, the container runtime and journald put in front of a log line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.bundle.layouts.line_prefixes import PrefixedLine, strip_prefix

LINE = (
    "2026-01-01 00:00:00.123 [INFO][9] startup/autodetection_methods.go 103: "
    "Using autodetected IPv4 address on interface bond4: 172.16.10.21/24"
)
TIME = "2026-01-01T00:00:00.123456789Z"
POD = "calico-node-x7k2p"
BOX = "calico-node"
OF_POD = PrefixedLine(LINE, POD, BOX)
OF_HOST = PrefixedLine(LINE, host="node-1", program=BOX)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINE, PrefixedLine(LINE)),
        (LINE + "\r\n", PrefixedLine(LINE)),
        (f"{TIME} {LINE}", PrefixedLine(LINE)),
        (f"[pod/{POD}/{BOX}] {LINE}", OF_POD),
        (f"[pod/{POD}/{BOX}] {TIME} {LINE}", OF_POD),
        (f"[pod/{POD}/{BOX}] 2026-01-01T02:00:00.1+02:00 {LINE}", OF_POD),
        (f"[pod/{POD}/{BOX}] ", PrefixedLine("", POD, BOX)),
        (f"[pod/{POD}/install-cni] x", PrefixedLine("x", POD, "install-cni")),
        (f"[pod/node-7.example.com/{BOX}] x", PrefixedLine("x", "node-7.example.com", BOX)),
    ],
)
def test_kubectl_logs(text: str, expected: PrefixedLine) -> None:
    assert strip_prefix(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{POD} {BOX} {LINE}", OF_POD),
        (f"kube-system {POD} {BOX} {LINE}", OF_POD),
        (f"{POD} {BOX} {TIME} {LINE}", OF_POD),
        (f"{POD} {BOX} 01-02 15:04:05 {LINE}", OF_POD),
        (f"\x1b[36m{POD}\x1b[0m \x1b[32m{BOX}\x1b[0m {LINE}", OF_POD),
        (f"\x1b[38;2;0;128;255mkube-system {POD}\x1b[m \x1b[1;32m{BOX}\x1b[m {LINE}", OF_POD),
        (f"calico-node-of-node-1 {BOX} {LINE}", PrefixedLine(LINE, "calico-node-of-node-1", BOX)),
        (f"{POD} mount-bpffs x", PrefixedLine("x", POD, "mount-bpffs")),
        (f"{POD} {BOX} Calico node started successfully", None),
    ],
)
def test_stern(text: str, expected: PrefixedLine | None) -> None:
    assert strip_prefix(text) == (
        expected or PrefixedLine("Calico node started successfully", POD, BOX)
    )


def test_stern_as_json() -> None:
    entry = {
        "message": LINE + "\n",
        "nodeName": "node-1",
        "namespace": "kube-system",
        "podName": POD,
        "containerName": BOX,
    }
    assert strip_prefix(json.dumps(entry)) == PrefixedLine(LINE, POD, BOX, "node-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{TIME} stdout F {LINE}", PrefixedLine(LINE, stream="stdout")),
        (f"{TIME} stderr F {LINE}", PrefixedLine(LINE, stream="stderr")),
        (f"{TIME} stdout F:x {LINE}", PrefixedLine(LINE, stream="stdout")),
        (f"2026-01-01T01:00:00.1+01:00 stdout F {LINE}", PrefixedLine(LINE, stream="stdout")),
        (
            f"{TIME} stderr P {LINE[:50]}",
            PrefixedLine(LINE[:50], partial=True, stream="stderr"),
        ),
        (
            json.dumps({"log": LINE + "\n", "stream": "stdout", "time": TIME}),
            PrefixedLine(LINE, stream="stdout"),
        ),
        (
            json.dumps({"log": LINE[:50], "stream": "stdout", "time": TIME}),
            PrefixedLine(LINE[:50], partial=True, stream="stdout"),
        ),
    ],
)
def test_container_runtimes(text: str, expected: PrefixedLine) -> None:
    assert strip_prefix(text) == expected


@pytest.mark.parametrize(
    "prefix",
    [
        "Jan  1 00:00:00 node-1 calico-node[71]: ",
        "Jan 01 00:00:00.123456 node-1 calico-node[71]: ",
        "Jan 01 00:00:00 node-1 calico-node: ",
        "2026-01-01T00:00:00+0000 node-1 calico-node[71]: ",
        "2026-01-01T00:00:00.123456+01:00 node-1 calico-node[71]: ",
        "Thu 2026-01-01 00:00:00 UTC node-1 calico-node[71]: ",
        "[ 1234.567890] node-1 calico-node[71]: ",
    ],
)
def test_journald(prefix: str) -> None:
    assert strip_prefix(prefix + LINE) == OF_HOST


def test_journald_as_json() -> None:
    entry = {"__CURSOR": "s=1", "_HOSTNAME": "node-1", "SYSLOG_IDENTIFIER": BOX, "MESSAGE": LINE}
    assert strip_prefix(json.dumps(entry)) == OF_HOST
    box = f"k8s_{BOX}_{POD}_kube-system_0c1a_2"
    of_docker = strip_prefix(json.dumps({**entry, "CONTAINER_NAME": box}))
    assert (of_docker.pod, of_docker.container) == (POD, BOX)


@pytest.mark.parametrize(
    "text",
    [
        "bird: Unexpected connect from unknown address 172.16.16.23 (port 41234)",
        "Calico node started successfully",
        "",
        '{"broken',
        '{"kind": "Status", "message": "forbidden"}',
        "[1, 2]",
        '{"log": 7}',
        '{"message": null}',
        '{"MESSAGE": [72, 105]}',
        "2026-01-01T00:00:00 is no time of a runtime",
        "Warning: calico-node x",
    ],
)
def test_a_line_without_a_prefix_stays_as_it_is(text: str) -> None:
    assert strip_prefix(text) == PrefixedLine(text)


@given(st.text())
def test_no_line_raises(text: str) -> None:
    strip_prefix(text)


PIECES = st.sampled_from(
    [
        "[pod/",
        "/",
        "] ",
        POD,
        " ",
        BOX,
        TIME,
        " stdout P ",
        "{",
        '"log":',
        "Jan  1 ",
        "\x1b[3m",
        ":",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_line_of_pieces_of_prefixes_raises(text: str) -> None:
    assert len(strip_prefix(text).text) <= len(text)
