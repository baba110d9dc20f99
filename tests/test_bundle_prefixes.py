"""What kubectl, stern, the CRI, docker and journald put in front of a log line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.bundle.prefixes import PrefixedLine, strip_prefix

LINE = (
    "2026-01-01 00:00:00.123 [INFO][9] startup/autodetection_methods.go 103: "
    "Using autodetected IPv4 address on interface bond4: 172.16.10.21/24"
)
TIME = "2026-01-01T00:00:00.123456789Z"
POD = "calico-node-x7k2p"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINE, PrefixedLine(LINE)),
        (LINE + "\r\n", PrefixedLine(LINE)),
        (f"{TIME} {LINE}", PrefixedLine(LINE)),
        (f"[pod/{POD}/calico-node] {LINE}", PrefixedLine(LINE, POD, "calico-node")),
        (f"[pod/{POD}/calico-node] {TIME} {LINE}", PrefixedLine(LINE, POD, "calico-node")),
        (f"[pod/{POD}/install-cni] x", PrefixedLine("x", POD, "install-cni")),
        (f"{POD} calico-node {LINE}", PrefixedLine(LINE, POD, "calico-node")),
        (f"kube-system {POD} calico-node {LINE}", PrefixedLine(LINE, POD, "calico-node")),
        (f"{POD} calico-node {TIME} {LINE}", PrefixedLine(LINE, POD, "calico-node")),
        (
            f"\x1b[36m{POD}\x1b[0m \x1b[32mcalico-node\x1b[0m {LINE}",
            PrefixedLine(LINE, POD, "calico-node"),
        ),
        (f"{TIME} stdout F {LINE}", PrefixedLine(LINE)),
        (f"{TIME} stderr P {LINE[:50]}", PrefixedLine(LINE[:50], partial=True)),
        (f"2026-01-01T01:00:00.1+01:00 stdout F {LINE}", PrefixedLine(LINE)),
        (f"Jan  1 00:00:00 node-1 calico-node[71]: {LINE}", PrefixedLine(LINE, host="node-1")),
        (
            '{"log":"bird: started\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}',
            PrefixedLine("bird: started"),
        ),
        (
            f'{{"message":"x","nodeName":"node-1","podName":"{POD}","containerName":"calico-node"}}',
            PrefixedLine("x", POD, "calico-node", "node-1"),
        ),
        ('{"broken', PrefixedLine('{"broken')),
        ("bird: Unexpected connect from unknown address", None),
        ("Calico node started successfully", None),
    ],
)
def test_prefixes(text: str, expected: PrefixedLine | None) -> None:
    assert strip_prefix(text) == (expected or PrefixedLine(text))


@given(st.text())
def test_no_line_raises(text: str) -> None:
    strip_prefix(text)
