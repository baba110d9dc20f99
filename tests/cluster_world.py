"""What kubectl and our own code are compared on: two servers, a CA, users with certificates."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster_server import Authority, RecordingServer, kubeconfig, serving


@dataclass(frozen=True)
class World:
    """A TLS server and a plain one; ``alice`` and ``bob`` have certificates in ``pki/``."""

    secure: RecordingServer
    plain: RecordingServer
    authority: Authority

    def trusted(self, user: Mapping[str, Any], **parts: Any) -> dict[str, Any]:
        """A kubeconfig for the TLS server; its CA is ``pki/ca.crt`` beside the file."""
        cluster = {"certificate-authority": "pki/ca.crt", **parts.pop("cluster", {})}
        return kubeconfig(self.secure.url, cluster=cluster, user=user, **parts)

    def data(self, name: str) -> str:
        """A file of the PKI as a kubeconfig's ``*-data``."""
        return base64.b64encode((self.authority.directory / name).read_bytes()).decode()

    def home(self, directory: Path) -> Path:
        """Makes a home directory, in which the PKI is at hand."""
        for place in (directory, directory / ".kube"):
            place.mkdir(exist_ok=True)
            (place / "pki").symlink_to(self.authority.directory)
        # Below down/ the same names are other people's files.
        swapped = directory / "down/pki"
        swapped.mkdir(parents=True)
        (swapped / "ca.crt").symlink_to(self.authority.ca_file)
        for name, other in (("alice", "bob"), ("bob", "alice")):
            for kind in ("crt", "key"):
                (swapped / f"{name}.{kind}").symlink_to(
                    self.authority.directory / f"{other}.{kind}"
                )
        return directory


@contextmanager
def cluster_world(directory: Path) -> Iterator[World]:
    authority = Authority(directory)
    authority.client("alice")
    authority.client("bob")
    with serving(authority.server_tls()) as secure, serving() as plain:
        yield World(secure, plain, authority)
