"""Every way to prove who one is to a real API server: as kubectl does, and never anonymously."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import trustme
import urllib3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kubectl_calico_nic.cluster.errors import ClusterError, NotFound, Unauthorized
from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from kubectl_calico_nic.cluster.session import Session

from .cluster import Cluster
from .plugin_process import Ended, run
from .story import NAMESPACE
from .users import documented, rights
from .whole_story import PROBLEM

GROUP = "client.authentication.k8s.io"
ACCOUNT = "system:serviceaccount:default:prover"
REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
UNAUTHORIZED = "error: You must be logged in to the server (Unauthorized)\n"

User = Mapping[str, Any]


@dataclass(frozen=True)
class Prover:
    """A cluster on which ``alice`` and one service account may do what is documented."""

    cluster: Cluster
    directory: Path

    def kubeconfig(self, user: User, **of_cluster: Any) -> Path:
        """A kubeconfig with this user; relative names in it are below ``directory``."""
        admin = json.loads(self.cluster.control_plane.kubeconfig().read_text())
        (entry,) = admin["clusters"]
        entry["cluster"].update(of_cluster)
        admin["users"] = [{"name": "admin", "user": dict(user)}]
        path = self.directory / "kubeconfig"
        path.write_text(json.dumps(admin))
        return path

    def token(self) -> str:
        """A new token of the service account."""
        path = "/api/v1/namespaces/default/serviceaccounts/prover/token"
        made = self.cluster.client.create(path, {"spec": {"expirationSeconds": 600}})
        return str(made["status"]["token"])

    def certificate(self, name: str = "alice") -> dict[str, str]:
        """Certificate and key of a user, as data."""
        user = json.loads(self.cluster.control_plane.kubeconfig(name).read_text())["users"][0]
        files = {key: Path(user["user"][key]) for key in ("client-certificate", "client-key")}
        return {f"{key}-data": _base64(path.read_bytes()) for key, path in files.items()}

    def plugin(self, *answers: Mapping[str, Any], version: str = "v1") -> dict[str, Any]:
        """A user with an exec plugin that answers so, one after the other; the last one repeats."""
        for number, status in enumerate(answers):
            credential = {
                "apiVersion": f"{GROUP}/{version}",
                "kind": "ExecCredential",
                "status": status,
            }
            (self.directory / f"answer-{number}").write_text(json.dumps(credential))
        script = self.directory / "plugin"
        script.write_text(
            "#!/bin/sh\n"
            'cd "$(dirname "$0")"\n'
            "echo x >> runs\n"
            'echo "$KUBERNETES_EXEC_INFO" > told\n'
            "number=$(($(wc -l < runs) - 1))\n"
            f"[ $number -lt {len(answers)} ] || number={len(answers) - 1}\n"
            'cat "answer-$number"\n'
        )
        script.chmod(0o755)
        config = {"apiVersion": f"{GROUP}/{version}", "command": "./plugin"}
        return {"exec": {**config, "interactiveMode": "Never"}}

    @property
    def runs(self) -> int:
        """How often the plugin ran."""
        return len((self.directory / "runs").read_text().split())

    def session(self, path: Path, **flags: Any) -> Session:
        """Our own session with a kubeconfig, as the commands open it."""
        connection = resolve(
            ConnectionFlags(kubeconfig=str(path), **flags), os.environ, str(self.directory)
        )
        return Session(
            connection,
            request_timeout=None,
            concurrency=2,
            user_agent="kubectl-calico-nic/e2e",
            warn=lambda text: None,
        )

    def who_we_are(self, path: Path, **flags: Any) -> Any:
        """Whom the API server takes our session for."""
        with self.session(path, **flags) as session:
            return session.post(REVIEWS, REVIEW)["status"]["userInfo"]

    def who_kubectl_is(self, path: Path, *flags: str) -> Any:
        """Whom the API server takes kubectl for."""
        shown = self.cluster.kubectl("auth", "whoami", "-ojson", *flags, kubeconfig=path)
        assert shown.returncode == 0, shown.stderr
        return json.loads(shown.stdout)["status"]["userInfo"]

    def refused(self, path: Path, *flags: str) -> str:
        """The words with which both kubectl and the plugin fail, and print nothing else."""
        theirs = self.cluster.kubectl("get", "daemonsets", "-A", *flags, kubeconfig=path)
        ours = run(self.cluster, "inspect", *flags, kubeconfig=path)
        assert (theirs.returncode, ours.status, ours.stdout) == (1, 1, "")
        assert theirs.stderr.splitlines()[-1] == ours.stderr.splitlines()[-1]
        return ours.stderr


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def settled(running_cluster: Cluster) -> Iterator[Cluster]:
    """One incident for all tests here: none of them changes anything.

    Nobody who is not known may do less than the others: a request without a credential would be
    answered, and so be noticed.
    """
    running_cluster.reset()
    running_cluster.incident()
    account = {"metadata": {"name": "prover", "namespace": "default"}}
    running_cluster.add("/api/v1/namespaces/default/serviceaccounts", account)
    for name in ("alice", ACCOUNT, "system:anonymous"):
        for path, each in rights(name, documented()):
            running_cluster.add(path, each)
    yield running_cluster
    running_cluster.reset()


@pytest.fixture
def prover(settled: Cluster, tmp_path: Path) -> Prover:
    return Prover(settled, tmp_path)


def succeeded(ended: Ended) -> bool:
    """Whether it has seen the incident, and had nothing to complain of."""
    return (ended.status, ended.stderr, ended.lines[:1]) == (2, "", [PROBLEM])


def test_a_request_without_a_credential_would_be_answered(prover: Prover) -> None:
    """What the other tests rely on: nothing but the plugin keeps it from being sent."""
    plane = prover.cluster.control_plane
    with urllib3.PoolManager(ca_certs=str(plane.authority.certificate)) as pool:
        assert pool.request("GET", f"{plane.server}/api/v1/nodes").status == 200
    ended = run(prover.cluster, "inspect", kubeconfig=prover.kubeconfig({}))
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: no credentials are configured for the server")


def users(prover: Prover) -> dict[str, Callable[[], User]]:
    """The ways to prove who one is; each is made when it is needed."""
    directory = prover.directory

    def token_file() -> User:
        (directory / "token").write_text(f"{prover.token()}\n")
        return {"tokenFile": "token", "token": "stale"}

    def certificate_files() -> User:
        pair = prover.certificate()
        names = {"client-certificate": "alice.crt", "client-key": "alice.key"}
        for key, name in names.items():
            (directory / name).write_bytes(base64.b64decode(pair[f"{key}-data"]))
        return names

    def certificate_of_a_plugin() -> User:
        pair = {key: base64.b64decode(pem).decode() for key, pem in prover.certificate().items()}
        answer = {
            "clientCertificateData": pair["client-certificate-data"],
            "clientKeyData": pair["client-key-data"],
        }
        return prover.plugin(answer)

    return {
        "certificate data": prover.certificate,
        "certificate files": certificate_files,
        "token": lambda: {"token": prover.token()},
        "token file": token_file,
        "plugin v1": lambda: prover.plugin({"token": prover.token()}),
        "plugin v1beta1": lambda: prover.plugin({"token": prover.token()}, version="v1beta1"),
        "plugin certificate": certificate_of_a_plugin,
        "impersonation": lambda: {
            **_admin(prover),
            "as": "alice",
            "as-uid": "u-1",
            "as-groups": ["g1", "g2"],
            "as-user-extra": {"scopes": ["a", "b"]},
        },
    }


def _admin(prover: Prover) -> User:
    return prover.certificate("admin")


KINDS = (
    "certificate data",
    "certificate files",
    "token",
    "token file",
    "plugin v1",
    "plugin v1beta1",
    "plugin certificate",
    "impersonation",
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_knows_us_as_it_knows_kubectl(prover: Prover, kind: str) -> None:
    path = prover.kubeconfig(users(prover)[kind]())
    ours, theirs = prover.who_we_are(path), prover.who_kubectl_is(path)
    assert ours == theirs
    assert ours["username"] == (ACCOUNT if kind.startswith(("token", "plugin v1")) else "alice")


@pytest.mark.parametrize("kind", KINDS)
def test_commands_and_exec_go_with_it(prover: Prover, kind: str) -> None:
    path = prover.kubeconfig(users(prover)[kind]())
    # With the routes of every node, which only exec can tell.
    ended = run(prover.cluster, "inspect", "--what-if", "can-reach=8.8.8.8", kubeconfig=path)
    assert (ended.status in (0, 2), ended.stderr) == (True, ""), ended
    assert succeeded(run(prover.cluster, "inspect", kubeconfig=path))


def test_impersonation_is_asked_for_by_flags(prover: Prover) -> None:
    path = prover.kubeconfig(_admin(prover))
    flags = ("--as=zoe", "--as-uid=7", "--as-group=g1", "--as-group=g2", "--as-user-extra=k=v")
    ours = prover.who_we_are(
        path,
        impersonate="zoe",
        impersonate_uid="7",
        impersonate_groups=("g1", "g2"),
        impersonate_user_extra=("k=v",),
    )
    assert ours == prover.who_kubectl_is(path, *flags)
    refused = prover.cluster.kubectl("get", "pods", "-A", *flags, kubeconfig=path).stderr
    assert 'User "zoe" cannot list resource "pods"' in refused
    ended = run(prover.cluster, "inspect", *flags, kubeconfig=path)
    assert ended.status == 1
    assert 'User "zoe" cannot list resource "daemonsets"' in ended.stderr
    masters = ("--as=zoe", "--as-group=system:masters")
    assert succeeded(run(prover.cluster, "inspect", *masters, kubeconfig=path))


def test_who_may_not_impersonate_is_told(prover: Prover) -> None:
    path = prover.kubeconfig(prover.certificate())
    told = prover.refused(path, "--as=zoe")
    assert told.startswith("Error from server (Forbidden): ")
    assert 'is forbidden: User "alice" cannot impersonate' in told


def test_a_token_file_is_read_anew_when_its_token_is_refused(prover: Prover) -> None:
    token = prover.directory / "token"
    token.write_text("was.never.good")
    path = prover.kubeconfig({"tokenFile": "token"})
    assert prover.refused(path) == UNAUTHORIZED
    with prover.session(path) as session:
        with pytest.raises(Unauthorized):
            session.get("/api/v1/nodes")
        token.write_text(prover.token())
        assert session.get("/api/v1/nodes")["items"]
    assert succeeded(run(prover.cluster, "inspect", kubeconfig=path))


def test_a_plugin_is_asked_again_when_its_token_is_refused(prover: Prover) -> None:
    user = prover.plugin({"token": "was.never.good"}, {"token": prover.token()})
    ended = run(prover.cluster, "inspect", kubeconfig=prover.kubeconfig(user))
    assert succeeded(ended)
    assert prover.runs == 2


def test_a_plugin_that_has_nothing_better_is_asked_once_more_only(prover: Prover) -> None:
    path = prover.kubeconfig(prover.plugin({"token": "was.never.good"}))
    ended = run(prover.cluster, "inspect", kubeconfig=path)
    assert (ended.status, ended.stdout, ended.stderr) == (1, "", UNAUTHORIZED)
    assert prover.runs == 2


@pytest.mark.parametrize(("hours", "often"), [(1, False), (-1, True)])
def test_a_plugin_is_asked_again_when_its_credential_expired(
    prover: Prover, hours: int, often: bool
) -> None:
    expires = datetime.now(timezone.utc) + timedelta(hours=hours)
    stamp = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    user = prover.plugin({"token": prover.token(), "expirationTimestamp": stamp})
    assert succeeded(run(prover.cluster, "inspect", kubeconfig=prover.kubeconfig(user)))
    assert (prover.runs > 1) is often


def test_a_plugin_is_told_of_the_cluster_as_by_kubectl(prover: Prover) -> None:
    user = prover.plugin({"token": prover.token()})
    user["exec"]["provideClusterInfo"] = True
    extension = {"name": f"{GROUP}/exec", "extension": {"audience": "e2e"}}
    path = prover.kubeconfig(user, extensions=[extension])
    told = prover.directory / "told"
    assert prover.who_kubectl_is(path)["username"] == ACCOUNT
    theirs = told.read_text()
    told.unlink()
    assert succeeded(run(prover.cluster, "inspect", kubeconfig=path))
    assert told.read_text() == theirs
    cluster = json.loads(theirs)["spec"]["cluster"]
    assert cluster["server"] == prover.cluster.control_plane.server
    assert cluster["config"] == {"audience": "e2e"}


def expired_token(prover: Prover) -> User:
    """A token of the service account that was good an hour ago."""
    real = prover.token()
    head, body, _ = (_decoded(part) for part in (*real.split(".")[:2], ""))
    claims = json.loads(body)
    now = int(datetime.now(timezone.utc).timestamp())
    claims.update(iat=now - 7200, nbf=now - 7200, exp=now - 3600)
    signed = ".".join((_encoded(head), _encoded(json.dumps(claims).encode())))
    key_file = prover.cluster.control_plane.directory / "certificates" / "service-accounts.key"
    key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return {"token": f"{signed}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"}


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def expired_certificate(prover: Prover) -> User:
    """A certificate that was good until yesterday."""
    authority: trustme.CA = prover.cluster.control_plane.authority._authority
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    issued = authority.issue_cert("localhost", common_name="alice", not_after=yesterday)
    return {
        "client-certificate-data": _base64(issued.cert_chain_pems[0].bytes()),
        "client-key-data": _base64(issued.private_key_pem.bytes()),
    }


def foreign_certificate(_: Prover) -> User:
    """A certificate of an authority that nobody here has heard of."""
    issued = trustme.CA().issue_cert("localhost", common_name="alice")
    return {
        "client-certificate-data": _base64(issued.cert_chain_pems[0].bytes()),
        "client-key-data": _base64(issued.private_key_pem.bytes()),
    }


def failing_plugin(prover: Prover) -> User:
    user = prover.plugin({"token": prover.token()})
    (prover.directory / "plugin").write_text("#!/bin/sh\nexit 7\n")
    return user


# Not basic auth: API servers do not know it any more and take no notice, whoever sends it.
BAD: Mapping[str, Callable[[Prover], User]] = {
    "expired token": expired_token,
    "expired certificate": expired_certificate,
    "foreign certificate": foreign_certificate,
    "wrong token": lambda _: {"token": "was.never.good"},
    "plugin fails": failing_plugin,
    "plugin is missing": lambda _: {
        "exec": {
            "apiVersion": f"{GROUP}/v1",
            "command": "no-such-plugin",
            "interactiveMode": "Never",
        }
    },
    "plugin gives nothing": lambda prover: prover.plugin({}),
    "plugin of another version": lambda prover: {
        "exec": {**prover.plugin({"token": "x"})["exec"], "apiVersion": f"{GROUP}/v1beta1"}
    },
    "token file is missing": lambda _: {"tokenFile": "nope"},
    "certificate is missing": lambda _: {"client-certificate": "nope", "client-key": "nope"},
    "auth provider": lambda _: {"auth-provider": {"name": "gcp"}},
}


@pytest.mark.parametrize("name", BAD)
def test_a_credential_that_is_no_good_fails_closed(prover: Prover, name: str) -> None:
    """As kubectl fails; and nothing is read without it, though anybody may read here."""
    path = prover.kubeconfig(BAD[name](prover))
    said = prover.refused(path)
    for secret in ("was.never.good", "eyJ"):
        assert secret not in said
    with pytest.raises(ClusterError) as caught, prover.session(path) as session:
        session.execute(NAMESPACE, "no-such-pod", "calico-node", ["ip"], timeout=10)
    assert not isinstance(caught.value, NotFound)
