"""From flags, files and environment to one connection; the rest is held to the real kubectl."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import (
    ConnectionFailed,
    CredentialsError,
    InvalidConfiguration,
    KubeconfigError,
    NoConfiguration,
    PreferencesError,
)
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from kubectl_calico_nic.cluster.kubeconfig.server_address import server_address
from kubectl_calico_nic.cluster.kubeconfig.yaml_document import load_document
from tests.cluster_kubectl import listed, write_files
from tests.cluster_server import kubeconfig

TOKEN = {"token": "t0"}
POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def resolved(home: Path, environ: Mapping[str, str] | None = None, **flags: Any) -> Connection:
    return resolve(
        ConnectionFlags(**flags), environ or {}, str(home), service_account=home / "account"
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    config = kubeconfig("https://h:6443", user=TOKEN, context={"namespace": "of-context"})
    write_files(tmp_path, {".kube/config": config})
    return tmp_path


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    write_files(
        tmp_path,
        {"account/token": "pod-token", "account/namespace": "of-pod\n", "account/ca.crt": "x"},
    )
    return tmp_path


def test_the_namespace_is_the_flags_or_the_contexts(home: Path) -> None:
    assert resolved(home).namespace == "of-context"
    assert resolved(home, namespace="of-flag").namespace == "of-flag"


def test_the_namespace_is_the_default_or_the_pods(pod: Path) -> None:
    write_files(pod, {".kube/config": kubeconfig("https://h", user=TOKEN)})
    assert resolved(pod).namespace == "default"
    assert resolved(pod, POD).namespace == "of-pod"
    assert resolved(pod, {**POD, "POD_NAMESPACE": "of-env"}).namespace == "of-env"
    assert resolved(pod, POD).address.url == "https://h"


def test_a_pod_uses_its_service_account(pod: Path) -> None:
    connection = resolved(pod, POD)
    assert connection.address.url == "https://10.96.0.1:443"
    assert connection.namespace == "of-pod"
    assert connection.user.token_file == str(pod / "account/token")
    assert connection.cluster.certificate_authority == str(pod / "account/ca.crt")


def test_a_pod_may_have_an_ipv6_api_server(pod: Path) -> None:
    connection = resolved(pod, {**POD, "KUBERNETES_SERVICE_HOST": "fd00::1"})
    assert connection.address.host == "[fd00::1]:443"


def test_flags_change_the_service_account(pod: Path) -> None:
    connection = resolved(
        pod,
        POD,
        token="mine",
        certificate_authority=str(pod / "account/namespace"),
        impersonate="jo",
        namespace="n",
    )
    assert (connection.user.token, connection.user.token_file) == ("mine", "")
    assert connection.cluster.certificate_authority == str(pod / "account/namespace")
    assert connection.user.impersonate == "jo"
    assert connection.namespace == "n"


@pytest.mark.parametrize("missing", ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"])
def test_a_pod_without_a_service_is_no_configuration(pod: Path, missing: str) -> None:
    environ = {name: value for name, value in POD.items() if name != missing}
    with pytest.raises(NoConfiguration):
        resolved(pod, environ)


def test_nothing_configured_names_the_files(tmp_path: Path) -> None:
    with pytest.raises(NoConfiguration) as caught:
        resolved(tmp_path)
    assert caught.value.text == (
        f"error: no configuration has been provided (looked at {tmp_path}/.kube/config); "
        "set KUBECONFIG, or pass --kubeconfig or --server"
    )
    with pytest.raises(NoConfiguration) as caught:
        resolved(tmp_path, {"KUBECONFIG": listed(["/a", "", "/b", "/a"])})
    assert caught.value.looked_at == ("/a", "/b")


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (
            {"contexts": [{"name": "x", "context": {"cluster": "c"}}], "current-context": "x"},
            'context "x" names cluster "c", which does not exist',
        ),
        (kubeconfig(""), 'cluster "c" has no server'),
        ({**kubeconfig("https://h"), "current-context": ""}, "no context is chosen"),
    ],
)
def test_a_file_without_a_server_says_what_is_missing(
    tmp_path: Path, config: Mapping[str, Any], why: str
) -> None:
    write_files(tmp_path, {".kube/config": config})
    with pytest.raises(NoConfiguration, match=why):
        resolved(tmp_path)


def test_a_server_over_tls_needs_credentials(tmp_path: Path) -> None:
    write_files(tmp_path, {".kube/config": kubeconfig("https://h")})
    with pytest.raises(CredentialsError, match="^no credentials are configured"):
        resolved(tmp_path)


def test_over_plain_http_only_the_impersonation_is_left(tmp_path: Path) -> None:
    user = {**TOKEN, "username": "", "as": "jo", "as-groups": ["g"]}
    write_files(tmp_path, {".kube/config": kubeconfig("http://h", user=user)})
    connection = resolved(tmp_path)
    assert connection.user.token == ""
    assert connection.user.impersonate == "jo"
    assert connection.user.impersonate_groups == ("g",)


def test_problems_are_listed_as_kubectl_lists_them(home: Path) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        resolved(home, context="nope", impersonate_uid="7")
    assert caught.value.text == (
        "Error in configuration: \n"
        "* context was not found for specified context: nope\n"
        "* requesting uid, groups or user-extra for  without impersonating a user"
    )


def test_json_may_be_indented_with_tabs(tmp_path: Path) -> None:
    text = '{\n\t"clusters": [{"name": "c", "cluster": {"server": "http://h"}}],\n'
    text += '\t"contexts": [{"name": "x", "context": {"cluster": "c"}}],\n'
    text += '\t"current-context": "x"\n}\n'
    write_files(tmp_path, {".kube/config": text})
    assert resolved(tmp_path).address.url == "http://h"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("n", False),
        ("~", None),
        ("", None),
        ("12", 12),
        ("0x1f", 31),
        ("1e3", 1000.0),
        ("1_000", 1000),
        (".5", 0.5),
        ("12:30:45", "12:30:45"),
        ("2026-01-01", "2026-01-01"),
        ("'12'", "12"),
        ("!!python/object:os.system x", ValueError),
        ("yess", "yess"),
        ("-", [None]),
        ("a: 1\n---\n{", {"a": 1}),
        ("<<: {a: 1}\nb: 2", {"a": 1, "b": 2}),
    ],
)
def test_scalars_are_what_go_takes_them_for(text: str, value: Any) -> None:
    if value is ValueError:
        with pytest.raises(ValueError, match="yaml: "):
            load_document(text.encode())
    else:
        assert load_document(text.encode()) == value


def test_a_broken_policy_for_plugins_lets_none_run(tmp_path: Path) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "x"}
    config = kubeconfig("https://h", user={"exec": plugin})
    for kuberc in ("{", "- a", "kind: Preference", "apiVersion: v1\nkind: Preference"):
        write_files(tmp_path, {".kube/config": config, ".kube/kuberc": kuberc})
        with pytest.raises(PreferencesError, match="no valid preferences"):
            resolved(tmp_path)
    (tmp_path / ".kube" / "kuberc").unlink()
    (tmp_path / ".kube" / "kuberc").mkdir()
    with pytest.raises(PreferencesError, match="read .*: is a directory"):
        resolved(tmp_path)
    write_files(tmp_path, {"rc": "{"})
    for name, problem in (("rc", "no valid preferences found in .*/rc$"), ("nope", "no such file")):
        with pytest.raises(PreferencesError, match=problem):
            resolved(tmp_path, {"KUBERC": str(tmp_path / name)})
    assert resolved(tmp_path, {"KUBECTL_KUBERC": "False"}).plugin_policy.type == ""


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("https://h:6443", "https://h:6443"),
        ("HTTPS://H/", "https://H"),
        ("https://h/k8s/clusters/c-1/?q#f", "https://h/k8s/clusters/c-1"),
        ("https://u:p@h:1", "https://h:1"),
        ("h:6443", "http://h:6443"),
        ("10.0.0.1:6443", "http://10.0.0.1:6443"),
        ("[::1]:6443", "http://[::1]:6443"),
        ("h", "http://h"),
    ],
)
def test_servers_are_urls_or_hosts(server: str, url: str) -> None:
    assert server_address(server).url == url


@pytest.mark.parametrize("server", ["h/path", "https://", "https://[", "h:port", "://", "1x://h"])
def test_other_servers_are_refused(server: str) -> None:
    with pytest.raises(KubeconfigError, match="host must be a URL or a host:port pair"):
        server_address(server)


def test_a_scheme_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(ConnectionFailed, match='unsupported protocol scheme "ftp"'):
        server_address("ftp://h")
