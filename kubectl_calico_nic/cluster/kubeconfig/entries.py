"""The parts of a kubeconfig that say how to reach a cluster, as frozen values.

A field of the zero value is not set, as in client-go's tools/clientcmd/api/types.go, whose names
these fields carry. What is secret, or may be, is kept out of every repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """Where a cluster is and how it proves who it is.

    ``exec_config`` is what the cluster's extension ``client.authentication.k8s.io/exec`` holds for
    exec credential plugins, None when it has none.
    """

    server: str = field(default="", repr=False)
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: bytes = field(default=b"", repr=False)
    proxy_url: str = field(default="", repr=False)
    disable_compression: bool = False
    exec_config: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ExecConfig:
    """An exec credential plugin: a command that prints an ExecCredential."""

    command: str = ""
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    api_version: str = ""
    install_hint: str = field(default="", repr=False)
    provide_cluster_info: bool = False
    interactive_mode: str = ""


@dataclass(frozen=True, slots=True)
class UserEntry:
    """Who we are, and whom we act as.

    ``auth_provider`` is only the name of a provider (None: there is none); none is supported.
    """

    client_certificate: str = ""
    client_certificate_data: bytes = field(default=b"", repr=False)
    client_key: str = ""
    client_key_data: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    token_file: str = ""
    impersonate: str = ""
    impersonate_uid: str = ""
    impersonate_groups: tuple[str, ...] = ()
    impersonate_user_extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    username: str = ""
    password: str = field(default="", repr=False)
    auth_provider: str | None = None
    exec: ExecConfig | None = None


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A cluster, a user and a namespace under one name."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One kubeconfig file, or several merged, its paths absolute."""

    clusters: Mapping[str, ClusterEntry] = field(default_factory=dict)
    users: Mapping[str, UserEntry] = field(default_factory=dict)
    contexts: Mapping[str, ContextEntry] = field(default_factory=dict)
    current_context: str = ""
