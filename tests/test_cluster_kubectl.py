"""The kubeconfig is resolved as the real kubectl resolves it: same server, same identity."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from kubectl_calico_nic.errors import CalicoNicError
from tests.cluster_cases import CASES, PLUGIN
from tests.cluster_connection import session_for
from tests.cluster_kubectl import (
    Setup,
    listed,
    needs_kubectl,
    outcomes,
    write_files,
)
from tests.cluster_server import Handler, RecordingServer, Reply, kubeconfig, status
from tests.cluster_world import World, cluster_world

pytestmark = needs_kubectl


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with cluster_world(tmp_path_factory.mktemp("pki")) as world:
        yield world


@pytest.fixture
def home(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return world.home(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_same_request_or_same_words(name: str, world: World, home: Path) -> None:
    case = CASES[name]
    write_files(home, {".kube/plugin": PLUGIN, **case.files(world)})
    (home / ".kube/plugin").chmod(0o755)
    setup = Setup(home, _filled(case.flags, world), _filled_environ(case.environ, world))
    ours, expected = outcomes(setup, _server(world, name))
    assert ours == expected


def _server(world: World, name: str) -> RecordingServer:
    return world.plain if "http" in name or name == "KUBERNETES_MASTER" else world.secure


def _filled(flags: ConnectionFlags, world: World) -> ConnectionFlags:
    server = (flags.server or "").format(url=world.secure.url, plain=world.plain.url)
    return dataclasses.replace(flags, server=server or None)


def _filled_environ(environ: Mapping[str, str], world: World) -> dict[str, str]:
    return {key: value.format(plain=world.plain.url) for key, value in environ.items()}


def drop(handler: Handler) -> None:
    """Hangs up."""


def nonsense(handler: Handler) -> None:
    handler.wfile.write(b"hello\r\n\r\n")


ANSWERS = {
    "status": status(403, "Forbidden", "no way"),
    "status without a reason": status(409, "", "words"),
    "status unauthorized": status(401, "Unauthorized", "Unauthorized"),
    "status invalid": status(
        422, "Invalid", "m", kind="K", name="n", causes=[{"field": "f", "message": "m"}] * 2
    ),
    "status expired": status(410, "Expired", "too old"),
    "other JSON": Reply(500, {"error": 1}),
    "html": Reply(502, b'<html>\n<b>"Bad" \xc3\xa4\x01</b></html>', "text/html"),
    "long html": Reply(500, b"x" * 3000, "text/html; charset=utf-8"),
    "no content type": Reply(500, b" y ", ""),
    **{f"plain {code}": Reply(code, b"words", "text/plain") for code in (
        400, 401, 403, 404, 405, 406, 409, 415, 418, 422, 429, 503, 504
    )},
    "hung up": Reply(misbehave=drop),
    "not HTTP": Reply(misbehave=nonsense),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_told_in_the_same_words(name: str, world: World, home: Path) -> None:
    write_files(home, {".kube/config": kubeconfig(world.plain.url)})
    world.plain.on("/answer", ANSWERS[name])
    ours, theirs = answers(Setup(home))
    # Go quotes the line that is no HTTP; it may be anything, and we do not.
    assert ours == theirs.removesuffix(' "hello"')


def answers(setup: Setup) -> tuple[str, str]:
    """Our words, and kubectl's, for what the plain server answers."""
    connection = resolve(setup.flags, setup.full_environ, str(setup.home))
    with (
        session_for(connection) as session,
        pytest.raises(CalicoNicError) as caught,
    ):
        session.get("/answer")
    theirs = setup.kubectl("get", "--raw", "/answer", *setup.arguments)
    return caught.value.text, theirs.stderr.strip()


BROKEN_FILES = {
    "text": b"hello",
    "list": b"[1,2]",
    "mapping in a value": b"a: b: c\n",
    "open list": b"a: [1,2\nb: 3\n",
    "open map": b"a: {b: 1\nc: 3\n",
    "tab": b"\ta: 1\n",
    "tab on a later line": b"a:\n\t- b\n",
    "indentation": b"clusters:\n- name: a\n cluster:\n",
    "sequence indentation": b"a:\n  - b\n  c\n",
    "unknown alias": b"b: *c\n",
    "open quote": b'"a\n',
    "escape": b'a: "\\q"\n',
    "reserved character": b"a: @b\n",
    "no utf-8": b"a: \xff\xfe\n",
    "control character": b"a: \x01\n",
    "number for a server": b"clusters:\n- name: a\n  cluster: {server: 12}\n",
    "number for a token": b"users: [{name: u, user: {token: 1e3}}]",
    "octal for a token": b"users: [{name: u, user: {token: 010}}]",
    "bool for a token": b"users: [{name: u, user: {token: y}}]",
    "map for a list": b"clusters: {a: b}",
    "text for an entry": b"clusters: [foo]",
    "text for a cluster": b"clusters: [{cluster: foo}]",
    "text for a bool": b"clusters: [{cluster: {insecure-skip-tls-verify: 'true'}}]",
    "text for groups": b"users: [{user: {as-groups: x}}]",
    "number in arguments": b"users: [{user: {exec: {args: [1]}}}]",
    "list for a context": b"current-context: [a]",
    "yes for a context": b"current-context: yes",
    "base64": b"users: [{user: {client-certificate-data: '!!!'}}]",
}


def test_broken_files_are_told_in_the_same_words(world: World, home: Path) -> None:
    write_files(home, BROKEN_FILES)
    setup = Setup(home, environ={"KUBECONFIG": listed(list(BROKEN_FILES))})
    ours, expected = outcomes(setup, world.secure)
    assert len(expected.error.splitlines()) == len(BROKEN_FILES)
    assert ours.error.splitlines() == expected.error.splitlines()


def test_an_api_version_that_is_unknown_is_named(world: World, home: Path) -> None:
    write_files(home, {".kube/config": "{apiVersion: v2, kind: Config}"})
    ours, expected = outcomes(Setup(home), world.secure)
    # kubectl goes on with the file and line of its own source.
    assert expected.error.startswith(f"{ours.error} in scheme")


def test_a_name_twice_is_told_without_the_secrets_beside_it(world: World, home: Path) -> None:
    users = [{"name": "u", "user": {"token": token}} for token in ("s3cret", "hidden")]
    write_files(home, {".kube/config": {"users": users}})
    ours, expected = outcomes(Setup(home), world.secure)
    assert expected.error.startswith(ours.error)
    assert "s3cret" in expected.error
    assert "s3cret" not in ours.error
