"""The plugin below kubectls of other releases: what it prints and how it ends passes through.

The kubectl of the environment is always one of them; ``CALICO_NIC_KUBECTLS`` names more, separated
as in ``PATH``. ``make hosts`` runs it with 1.20 (Debian 12's), 1.32 and 1.37.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster_kubectl import KUBECTL
from tests.simulated import Simulated

BIN = Path(sys.executable).parent
NAMED = os.environ.get("CALICO_NIC_KUBECTLS", "").split(os.pathsep)
HOSTS = list(dict.fromkeys(path for path in (KUBECTL, *NAMED) if path))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Simulated]:
    with Simulated() as cluster:
        yield cluster


@pytest.fixture
def environ(cluster: Simulated, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(cluster.kubeconfig),
    }


def run(environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("inspect", "-o", "name"), 2),
        (("-n", "kube-system", "inspect", "-o=name"), 2),
        (("set", "--interface=bond4", "--dry-run=client", "-o", "name"), 0),
        (("inspect", "--nope"), 1),
        (("inspect", "--context=gone"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_output_and_status_pass_through(
    environ: dict[str, str], host: str, words: tuple[str, ...], status: int
) -> None:
    directly = run(environ, str(BIN / "kubectl-calico_nic"), *words)
    below = run(environ, host, "calico-nic", *words)
    assert below.returncode == directly.returncode == status
    assert below.stdout == directly.stdout
    assert below.stderr == directly.stderr


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_finds_it_and_speaks_to_the_same_cluster(
    environ: dict[str, str], host: str
) -> None:
    listed = run(environ, host, "plugin", "list", "--name-only").stdout.split()
    assert "kubectl-calico_nic" in listed
    theirs = json.loads(run(environ, host, "get", "nodes", "-ojson").stdout)
    ours = json.loads(run(environ, host, "calico-nic", "inspect", "-ojson").stdout)
    names = {item["metadata"]["name"] for item in theirs["items"]}
    assert {node["name"] for node in ours["nodes"]} == names


@pytest.mark.parametrize("host", HOSTS)
def test_its_completion_goes_through_where_the_host_asks_for_it(
    environ: dict[str, str], host: str
) -> None:
    shown = json.loads(run(environ, host, "version", "--client", "-ojson").stdout)
    offered = run(environ, host, "__complete", "calico-nic", "ins")
    if int(shown["clientVersion"]["minor"].rstrip("+")) < 26:
        assert "inspect" not in offered.stdout  # plugins are asked since 1.26
    else:
        assert "inspect" in offered.stdout
