"""In a pod: its service account is used as the real kubectl uses it.

The kubelet's files are put where a pod has them, in a mount namespace of kubectl's own.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from kubectl_calico_nic.errors import CalicoNicError
from tests.cluster_connection import session_for
from tests.cluster_kubectl import KUBECTL, Setup, needs_kubectl, write_files
from tests.cluster_server import RecordingServer, Reply
from tests.cluster_world import World, cluster_world

_POD = ("unshare", "-rm", "sh", "-c", 'mount --bind "$1" /run && shift && exec "$@"', "sh")


def _can_mount() -> bool:
    if shutil.which("unshare") is None or not Path("/var/run").samefile("/run"):
        return False
    probe = ["unshare", "-rm", "sh", "-c", "mount --bind /tmp /run"]
    return subprocess.run(probe, capture_output=True).returncode == 0


pytestmark = [
    needs_kubectl,
    pytest.mark.skipif(not _can_mount(), reason="no mount namespaces for users"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with cluster_world(tmp_path_factory.mktemp("pki")) as world:
        world.secure.on("/api*", Reply(body={"kind": "EventList", "apiVersion": "v1", "items": []}))
        yield world


ACCOUNT = "secrets/kubernetes.io/serviceaccount"
CASES: Mapping[str, tuple[ConnectionFlags, Mapping[str, str], Mapping[str, str]]] = {
    "plain": (ConnectionFlags(), {}, {}),
    "without a namespace": (ConnectionFlags(), {}, {f"run/{ACCOUNT}/namespace": ""}),
    "POD_NAMESPACE": (ConnectionFlags(), {"POD_NAMESPACE": "of-the-environment"}, {}),
    "namespace flag": (ConnectionFlags(namespace="flag"), {}, {}),
    "token flag": (ConnectionFlags(token="flag"), {}, {}),
    "ca flag": (ConnectionFlags(certificate_authority="pki/ca.crt"), {}, {}),
    "empty token": (ConnectionFlags(), {}, {f"run/{ACCOUNT}/token": ""}),
    "an empty kubeconfig": (ConnectionFlags(), {}, {".kube/config": ""}),
    "a kubeconfig": (
        ConnectionFlags(),
        {},
        {
            ".kube/config": "clusters: [{name: c, cluster: {server: URL, certificate-authority: "
            "pki/ca.crt}}]\nusers: [{name: u, user: {token: of-the-file}}]\n"
            "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_as_kubectl_in_a_pod(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    flags, environ, files = CASES[name]
    home = world.home(tmp_path)
    account = {
        f"run/{ACCOUNT}/token": "of-the-account",
        f"run/{ACCOUNT}/namespace": "of-the-pod",
        f"run/{ACCOUNT}/ca.crt": world.authority.ca_pem,
    }
    filled = {place: text.replace("URL", world.secure.url) for place, text in files.items()}
    write_files(home, {**account, **filled})
    where = urlsplit(world.secure.url)
    pod = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(where.port)}
    setup = Setup(home, flags, {**pod, **environ})
    assert _ours(setup, world.secure) == _kubectls(setup, world.secure)


def _ours(setup: Setup, server: RecordingServer) -> Any:
    server.requests.clear()
    account = setup.home / "run" / ACCOUNT
    try:
        connection = resolve(
            setup.flags, setup.full_environ, str(setup.home), service_account=account
        )
        with session_for(connection) as session:
            session.get(f"/api/v1/namespaces/{session.namespace}/events")
    except CalicoNicError as error:
        return error.text.replace(str(setup.home / "run"), "/var/run")
    return _asked(server)


def _kubectls(setup: Setup, server: RecordingServer) -> Any:
    server.requests.clear()
    done = subprocess.run(
        [*_POD, str(setup.home / "run"), str(KUBECTL), "events", *setup.arguments],
        env=setup.full_environ,
        cwd=setup.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return _asked(server) if server.requests else done.stderr.strip().splitlines()[-1]


def _asked(server: RecordingServer) -> Any:
    request = server.requests[0]
    return request.path, request.get("Authorization"), request.get("Impersonate-User")
