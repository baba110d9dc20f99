"""Runs the plugin as its users do: the installed executable, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..calico_nic import Result
from .cluster import Cluster

EXECUTABLE = Path(sys.executable).with_name("kubectl-calico_nic")


def plugin(
    cluster: Cluster, *argv: str, kubeconfig: Path | None = None, timeout: float = 60
) -> Result:
    """Run one command line of the plugin to its end, as the administrator or ``kubeconfig``'s user.

    stdin is empty and nothing is a terminal, as in a script.
    """
    run = subprocess.run(
        [EXECUTABLE, *argv],
        env=cluster.environment(kubeconfig),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    return Result(run.returncode, run.stdout, run.stderr)
