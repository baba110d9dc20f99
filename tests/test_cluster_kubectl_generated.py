"""Generated kubeconfigs, several files at once, are merged and used as the real kubectl does."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.cluster.kubeconfig.entries import Kubeconfig, UserEntry
from kubectl_calico_nic.cluster.kubeconfig.merging import kubeconfig_files, load_kubeconfigs
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from tests.cluster_kubectl import (
    Setup,
    listed,
    needs_kubectl,
    outcomes,
    write_files,
)
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


@st.composite
def kubeconfigs(draw: st.DrawFn) -> dict[str, Any]:
    """A file of a few entries whose names meet those of other files; much is left out."""
    name = st.sampled_from(["a", "b"])
    certificate = st.sampled_from(["alice", "bob"])

    least = draw(st.sampled_from([0, 1, 2]))

    def entries(inner: str, value: st.SearchStrategy[dict[str, Any]]) -> list[dict[str, Any]]:
        names = draw(st.lists(name, unique=True, min_size=least, max_size=2))
        return [{"name": n, inner: draw(value)} for n in names]

    users = st.one_of(
        st.fixed_dictionaries(
            {"token": st.sampled_from(["t1", "t2"])},
            optional={
                "tokenFile": st.sampled_from(["tok", "../tok", "nope"]),
                "as": st.sampled_from(["jo", "flo"]),
                "as-groups": st.lists(st.sampled_from(["g", "h"]), max_size=2),
            },
        ),
        certificate.map(
            lambda who: {"client-certificate": f"pki/{who}.crt", "client-key": f"pki/{who}.key"}
        ),
        st.just({"username": "u", "password": "p"}),
    )
    clusters = st.fixed_dictionaries(
        {
            "server": st.sampled_from(["{url}", "{url}/prefix", "{url}/", ""]),
            "certificate-authority": st.sampled_from(["pki/ca.crt", "pki/../pki/ca.crt"]),
        },
        optional={"tls-server-name": st.sampled_from(["localhost", "127.0.0.1"])},
    )
    contexts = st.fixed_dictionaries(
        {"cluster": name, "user": name}, optional={"namespace": st.just("n")}
    )
    return {
        "clusters": entries("cluster", clusters),
        "users": entries("user", users),
        "contexts": entries("context", contexts),
        "current-context": draw(st.sampled_from(["a", "a", "b", ""])),
    }


FLAGS = st.builds(
    ConnectionFlags,
    context=st.sampled_from([None, None, "a", "b"]),
    user=st.sampled_from([None, None, "a"]),
    cluster=st.sampled_from([None, None, "b"]),
    token=st.sampled_from([None, None, "flag"]),
    impersonate=st.sampled_from([None, None, "zoe"]),
    tls_server_name=st.sampled_from([None, None, "localhost"]),
)


@settings(
    max_examples=20,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(files=st.lists(kubeconfigs(), min_size=1, max_size=3), flags=FLAGS)
def test_generated_kubeconfigs(
    files: list[dict[str, Any]], flags: ConnectionFlags, world: World, home: Path
) -> None:
    names = ["k1", "down/k2", "k3"][: len(files)]
    texts = [json.dumps(file).replace("{url}", world.secure.url) for file in files]
    write_files(home, {**dict(zip(names, texts, strict=True)), "tok": "from-file"})
    setup = Setup(home, flags, {"KUBECONFIG": listed(names)})

    assert _as_view(load_kubeconfigs(kubeconfig_files(None, setup.environ, ""))) == _sorted(
        setup.config_view()
    )
    ours, expected = outcomes(setup, world.secure)
    if expected.error == "error: EOF" or "localhost:8080" in expected.error:
        # kubectl asks for a user name, or tries a default server: we say what is missing.
        assert ours.request is None
        assert "no credentials" in ours.error or "no configuration" in ours.error
    else:
        assert ours == expected


def _as_view(config: Kubeconfig) -> dict[str, Any]:
    """Our entries as ``kubectl config view --flatten`` prints them, but for token files."""
    return {
        "clusters": {
            name: _set(
                {
                    "server": cluster.server,
                    "certificate-authority-data": _content(cluster.certificate_authority),
                    "tls-server-name": cluster.tls_server_name,
                }
            )
            for name, cluster in config.clusters.items()
        },
        "users": {name: _user_view(user) for name, user in config.users.items()},
        "contexts": {
            name: _set(dataclasses.asdict(context)) for name, context in config.contexts.items()
        },
        "current-context": config.current_context,
    }


def _user_view(user: UserEntry) -> dict[str, Any]:
    return _set(
        {
            "client-certificate-data": _content(user.client_certificate),
            "client-key-data": _content(user.client_key),
            "token": user.token,
            "as": user.impersonate,
            "as-groups": list(user.impersonate_groups),
            "username": user.username,
            "password": user.password,
        }
    )


def _shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    return _set({name: value for name, value in fields.items() if name != "tokenFile"})


def _content(path: str) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode() if path else ""


def _set(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _sorted(view: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{
            key: {entry["name"]: _shown(entry[inner]) for entry in view[key] or ()}
            for key, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context"))
        },
        "current-context": view["current-context"],
    }
