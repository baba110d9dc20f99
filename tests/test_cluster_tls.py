"""Trust: whom we believe to be the server, and what we show it of ourselves."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme

from kubectl_calico_nic.cluster.errors import ClusterError, KubeconfigError, UntrustedServer
from kubectl_calico_nic.cluster.kubeconfig.entries import UserEntry
from tests.cluster_connection import connection_to, session_for
from tests.cluster_server import Authority, RecordingServer, Reply, serving

X509 = "Unable to connect to the server: tls: failed to verify certificate: x509: "


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority) -> Iterator[RecordingServer]:
    with serving(authority.server_tls()) as server:
        yield server


def get_version(server: RecordingServer, user: UserEntry | None = None, **cluster: object) -> None:
    with session_for(connection_to(server.url, user, **cluster)) as session:
        session.get("/version")


def test_a_server_of_the_given_authority_is_trusted(
    server: RecordingServer, authority: Authority
) -> None:
    get_version(server, certificate_authority_data=authority.ca_pem)
    assert server.last.get("Authorization") == "Bearer t0"


def test_an_authority_may_have_comments_in_any_encoding(
    server: RecordingServer, authority: Authority
) -> None:
    get_version(
        server, certificate_authority_data="# Wurzel für alle\n".encode() + authority.ca_pem
    )


def test_a_server_of_another_authority_gets_no_credentials(server: RecordingServer) -> None:
    other = trustme.CA().cert_pem.bytes()
    for cluster in ({}, {"certificate_authority_data": other}):
        with pytest.raises(UntrustedServer) as caught:
            get_version(server, **cluster)
        assert caught.value.text == X509 + "certificate signed by unknown authority"
    assert server.requests == []


def test_a_server_with_another_name_gets_no_credentials(authority: Authority) -> None:
    with serving(authority.server_tls("elsewhere.example")) as server:
        with pytest.raises(UntrustedServer) as caught:
            get_version(server, certificate_authority_data=authority.ca_pem)
        assert caught.value.text == X509 + "certificate is not valid for 127.0.0.1"
        get_version(
            server,
            certificate_authority_data=authority.ca_pem,
            tls_server_name="elsewhere.example",
        )
    assert len(server.requests) == 1


def test_an_expired_certificate_is_not_trusted(authority: Authority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    authority.ca.issue_cert("127.0.0.1", not_after=yesterday).configure_cert(context)
    with serving(context) as server, pytest.raises(UntrustedServer) as caught:
        get_version(server, certificate_authority_data=authority.ca_pem)
    assert caught.value.text.startswith(X509 + "certificate has expired or is not yet valid")


def test_a_server_certificate_may_itself_be_the_authority() -> None:
    """Go takes any certificate it is given for a root; OpenSSL must be told to."""
    ca = trustme.CA()
    intermediate = ca.create_child_ca()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    intermediate.issue_cert("127.0.0.1").configure_cert(context)
    with serving(context) as server:
        get_version(server, certificate_authority_data=intermediate.cert_pem.bytes())


def test_verification_is_skipped_only_when_asked(server: RecordingServer) -> None:
    get_version(server, insecure_skip_tls_verify=True)
    assert server.last.get("Authorization") == "Bearer t0"


@pytest.mark.parametrize("data", [b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_an_authority_that_cannot_be_read_is_an_error(server: RecordingServer, data: bytes) -> None:
    with pytest.raises(KubeconfigError, match="unable to load root certificates"):
        get_version(server, certificate_authority_data=data)
    assert server.requests == []


def test_a_client_certificate_is_shown(server: RecordingServer, authority: Authority) -> None:
    certificate, key = authority.client("alice")
    user = UserEntry(client_certificate=str(certificate), client_key=str(key))
    get_version(server, user, certificate_authority_data=authority.ca_pem)
    assert server.last.client is not None
    assert server.last.client.endswith("alice")
    assert server.last.get("Authorization") is None


def test_a_key_with_a_password_is_an_error_and_never_a_question(
    server: RecordingServer, authority: Authority
) -> None:
    from cryptography.hazmat.primitives import serialization as pem

    certificate, key = authority.client("alice")
    locked = pem.load_pem_private_key(key.read_bytes(), None).private_bytes(
        pem.Encoding.PEM,
        pem.PrivateFormat.TraditionalOpenSSL,
        pem.BestAvailableEncryption(b"password"),
    )
    user = UserEntry(client_certificate_data=certificate.read_bytes(), client_key_data=locked)
    with pytest.raises(ClusterError) as caught:
        get_version(server, user, certificate_authority_data=authority.ca_pem)
    assert caught.value.text == (
        "error: tls: failed to parse the client certificate or its private key"
    )


def test_a_certificate_renewed_in_its_file_is_used_after_a_refusal(
    server: RecordingServer, authority: Authority
) -> None:
    alice, alice_key = authority.client("alice")
    bob, bob_key = authority.client("bob")
    user = UserEntry(client_certificate=str(alice), client_key=str(alice_key))
    connection = connection_to(server.url, user, certificate_authority_data=authority.ca_pem)
    with session_for(connection) as session:
        session.get("/version")
        alice.write_bytes(bob.read_bytes())
        alice_key.write_bytes(bob_key.read_bytes())
        server.on("/version", Reply(401), Reply())
        session.get("/version")
    clients = [(request.client or "").rpartition(",")[2] for request in server.requests]
    assert clients == ["alice", "alice", "bob"]


def test_a_plain_server_behind_https_is_told_apart() -> None:
    with serving() as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(ClusterError) as caught, session_for(connection_to(url)) as session:
            session.get("/version")
    assert caught.value.text == (
        "Unable to connect to the server: tls: first record does not look like a TLS handshake"
    )


def test_the_deadline_holds_over_tls(authority: Authority) -> None:
    def drip(handler: object) -> None:
        for _ in range(100):
            handler.wfile.write(b"H")  # type: ignore[attr-defined]
            time.sleep(0.02)

    with serving(authority.server_tls()) as server:
        server.on("/version", Reply(misbehave=drip))
        connection = connection_to(server.url, certificate_authority_data=authority.ca_pem)
        started = time.monotonic()
        with (
            session_for(connection, request_timeout=0.4) as session,
            pytest.raises(ClusterError) as caught,
        ):
            session.get("/version")
    assert "Client.Timeout exceeded" in caught.value.text
    assert time.monotonic() - started < 1.2
