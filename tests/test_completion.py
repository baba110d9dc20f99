"""What a shell may offer where the cursor is: the answers of ``__complete``."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_calico_nic.commands.registry import command_names, load
from kubectl_calico_nic.flags.definition import Completes

from .calico_nic import calico_nic
from .cluster_kubectl import KUBECTL, needs_kubectl
from .simulated import Simulated

FILES, NO_SPACE, NO_FILES = 0, 2, 4


def offered(*words: str, **environ: str) -> tuple[list[str], int]:
    """The candidates for the last of ``words``, and the directive."""
    result = calico_nic("__complete", *words, environ=environ)
    assert (result.status, result.stderr) == (0, "")
    *candidates, directive = result.lines
    assert directive.startswith(":")
    return [line.partition("\t")[0] for line in candidates], int(directive[1:])


@pytest.fixture(scope="module")
def kubeconfig() -> Iterator[str]:
    with Simulated() as cluster:
        yield str(cluster.kubeconfig)


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        ([""], list(command_names())),
        (["ins"], ["inspect"]),
        (["nothing"], []),
        (["help", "s"], ["set"]),
        (["help", "set", ""], []),
        (["inspect", "--what"], ["--what-if"]),
        (["--cont"], ["--context"]),
        (["-n", "kube-system", "inspect", "--all"], ["--all"]),
        (["inspect", "--all", "--al"], []),
        (["inspect", "--what-if", "x", "--what"], ["--what-if"]),
        (["inspect", "--family", ""], ["4", "6", "46"]),
        (["inspect", "--family=4"], ["4", "46"]),
        (["inspect", "--no-headers="], ["true", "false"]),
        (["set", "--dry-run="], ["none", "server", "client"]),
        (["set", "--dry-run", "--dif"], ["--diff"]),
        (["inspect", "-o", "j"], ["json", "jsonpath=", "jsonpath-as-json=", "jsonpath-file="]),
        (["inspect", "-A", "--no-such", "--fam"], ["--family"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["completion", "bash", ""], []),
        (["inspect", "--what-if", "interface=b"], []),
        (["unknown", "--fam"], []),
        (["unknown", ""], []),
        (["version", "--", "--"], []),
    ],
)
def test_words_that_need_no_cluster(words: list[str], candidates: list[str]) -> None:
    assert offered(*words)[0] == candidates


def test_descriptions_stand_behind_a_tab() -> None:
    lines = calico_nic("__complete", "vers").lines
    assert lines == ["version\tPrint the version of this plugin", f":{NO_FILES}"]


@pytest.mark.parametrize(
    ("words", "directive"),
    [
        (["inspect", "--from", ""], FILES),
        (["inspect", "--kubeconfig", "./"], FILES),
        (["inspect", "--client-key=./"], FILES),
        (["inspect", "--token", ""], NO_FILES),
        (["inspect", "-o", "jsonpath-f"], NO_FILES | NO_SPACE),
        (["inspect", "-o", "js"], NO_FILES),
    ],
)
def test_files_are_offered_where_a_file_is_meant(words: list[str], directive: int) -> None:
    assert offered(*words)[1] == directive


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (["inspect", ""], ["node-1", "node-2", "node-3", "node-4"]),
        (["inspect", "node-1", "node-3", "n"], ["node-2", "node-4"]),
        (["inspect", "--", ""], ["node-1", "node-2", "node-3", "node-4"]),
        (["set", "--interface", "b"], ["bond3", "bond4"]),
        (["set", "--interface=bond3,"], ["bond3,bond4"]),
        (["inspect", "--expect-interface", "bond4,b"], ["bond4,bond3"]),
        (["set", "--canary", "node-1,node-3,"], ["node-1,node-3,node-2", "node-1,node-3,node-4"]),
        (["-n", ""], ["default", "kube-public", "kube-system"]),
        (["inspect", "--namespace=kube-s"], ["kube-system"]),
        (["inspect", "--daemonset", ""], ["kube-system/calico-node"]),
        (["inspect", "--context", ""], ["calico-nic-demo"]),
        (["inspect", "--cluster", ""], ["calico-nic-demo"]),
        (["inspect", "--user", ""], ["demo"]),
        (["inspect", "--context", "nope", ""], []),
    ],
)
def test_names_come_from_the_cluster_and_the_kubeconfig(
    words: list[str], candidates: list[str], kubeconfig: str
) -> None:
    patient = ("--request-timeout=60s", *words)
    assert offered(*patient, KUBECONFIG=kubeconfig) == (candidates, NO_FILES)


@pytest.mark.parametrize("words", [["inspect", ""], ["-n", ""], ["--context", ""]], ids=" ".join)
def test_without_a_configuration_nothing_is_offered_and_nothing_said(words: list[str]) -> None:
    assert offered(*words) == ([], NO_FILES)


def test_a_server_that_never_answers_costs_two_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = "http://{}:{}".format(*listening.getsockname())
        path = _kubeconfig(tmp_path, server, "here")
        started = time.monotonic()
        assert offered("inspect", "", KUBECONFIG=path) == ([], NO_FILES)
    assert time.monotonic() - started < 5


def test_a_name_that_would_act_on_a_terminal_is_not_offered(tmp_path: Path) -> None:
    path = _kubeconfig(tmp_path, "http://127.0.0.1:1", "here", "ev\x1b[2Jil", "two\nlines")
    assert offered("inspect", "--context", "", KUBECONFIG=path) == (["here"], NO_FILES)


def _kubeconfig(directory: Path, server: str, *names: str) -> str:
    path = directory / "kubeconfig"
    config = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": name, "context": {"cluster": "c"}} for name in names],
        "current-context": names[0],
    }
    path.write_text(json.dumps(config))
    return str(path)


def test_every_flag_that_takes_a_file_or_a_name_of_kubectls_says_so() -> None:
    inspect = load("inspect")
    assert inspect is not None
    assert inspect.completes is Completes.NODES
    said = {flag.name: flag.completes for flag in inspect.flags}
    assert said["from"] is Completes.FILES
    assert said["expect-interface"] is Completes.INTERFACES


@pytest.mark.parametrize("shells", [(), ("bash", "zsh"), ("tcsh",)], ids=" ".join)
@needs_kubectl
def test_shells_that_are_not_there_are_refused_in_kubectls_words(shells: tuple[str, ...]) -> None:
    assert KUBECTL is not None
    theirs = subprocess.run([KUBECTL, "completion", *shells], capture_output=True, text=True)
    ours = calico_nic("completion", *shells)
    assert ours.status == theirs.returncode == 1
    assert ours.stderr.replace("kubectl calico-nic", "kubectl") == theirs.stderr
