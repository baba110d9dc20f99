"""The server of a kubeconfig as a URL that can be requested and, without secrets, be printed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from kubectl_calico_nic.cluster.errors import ConnectionFailed, KubeconfigError


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where requests go.

    ``scheme`` is http or https; ``host`` is ``HOST`` or ``HOST:PORT``, as kubectl's messages show
    it; ``prefix`` is the path before every request's path ("" or "/k8s/clusters/c-1").
    """

    scheme: str
    host: str
    prefix: str

    @property
    def is_tls(self) -> bool:
        """Whether credentials may be sent there."""
        return self.scheme == "https"

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"{self.scheme}://{self.host}{self.prefix}"


def server_address(server: str) -> ServerAddress:
    """Reads the ``server`` of a cluster; a bare ``HOST:PORT`` means plain http.

    A user name and password in the URL are dropped, as are its query and fragment. Mirrors
    DefaultServerURL of client-go (rest/url_utils.go).

    Raises:
        KubeconfigError: it is no URL, or has a path but no scheme.
        ConnectionFailed: its scheme is neither http nor https.
    """
    parts = _split(server)
    if parts is None or not parts.scheme or not parts.netloc:
        parts = _split(f"http://{server}")
        if parts is None or not parts.hostname or parts.path not in ("", "/"):
            raise KubeconfigError(f'host must be a URL or a host:port pair: "{server}"')
    if parts.scheme not in ("http", "https"):
        raise ConnectionFailed(
            f'unsupported protocol scheme "{parts.scheme}"', transient=False, sent=False
        )
    host = parts.netloc.rpartition("@")[2]
    return ServerAddress(parts.scheme, host, parts.path.rstrip("/"))


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (reading it is what checks it)
    except ValueError:
        return None
    return parts
