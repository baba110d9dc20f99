"""Files of any kind: kubeconfigs and bundles, whole ones that were damaged and mere noise."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from . import bundle_files as files
from .calico_nic import calico_nic
from .cluster_server import kubeconfig
from .fuzzing import ANYTHING, SEEDS, examples, mutated, scrambled, soon

LOG = files.text(files.calico_log("node-1", monitored=3))
OBJECTS: tuple[Any, ...] = (
    json.loads(item) if isinstance(item, str) else item
    for item in (files.node("node-1"), files.pod("node-1"), files.daemon_set())
)  # type: ignore[assignment]
LIST = {"apiVersion": "v1", "kind": "List", "items": list(OBJECTS)}


def damaged(data: bytes, seed: int) -> bytes:
    """``data`` with bytes cut, flipped and doubled."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 5)):
        place = chance.randint(0, len(data))
        piece = data[place : place + chance.choice((1, 4, 64, 1024))]
        other = chance.choice((b"", piece * 2, bytes(byte ^ 0xFF for byte in piece), b"\x00" * 9))
        data = data[:place] + other + data[place + len(piece) :]
    return data


def tarred(names: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in names.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped(names: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return packed.getvalue()


PARTS = {
    "node-1.log": LOG.encode(),
    "addr/node-1.txt": files.ip_addr("node-1").encode(),
    "all.json": json.dumps(LIST).encode(),
}
BUNDLES: dict[str, Callable[[int], bytes]] = {
    "log": lambda seed: scrambled(LOG, seed).encode("utf-8", "replace"),
    "ip addr": lambda seed: scrambled(files.ip_addr("node-1"), seed).encode("utf-8", "replace"),
    "objects as JSON": lambda seed: json.dumps(mutated(LIST, seed)).encode(),
    "objects as YAML": lambda seed: yaml.safe_dump(mutated(LIST, seed)).encode(),
    "JSON, scrambled": lambda seed: scrambled(json.dumps(LIST), seed).encode("utf-8", "replace"),
    "YAML, scrambled": lambda seed: scrambled(yaml.safe_dump(LIST), seed).encode(
        "utf-8", "replace"
    ),
    "tar.gz": lambda seed: damaged(tarred(PARTS), seed),
    "tar": lambda seed: damaged(gzip.decompress(tarred(PARTS)), seed),
    "zip": lambda seed: damaged(zipped(PARTS), seed),
    "gzip": lambda seed: damaged(gzip.compress(LOG.encode()), seed),
    "noise": lambda seed: random.Random(seed).randbytes(2000),
}


def is_told(status: int, stdout: str, stderr: str) -> None:
    assert status in (0, 1, 2)
    assert "Traceback" not in stderr
    assert "please report this" not in stderr, stderr
    assert stdout or stderr


@pytest.mark.parametrize("name", BUNDLES)
def test_bundles(name: str) -> None:
    @examples(25)
    @given(SEEDS)
    def told(seed: int) -> None:
        with tempfile.TemporaryDirectory() as folder, soon(10.0):
            path = Path(folder) / "bundle"
            path.write_bytes(BUNDLES[name](seed))
            result = calico_nic("inspect", "--from", str(path), "-o", "json")
        is_told(result.status, result.stdout, result.stderr)

    told()


def data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CONFIG: Any = kubeconfig(
    "https://127.0.0.1:1",
    cluster={
        "certificate-authority-data": data("no certificate"),
        "tls-server-name": "x",
        "proxy-url": "http://127.0.0.1:1",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"a": 1}}],
    },
    user={
        "token": "t0",
        "as": "jo",
        "as-groups": ["a"],
        "as-user-extra": {"k": ["v"]},
        "client-certificate-data": data("x"),
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "/nonexistent/plugin",
            "args": ["a"],
            "env": [{"name": "A", "value": "b"}],
            "interactiveMode": "Never",
        },
    },
)


def inspected(content: bytes) -> None:
    """``inspect`` with this kubeconfig, in which nothing leads anywhere but to loopback."""
    with tempfile.TemporaryDirectory() as folder, soon(10.0):
        path = Path(folder) / "config"
        path.write_bytes(content)
        result = calico_nic(
            "inspect",
            "--server=http://127.0.0.1:1",
            "--request-timeout=2s",
            environ={"KUBECONFIG": str(path)},
            sleep=lambda _: None,
        )
    assert result.status == 1
    is_told(result.status, result.stdout, result.stderr)


@pytest.mark.parametrize("form", [json.dumps, yaml.safe_dump], ids=["JSON", "YAML"])
def test_kubeconfigs_of_any_shape(form: Callable[[Any], str]) -> None:
    @examples(40)
    @given(SEEDS)
    def told(seed: int) -> None:
        inspected(form(mutated(CONFIG, seed)).encode("utf-8", "replace"))

    told()


def test_kubeconfigs_that_were_scrambled() -> None:
    whole = yaml.safe_dump(CONFIG)

    @examples(40)
    @given(SEEDS)
    def told(seed: int) -> None:
        inspected(scrambled(whole, seed).encode("utf-8", "replace"))

    told()


def test_kubeconfigs_that_are_something_else() -> None:
    @examples(40)
    @given(st.binary(max_size=200) | ANYTHING.map(json.dumps).map(str.encode))
    def told(content: bytes) -> None:
        inspected(content)

    told()


LAUGHS = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    + [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
)
"""Nine lines of YAML that stand for a billion of words."""


@pytest.mark.parametrize("prefix", ["", "apiVersion: v1\nkind: Node\n"])
def test_yaml_that_explodes_does_not(prefix: str) -> None:
    content = (prefix + LAUGHS).encode()
    inspected(content)
    with tempfile.TemporaryDirectory() as folder, soon(10.0):
        path = Path(folder) / "bundle.yaml"
        path.write_bytes(content)
        result = calico_nic("inspect", "--from", str(path))
    is_told(result.status, result.stdout, result.stderr)
