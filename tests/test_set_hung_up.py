"""The terminal of ``set --wait`` is closed, or nobody reads what it says: real processes."""

from __future__ import annotations

import dataclasses
import errno
import io
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from kubectl_calico_nic.cli import main
from kubectl_calico_nic.environment import Environment, HungUp
from kubectl_calico_nic.output.rollout_progress import _Lines
from kubectl_calico_nic.rollout.state import Rollout
from kubectl_calico_nic.simulator.story import SimulatedNode

from .simulated import Simulated, changed_incident
from .test_set_staged import ON_DELETE, record, strategy

METHOD = "IP_AUTODETECTION_METHOD"
SET = ("set", "--interface", "bond4", "--force", "--yes", "--wait")
PAUSED = "paused: no more pods restart; "
_PATIENCE = 60.0
# A closed terminal is told of only to those whose controlling one it was.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
_IGNORE = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
_NOHUP = _IGNORE + "os.execv(sys.argv[1], sys.argv[1:])"
PLUGIN = (sys.executable, "-m", "kubectl_calico_nic")


def stuck() -> Simulated:
    """A cluster on which a rollout never ends: there is no room for the new pod of one node."""

    def full(node: SimulatedNode) -> SimulatedNode:
        return dataclasses.replace(node, full=node.name == "node-2")

    return Simulated(changed_incident(node=full))


@contextmanager
def started(cluster: Simulated, *before: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    environment |= {"TERM": "xterm", "COLUMNS": "200", "LINES": "40"}
    with subprocess.Popen([*before, *PLUGIN, *SET], env=environment, **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_paused(cluster: Simulated) -> bool:
    return strategy(cluster) == ON_DELETE and '"kind":"paused"' in (record(cluster) or "")


def read_until(stream: IO[bytes], text: bytes) -> None:
    """Read until ``text`` was said."""
    seen = b""
    while text not in seen:
        chunk = stream.read(1)
        assert chunk, seen
        seen += chunk


def test_a_closed_terminal_pauses_as_ctrl_c_does() -> None:
    with stuck() as cluster:
        screen, keyboard = pty.openpty()
        wrapped = (sys.executable, "-c", _TAKE_TERMINAL)
        with started(
            cluster,
            *wrapped,
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            start_new_session=True,
        ) as process:
            os.close(keyboard)
            with os.fdopen(screen, "rb", buffering=0) as said:
                read_until(said, b"waiting")
            # The terminal is closed now.
            status = process.wait(_PATIENCE)
        paused = is_paused(cluster)
    # Whether the signal or the failing write comes first is up to the kernel.
    assert status in (129, 1)
    assert paused


@pytest.mark.parametrize("again", [False, True], ids=["once", "again"])
def test_the_signal_alone_is_told_of_where_somebody_reads(tmp_path: Path, again: bool) -> None:
    """The kernel and a shell may both send it: a pause is not cut short by the next."""
    said, told = tmp_path / "out", tmp_path / "err"
    with stuck() as cluster:
        with (
            said.open("wb") as out,
            told.open("wb") as err,
            started(cluster, stdout=out, stderr=err) as process,
        ):
            wait_until(lambda: b"Pending" in said.read_bytes())
            process.send_signal(signal.SIGHUP)
            while again and process.poll() is None:
                process.send_signal(signal.SIGHUP)
            status = process.wait(_PATIENCE)
        paused = is_paused(cluster)
    assert (status, paused) == (129, True)
    ending = told.read_text()
    assert f"interrupted: {PAUSED}" in ending
    assert ending.endswith("  back:  kubectl calico-nic set --undo\n")


def test_under_nohup_it_goes_on(tmp_path: Path) -> None:
    said = tmp_path / "out"
    with (
        stuck() as cluster,
        said.open("wb") as out,
        started(cluster, sys.executable, "-c", _NOHUP, stdout=out, stderr=out) as process,
    ):
        wait_until(lambda: b"Pending" in said.read_bytes())
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        status = process.wait(_PATIENCE)
    assert status == 143


@pytest.mark.parametrize("both", [False, True], ids=["stdout", "both"])
def test_where_nobody_reads_any_more_it_pauses_without_a_word_too_many(
    both: bool, tmp_path: Path
) -> None:
    told = tmp_path / "err"
    with stuck() as cluster:
        with told.open("wb") as err:
            stderr = subprocess.STDOUT if both else err
            with started(cluster, stdout=subprocess.PIPE, stderr=stderr) as process:
                assert process.stdout is not None
                read_until(process.stdout, b"Pending")
                process.stdout.close()
                let_something_happen(cluster)
                status = process.wait(_PATIENCE)
        paused = is_paused(cluster)
    assert (status, paused) == (1, True)
    if not both:
        assert f"nobody reads any more: {PAUSED}" in told.read_text()
        assert "Traceback" not in told.read_text()


def let_something_happen(cluster: Simulated) -> None:
    """Something that the plugin would tell of."""
    for item in cluster.request("GET", "/api/v1/namespaces/kube-system/pods")["items"]:
        if item["spec"].get("nodeName") == "node-1":
            path = f"/api/v1/namespaces/kube-system/pods/{item['metadata']['name']}"
            cluster.request("DELETE", path)


def test_a_pipe_that_is_closed_pauses_nothing_that_nobody_waits_for() -> None:
    with Simulated() as cluster:
        environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        with subprocess.Popen(
            [*PLUGIN, *SET[:-1]],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stderr.close()
            said = process.stdout.read()
            status = process.wait(_PATIENCE)
        now, env = strategy(cluster), cluster.env()
    assert (status, said.endswith(b"daemonset.apps/calico-node env updated\n")) == (1, True)
    assert (now != ON_DELETE, env[METHOD]) == (True, "interface=bond4")


class Left(io.StringIO):
    """A reader, or a user, that leaves as soon as ``word`` is written."""

    def __init__(self, word: str, error: BaseException) -> None:
        super().__init__()
        self._word, self._error = word, error

    def write(self, text: str) -> int:
        if self._word in text:
            raise self._error
        return super().write(text)


@contextmanager
def stdout_kept() -> Iterator[None]:
    """Stdout after ``main`` was told that nobody reads it."""
    kept = os.dup(1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@pytest.mark.parametrize("word", ["pause", "undo"])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1),
        (OSError(errno.EIO, "Input/output error"), 1),
        (KeyboardInterrupt(), 130),
        (HungUp(), 129),
    ],
    ids=["pipe", "terminal", "ctrl-c", "hup"],
)
def test_what_is_proven_stays_when_its_conclusion_is_not_read(
    error: BaseException, status: int, word: str
) -> None:
    with Simulated() as cluster, stdout_kept():
        told = io.StringIO()
        environ = {"KUBECONFIG": str(cluster.kubeconfig)}
        stdout = Left("successfully rolled out", error)
        reader = Environment(stdout=stdout, stderr=told, environ=environ)
        ended = main((*SET, "--on-failure", word), reader)
        now, env = strategy(cluster), cluster.env()
    assert (ended, told.getvalue()) == (status, "")
    assert (now != ON_DELETE, env[METHOD]) == (True, "interface=bond4")


@pytest.mark.parametrize(
    "error", [BrokenPipeError(errno.EPIPE, "Broken pipe"), KeyboardInterrupt()], ids=["pipe", "int"]
)
def test_what_is_proven_stays_when_the_news_of_its_last_node_is_not_read(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    show, left = _Lines.show, []

    def leaving(self: _Lines, rollout: Rollout) -> None:
        if rollout.done:
            left.append(rollout)
            raise error
        show(self, rollout)

    monkeypatch.setattr(_Lines, "show", leaving)
    with Simulated(pace=0.02) as cluster:
        result = cluster.run(*SET, "--on-failure", "undo")
        now, env = strategy(cluster), cluster.env()
    assert len(left) == 1
    assert (result.status, result.stderr) == (0, "")
    assert "successfully rolled out" in result.stdout
    assert (now != ON_DELETE, env[METHOD]) == (True, "interface=bond4")


class Gone(io.StringIO):
    """A terminal that is gone: every write fails."""

    def write(self, _: str) -> int:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("argv", [("--help",), ("inspect", "--no-such-flag")])
def test_what_is_said_to_a_terminal_that_is_gone_ends_quietly(argv: tuple[str, ...]) -> None:
    with stdout_kept():
        assert main(argv, Environment(stdout=Gone(), stderr=Gone(), environ={})) == 1
