"""The programs that the plugin is measured beside, and the plugin itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import Command
from kubectl_calico_nic.collection.logs import TAIL_LINES
from tests.e2e.binaries import cache_directory, find
from tests.e2e.story import NAME, NAMESPACE

STERN = "github.com/stern/stern@v1.32.0"
_SELECTOR = ("--namespace", NAMESPACE, "--selector", f"k8s-app={NAME}")
_GIVES_REPORT = frozenset({0, 2})


def plugin(kubeconfig: Path | None, *arguments: str) -> Command:
    """The plugin as pip installs it."""
    program = Path(sys.executable).parent / "kubectl-calico_nic"
    return Command((str(program), *arguments), _environment(kubeconfig), _GIVES_REPORT)


def kubectl(kubeconfig: Path | None, *arguments: str) -> Command:
    """The real kubectl."""
    return Command((str(find("kubectl")), *arguments), _environment(kubeconfig))


def kubectl_logs(kubeconfig: Path, nodes: int) -> Command:
    """The end of every calico-node log, as ``kubectl logs -l`` reads it."""
    return kubectl(
        kubeconfig,
        *("logs", *_SELECTOR, "--container", NAME),
        *("--tail", str(TAIL_LINES), "--max-log-requests", str(nodes)),
    )


def stern(kubeconfig: Path, nodes: int) -> Command | None:
    """The same, as stern reads it; None where it is not there and cannot be built."""
    program = find_stern()
    if program is None:
        return None
    words = ("--no-follow", "--tail", str(TAIL_LINES), "--max-log-requests", str(nodes))
    return Command(
        (str(program), *_SELECTOR, "--container", NAME, *words), _environment(kubeconfig)
    )


def grep(pattern: str, path: Path) -> Command:
    """``grep -E``, counting into a pipe: GNU's stops at the first line where nobody reads."""
    script = ("sh", "-c", 'grep "$@" | cat', "grep")
    return Command((*script, "-c", "-E", pattern, str(path)), {**os.environ, "LC_ALL": "C"})


def _environment(kubeconfig: Path | None) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept if kubeconfig is None else {**kept, "KUBECONFIG": str(kubeconfig)}


def find_stern() -> Path | None:
    """Where stern is, built from its Go module when missing; None where that cannot be."""
    place = cache_directory() / STERN.rpartition("/")[2]
    program, go = place / "stern", shutil.which("go")
    if not program.exists() and go is not None:
        sys.stderr.write(f"building {STERN} ...\n")
        environment = {**os.environ, "GOBIN": str(place), "CGO_ENABLED": "0", "GOFLAGS": ""}
        subprocess.run([go, "install", STERN], env=environment, check=False)
    return program if program.exists() else None
