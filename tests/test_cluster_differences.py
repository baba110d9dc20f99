"""The differences from kubectl that no generated case meets, each shown with the real kubectl.

The rest of the table is shown by ``test_cluster_differential.py``.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.errors import CalicoNicError
from tests.cluster_cases import PLUGIN
from tests.cluster_connection import session_for
from tests.cluster_differences import DIFFERENCES
from tests.cluster_kubectl import Setup, needs_kubectl, write_files
from tests.cluster_server import Handler, Recorded, RecordingServer, Reply, kubeconfig, status
from tests.cluster_world import World, cluster_world

pytestmark = needs_kubectl

EXECUTABLE = Path(sys.executable).parent / "kubectl-calico_nic"
FORBIDDEN = status(403, "Forbidden", "no\nError: sent by the server")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with cluster_world(tmp_path_factory.mktemp("pki")) as world:
        yield world


@dataclass(frozen=True)
class Done:
    """What a program said, and what it asked of the server."""

    said: str
    requests: tuple[Recorded, ...]

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


@dataclass(frozen=True)
class Asking:
    """kubectl and the plugin ask ``server`` for the same; each gets the same answers, in turn."""

    home: Path
    server: RecordingServer

    def by_kubectl(self, *replies: Reply, flags: tuple[str, ...] = ()) -> Done:
        setup = Setup(self.home)
        return self._done(lambda: _words(setup.kubectl("get", "--raw", "/answer", *flags)), replies)

    def by_plugin(self, *replies: Reply) -> Done:
        setup = Setup(self.home)

        def ask() -> str:
            connection = resolve(setup.flags, setup.full_environ, str(setup.home))
            try:
                with session_for(connection) as session:
                    session.get("/answer")
            except CalicoNicError as error:
                return error.text
            return ""

        return self._done(ask, replies)

    def by_executable(self, *replies: Reply, flags: tuple[str, ...] = ()) -> Done:
        command = [EXECUTABLE, "inspect", *flags]
        setup = Setup(self.home)

        def run() -> str:
            done = subprocess.run(
                command, env=setup.full_environ, cwd=self.home, capture_output=True, text=True
            )
            return _words(done)

        return self._done(run, replies)

    def _done(self, ask: Callable[[], str], replies: tuple[Reply, ...]) -> Done:
        self.server.replies.clear()
        self.server.on("/elsewhere", Reply())
        self.server.on("*", *replies)
        self.server.requests.clear()
        said = ask()
        return Done(said, tuple(self.server.requests))


def _words(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr


@pytest.fixture
def asking(world: World, tmp_path: Path) -> Asking:
    home = world.home(tmp_path)
    write_files(home, {".kube/config": kubeconfig(world.plain.url)})
    return Asking(home, world.plain)


def an_answer_of_401(asking: Asking, world: World) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin"}
    user = {"exec": {**plugin, "interactiveMode": "Never"}}
    write_files(asking.home, {".kube/plugin": PLUGIN, ".kube/config": world.trusted(user)})
    (asking.home / ".kube/plugin").chmod(0o755)
    answers = (status(401, "Unauthorized", "expired"), Reply())
    asking = Asking(asking.home, world.secure)
    theirs, ours = asking.by_kubectl(*answers), asking.by_plugin(*answers)
    assert theirs.paths == ["/answer"]
    assert "You must be logged in" in theirs.said
    assert (ours.paths, ours.said) == (["/answer"] * 2, "")


def an_error_of_several_lines(asking: Asking, _: World) -> None:
    theirs, ours = asking.by_kubectl(FORBIDDEN), asking.by_plugin(FORBIDDEN)
    assert "\nError: sent by" in theirs.said
    assert ours.said == theirs.said.replace("\nError", "\n  Error").strip()


def a_read_that_breaks_off(asking: Asking, _: World) -> None:
    def break_off(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    answers = (Reply(misbehave=break_off), Reply())
    theirs, ours = asking.by_kubectl(*answers), asking.by_plugin(*answers)
    assert len(theirs.paths) == 1
    assert "unexpected EOF" in theirs.said
    assert (len(ours.paths), ours.said) == (2, "")


def a_redirect(asking: Asking, _: World) -> None:
    answer = Reply(307, headers=(("Location", f"{asking.server.url}/elsewhere"),))
    theirs, ours = asking.by_kubectl(answer), asking.by_plugin(answer)
    assert theirs.paths == ["/answer", "/elsewhere"]
    assert ours.paths == ["/answer"]
    assert f"redirects to {asking.server.url}" in ours.said


def what_requests_say_of_themselves(asking: Asking, _: World) -> None:
    theirs, ours = (run(Reply()).requests[0] for run in (asking.by_kubectl, asking.by_plugin))
    assert str(theirs.get("User-Agent")).startswith("kubectl/")
    assert str(ours.get("User-Agent")).startswith("kubectl-calico-nic/")
    assert theirs.get("Kubectl-Command")
    assert ours.get("Kubectl-Command") is None


def bodies_in_the_log(asking: Asking, _: World) -> None:
    answer = Reply(403, {"kind": "Status", "message": "no", "metadata": {"note": "a-secret"}})
    theirs = asking.by_kubectl(answer, flags=("-v=8",))
    ours = asking.by_executable(answer, flags=("-v=99",))
    assert "a-secret" in theirs.said
    assert ours.requests
    assert "a-secret" not in ours.said


def a_connection_that_breaks(asking: Asking, _: World) -> None:
    def reset(handler: Handler) -> None:
        linger_for_no_time = b"\1\0\0\0\0\0\0\0"
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
        handler.connection.close()

    answer = Reply(misbehave=reset)
    theirs, ours = asking.by_kubectl(answer), asking.by_plugin(answer)
    assert "->127.0.0.1:" in theirs.said
    assert ours.said.endswith("read: connection reset by peer")
    assert "->" not in ours.said


def flags_without_effect(asking: Asking, _: World) -> None:
    flags = ("--profile=cpu", f"--profile-output={asking.home}/theirs", "--cache-dir=cache")
    asking.by_kubectl(Reply(), flags=flags)
    assert (asking.home / "theirs").exists()
    flags = ("--profile=cpu", f"--profile-output={asking.home}/ours", "--cache-dir=cache")
    ours = asking.by_executable(FORBIDDEN, flags=flags)
    assert "Forbidden" in ours.said
    assert not (asking.home / "ours").exists()


SHOWN_HERE: Mapping[str, Callable[[Asking, World], None]] = {
    "An answer of 401": an_answer_of_401,
    "An error of several lines from the server": an_error_of_several_lines,
    "A read that fails on the way": a_read_that_breaks_off,
    "A redirect": a_redirect,
    "What requests say of themselves": what_requests_say_of_themselves,
    "`-v`": bodies_in_the_log,
    "Connections that break": a_connection_that_breaks,
    "`--cache-dir`, `--match-server-version`, `--profile`, `--profile-output`, `--vmodule`, "
    "`--log-flush-frequency`": flags_without_effect,
}
SHOWN_ELSEWHERE = {
    "A `~/.kube/kuberc` that cannot be understood": "test_cluster_kubeconfig.py",
    "A name twice in a kubeconfig": "test_cluster_kubectl.py",
    "In a pod: `--as` and the like": "test_cluster_in_cluster.py",
    "In a pod: a `ca.crt` that is no certificate": "test_cluster_in_cluster.py",
    "A write that gets no answer": "test_cluster_guarded_patch.py",
    "Commands in containers": "test_cluster_exec.py",
    # kubectl's side of these two has no end.
    "An exec plugin that does not end": "test_cluster_credentials.py",
    "`--request-timeout` is not given": "test_cluster_session.py",
}


@pytest.mark.parametrize("what", SHOWN_HERE)
def test_both_do_what_the_table_says(what: str, asking: Asking, world: World) -> None:
    SHOWN_HERE[what](asking, world)


def test_every_difference_is_shown() -> None:
    not_generated = {each.what for each in DIFFERENCES if each.explains is None}
    assert {*SHOWN_HERE, *SHOWN_ELSEWHERE} == not_generated
    assert all(Path(__file__).with_name(name).exists() for name in SHOWN_ELSEWHERE.values())
