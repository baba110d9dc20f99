"""Completion from outside: the real kubectl, and the shells that are on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from .cluster_kubectl import KUBECTL, needs_kubectl
from .simulated import Simulated

PATIENT = "--request-timeout=60s"
"""This machine may be busy; a person's shell waits two seconds."""
NAMES = ("kubectl-calico_nic", "kubectl_complete-calico_nic")
PROGRAM = f"#!{sys.executable}\nfrom kubectl_calico_nic.cli import run\n\nrun()\n"


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A PATH with the plugin under both names, and a cluster."""
    directory = tmp_path_factory.mktemp("bin")
    for name in NAMES:
        (directory / name).write_text(PROGRAM)
        (directory / name).chmod(0o755)
    with Simulated() as cluster:
        yield {
            "PATH": os.pathsep.join((str(directory), os.environ["PATH"])),
            "HOME": str(tmp_path_factory.mktemp("home")),
            "KUBECONFIG": str(cluster.kubeconfig),
            "TERM": "dumb",
        }


@needs_kubectl
@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (["rollo"], ["rollout-check"]),
        (["inspect", PATIENT, ""], ["node-1", "node-2", "node-3", "node-4"]),
        (["inspect", "--expect-c"], ["--expect-cidr"]),
        (["set", PATIENT, "--interface", ""], ["bond3", "bond4"]),
        (["set", PATIENT, "--interface="], ["bond3", "bond4"]),
        ([PATIENT, "-n", "kube-"], ["kube-public", "kube-system"]),
        (["inspect", "--context", ""], ["calico-nic-demo"]),
    ],
)
def test_kubectl_completes_the_plugin(
    words: list[str], candidates: list[str], environ: dict[str, str]
) -> None:
    """As kubectl's own shell function asks it, in every shell."""
    assert KUBECTL is not None
    command = [KUBECTL, "__complete", "calico-nic", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    *lines, directive = done.stdout.splitlines()
    assert [line.partition("\t")[0] for line in lines] == candidates
    assert directive == ":4"
    # kubectl's own words for a person; the plugin adds none.
    own = ("[Debug] ", "Completion ended with directive: ")
    assert [line for line in done.stderr.splitlines() if not line.startswith(own)] == []


@needs_kubectl
def test_a_credential_plugin_is_not_asked_to_talk_with_anybody(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """What it says on stderr would land in the middle of the line that is being typed."""
    assert KUBECTL is not None
    config = tmp_path / "kubeconfig"
    config.write_text(
        "{clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}], current-context: x,"
        " contexts: [{name: x, context: {cluster: c, user: u}}], users: [{name: u, user: {exec: {"
        " apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: sh,"
        " args: [-c, 'echo please log in >&2; test -t 0 && read answer; exit 1']}}}]}"
    )
    child = pexpect.spawn(
        KUBECTL,
        ["__complete", "calico-nic", "inspect", ""],
        env={**environ, "KUBECONFIG": str(config)},
        encoding="utf-8",
        timeout=20,
    )
    said = child.read()
    child.close()
    assert ":4" in said
    assert "log in" not in said


SHELLS = [shell for shell in ("bash", "zsh", "fish") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_can_read_its_script(shell: str, environ: dict[str, str]) -> None:
    script = _script(shell, environ)
    assert subprocess.run([shell, "-n", "-c", script], env=environ).returncode == 0


def _script(shell: str, environ: dict[str, str]) -> str:
    command = ["kubectl-calico_nic", "completion", shell]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout


LINES = [
    ("kubectl-calico_nic insp", ["inspect"]),
    (f"kubectl-calico_nic inspect {PATIENT} node-", ["node-1", "node-2", "node-3", "node-4"]),
    (f"kubectl-calico_nic set {PATIENT} --interface bond4,", ["bond4,bond3"]),
    (f"kubectl-calico_nic inspect {PATIENT} --expect-interface=bo", ["bond3", "bond4"]),
    (f"kubectl-calico_nic inspect {PATIENT} --daemonset kube", ["kube-system/calico-node"]),
]


@pytest.mark.skipif("bash" not in SHELLS, reason="no bash")
@pytest.mark.parametrize(("line", "candidates"), LINES)
def test_bash(line: str, candidates: list[str], environ: dict[str, str]) -> None:
    asked = (
        f"{_script('bash', environ)}\nCOMP_LINE={line!r} COMP_POINT={len(line)}\n"
        '_kubectl_calico_nic; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", asked], env=environ, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (candidates, "")


@pytest.mark.skipif("fish" not in SHELLS, reason="no fish")
@pytest.mark.parametrize(("line", "candidates"), LINES)
def test_fish(line: str, candidates: list[str], environ: dict[str, str]) -> None:
    asked = f"{_script('fish', environ)}\ncomplete -C {line!r}"
    done = subprocess.run(["fish", "-c", asked], env=environ, capture_output=True, text=True)
    words = [found.partition("\t")[0] for found in done.stdout.splitlines()]
    prefix = "--expect-interface=" if "interface=" in line else ""
    assert words == [f"{prefix}{candidate}" for candidate in candidates]


@pytest.mark.skipif("zsh" not in SHELLS, reason="no zsh")
@pytest.mark.parametrize(("line", "candidates"), LINES)
def test_zsh(line: str, candidates: list[str], environ: dict[str, str], tmp_path: Path) -> None:
    """In an interactive zsh on a terminal: it has no other way to ask for completions."""
    (tmp_path / ".zshrc").write_text(
        "PS1='ready> '\nautoload -U compinit && compinit -u -D\nsetopt no_beep\n"
        "zstyle ':completion:*' verbose no\n" + _script("zsh", environ)
    )
    child = pexpect.spawn(
        "zsh",
        ["-i"],
        env={**environ, "ZDOTDIR": str(tmp_path), "LINES": "40", "COLUMNS": "200"},
        dimensions=(40, 200),
        encoding="utf-8",
        timeout=20,
    )
    child.expect_exact("ready> ")
    child.send(f"{line}\t")
    if len(candidates) == 1:
        child.expect_exact(candidates[0])
    else:
        child.send("\t")
        for candidate in candidates:
            child.expect(candidate)
    child.sendcontrol("u")
    child.close(force=True)
