"""Which proxy a request goes through.

Mirrors golang.org/x/net/http/httpproxy, which reads the environment for kubectl, and the rules of
apimachinery's NewProxierWithNoProxyCIDR (pkg/util/net/http.go), which are contained in it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from kubectl_calico_nic.cluster.errors import KubeconfigError
from kubectl_calico_nic.cluster.kubeconfig.validation import proxy_url_problem

_PORTS = {"http": "80", "https": "443"}


def proxy_for(url: str, configured: str, environ: Mapping[str, str]) -> str | None:
    """The proxy for a URL, None for a direct connection.

    Args:
        url: the server's.
        configured: ``proxy-url`` of the cluster; it is always used, "" when there is none.
        environ: where HTTPS_PROXY, HTTP_PROXY and NO_PROXY stand.

    Raises:
        KubeconfigError: the proxy of the environment is not one that we can use.
    """
    if configured:
        return configured
    parts = urlsplit(url)
    proxy = _from_environ(parts.scheme, environ)
    if not proxy or _bypassed(parts, environ.get("NO_PROXY") or environ.get("no_proxy") or ""):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    problem = proxy_url_problem(proxy)
    if problem:
        raise KubeconfigError(f"invalid proxy in the environment: {problem}")
    return proxy


def _from_environ(scheme: str, environ: Mapping[str, str]) -> str:
    if scheme == "https":
        return environ.get("HTTPS_PROXY") or environ.get("https_proxy") or ""
    return environ.get("HTTP_PROXY") or environ.get("http_proxy") or ""


def _bypassed(server: SplitResult, no_proxy: str) -> bool:
    host = (server.hostname or "").lower()
    port = str(server.port or _PORTS[server.scheme])
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    entries = (entry.strip().lower() for entry in no_proxy.split(","))
    return any(_matches(entry, host, port, address) for entry in entries if entry)


def _matches(
    entry: str, host: str, port: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return address is not None and _holds(entry, address)
    entry_host, entry_port = _split_port(entry)
    if not entry_host or (entry_port and entry_port != port):
        return False
    if address is not None:
        return _address(entry_host) == address
    if entry_host.startswith("*."):
        entry_host = entry_host[1:]
    if entry_host.startswith("."):
        return host.endswith(entry_host)
    return host == entry_host or host.endswith(f".{entry_host}")


def _holds(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _split_port(entry: str) -> tuple[str, str]:
    if _address(entry.strip("[]")) is not None:
        return entry.strip("[]"), ""
    host, colon, port = entry.rpartition(":")
    return (host.strip("[]"), port) if colon and port.isdigit() else (entry, "")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
