"""``rollout-check`` over a rolling update of many nodes: memory flat, no node missed, no delay.

A test run rolls 60 nodes; ``make soak`` a thousand, which is several thousand events. Both on the
simulator: the kubelets of a thousand restarting pods take kwok minutes on a small machine.
"""

from __future__ import annotations

import dataclasses
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
PAGES = Path("/proc/self/statm").exists()


def story() -> Story:
    """All nodes have the same NICs, but for their order; none is a special case."""
    whole = wide_story(NODES + 1)
    kept = [node for node in whole.nodes if node.name != f"node-{IN_THE_VIP:03}"]
    return dataclasses.replace(whole, nodes=tuple(kept))


@pytest.fixture(scope="module")
def rolling() -> Iterator[Simulated]:
    with Simulated(story(), pace=PACE) as cluster:
        strategy = {"rollingUpdate": {"maxUnavailable": "10%"}}
        patch = {"spec": {"updateStrategy": strategy}}
        cluster.request("PATCH", CALICO_NODE, patch, "merge-patch+json")
        cluster.patch_env("IP_AUTODETECTION_METHOD", "interface=bond4")
        yield cluster


class Watched:
    """A program until its end: its lines, and when it ended."""

    def __init__(self, cluster: Simulated, *words: str) -> None:
        environ = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        self.process = subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.resident: list[int] = []
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
            pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return self.resident[-1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def end(self) -> int:
        """Wait for its end; return its exit status."""
        self._reader.join(PATIENCE)
        return self.process.wait(1)


@contextmanager
def watched(cluster: Simulated, *words: str) -> Iterator[Watched]:
    program = Watched(cluster, *words)
    try:
        yield program
    finally:
        program.process.kill()
        program.end()


@needs_kubectl
@pytest.mark.timeout(4 * PATIENCE)
def test_a_long_rollout_is_followed_to_its_end(rolling: Simulated) -> None:
    status = ("rollout", "status", "-n", "kube-system", "ds/calico-node")
    check = ("rollout-check", "--probe=never", f"--timeout={PATIENCE}s")
    with (
        watched(rolling, str(KUBECTL), *status) as kubectl,
        watched(rolling, str(PLUGIN), *check) as plugin,
    ):
        assert kubectl.end() == 0
        assert plugin.end() == 0, plugin.lines[-3:]
    assert plugin.lines[-1] == (
        f'daemon set "calico-node" successfully rolled out and proven on {NODES} of {NODES} nodes\n'
    )
    # A test run shares its CPUs with other tests; only the soak has them to itself.
    assert "SOAK_NODES" not in os.environ or plugin.ended - kubectl.ended < LATER

    proven = re.findall(r"^(\S+): ok, bond4 ", "".join(plugin.lines), re.MULTILINE)
    assert set(proven) == {node.name for node in story().nodes}
    if plugin.resident:
        assert max(plugin.resident) - plugin.resident[len(plugin.resident) // 2] < GROWTH
        assert max(plugin.resident) < 200 * 10**6
