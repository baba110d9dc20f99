"""Proxies: which one, and that everything goes through it, trust included."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from kubectl_calico_nic.cluster.errors import ClusterError, ConnectionFailed, KubeconfigError
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.kubeconfig.entries import ExecConfig, UserEntry
from kubectl_calico_nic.cluster.transport.proxies import proxy_for
from tests.cluster_connection import connection_to, session_for
from tests.cluster_exec import STDOUT, SUCCESS, streaming
from tests.cluster_server import (
    Authority,
    Handler,
    RecordingServer,
    Reply,
    serving,
    unused_port,
)
from tests.cluster_tunnel import SocksProxy, tunnel

GROUP = "client.authentication.k8s.io"
PROXY = {"HTTPS_PROXY": "http://proxy:3128", "HTTP_PROXY": "plain:80"}


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://k8s.example:6443", PROXY, "http://proxy:3128"),
        ("http://k8s.example", PROXY, "http://plain:80"),
        ("https://k8s.example", {"https_proxy": "http://lower"}, "http://lower"),
        ("https://k8s.example", {"HTTP_PROXY": "http://p", "ALL_PROXY": "http://q"}, None),
        ("https://localhost:6443", PROXY, None),
        ("https://127.0.0.1:6443", PROXY, None),
        ("https://[::1]:6443", PROXY, None),
        ("https://k8s.example", {**PROXY, "NO_PROXY": "*"}, None),
        ("https://a.k8s.example", {**PROXY, "NO_PROXY": "x, k8s.example"}, None),
        ("https://k8s.example", {**PROXY, "no_proxy": "K8S.example"}, None),
        ("https://notk8s.example", {**PROXY, "NO_PROXY": "k8s.example"}, "http://proxy:3128"),
        ("https://k8s.example", {**PROXY, "NO_PROXY": ".k8s.example"}, "http://proxy:3128"),
        ("https://a.k8s.example", {**PROXY, "NO_PROXY": "*.k8s.example"}, None),
        ("https://k8s.example:6443", {**PROXY, "NO_PROXY": "k8s.example:6443"}, None),
        ("https://k8s.example", {**PROXY, "NO_PROXY": "k8s.example:443"}, None),
        (
            "https://k8s.example:6443",
            {**PROXY, "NO_PROXY": "k8s.example:443"},
            "http://proxy:3128",
        ),
        ("https://10.1.2.3:6443", {**PROXY, "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://10.1.2.3:6443", {**PROXY, "NO_PROXY": "10.1.2.3:6443"}, None),
        ("https://10.1.2.3:6443", {**PROXY, "NO_PROXY": "2.3"}, "http://proxy:3128"),
        ("https://[fd00::1]:6443", {**PROXY, "NO_PROXY": "fd00::/8"}, None),
        ("https://[fd00::1]:6443", {**PROXY, "NO_PROXY": "[fd00::1]:6443"}, None),
        ("https://[fd00::1]:6443", {**PROXY, "NO_PROXY": ",:,/,x/y"}, "http://proxy:3128"),
    ],
)
def test_the_environment_chooses_as_go_reads_it(
    url: str, environ: dict[str, str], proxy: str | None
) -> None:
    assert proxy_for(url, "", environ) == proxy


def test_a_configured_proxy_is_always_used() -> None:
    environ = {**PROXY, "NO_PROXY": "*"}
    assert proxy_for("https://127.0.0.1", "http://mine", environ) == "http://mine"


def test_a_proxy_that_we_cannot_use_is_an_error() -> None:
    with pytest.raises(KubeconfigError, match='unsupported scheme "ftp"'):
        proxy_for("https://k8s.example", "", {"HTTPS_PROXY": "ftp://u:hidden@p"})


@pytest.fixture
def proxy() -> Iterator[RecordingServer]:
    with serving() as proxy:
        proxy.on("*", Reply(misbehave=tunnel))
        yield proxy


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def through(proxy_url: str, server: RecordingServer, authority: Authority) -> Connection:
    return connection_to(
        server.url, proxy_url=proxy_url, certificate_authority_data=authority.ca_pem
    )


def with_password(url: str) -> str:
    return url.replace("//", "//user:s3cret@")


def test_requests_and_commands_go_through_a_tunnel(
    proxy: RecordingServer, authority: Authority
) -> None:
    with serving(authority.server_tls()) as server:
        server.on("/api/v1/namespaces/n/pods/p/exec", streaming(STDOUT + b"x", SUCCESS))
        connection = through(with_password(proxy.url), server, authority)
        with session_for(connection) as session:
            session.get("/version")
            assert session.execute("n", "p", "c", ["ip"], timeout=5.0).stdout == "x"
    assert [(r.method, r.target) for r in proxy.requests] == [("CONNECT", server.host)] * 2
    expected = "Basic " + base64.b64encode(b"user:s3cret").decode()
    assert {r.get("Proxy-Authorization") for r in proxy.requests} == {expected}
    assert {r.get("Authorization") for r in proxy.requests} == {None}
    assert {r.get("Authorization") for r in server.requests} == {"Bearer t0"}
    assert {r.get("Proxy-Authorization") for r in server.requests} == {None}


def test_a_proxy_of_the_environment_is_used(proxy: RecordingServer) -> None:
    proxy.on("*", Reply(body={"seen": True}))
    connection = connection_to("http://k8s.example:8080")
    connection = replace(connection, environ={"http_proxy": proxy.url})
    with session_for(connection) as session:
        assert session.get("/x") == {"seen": True}
    assert proxy.last.target == "http://k8s.example:8080/x"


def test_a_proxy_over_tls_proves_itself(authority: Authority) -> None:
    with (
        serving(authority.server_tls()) as server,
        serving(authority.server_tls()) as proxy,
        serving(Authority(authority.directory).server_tls()) as stranger,
    ):
        for each in (proxy, stranger):
            each.on("*", Reply(misbehave=tunnel))
        with session_for(through(proxy.url, server, authority)) as session:
            session.get("/version")
        connection = through(stranger.url, server, authority)
        with session_for(connection) as session, pytest.raises(ConnectionFailed, match="x509"):
            session.get("/version")
    assert len(server.requests) == 1
    assert stranger.requests == []


def test_a_proxy_that_fails_is_named_without_its_password(authority: Authority) -> None:
    port = unused_port()
    with serving(authority.server_tls()) as server, serving() as proxy:
        connection = through(f"http://user:s3cret@127.0.0.1:{port}", server, authority)
        with session_for(connection) as session, pytest.raises(ConnectionFailed) as refused:
            session.get("/version")
        proxy.on("*", Reply(407, b"", "text/plain"))
        connection = through(with_password(proxy.url), server, authority)
        with session_for(connection) as session, pytest.raises(ConnectionFailed) as denied:
            session.get("/version")
    assert refused.value.text == (
        f"Unable to connect to the server: proxyconnect tcp: dial tcp 127.0.0.1:{port}: connect: "
        "connection refused"
    )
    assert denied.value.text == ("Unable to connect to the server: Proxy Authentication Required")


def test_a_password_may_hold_what_urls_write_as_escapes(
    proxy: RecordingServer, authority: Authority
) -> None:
    with serving(authority.server_tls()) as server:
        url = proxy.url.replace("//", "//us%3Aer:p%40%C3%A4@")
        with session_for(through(url, server, authority)) as session:
            session.get("/version")
    expected = "Basic " + base64.b64encode("us:er:p@ä".encode()).decode()
    assert proxy.last.get("Proxy-Authorization") == expected


def test_a_proxy_that_hangs_up_has_passed_nothing_on(authority: Authority) -> None:
    with serving(authority.server_tls()) as server, serving() as proxy:
        proxy.on("*", Reply(misbehave=lambda _: None))
        connection = through(proxy.url, server, authority)
        with session_for(connection) as session, pytest.raises(ConnectionFailed) as caught:
            session.patch("/version", {}, "application/merge-patch+json")
    assert caught.value.text == "Unable to connect to the server: unexpected EOF"
    assert not caught.value.sent


@pytest.mark.parametrize("userinfo", ["", "u:p%40w@"])
def test_everything_goes_through_a_socks_proxy(authority: Authority, userinfo: str) -> None:
    with serving(authority.server_tls()) as server, serving() as plain, SocksProxy() as proxy:
        server.on("/api/v1/namespaces/n/pods/p/exec", streaming(STDOUT + b"x", SUCCESS))
        url = f"socks5://{userinfo}{proxy.host}"
        with session_for(through(url, server, authority)) as session:
            session.get("/version")
            assert session.execute("n", "p", "c", ["ip"], timeout=5.0).stdout == "x"
        with session_for(connection_to(plain.url, proxy_url=url)) as session:
            session.get("/version")
        by_name = plain.url.replace("127.0.0.1", "localhost")
        with session_for(connection_to(by_name, proxy_url=url)) as session:
            session.get("/version")
        proxy.shutdown()
    user = "u:p@w" if userinfo else ""
    name = by_name.removeprefix("http://")
    assert proxy.asked == [(host, user) for host in (server.host, server.host, plain.host, name)]


def test_the_deadline_holds_through_a_socks_proxy() -> None:
    def drip(handler: Handler) -> None:
        for _ in range(100):
            handler.wfile.write(b"H")
            time.sleep(0.02)

    with serving() as server, SocksProxy() as proxy:
        server.on("/version", Reply(misbehave=drip))
        connection = connection_to(server.url, proxy_url=f"socks5://{proxy.host}")
        started = time.monotonic()
        with (
            session_for(connection, request_timeout=0.3) as session,
            pytest.raises(ConnectionFailed, match=r"Client\.Timeout"),
        ):
            session.get("/version")
        assert time.monotonic() - started < 1.2
        proxy.shutdown()


def test_a_socks_proxy_that_is_away_is_named_without_its_password(authority: Authority) -> None:
    port = unused_port()
    with serving(authority.server_tls()) as server:
        connection = through(f"socks5://user:s3cret@127.0.0.1:{port}", server, authority)
        with session_for(connection) as session, pytest.raises(ConnectionFailed) as caught:
            session.get("/version")
    assert caught.value.text == (
        f"Unable to connect to the server: proxyconnect tcp: dial tcp 127.0.0.1:{port}: connect: "
        "connection refused"
    )


WITHOUT_CREDENTIALS: dict[str, UserEntry] = {
    "plugin": UserEntry(
        exec=ExecConfig("false", api_version=f"{GROUP}/v1", interactive_mode="Never")
    ),
    "token": UserEntry(token="s3cret\n"),
    "certificate": UserEntry(client_certificate_data=b"s3cret", client_key_data=b"s3cret"),
    "impersonation": UserEntry(token="t", impersonate="jo\r\nX: s3cret"),
}


@pytest.mark.parametrize("name", WITHOUT_CREDENTIALS)
@pytest.mark.parametrize("kind", ["none", "http", "https", "socks5"])
def test_no_command_is_sent_without_the_credentials_that_are_configured(
    authority: Authority, name: str, kind: str
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving(authority.server_tls()))
        tls = authority.server_tls() if kind == "https" else None
        proxy = stack.enter_context(serving(tls))
        socks = stack.enter_context(SocksProxy())
        proxy.on("*", Reply(misbehave=tunnel))
        url = {"none": "", "socks5": f"socks5://{socks.host}"}.get(kind, proxy.url)
        connection = replace(through(url, server, authority), user=WITHOUT_CREDENTIALS[name])
        with session_for(connection) as session, pytest.raises(ClusterError) as caught:
            session.execute("n", "p", "c", ["ip"], timeout=5.0)
        socks.shutdown()
        assert (server.requests, proxy.requests, socks.asked) == ([], [], [])
    assert "s3cret" not in caught.value.text


def test_socks_without_its_package_is_an_error(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    with serving(authority.server_tls()) as server:
        connection = through("socks5://u:p@127.0.0.1:1", server, authority)
        with session_for(connection) as session, pytest.raises(KubeconfigError) as caught:
            session.get("/version")
    assert caught.value.text == (
        "error: the proxy 127.0.0.1:1 speaks SOCKS, for which Python needs the package PySocks"
    )
