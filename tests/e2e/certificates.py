"""Certificates of one cluster: an authority that lives as long as the cluster does."""

from __future__ import annotations

from pathlib import Path

import trustme

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class Authority:
    """Issues certificates into ``directory`` and returns where they are."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._authority = trustme.CA()
        self.certificate = directory / "ca.crt"
        self._authority.cert_pem.write_to_path(self.certificate)

    def server(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of a server on the loopback interface."""
        return self._write(name, self._authority.issue_cert(*LOOPBACK_NAMES, common_name=name))

    def client(self, user: str, group: str) -> tuple[Path, Path]:
        """Certificate and key that the API server takes for ``user``, member of ``group``."""
        issued = self._authority.issue_cert("localhost", common_name=user, organization_name=group)
        return self._write(user, issued)

    def _write(self, name: str, issued: trustme.LeafCert) -> tuple[Path, Path]:
        certificate, key = self._directory / f"{name}.crt", self._directory / f"{name}.key"
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        key.chmod(0o600)
        return certificate, key
