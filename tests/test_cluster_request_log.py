"""What -v shows: the lines of the real kubectl, and at no level a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kubectl_calico_nic.cluster.errors import ClusterError
from kubectl_calico_nic.cluster.kubeconfig.entries import UserEntry
from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.transport.request_log import RequestLog
from tests.cluster_connection import connection_to, session_for
from tests.cluster_exec import STDOUT, SUCCESS, streaming
from tests.cluster_kubectl import Setup, needs_kubectl, write_files
from tests.cluster_server import (
    RecordingServer,
    Reply,
    kubeconfig,
    serving,
    status,
    unused_port,
)
from tests.fault_proxy import Exchange, FaultProxy
from tests.simulated import Simulated

SECRET = "s3cr3t-t0ken"
ALICE = UserEntry(
    token=SECRET,
    impersonate="jo",
    impersonate_groups=("g1", "g2"),
    impersonate_user_extra={"Team": ("1",)},
)
HEADER = re.compile(r"^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [a-z_]+\.(?:go|py):\d+\] ")


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with serving() as server:
        yield server


def shown(server: RecordingServer, verbosity: int, path: str = "/version") -> list[str]:
    """The lines for one request, after their stamp, with the port and the times left out."""
    lines: list[str] = []
    log = RequestLog(verbosity, lines.append)
    with session_for(connection_to(server.url, ALICE), log=log) as session, suppress(ClusterError):
        session.get(path)
    return [_alike(line.replace(server.host, "HOST")) for line in lines]


def _alike(line: str) -> str:
    line = re.sub(r"(illiseconds|receivedBytes)=\d+", r"\1=N", HEADER.sub("", line))
    return re.sub(r"((?:User-Agent|Date|Server|Accept): ).*", r"\1...", line)


def test_nothing_is_shown_unless_asked(server: RecordingServer) -> None:
    assert shown(server, 0) == []


def test_a_total_ends_every_other_level(server: RecordingServer) -> None:
    total = '"Total" requests=1 failed=0 receivedBytes=N milliseconds=N'
    assert shown(server, 1) == [total]
    assert shown(server, 9)[-1] == total
    assert shown(server, 1, "/nope") == [total.replace("failed=0", "failed=1")]


@needs_kubectl
@pytest.mark.parametrize("path", ["/version", "/nope"])
@pytest.mark.parametrize("verbosity", [6, 7, 8])
def test_the_lines_are_kubectls(
    server: RecordingServer, tmp_path: Path, verbosity: int, path: str
) -> None:
    user = {"as": "jo", "as-groups": ["g1", "g2"], "as-user-extra": {"Team": ["1"]}}
    write_files(tmp_path, {".kube/config": kubeconfig(server.url, user=user)})
    said = Setup(tmp_path).kubectl("get", "--raw", path, f"-v={verbosity}").stderr
    ours = [line for line in shown(server, verbosity, path)[:-1] if not _OURS_ALONE.match(line)]
    assert [_alike(line.replace(server.host, "HOST")) for line in _of_requests(said)] == ours


# Over plain http kubectl sends no token; and ``get --raw`` asks for no compression.
_OURS_ALONE = re.compile(" +(?:Authorization|Accept-Encoding): ")


def _of_requests(said: str) -> Iterator[str]:
    """The lines, and blocks of headers, that client-go writes for requests."""
    wanted = False
    for line in said.splitlines():
        if HEADER.match(line) or not line.startswith((" ", "\t")):
            wanted = '] "Request" ' in line or '] "Response" ' in line
        if wanted:
            yield line.replace("\t", "    ")


def test_every_line_begins_as_klogs_do(server: RecordingServer) -> None:
    lines: list[str] = []
    log = RequestLog(6, lines.append)
    with session_for(connection_to(server.url, ALICE), log=log) as session:
        session.get("/version")
    assert all(HEADER.match(line) for line in lines)


SECRET_ANSWERS = {
    "body": Reply(body={"data": {"password": SECRET}}),
    "cookie": Reply(headers=(("Set-Cookie", f"session={SECRET}"),)),
    "redirect": Reply(302, headers=(("Location", f"https://h/?token={SECRET}"),)),
    "refusal": status(403, "Forbidden", f"no: {SECRET}"),
}


@pytest.mark.parametrize("name", SECRET_ANSWERS)
@pytest.mark.parametrize("user", [ALICE, UserEntry(username="u", password=SECRET)], ids=str)
def test_no_secret_is_shown_at_any_level(
    server: RecordingServer, name: str, user: UserEntry
) -> None:
    server.on("/version", SECRET_ANSWERS[name])
    lines: list[str] = []
    for verbosity in range(12):
        connection = connection_to(server.url, user)
        log = RequestLog(verbosity, lines.append)
        with session_for(connection, log=log) as session, suppress(ClusterError):
            session.get("/version")
    assert any("<masked>" in line for line in lines)
    assert SECRET not in "\n".join(lines)
    assert "dTpzM2NyM3QtdDBrZW4=" not in "\n".join(lines)  # u:s3cr3t-t0ken


def test_the_servers_password_is_not_shown(server: RecordingServer, tmp_path: Path) -> None:
    url = server.url.replace("http://", f"http://u:{SECRET}@")
    write_files(tmp_path, {".kube/config": kubeconfig(url)})
    lines: list[str] = []
    connection = resolve(Setup(tmp_path).flags, Setup(tmp_path).full_environ, str(tmp_path))
    with session_for(connection, log=RequestLog(9, lines.append)) as session:
        session.get("/version")
    assert SECRET not in "\n".join(lines)


def test_what_failed_is_shown_too() -> None:
    lines: list[str] = []
    log = RequestLog(6, lines.append)
    connection = connection_to(f"http://127.0.0.1:{unused_port()}", UserEntry())
    with session_for(connection, log=log) as session, pytest.raises(ClusterError):
        session.get("/version")
    assert [line for line in lines if 'status=""' in line]
    assert "requests=3 failed=3" in lines[-1]


def test_streams_and_commands_are_shown(server: RecordingServer) -> None:
    lines: list[str] = []
    pod = "/api/v1/namespaces/n/pods/p/exec"
    server.on(pod, streaming(STDOUT + b"four", SUCCESS))
    server.on("/api/v1/nodes", Reply(chunks=[b'{"type":"ADDED","object":{}}\n']))
    connection = connection_to(server.url, UserEntry())
    with session_for(connection, log=RequestLog(6, lines.append)) as session:
        list(session.watch("/api/v1/nodes", deadline=2.0))
        session.execute("n", "p", "c", ["ip"], timeout=5.0)
    assert 'status="200 OK"' in lines[0]
    assert 'status="101 Switching Protocols"' in lines[1]
    assert 'verb="GET"' in lines[1]
    assert "requests=2 failed=0" in lines[2]
    assert re.search(r"receivedBytes=[1-9]", lines[2])


def test_a_command_shows_its_requests_on_stderr() -> None:
    with Simulated() as cluster:
        told = cluster.run("inspect", "-o", "json", "-v=6").stderr.splitlines()
    assert any('"Response" verb="GET"' in line and "/api/v1/nodes" in line for line in told)
    assert '"Total" requests=' in told[-1]


@pytest.mark.parametrize(
    ("texts", "status", "end"),
    [
        ((), 2, ""),
        (("one",), 1, "error: 1 warning received"),
        (("one", "two"), 1, "error: 2 warnings received"),
    ],
)
def test_warnings_can_be_errors(texts: tuple[str, ...], status: int, end: str) -> None:
    headers = [f'Warning: 299 - "{text}"' for text in texts]

    def warned(exchange: Exchange) -> bool:
        return exchange.reply(200, exchange.json(), "application/json", *headers)

    with Simulated() as cluster, FaultProxy(cluster.cluster.server) as proxy:
        proxy.on("GET", "/api/v1/nodes?*", warned)
        ended = cluster.run("inspect", f"--server={proxy.url}", "--warnings-as-errors")
        plain = cluster.run("inspect", f"--server={proxy.url}")
    assert (ended.status, plain.status) == (status, 2)
    assert ended.lines[0] == plain.lines[0]
    told = [f"Warning: {text}" for text in texts]
    assert plain.stderr.splitlines() == told
    assert ended.stderr.splitlines() == [*told, *([end] if end else [])]
