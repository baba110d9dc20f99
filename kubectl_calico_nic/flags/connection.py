"""kubectl's connection flags (``kubectl options``): accepted by every command, anywhere.

Mirrors k8s.io/cli-runtime pkg/genericclioptions/config_flags.go.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kubectl_calico_nic.flags.definition import Completes, Flag, Kind, Parsed

if TYPE_CHECKING:
    from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags

GROUP = "Connection (as kubectl's)"


def _flag(
    name: str,
    text: str,
    kind: Kind = Kind.STRING,
    *,
    short: str | None = None,
    hidden: bool = False,
    placeholder: str = "",
    completes: Completes = Completes.NOTHING,
) -> Flag:
    return Flag(
        name,
        text,
        kind,
        short=short,
        placeholder=placeholder,
        group=GROUP,
        hidden=hidden,
        completes=completes,
    )


def _file(name: str, text: str) -> Flag:
    return _flag(name, text, placeholder="FILE", completes=Completes.FILES)


def _name(name: str, text: str, completes: Completes, short: str | None = None) -> Flag:
    return _flag(name, text, short=short, placeholder="NAME", completes=completes)


def _ignored(name: str, kind: Kind = Kind.STRING) -> Flag:
    return _flag(name, "Accepted as kubectl's.", kind, hidden=True)


CONNECTION_FLAGS: tuple[Flag, ...] = (
    _file("kubeconfig", "Path to the kubeconfig file to use."),
    _name("context", "The name of the kubeconfig context to use.", Completes.CONTEXTS),
    _name("cluster", "The name of the kubeconfig cluster to use.", Completes.CLUSTERS),
    _name("user", "The name of the kubeconfig user to use.", Completes.USERS),
    _name("namespace", "Look for calico-node in this namespace only.", Completes.NAMESPACES, "n"),
    _flag(
        "server",
        "The address and port of the Kubernetes API server.",
        short="s",
        placeholder="ADDRESS",
    ),
    _flag(
        "tls-server-name",
        "Server name to use for server certificate validation.",
        placeholder="NAME",
    ),
    _flag(
        "insecure-skip-tls-verify", "Do not check the server's certificate: insecure.", Kind.BOOL
    ),
    _file("certificate-authority", "Path to a cert file for the certificate authority."),
    _file("client-certificate", "Path to a client certificate file for TLS."),
    _file("client-key", "Path to a client key file for TLS."),
    _flag("token", "Bearer token for authentication to the API server.", placeholder="TOKEN"),
    _flag("username", "Username for basic authentication to the API server.", placeholder="NAME"),
    _flag("password", "Password for basic authentication to the API server.", placeholder="TEXT"),
    _flag("as", "Username to impersonate; may be a service account.", placeholder="NAME"),
    _flag("as-group", "Group to impersonate, may be repeated.", Kind.ARRAY, placeholder="NAME"),
    _flag("as-uid", "UID to impersonate.", placeholder="UID"),
    _flag(
        "as-user-extra",
        "Extra of the impersonated user, may be repeated.",
        Kind.ARRAY,
        placeholder="KEY=VALUE",
    ),
    _flag("proxy-url", "Proxy to reach the API server through.", placeholder="URL"),
    _flag(
        "request-timeout",
        "Give up on a single request after this long (1s, 2m, 3h).",
        placeholder="DURATION",
    ),
    _flag("disable-compression", "Do not ask the server for compressed answers.", Kind.BOOL),
    _file("kuberc", "Path to the kuberc file, which says which credential plugins may run."),
    _flag("warnings-as-errors", "Fail when the server sends a warning.", Kind.BOOL),
    _ignored("cache-dir"),
    _ignored("log-flush-frequency"),
    _ignored("match-server-version", Kind.BOOL),
    _ignored("profile"),
    _ignored("profile-output"),
    _ignored("vmodule"),
)


_SECRETS = frozenset({"token", "password"})


def repeated(parsed: Parsed, flags: Iterable[Flag] = CONNECTION_FLAGS) -> str:
    """Those of ``flags`` that are on this command line once more, for a command to go on with.

    Secrets are left out; the text is quoted for a shell.
    """
    words: list[str] = []
    for flag in flags:
        if flag.hidden or flag.name in _SECRETS or flag.name == "request-timeout":
            continue
        words += [f"--{flag.name}={value}" for value in parsed.all(flag.name)]
    return shlex.join(words)


def connection_flags(parsed: Parsed) -> ConnectionFlags:
    """Turn the parsed command line into the values that ``cluster`` resolves."""
    from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags

    return ConnectionFlags(
        kubeconfig=parsed.text("kubeconfig"),
        context=parsed.text("context"),
        cluster=parsed.text("cluster"),
        user=parsed.text("user"),
        namespace=parsed.text("namespace"),
        server=parsed.text("server"),
        tls_server_name=parsed.text("tls-server-name"),
        insecure_skip_tls_verify=parsed.truth("insecure-skip-tls-verify"),
        certificate_authority=parsed.text("certificate-authority"),
        client_certificate=parsed.text("client-certificate"),
        client_key=parsed.text("client-key"),
        token=parsed.text("token"),
        username=parsed.text("username"),
        password=parsed.text("password"),
        impersonate=parsed.text("as"),
        impersonate_groups=parsed.all("as-group"),
        impersonate_uid=parsed.text("as-uid"),
        impersonate_user_extra=parsed.all("as-user-extra"),
        proxy_url=parsed.text("proxy-url"),
        request_timeout=parsed.text("request-timeout"),
        disable_compression=parsed.truth("disable-compression"),
        kuberc=parsed.text("kuberc"),
    )
