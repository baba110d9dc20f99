"""The server of a kubeconfig as a URL that can be requested and, without secrets, be printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from kubectl_calico_nic.cluster.errors import ConnectionFailed, KubeconfigError


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where requests go.

    ``scheme`` is http or https; ``host`` is ``HOST`` or ``HOST:PORT``, as kubectl's messages show
    it; ``prefix`` is the path before every request's path ("" or "/k8s/clusters/c-1").
    ``userinfo`` is ``NAME:PASSWORD`` from the URL, None when there is none; Go's http.Client sends
    it as basic auth with every request, and then client-go adds no token of its own.
    """

    scheme: str
    host: str
    prefix: str
    userinfo: str | None = field(default=None, repr=False)

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

    Its query and fragment are dropped. Mirrors DefaultServerURL of client-go (rest/url_utils.go).

    Raises:
        KubeconfigError: it is no URL, or has a path but no scheme.
        ConnectionFailed: its scheme is neither http nor https.
    """
    parts = _split(server)
    # Python 3.10 lets a scheme begin with a digit.
    if parts is None or not parts.scheme[:1].isalpha() or not parts.netloc:
        parts = _split(f"http://{server}")
        if parts is None or not parts.hostname or parts.path not in ("", "/"):
            raise KubeconfigError(f'host must be a URL or a host:port pair: "{server}"')
    if parts.scheme not in ("http", "https"):
        raise ConnectionFailed(
            f'unsupported protocol scheme "{parts.scheme}"', transient=False, sent=False
        )
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return ServerAddress(parts.scheme, host, parts.path.rstrip("/"))
    name, _, password = userinfo.partition(":")
    known = f"{unquote(name)}:{unquote(password)}"
    return ServerAddress(parts.scheme, host, parts.path.rstrip("/"), known)


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (reading it is what checks it)
    except ValueError:
        return None
    return parts
