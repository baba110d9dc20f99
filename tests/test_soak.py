"""``rollout-check`` over a rolling update of many nodes: memory flat, no node missed, no delay.

A test run rolls 60 nodes; ``make soak`` a thousand, which is several thousand events. Both on the
simulator: the kubelets of a thousand restarting pods take kwok minutes on a small machine. Once as
it is, and once through a middleman who tells events twice and out of order, and lets watches
expire.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kubectl_calico_nic.simulator.story import Story
from tests.cluster_kubectl import KUBECTL, needs_kubectl
from tests.fault_proxy import Exchange, FaultProxy, with_bookmarks
from tests.simulated import CALICO_NODE, Simulated
from tests.wide_cluster import IN_THE_VIP, wide_story

NODES = int(os.environ.get("SOAK_NODES", "60"))
PLUGIN = Path(sys.executable).parent / "kubectl-calico_nic"
PACE = 0.1 if NODES <= 100 else 0.3
"""Real seconds for a simulated one: a thousand nodes take the simulator itself some time."""
PATIENCE = 60 + NODES
GROWTH = 15 * 10**6
"""Bytes that may be added while the second half of the nodes is proven."""
LATER = 2.0
"""Seconds that the proof may take longer than ``kubectl rollout status``."""
MOST = 200 * 10**6
"""Bytes that it may hold at any moment."""
PAGES = Path("/proc/self/status").exists()
LASTS = 40 if NODES <= 100 else 400
"""Events after which the middleman lets a watch expire: then everything is listed again."""
EXPIRED = {
    "type": "ERROR",
    "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"},
}


def story() -> Story:
    """All nodes have the same NICs, but for their order; none is a special case."""
    whole = wide_story(NODES + 1)
    kept = [node for node in whole.nodes if node.name != f"node-{IN_THE_VIP:03}"]
    return dataclasses.replace(whole, nodes=tuple(kept))


@pytest.fixture
def rolling() -> Iterator[Simulated]:
    with Simulated(story(), pace=PACE) as cluster:
        strategy = {"rollingUpdate": {"maxUnavailable": "10%"}}
        patch = {"spec": {"updateStrategy": strategy}}
        cluster.request("PATCH", CALICO_NODE, patch, "merge-patch+json")
        cluster.patch_env("IP_AUTODETECTION_METHOD", "interface=bond4")
        yield cluster


def unreliable(exchange: Exchange) -> object:
    """A watch that tells each event twice, then the one before it again, and a bookmark."""
    before = b""
    with exchange.stream() as lines:
        exchange.begin_chunks()
        for number, line in enumerate(lines, start=1):
            for event in filter(None, (line, line, before, with_bookmarks([line])[-1])):
                exchange.chunk(event + b"\n")
            before = line
            if number == LASTS:
                exchange.chunk(json.dumps(EXPIRED).encode() + b"\n")
                break
    exchange.send(b"0\r\n\r\n")
    return True


@pytest.fixture
def middleman(rolling: Simulated) -> Iterator[FaultProxy]:
    with FaultProxy(rolling.cluster.server) as proxy:
        proxy.on("WATCH", "*", unreliable)
        yield proxy


_SIZES = ("VmRSS", "VmHWM")
"""What is resident, and the most that ever was: names in /proc."""


class Watched:
    """A program until its end: its lines, and when it ended."""

    def __init__(self, kubeconfig: Path, *words: str) -> None:
        environ = {**os.environ, "KUBECONFIG": str(kubeconfig)}
        self.process = subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.resident: list[int] = []
        self.peak = 0
        self.ended = 0.0
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if " ok, " in line and PAGES:
                self.resident.append(self._memory())
        self.process.wait()
        self.ended = time.monotonic()

    def _memory(self) -> int:
        """What it holds at the moment, in bytes; as before, where it has just ended."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            now, peak = (int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) for name in _SIZES)
        except (OSError, IndexError):
            return self.resident[-1]
        self.peak = peak * 1024
        return now * 1024

    def end(self) -> int:
        """Wait for its end; return its exit status."""
        self._reader.join(PATIENCE)
        return self.process.wait(1)


@contextmanager
def watched(kubeconfig: Path, *words: str) -> Iterator[Watched]:
    program = Watched(kubeconfig, *words)
    try:
        yield program
    finally:
        program.process.kill()
        program.end()


CHECK = (str(PLUGIN), "rollout-check", "--probe=never", f"--timeout={PATIENCE}s")
STATUS = (str(KUBECTL), "rollout", "status", "-n", "kube-system", "ds/calico-node")


def expect_all_proven(plugin: Watched) -> None:
    """No node was missed, and memory stayed flat."""
    assert plugin.lines[-1] == (
        f'daemon set "calico-node" successfully rolled out and proven on {NODES} of {NODES} nodes\n'
    )
    proven = re.findall(r"^(\S+): ok, bond4 ", "".join(plugin.lines), re.MULTILINE)
    assert set(proven) == {node.name for node in story().nodes}
    if plugin.resident:
        assert max(plugin.resident) - plugin.resident[len(plugin.resident) // 2] < GROWTH
        assert plugin.peak < MOST


@needs_kubectl
@pytest.mark.timeout(4 * PATIENCE)
def test_a_long_rollout_is_followed_to_its_end(rolling: Simulated) -> None:
    with (
        watched(rolling.kubeconfig, *STATUS) as kubectl,
        watched(rolling.kubeconfig, *CHECK) as plugin,
    ):
        assert kubectl.end() == 0
        assert plugin.end() == 0, plugin.lines[-3:]
    expect_all_proven(plugin)
    # A test run shares its CPUs with other tests; only the soak has them to itself.
    assert "SOAK_NODES" not in os.environ or plugin.ended - kubectl.ended < LATER


@pytest.mark.timeout(4 * PATIENCE)
def test_a_long_rollout_is_followed_through_a_middleman(
    rolling: Simulated, middleman: FaultProxy, tmp_path: Path
) -> None:
    config = json.loads(rolling.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = middleman.url
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    with watched(kubeconfig, *CHECK) as plugin:
        assert plugin.end() == 0, plugin.lines[-3:]
    expect_all_proven(plugin)
    watches = [asked for asked in middleman.struck if "/pods" in asked.path]
    assert len(watches) > NODES // LASTS  # some expired
