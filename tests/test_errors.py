"""What cannot be asked: kubectl's words, exit status 1, never a traceback."""

from __future__ import annotations

import errno
import io
import socket
from pathlib import Path

import pytest

from kubectl_calico_nic.cli import main
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.errors import CalicoNicError, UsageError

from .calico_nic import calico_nic
from .simulated import Simulated


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["inspect", "--nope"], "error: unknown flag: --nope"),
        (["inspect", "-o", "yamll"], "unable to match a printer suitable for the output format"),
        (["nonsense"], 'error: unknown command "nonsense" for "kubectl calico-nic"'),
        (["set"], "error: say which method to set"),
        (["set", "--interface", "a", "--unset"], "--interface and --unset exclude each other"),
        (["set", "--interface", "a", "--dry-run=maybe"], "Invalid dry-run value (maybe)."),
        (["set", "--interface", "a", "b"], "error: extra arguments: b"),
        (["rollout-check", "--timeout=5"], 'time: missing unit in duration "5"'),
        (["inspect", "--expect-cidr", "10.0.0.0/33"], "invalid CIDR address: 10.0.0.0/33"),
        (["inspect", "--calico-version", "v3.24.6"], "--calico-version goes with --from"),
        (["version", "x"], "error: extra arguments: x"),
    ],
)
def test_usage(argv: list[str], message: str) -> None:
    result = calico_nic(*argv)
    assert result.status == 1
    assert message in result.stderr
    assert result.stdout == ""


FORGED = "no\nerror: you are root\n* x"


@pytest.mark.parametrize(
    "error",
    [
        CalicoNicError(FORGED),
        UsageError(FORGED, "See 'x --help'"),
        ApiError(500, "", FORGED),
        ApiError(500, FORGED, FORGED),
        ApiError(401, "Unauthorized", FORGED),
        ApiError(422, "Invalid", FORGED),
        ApiError(422, "Invalid", "", details={"kind": FORGED, "name": FORGED}),
        ApiError(422, "Invalid", "", details={"causes": [{"field": FORGED, "message": FORGED}]}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_line_of_the_clusters_passes_for_one_of_ours(error: CalicoNicError) -> None:
    assert [
        line for line in error.text.split("\n")[1:] if not line.startswith(("  ", "See "))
    ] == []


def test_no_configuration_says_where_it_looked() -> None:
    result = calico_nic("inspect")
    assert result.status == 1
    assert "/nonexistent/.kube/config" in result.stderr


def test_a_kubeconfig_that_does_not_exist() -> None:
    result = calico_nic("inspect", "--kubeconfig", "/nope")
    assert (result.status, result.stderr) == (
        1,
        "error: stat /nope: no such file or directory\n",
    )


def test_an_unknown_context() -> None:
    with Simulated() as cluster:
        result = cluster.run("inspect", "--context", "nope")
    assert result.status == 1
    assert "context was not found for specified context: nope" in result.stderr


def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = calico_nic("inspect", "-s", f"http://127.0.0.1:{port}", "--request-timeout", "2")
    assert result.status == 1
    assert result.stderr == (
        f"The connection to the server 127.0.0.1:{port} was refused - "
        "did you specify the right host or port?\n"
    )


@pytest.mark.parametrize(
    "content", ["apiVersion: v1\nkind: Config\nclusters: [", "\x00\x01", "just a text"]
)
def test_half_broken_yaml(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    result = calico_nic("inspect", "--kubeconfig", str(path))
    assert result.status == 1
    assert "Traceback" not in result.stderr
    assert str(path) in result.stderr


def test_help_for_every_command() -> None:
    overview = calico_nic("--help")
    assert overview.status == 0
    for name in ("inspect", "set", "rollout-check", "demo", "version"):
        assert f"  {name} " in overview.stdout
        for argv in (("help", name), (name, "-h")):
            help_text = calico_nic(*argv)
            assert help_text.status == 0
            assert f"kubectl calico-nic {name}" in help_text.stdout
            assert max(map(len, help_text.lines)) <= 100


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["inspect", "--expect-cidr", "10.0.0.0/255.0.0.0"], "invalid CIDR address"),
        (["inspect", "--expect-cidr", "10.0.0.1"], "invalid CIDR address: 10.0.0.1"),
        (["inspect", "--expect-cidr", ""], 'invalid argument "" for "--expect-cidr" flag'),
        (["inspect", "--expect-cidr", "a\n,b"], 'for "--expect-cidr" flag'),
        (["inspect", "--expect-interface", ""], 'for "--expect-interface" flag'),
        (["inspect", "--daemonset", "kube-system/"], "must be [NAMESPACE/]NAME"),
        (["inspect", "--daemonset", "/calico-node"], "must be [NAMESPACE/]NAME"),
        (["inspect", "-n", "\udcff"], "it is no valid UTF-8"),
        (["set", "--interface", "a", "--max-unknown=-1"], "invalid syntax"),
        (["set", "--interface", "a", f"--max-unknown={'9' * 5000}"], "invalid syntax"),
        (["rollout-check", "--timeout", "99999999h"], 'time: invalid duration "99999999h"'),
    ],
)
def test_odd_values(argv: list[str], message: str) -> None:
    result = calico_nic(*argv)
    assert result.status == 1
    assert message in result.stderr
    assert "unexpected" not in result.stderr


def test_a_full_disk_is_told_in_one_line() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    stderr = io.StringIO()
    environment = Environment(stdout=Full(), stderr=stderr, environ={})
    assert main(["version"], environment) == 1
    assert stderr.getvalue() == "error: No space left on device\n"


def test_a_defect_of_ours_is_told_in_one_line() -> None:
    class Odd(io.StringIO):
        def write(self, text: str) -> int:
            raise RuntimeError("odd")

    stderr = io.StringIO()
    assert main(["version"], Environment(stdout=Odd(), stderr=stderr, environ={})) == 1
    assert stderr.getvalue() == "error: unexpected RuntimeError: odd; please report this\n"


def test_a_server_cannot_forge_a_line_of_ours() -> None:
    result = calico_nic("inspect", "--kubeconfig", "/nope\rerror: forged\u2028\x1b[31m")
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr
