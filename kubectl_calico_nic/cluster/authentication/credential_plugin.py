"""Exec credential plugins: a command that prints a token or a client certificate.

Mirrors k8s.io/client-go plugin/pkg/client/auth/exec/exec.go and rest/exec.go.
"""

from __future__ import annotations

import base64
import json
import os.path
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from kubectl_calico_nic.cluster.errors import CredentialsError, PluginFailed
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.kubeconfig.entries import ClusterEntry, ExecConfig
from kubectl_calico_nic.cluster.kubeconfig.yaml_document import load_document

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_GROUP = "client.authentication.k8s.io"
_VERSIONS = (f"{_GROUP}/v1", f"{_GROUP}/v1beta1")
# kubectl waits without end; a login in a browser takes minutes, a hanging plugin for ever.
_PLUGIN_SECONDS = 300.0
_NOT_INSTALLED = """

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/\
#client-go-credential-plugins"""


@dataclass(frozen=True, slots=True)
class PluginCredential:
    """What a plugin printed; ``certificate`` and ``key`` are PEM, ``expires`` None for never."""

    token: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    expires: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Whether the plugin must be asked again."""
        return self.expires is not None and now > self.expires


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _stdin_is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


class ExecPlugin:
    """One configured plugin.

    Raises:
        CredentialsError: its API version is unknown.
    """

    def __init__(
        self,
        config: ExecConfig,
        connection: Connection,
        *,
        now: Callable[[], datetime] = _utc_now,
        stdin_is_terminal: Callable[[], bool] = _stdin_is_terminal,
    ) -> None:
        if config.api_version not in _VERSIONS:
            raise CredentialsError(f'exec plugin: invalid apiVersion "{config.api_version}"')
        self.now = now
        self._config = config
        self._connection = connection
        self._stdin_is_terminal = stdin_is_terminal
        self._command = os.path.normpath(config.command)

    def run(self) -> PluginCredential:
        """Runs the command and reads its credential; its stderr goes to ours.

        Raises:
            PluginFailed: it gave none.
        """
        interactive = self._interactive()
        output = self._output(self._environ(interactive), interactive)
        return self._credential(output)

    def _interactive(self) -> bool:
        mode = self._config.interactive_mode
        if mode == "Never":
            return False
        terminal = self._stdin_is_terminal()
        if mode == "Always" and not terminal:
            raise PluginFailed(
                "exec plugin cannot support interactive mode: standard input is not a terminal"
            )
        return terminal

    def _environ(self, interactive: bool) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._config.provide_cluster_info:
            spec = {"cluster": _cluster_info(self._connection), **spec}
        info = {"kind": "ExecCredential", "apiVersion": self._config.api_version, "spec": spec}
        environ = {**self._connection.environ, **dict(self._config.env)}
        environ["KUBERNETES_EXEC_INFO"] = json.dumps(info, separators=(",", ":")) + "\n"
        return environ

    def _path(self) -> str:
        """Where the command is; only one without a separator is looked up in PATH."""
        command = self._command
        found: str | None = command
        if os.path.basename(command) == command:
            found = shutil.which(command, path=self._connection.environ.get("PATH"))
        refusal = self._connection.plugin_policy.refusal(command, found)
        if refusal:
            raise PluginFailed(refusal)
        if found is None:
            raise PluginFailed(self._not_found())
        return found

    def _not_found(self) -> str:
        hint = self._config.install_hint
        text = f"exec: executable {self._command} not found{_NOT_INSTALLED}"
        return f"{text}\n\n{_without_control_characters(hint)}" if hint else text

    def _output(self, environ: Mapping[str, str], interactive: bool) -> bytes:
        path = self._path()
        try:
            done = subprocess.run(  # noqa: S603  (the user's kubeconfig names it)
                [path, *self._config.args],
                env=dict(environ),
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                timeout=_PLUGIN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            problem = f"did not finish within {_PLUGIN_SECONDS:.0f}s"
        except OSError as error:
            raise PluginFailed(
                f"exec: fork/exec {path}: {(error.strerror or 'failed').lower()}"
            ) from None
        else:
            if done.returncode == 0:
                return done.stdout
            problem = f"failed with exit code {max(done.returncode, -1)}"
        # Outside the handler: what the plugin printed so far must not hang on the error.
        raise PluginFailed(f"exec: executable {self._command} {problem}")

    def _credential(self, output: bytes) -> PluginCredential:
        try:
            answer = load_document(output)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise PluginFailed("decoding stdout: it is not an ExecCredential object")
        version, kind = answer.get("apiVersion"), answer.get("kind")
        if kind != "ExecCredential" or not isinstance(version, str):
            raise PluginFailed(f'decoding stdout: no kind "{kind}" is registered')
        if version != self._config.api_version:
            raise PluginFailed(
                f"exec plugin is configured to use API version {self._config.api_version}, "
                f"plugin returned version {version}"
            )
        return _from_status(answer.get("status"))


def _from_status(status: Any) -> PluginCredential:
    if not isinstance(status, dict):
        raise PluginFailed("exec plugin didn't return a status field")
    values = [status.get(key) or "" for key in _STATUS_FIELDS]
    for key, value in zip(_STATUS_FIELDS, values, strict=True):
        if not isinstance(value, str):
            raise PluginFailed(f"decoding stdout: status.{key} is not a string")
    token, certificate, key, expires = values
    if not (token or certificate or key):
        raise PluginFailed("exec plugin didn't return a token or cert/key pair")
    if bool(certificate) != bool(key):
        raise PluginFailed("exec plugin returned only certificate or key, not both")
    return PluginCredential(token, certificate.encode(), key.encode(), _time(expires))


_STATUS_FIELDS = ("token", "clientCertificateData", "clientKeyData", "expirationTimestamp")


def _time(text: str) -> datetime | None:
    if not text:
        return None
    parts = _RFC3339.fullmatch(text)
    try:
        if parts:
            # A second's fraction is dropped: earlier is safe, and Python 3.10 reads few of them.
            return datetime.fromisoformat(parts[1] + parts[2].replace("Z", "+00:00"))
    except ValueError:
        pass
    raise PluginFailed("decoding stdout: status.expirationTimestamp is not an RFC 3339 time")


def _cluster_info(connection: Connection) -> dict[str, Any]:
    """The cluster as plugins see it. Mirrors ConfigToExecCluster of client-go (rest/exec.go)."""
    cluster = connection.cluster
    info = {
        "server": _server(cluster.server),
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": base64.b64encode(_authority(cluster)).decode("ascii"),
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
    }
    # Go leaves out what is empty, but for the config, which is null then.
    return {**{key: value for key, value in info.items() if value}, "config": cluster.exec_config}


def _server(server: str) -> str:
    """The URL without its query, which client-go drops where the URL has a path."""
    base, _, query = server.partition("?")
    return base if query and len(urlsplit(base).path) > 1 else server


def _authority(cluster: ClusterEntry) -> bytes:
    if cluster.certificate_authority_data or not cluster.certificate_authority:
        return cluster.certificate_authority_data
    try:
        with open(cluster.certificate_authority, "rb") as file:
            return file.read()
    except OSError as error:
        raise CredentialsError(
            f"failed to load CA bundle for execProvider: {error.strerror}"
        ) from None


def _without_control_characters(text: str) -> str:
    """Mirrors cleanANSIEscapeCodes of client-go (tools/clientcmd/client_config.go)."""
    return "".join(
        f"U+{ord(char):04X}"
        if unicodedata.category(char)[0] == "C" and char not in "\t\n\v\f\r"
        else char
        for char in text
    )
