"""Credentials: had once, kept fresh, sent where they belong, and never shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.cluster.authentication.credential_plugin_policy import PluginPolicy
from kubectl_calico_nic.cluster.authentication.credentials import credential_source
from kubectl_calico_nic.cluster.errors import (
    ClusterError,
    CredentialsError,
    PluginFailed,
    Unauthorized,
)
from kubectl_calico_nic.cluster.kubeconfig.entries import ExecConfig, UserEntry
from tests.cluster_connection import connection_to, session_for
from tests.cluster_server import Authority, RecordingServer, Reply, serving, status

V1 = "client.authentication.k8s.io/v1"
SECRET = "s3cr3t-t0ken"


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with serving() as server:
        yield server


class Plugin:
    """An exec plugin that prints ``answer`` and counts how often it is run."""

    def __init__(self, directory: Path) -> None:
        self._answer = directory / "answer"
        self._runs = directory / "runs"
        self._runs.touch()

    def answers(self, **status: Any) -> None:
        credential = {"apiVersion": V1, "kind": "ExecCredential", "status": status}
        self._answer.write_text(json.dumps(credential))

    @property
    def runs(self) -> int:
        return len(self._runs.read_text().split())

    @property
    def user(self) -> UserEntry:
        script = f"echo x >> {self._runs}; sleep 0.02; cat {self._answer}"
        return UserEntry(
            exec=ExecConfig("sh", ("-c", script), api_version=V1, interactive_mode="Never")
        )


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    plugin = Plugin(tmp_path)
    plugin.answers(token="from-plugin")
    return plugin


def tokens(server: RecordingServer) -> list[str | None]:
    return [request.get("Authorization") for request in server.requests]


def test_a_plugin_runs_once_for_many_threads(server: RecordingServer, plugin: Plugin) -> None:
    with (
        session_for(connection_to(server.url, plugin.user)) as session,
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(lambda _: session.get("/version"), range(16)))
    assert plugin.runs == 1
    assert set(tokens(server)) == {"Bearer from-plugin"}


@pytest.mark.parametrize(("minutes", "runs"), [(60, 1), (-60, 3)])
def test_a_plugin_runs_again_when_its_credential_expired(
    server: RecordingServer, plugin: Plugin, minutes: int, runs: int
) -> None:
    expires = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    plugin.answers(token="t", expirationTimestamp=expires.strftime("%Y-%m-%dT%H:%M:%S.123456789Z"))
    with session_for(connection_to(server.url, plugin.user)) as session:
        for _ in range(3):
            session.get("/version")
    assert plugin.runs == runs


def test_a_plugin_runs_again_once_after_a_401(server: RecordingServer, plugin: Plugin) -> None:
    with session_for(connection_to(server.url, plugin.user)) as session:
        session.get("/version")
        plugin.answers(token="renewed")
        server.on("/version", status(401, "Unauthorized", "expired"), Reply())
        session.get("/version")
        assert tokens(server)[-2:] == ["Bearer from-plugin", "Bearer renewed"]

        server.on("/version", status(401, "Unauthorized", "Unauthorized"))
        for _ in range(3):
            with pytest.raises(Unauthorized):
                session.get("/version")
    assert plugin.runs == 2


def test_many_threads_that_meet_a_401_renew_once(server: RecordingServer, plugin: Plugin) -> None:
    barrier = threading.Barrier(4, timeout=5)
    renewed = threading.Barrier(4, timeout=5)

    def refuse_the_old(handler: Any) -> None:
        reply = Reply()
        if handler.headers["Authorization"] == "Bearer from-plugin":
            if barrier.wait() == 0:
                plugin.answers(token="renewed")
            renewed.wait()
            reply = Reply(401)
        handler._send(reply)

    server.on("/version", Reply(misbehave=refuse_the_old))
    with (
        session_for(connection_to(server.url, plugin.user), concurrency=4) as session,
        ThreadPoolExecutor(4) as pool,
    ):
        assert list(pool.map(lambda _: session.get("/version"), range(4))) == [{}] * 4
    assert plugin.runs == 2


BAD_ANSWERS: Mapping[str, tuple[str, str]] = {
    "nothing": ("", "decoding stdout: it is not an ExecCredential object"),
    "text": (SECRET, "decoding stdout: it is not an ExecCredential object"),
    "broken": ('{"status": {"token": "' + SECRET, "decoding stdout: it is not an"),
    "another kind": ('{"kind": "Pod", "apiVersion": "v1"}', 'no kind "Pod" is registered'),
    "no status": (
        json.dumps({"kind": "ExecCredential", "apiVersion": V1}),
        "exec plugin didn't return a status field",
    ),
    "a number": (
        json.dumps({"kind": "ExecCredential", "apiVersion": V1, "status": {"token": 1}}),
        "decoding stdout: status.token is not a string",
    ),
    "no time": (
        json.dumps(
            {
                "kind": "ExecCredential",
                "apiVersion": V1,
                "status": {"token": SECRET, "expirationTimestamp": "tomorrow"},
            }
        ),
        "decoding stdout: status.expirationTimestamp is not an RFC 3339 time",
    ),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_without_a_credential_nothing_is_sent(
    server: RecordingServer, tmp_path: Path, name: str
) -> None:
    answer, words = BAD_ANSWERS[name]
    (tmp_path / "answer").write_text(answer)
    config = ExecConfig(
        "cat", (str(tmp_path / "answer"),), api_version=V1, interactive_mode="Never"
    )
    connection = connection_to(server.url, UserEntry(exec=config))
    with session_for(connection) as session, pytest.raises(PluginFailed) as caught:
        session.get("/version")
    assert caught.value.text.startswith("Unable to connect to the server: getting credentials: ")
    assert words in caught.value.text
    assert server.requests == []
    assert_hides(SECRET, caught.value)


def test_a_plugin_that_may_not_run_is_not_run(server: RecordingServer, plugin: Plugin) -> None:
    connection = replace(
        connection_to(server.url, plugin.user), plugin_policy=PluginPolicy("DenyAll")
    )
    with session_for(connection) as session, pytest.raises(PluginFailed, match="not allowed"):
        session.get("/version")
    assert plugin.runs == 0


def test_certificates_of_a_plugin_are_shown_and_renewed(tmp_path: Path, plugin: Plugin) -> None:
    authority = Authority(tmp_path)

    def pair(name: str) -> dict[str, str]:
        certificate, key = authority.client(name)
        return {
            "clientCertificateData": certificate.read_text(),
            "clientKeyData": key.read_text(),
        }

    plugin.answers(**pair("alice"))
    with serving(authority.server_tls()) as server:
        connection = connection_to(
            server.url, plugin.user, certificate_authority_data=authority.ca_pem
        )
        with session_for(connection) as session:
            session.get("/version")
            plugin.answers(**pair("bob"))
            server.on("/version", status(401, "Unauthorized", "no"), Reply())
            session.get("/version")
    clients = [(request.client or "").rpartition(",")[2] for request in server.requests]
    assert clients == ["alice", "alice", "bob"]


def test_a_token_file_is_read_again_in_time(tmp_path: Path) -> None:
    now = [0.0]
    token = tmp_path / "token"
    token.write_text("first\n")
    connection = connection_to("https://h", UserEntry(token="inline", token_file=str(token)))
    source = credential_source(connection, lambda: now[0])
    token.write_text("second")
    assert source.current().authorization == "Bearer first"
    now[0] = 51.0
    assert source.current().authorization == "Bearer second"
    token.unlink()
    now[0] = 102.0
    assert source.current().authorization == "Bearer second"


def test_a_token_file_that_changed_is_read_after_a_401(
    server: RecordingServer, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    with session_for(connection_to(server.url, UserEntry(token_file=str(token)))) as session:
        server.on("/version", status(401, "Unauthorized", "no"))
        with pytest.raises(Unauthorized):
            session.get("/version")
        token.write_text("new")
        server.on("/version", status(401, "Unauthorized", "no"), Reply())
        session.get("/version")
    assert tokens(server) == ["Bearer old", "Bearer old", "Bearer new"]


@pytest.mark.parametrize(
    ("user", "text"),
    [
        (UserEntry(token_file="/nope"), "error: open /nope: no such file or directory"),
        (
            UserEntry(auth_provider="oidc"),
            'error: the auth provider "oidc" is not supported; use an exec credential plugin such '
            "as https://github.com/int128/kubelogin, or pass --token",
        ),
        (
            UserEntry(auth_provider="gcp", token="t"),
            "error: The gcp auth plugin has been removed.\nPlease use the "
            '"gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.\nSee '
            "https://cloud.google.com/blog/products/containers-kubernetes/"
            "kubectl-auth-changes-in-gke for further details",
        ),
        (UserEntry(auth_provider="x"), 'error: no Auth Provider found for name "x"'),
        (
            UserEntry(exec=ExecConfig("x", api_version="v2")),
            'error: exec plugin: invalid apiVersion "v2"',
        ),
    ],
)
def test_a_credential_that_cannot_be_had_is_an_error(user: UserEntry, text: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        session_for(connection_to("https://127.0.0.1:1", user))
    assert caught.value.text == text


def test_an_empty_token_file_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "token"
    empty.write_text(" \n")
    with pytest.raises(CredentialsError, match="read empty token from file"):
        session_for(connection_to("https://127.0.0.1:1", UserEntry(token_file=str(empty))))


SECRETIVE = UserEntry(
    token=SECRET,
    password=SECRET,
    client_key_data=SECRET.encode(),
    client_certificate_data=SECRET.encode(),
    exec=ExecConfig("x", (SECRET,), (("K", SECRET),)),
)


def test_nothing_secret_is_in_a_repr() -> None:
    connection = connection_to(
        f"https://u:{SECRET}@127.0.0.1:1", SECRETIVE, proxy_url=f"http://u:{SECRET}@p"
    )
    connection = replace(connection, environ={"TOKEN": SECRET})
    source = credential_source(replace(connection, user=UserEntry(token=SECRET)))
    assert SECRET not in repr(connection)
    assert SECRET not in repr(source.current())


@pytest.mark.parametrize(
    "user",
    [
        UserEntry(token=f"{SECRET}\n"),
        UserEntry(token="t", impersonate=f"{SECRET}\r\nX-Evil: 1"),
        UserEntry(client_certificate_data=SECRET.encode(), client_key_data=SECRET.encode()),
        UserEntry(username="u", password=SECRET),
    ],
)
def test_nothing_secret_is_in_an_error(user: UserEntry, tmp_path: Path) -> None:
    with serving(Authority(tmp_path).server_tls()) as server:
        connection = connection_to(server.url, user)
        with pytest.raises(ClusterError) as caught, session_for(connection) as session:
            session.get("/version")
    assert server.requests == []
    assert_hides(SECRET, caught.value)


def assert_hides(secret: str, error: BaseException | None) -> None:
    """Neither the error nor anything it was raised from holds the secret."""
    while error is not None:
        for text in (str(error), repr(error), repr(error.args), str(vars(error))):
            assert secret not in text
        error = error.__cause__ or error.__context__
