"""The credentials of a connection, kept fresh. A credential that cannot be had is an error.

Mirrors the choice that client-go makes (rest/transport.go, transport/round_trippers.go,
transport/token_source.go) among tokens, token files, certificates, basic auth and plugins.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from kubectl_calico_nic.cluster.authentication.credential_plugin import ExecPlugin, PluginCredential
from kubectl_calico_nic.cluster.errors import CredentialsError
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.kubeconfig.entries import UserEntry
from kubectl_calico_nic.cluster.kubeconfig.validation import go_os_error

# client-go takes a token from a file for a minute, and renews it ten seconds before that.
_TOKEN_FILE_SECONDS = 50.0
# A plugin is asked again after a 401, but not for each of many requests that are refused.
_RENEWAL_SECONDS = 60.0

_REMOVED_PROVIDERS = {
    "gcp": """The gcp auth plugin has been removed.
Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.
See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke \
for further details""",
    "azure": """The azure auth plugin has been removed.
Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.
See https://kubernetes.io/docs/reference/access-authn-authz/authentication/\
#client-go-credential-plugins for further details""",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one request proves who we are with.

    ``authorization`` is the header's value, "" for none; ``certificate`` and ``key`` are PEM, both
    empty for none.
    """

    authorization: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    certificate_from_files: bool = False


class CredentialSource(Protocol):
    """Where the credentials for each request come from; safe to use from several threads."""

    def current(self) -> Credentials:
        """The credentials to send now.

        Raises:
            CredentialsError: they cannot be had.
        """

    def renew(self, rejected: Credentials) -> bool:
        """Tries to get others after a 401; true when another attempt makes sense."""


def credential_source(
    connection: Connection, clock: Callable[[], float] = time.monotonic
) -> CredentialSource:
    """Chooses how a connection's user proves who it is; ``clock`` counts seconds.

    Raises:
        CredentialsError: the way that is configured cannot work.
    """
    user = connection.user
    _refuse_auth_provider(user)
    if user.token_file and not user.token:
        _content(user.token_file)
    # A password without a name is nothing, nor is a key without its certificate.
    if (user.token or user.token_file) and user.username:
        raise CredentialsError("username/password or bearer token may be set, but not both")
    plugin = None if user.exec is None else ExecPlugin(user.exec, connection)
    configured = user.token or user.token_file or user.username or _has_certificate(user)
    userinfo = connection.address.userinfo
    of_the_url = "" if userinfo is None else basic_auth(userinfo)
    if plugin is None or configured:
        return _FromFiles(user, of_the_url, clock)
    return _FromPlugin(plugin, of_the_url, clock)


def _has_certificate(user: UserEntry) -> bool:
    """Mirrors HasCertAuth of client-go (transport/config.go)."""
    certificate = user.client_certificate or user.client_certificate_data
    return bool(certificate and (user.client_key or user.client_key_data))


def _refuse_auth_provider(user: UserEntry) -> None:
    name = user.auth_provider
    if name is None:
        return
    if name in _REMOVED_PROVIDERS:
        raise CredentialsError(_REMOVED_PROVIDERS[name])
    if name != "oidc":
        raise CredentialsError(f'no Auth Provider found for name "{name}"')
    if not (user.token or user.token_file or user.username):
        raise CredentialsError(
            'the auth provider "oidc" is not supported; use an exec credential plugin such as '
            "https://github.com/int128/kubelogin, or pass --token"
        )


class _FromFiles:
    """Tokens, names and certificates that stand in the kubeconfig, or in files it names."""

    def __init__(self, user: UserEntry, of_the_url: str, clock: Callable[[], float]) -> None:
        self._user = user
        self._of_the_url = of_the_url
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = clock()
        self._current = self._read(Credentials())

    def current(self) -> Credentials:
        user = self._user
        if not user.token_file or self._clock() - self._read_at < _TOKEN_FILE_SECONDS:
            return self._current
        with self._lock:
            if self._clock() - self._read_at >= _TOKEN_FILE_SECONDS:
                self._refresh()
            return self._current

    def renew(self, rejected: Credentials) -> bool:
        with self._lock:
            if self._current == rejected:
                self._refresh()
            return self._current != rejected

    def _refresh(self) -> None:
        self._read_at = self._clock()
        self._current = self._read(self._current)

    def _read(self, former: Credentials) -> Credentials:
        user = self._user
        authorization = self._authorization(former.authorization)
        if not _has_certificate(user):
            return Credentials(authorization)
        return Credentials(
            authorization=authorization,
            certificate=user.client_certificate_data or _content(user.client_certificate),
            key=user.client_key_data or _content(user.client_key),
            certificate_from_files=not (user.client_certificate_data or user.client_key_data),
        )

    def _authorization(self, former: str) -> str:
        user = self._user
        if self._of_the_url:
            return self._of_the_url
        if user.token_file:
            # While the file cannot be read, the last token is used, as client-go does.
            instead = former or (user.token and f"Bearer {user.token}")
            return _token_from(user.token_file, instead)
        if user.token:
            return f"Bearer {user.token}"
        if user.username:
            return basic_auth(f"{user.username}:{user.password}")
        return ""


class _FromPlugin:
    """An exec plugin, run once for all threads, and once more when its credential is refused."""

    def __init__(self, plugin: ExecPlugin, of_the_url: str, clock: Callable[[], float]) -> None:
        self._plugin = plugin
        self._of_the_url = of_the_url
        self._clock = clock
        self._lock = threading.Lock()
        self._credential: PluginCredential | None = None
        self._current = Credentials()
        self._renewed_at: float | None = None

    def current(self) -> Credentials:
        with self._lock:
            if self._credential is None or self._credential.expired(self._plugin.now()):
                self._run()
            return self._current

    def renew(self, rejected: Credentials) -> bool:
        with self._lock:
            if self._current is not rejected:
                return True
            now = self._clock()
            # Refused soon after it was renewed: the plugin has nothing better to give.
            if self._renewed_at is not None and now - self._renewed_at < _RENEWAL_SECONDS:
                return False
            self._run()
            self._renewed_at = now
            return True

    def _run(self) -> None:
        credential = self._plugin.run()
        self._credential = credential
        of_the_plugin = f"Bearer {credential.token}" if credential.token else ""
        self._current = Credentials(
            authorization=self._of_the_url or of_the_plugin,
            certificate=credential.certificate,
            key=credential.key,
        )


def basic_auth(userinfo: str) -> str:
    """The header's value for ``NAME:PASSWORD``."""
    return "Basic " + base64.b64encode(userinfo.encode()).decode("ascii")


def _token_from(path: str, instead: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            token = file.read().strip()
        problem = "" if token else f'read empty token from file "{path}"'
    except OSError as error:
        token, problem = "", go_os_error("open", path, error)
    if token:
        return f"Bearer {token}"
    if instead:
        return instead
    raise CredentialsError(problem)


def _content(path: str) -> bytes:
    if not path:
        return b""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise CredentialsError(go_os_error("open", path, error)) from None
