"""Commands in containers: their output, their end, and the same trust as every request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

from kubectl_calico_nic.cluster.errors import (
    ClusterError,
    ConnectionRefused,
    ExecFailed,
    Forbidden,
    RequestTimedOut,
    UntrustedServer,
)
from kubectl_calico_nic.cluster.kubeconfig.entries import UserEntry
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.cluster.transport.pod_exec_stream import ExecResult
from tests.cluster_connection import connection_to, session_for, session_with
from tests.cluster_exec import (
    ERROR,
    STDERR,
    STDOUT,
    SUCCESS,
    exit_status,
    frame,
    framed,
    streaming,
)
from tests.cluster_server import (
    Authority,
    RecordingServer,
    Reply,
    serving,
    status,
    unused_port,
)

PATH = "/api/v1/namespaces/kube-system/pods/calico-node-x/exec"


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with serving() as server:
        yield server


def run(session: Session, timeout: float = 5.0) -> ExecResult:
    command = ["ip", "-o", "addr", "show", "a b"]
    return session.execute("kube-system", "calico-node-x", "calico-node", command, timeout=timeout)


def outcome(server: RecordingServer, reply: Reply, timeout: float = 5.0) -> ExecResult:
    server.on(PATH, reply)
    with session_with(server.url) as session:
        return run(session, timeout)


def test_a_command_is_run_and_its_streams_are_told_apart(server: RecordingServer) -> None:
    got = outcome(
        server,
        streaming(STDOUT, STDERR, STDOUT + b"1: l", STDERR + b"oh", STDOUT + b"o\n", SUCCESS),
    )
    assert got == ExecResult("1: lo\n", "oh", 0)
    assert server.last.query == (
        ("command", "ip"),
        ("command", "-o"),
        ("command", "addr"),
        ("command", "show"),
        ("command", "a b"),
        ("container", "calico-node"),
        ("stderr", "true"),
        ("stdout", "true"),
    )
    assert server.last.get("Sec-WebSocket-Protocol") == "v5.channel.k8s.io,v4.channel.k8s.io"
    assert server.last.get("User-Agent") == "kubectl-calico-nic/test"
    assert server.last.get("Origin") is None


def test_an_older_protocol_is_taken(server: RecordingServer) -> None:
    reply = streaming(STDOUT + b"x", SUCCESS, protocol="v4.channel.k8s.io")
    assert outcome(server, reply) == ExecResult("x", "", 0)


@pytest.mark.parametrize("code", [1, 126, 255])
def test_the_exit_code_is_the_commands(server: RecordingServer, code: int) -> None:
    assert outcome(server, streaming(exit_status(str(code)))).exit_code == code


def test_output_after_the_status_is_not_lost(server: RecordingServer) -> None:
    assert outcome(server, streaming(SUCCESS, STDOUT + b"late")).stdout == "late"


def test_text_may_be_cut_between_messages_and_frames(server: RecordingServer) -> None:
    text = "bond4 ä 漢".encode()
    messages = [frame(STDOUT + text[i : i + 1]) for i in range(len(text))]
    binary, more = websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_CONT
    parts = [frame(STDOUT + b"\xc3", binary, fin=0), frame(b"\xa4", more)]
    ping = frame(b"hi", websocket.ABNF.OPCODE_PING)
    got = outcome(server, framed([*messages, ping, *parts, frame(SUCCESS)]))
    assert got.stdout == "bond4 ä 漢ä"


def test_a_connection_cut_after_the_status_is_an_end(server: RecordingServer) -> None:
    assert outcome(server, streaming(STDOUT + b"x", SUCCESS, end=b"")).exit_code == 0


FAILURES: dict[str, tuple[Reply, str]] = {
    "no status": (streaming(STDOUT + b"x"), "closed without an exit status"),
    "cut off": (streaming(STDOUT + b"x", end=b""), "the connection broke"),
    "no such program": (
        streaming(ERROR + b'{"status":"Failure","reason":"InternalError","message":"no ip"}'),
        "error: no ip",
    ),
    "no JSON": (streaming(ERROR + b"oh"), "error stream protocol error"),
    "no cause": (
        streaming(ERROR + b'{"status":"Failure","reason":"NonZeroExitCode"}'),
        "error stream protocol error: no ExitCode cause given",
    ),
    "odd cause": (streaming(exit_status("-1")), "no ExitCode cause given"),
    "endless output": (
        streaming(*[STDOUT + b"x" * 65536] * 70, SUCCESS),
        "the command printed more than 4 MiB",
    ),
    "unknown protocol": (
        streaming(SUCCESS, protocol="v9.channel.k8s.io"),
        "does not offer exec over WebSockets",
    ),
    "no upgrade": (Reply(200, b"{}"), "the server responded with the status code 200"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_is_no_result_is_an_error(server: RecordingServer, name: str) -> None:
    reply, words = FAILURES[name]
    with pytest.raises(ClusterError) as caught:
        outcome(server, reply)
    assert words in caught.value.text
    assert caught.value.__context__ is None


def test_a_refusal_names_the_permission(server: RecordingServer) -> None:
    words = 'pods "calico-node-x" is forbidden: User "u" cannot create resource "pods/exec"'
    with pytest.raises(Forbidden) as caught:
        outcome(server, status(403, "Forbidden", words))
    assert caught.value.text == f"Error from server (Forbidden): {words}"
    assert caught.value.request.permission == "create pods/exec in namespace kube-system"


def test_a_redirect_is_not_followed(server: RecordingServer) -> None:
    with serving() as other:
        other.on("*", streaming(SUCCESS))
        with pytest.raises(ExecFailed):
            outcome(server, Reply(307, b"", headers=(("Location", other.url + "/x"),)))
    assert other.requests == []


def test_the_deadline_is_for_the_whole_command(server: RecordingServer) -> None:
    def trickle(handler: Any) -> None:
        for _ in range(200):
            handler.wfile.write(frame(STDOUT + b"."))
            time.sleep(0.02)

    started = time.monotonic()
    with pytest.raises(RequestTimedOut, match="did not end in time"):
        outcome(server, streaming(end=b"", afterwards=trickle), timeout=0.3)
    assert time.monotonic() - started < 1.0


def test_nobody_listens() -> None:
    with (
        session_with(f"http://127.0.0.1:{unused_port()}") as session,
        pytest.raises(ConnectionRefused),
    ):
        run(session)


def test_trust_identity_and_impersonation_hold(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.client("alice")
    user = UserEntry(
        token="t0",
        client_certificate=str(certificate),
        client_key=str(key),
        impersonate="jö",
        impersonate_groups=("g1", "g2"),
    )
    with serving(authority.server_tls("elsewhere.example")) as server:
        server.on("/prefix" + PATH, streaming(STDOUT + b"x", SUCCESS))
        trusting = connection_to(
            server.url + "/prefix",
            user,
            certificate_authority_data=authority.ca_pem,
            tls_server_name="elsewhere.example",
        )
        with session_for(trusting) as session:
            assert run(session).stdout == "x"
        request = server.last
        assert request.get("Authorization") == "Bearer t0"
        assert (request.client or "").endswith("alice")
        assert request.get("Impersonate-User") == "jö".encode().decode("latin-1")
        assert request.all("Impersonate-Group") == ["g1", "g2"]

        doubting = connection_to(server.url, user, certificate_authority_data=authority.ca_pem)
        with session_for(doubting) as session, pytest.raises(UntrustedServer):
            run(session)
        assert server.last is request


def test_a_token_is_renewed_after_a_401(server: RecordingServer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    connection = connection_to(server.url, UserEntry(token_file=str(token)))
    with session_for(connection) as session:
        token.write_text("new")
        server.on(PATH, status(401, "Unauthorized", "no"), streaming(SUCCESS))
        run(session)
    assert [r.get("Authorization") for r in server.requests] == ["Bearer old", "Bearer new"]


def test_no_framing_error_is_worth_a_traceback(server: RecordingServer) -> None:
    for data in (b"\xff\xff\xff\xff", b"\x82\xff", b"\x85\x01x", b"\x81\x01\xff"):
        with pytest.raises(ExecFailed):
            outcome(server, framed([data], end=b""))
