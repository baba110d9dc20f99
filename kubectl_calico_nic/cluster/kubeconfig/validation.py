"""What makes a chosen cluster or user unusable, in client-go's words.

Mirrors k8s.io/client-go tools/clientcmd/validation.go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from kubectl_calico_nic.cluster.kubeconfig.entries import ClusterEntry, ExecConfig, UserEntry


def cluster_problems(name: str, cluster: ClusterEntry) -> Iterator[str]:
    """Yields what is wrong with a cluster; reads its CA file, if it names one."""
    if not cluster.server:
        yield (
            f'no server found for cluster "{name}"'
            if name
            else ("default cluster has no server defined")
        )
    if cluster.proxy_url:
        problem = proxy_url_problem(cluster.proxy_url)
        if problem:
            shown = "" if "@" in cluster.proxy_url else f' "{cluster.proxy_url}"'
            yield f"invalid 'proxy-url'{shown} for cluster \"{name}\": {problem}"
    if cluster.certificate_authority:
        if cluster.certificate_authority_data:
            yield (
                "certificate-authority-data and certificate-authority are both specified for "
                f"{name}. certificate-authority-data will override."
            )
        problem = open_problem(cluster.certificate_authority)
        if problem:
            yield (
                f"unable to read certificate-authority {cluster.certificate_authority} for "
                f"{name} due to {problem}"
            )


def user_problems(name: str, user: UserEntry) -> Iterator[str]:
    """Yields what is wrong with a user; opens the certificate and key files that it names."""
    if user.client_certificate or user.client_certificate_data:
        yield from _certificate_problems(name, user)
    if user.exec is not None:
        if user.auth_provider is not None:
            yield (f"authProvider cannot be provided in combination with an exec plugin for {name}")
        yield from _exec_problems(name, user.exec)
    if user.token and (user.username or user.password):
        yield (
            f"more than one authentication method found for {name}; found [token basicAuth], "
            "only one is allowed"
        )
    asks_for_more = user.impersonate_uid or user.impersonate_groups or user.impersonate_user_extra
    if asks_for_more and not user.impersonate:
        yield f"requesting uid, groups or user-extra for {name} without impersonating a user"


def proxy_url_problem(url: str) -> str:
    """Why a proxy URL cannot be used, "" when it can."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return "could not parse it"
    if not scheme[:1].isalpha() and ":" in url.partition("/")[0]:
        # Go's URLs have no colon in their first segment; a bare HOST:PORT is none. Python 3.10
        # takes an address in front of the colon for a scheme.
        return "could not parse it" if "@" in url else f"could not parse: {url}"
    if scheme not in ("http", "https", "socks5"):
        return f'unsupported scheme "{scheme}", must be http, https, or socks5'
    return ""


def open_problem(path: str) -> str:
    """Why a file cannot be opened, in Go's words; "" when it can."""
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        return go_os_error("open", path, error)
    return ""


def go_os_error(operation: str, path: str, error: OSError) -> str:
    """``open /x: no such file or directory``, as Go's os.PathError reads."""
    return f"{operation} {path}: {(error.strerror or 'failed').lower()}"


def _certificate_problems(name: str, user: UserEntry) -> Iterator[str]:
    if user.client_certificate and user.client_certificate_data:
        yield (
            f"client-cert-data and client-cert are both specified for {name}. "
            "client-cert-data will override."
        )
    if user.client_key and user.client_key_data:
        yield (
            f"client-key-data and client-key are both specified for {name}; "
            "client-key-data will override"
        )
    if not user.client_key and not user.client_key_data:
        yield (
            f"client-key-data or client-key must be specified for {name} to use the clientCert "
            "authentication method."
        )
    for what, path in (("client-cert", user.client_certificate), ("client-key", user.client_key)):
        problem = open_problem(path) if path else ""
        if problem:
            yield f"unable to read {what} {path} for {name} due to {problem}"


def _exec_problems(name: str, plugin: ExecConfig) -> Iterator[str]:
    def missing(what: str) -> str:
        return f"{what} must be specified for {name} to use exec authentication plugin"

    if not plugin.command:
        yield missing("command")
    if not plugin.api_version:
        yield missing("apiVersion")
    for variable, _ in plugin.env:
        if not variable:
            yield missing("env variable name")
    if not plugin.interactive_mode:
        yield missing("interactiveMode")
    elif plugin.interactive_mode not in ("Never", "IfAvailable", "Always"):
        yield f'invalid interactiveMode for {name}: "{plugin.interactive_mode}"'
