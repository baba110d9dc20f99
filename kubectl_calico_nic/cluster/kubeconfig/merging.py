"""From flags, environment and kubeconfig files to one connection, exactly as kubectl gets there.

Mirrors k8s.io/client-go tools/clientcmd (loader.go, merged_client_builder.go, client_config.go)
and ToRawKubeConfigLoader of k8s.io/cli-runtime (genericclioptions/config_flags.go).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

from kubectl_calico_nic.cluster.authentication.credential_plugin_policy import (
    read_plugin_policy,
)
from kubectl_calico_nic.cluster.errors import (
    CredentialsError,
    InvalidConfiguration,
    KubeconfigError,
    KubeconfigsUnreadable,
    NoConfiguration,
)
from kubectl_calico_nic.cluster.kubeconfig.connection import Connection
from kubectl_calico_nic.cluster.kubeconfig.decoding import read_kubeconfig
from kubectl_calico_nic.cluster.kubeconfig.entries import (
    ClusterEntry,
    ContextEntry,
    Kubeconfig,
    UserEntry,
)
from kubectl_calico_nic.cluster.kubeconfig.in_cluster import SERVICE_ACCOUNT, InCluster
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags, parse_request_timeout
from kubectl_calico_nic.cluster.kubeconfig.server_address import server_address
from kubectl_calico_nic.cluster.kubeconfig.validation import (
    cluster_problems,
    go_os_error,
    user_problems,
)

T = TypeVar("T", ClusterEntry, UserEntry, ContextEntry)


def resolve(
    flags: ConnectionFlags,
    environ: Mapping[str, str],
    home: str,
    *,
    service_account: Path = SERVICE_ACCOUNT,
) -> Connection:
    """Finds the cluster, the user and the namespace that kubectl would use.

    Args:
        flags: what was given on the command line; it wins over every file.
        environ: the process environment (KUBECONFIG, KUBERNETES_MASTER, POD_NAMESPACE, ...).
        home: the home directory, for ``.kube/config``.
        service_account: where a pod finds its service account.

    Raises:
        KubeconfigError: a file cannot be loaded, or what it says cannot be used; nothing is
            configured at all (NoConfiguration); a kuberc file cannot be obeyed (PreferencesError).
        CredentialsError: the server wants TLS and the user has no credential.
        UsageError: ``--request-timeout`` cannot be read.
    """
    policy = read_plugin_policy(environ, home, flags.kuberc)
    files = kubeconfig_files(flags.kubeconfig, environ, home)
    choice = _Choice(load_kubeconfigs(files, explicit=bool(flags.kubeconfig)), flags, environ)
    pod = InCluster(environ, service_account)
    namespace = _namespace(choice, pod)
    cluster, user = choice.checked()
    timeout = parse_request_timeout(flags.request_timeout)
    if not choice.names_a_server:
        if pod.possible:
            cluster, user = _in_cluster(pod, flags, user)
        elif not environ.get("KUBERNETES_MASTER"):
            raise NoConfiguration(files, choice.why_no_server())
    address = server_address(cluster.server)
    user = _identified(user) if address.is_tls else _impersonation_only(user)
    if user.exec is not None:
        policy.require_known()
    return Connection(address, namespace, cluster, user, policy, timeout, environ)


def kubeconfig_files(
    explicit: str | None, environ: Mapping[str, str], home: str
) -> tuple[str, ...]:
    """The files to look at, the most important first; they need not exist."""
    if explicit:
        return (explicit,)
    if environ.get("KUBECONFIG"):
        paths = environ["KUBECONFIG"].split(os.pathsep)
        return tuple(dict.fromkeys(path for path in paths if path))
    return (os.path.join(home, ".kube", "config"),)


def load_kubeconfigs(paths: Sequence[str], *, explicit: bool = False) -> Kubeconfig:
    """Loads and merges files: the first that names an entry wins, for the whole entry.

    A missing file is passed over, unless it is ``explicit``.

    Raises:
        KubeconfigError: a file cannot be read or decoded.
    """
    loaded, problems = [], []
    for path in paths:
        try:
            loaded.append(read_kubeconfig(path))
        except FileNotFoundError as error:
            if explicit:
                raise KubeconfigError(go_os_error("stat", path, error)) from None
        except OSError as error:
            operation = "read" if isinstance(error, IsADirectoryError) else "open"
            problems.append(_load_problem(path, go_os_error(operation, path, error)))
        except ValueError as error:
            problems.append(_load_problem(path, str(error)))
    if problems:
        raise KubeconfigsUnreadable(problems)
    return Kubeconfig(
        clusters={name: c for file in reversed(loaded) for name, c in file.clusters.items()},
        users={name: u for file in reversed(loaded) for name, u in file.users.items()},
        contexts={name: c for file in reversed(loaded) for name, c in file.contexts.items()},
        current_context=next((f.current_context for f in loaded if f.current_context), ""),
    )


def _load_problem(path: str, problem: str) -> str:
    return f'error loading config file "{path}": {problem}'


@dataclass(frozen=True, slots=True)
class _Choice:
    """One context out of a kubeconfig, with the flags over it. Mirrors DirectClientConfig."""

    config: Kubeconfig
    flags: ConnectionFlags
    environ: Mapping[str, str]

    @property
    def context_name(self) -> str:
        return self.flags.context or self.config.current_context

    @property
    def context(self) -> ContextEntry:
        flags = self.flags
        return _override(
            self.config.contexts.get(self.context_name, ContextEntry()),
            ContextEntry(flags.cluster or "", flags.user or "", flags.namespace or ""),
        )

    @property
    def cluster(self) -> ClusterEntry:
        flags = self.flags
        entry = self.config.clusters.get(self.context.cluster, ClusterEntry())
        default = self.environ.get("KUBERNETES_MASTER") or "http://localhost:8080"
        cluster = _override(_override(ClusterEntry(server=default), entry), _cluster_flags(flags))
        if flags.insecure_skip_tls_verify or flags.certificate_authority:
            cluster = replace(
                cluster,
                insecure_skip_tls_verify=flags.insecure_skip_tls_verify,
                certificate_authority=flags.certificate_authority or "",
                certificate_authority_data=b"",
            )
        if flags.tls_server_name or flags.server:
            cluster = replace(cluster, tls_server_name=flags.tls_server_name or "")
        return cluster

    @property
    def user(self) -> UserEntry:
        flags = self.flags
        entry = self.config.users.get(self.context.user, UserEntry())
        asked = _user_flags(flags)
        extra = {**entry.impersonate_user_extra, **asked.impersonate_user_extra}
        user = replace(_override(entry, asked), impersonate_user_extra=extra)
        if flags.client_key:
            user = replace(user, client_key_data=b"")
        if flags.client_certificate:
            user = replace(user, client_certificate_data=b"")
        return user

    @property
    def names_a_server(self) -> bool:
        """Whether a file or a flag says where the server is."""
        entry = self.config.clusters.get(self.context.cluster)
        return bool(self.flags.server or (entry and entry.server))

    def why_no_server(self) -> str:
        name, context = self.context.cluster, self.context_name
        if not context:
            return "no context is chosen" if self.config.contexts else ""
        if name not in self.config.clusters:
            return f'context "{context}" names cluster "{name}", which does not exist'
        return f'cluster "{name}" has no server'

    def problems(self) -> Iterator[str]:
        """What makes the choice unusable. Mirrors ConfirmUsable."""
        flags, config = self.flags, self.config
        if self.context_name and self.context_name not in config.contexts:
            yield f"context was not found for specified context: {self.context_name}"
        unknown_user = flags.user and flags.user not in config.users
        yield from user_problems(self.context.user, UserEntry() if unknown_user else self.user)
        unknown_cluster = flags.cluster and flags.cluster not in config.clusters
        yield from cluster_problems(
            self.context.cluster, ClusterEntry() if unknown_cluster else self.cluster
        )

    def confirm_usable(self) -> None:
        problems = tuple(self.problems())
        if problems:
            raise InvalidConfiguration(problems)

    def checked(self) -> tuple[ClusterEntry, UserEntry]:
        """The cluster and the user. Mirrors the order of the checks in ClientConfig."""
        flags, config = self.flags, self.config
        for what, name, known in (
            ("auth info", flags.user, config.users),
            ("context", flags.context, config.contexts),
            ("cluster", flags.cluster, config.clusters),
        ):
            if name and name not in known:
                raise KubeconfigError(f'{what} "{name}" does not exist')
        self.confirm_usable()
        return self.cluster, self.user


def _override(base: T, over: T) -> T:
    """``base`` with every field that ``over`` sets. Mirrors clientcmd's merge.go for structs."""
    names = [f.name for f in fields(base)]
    return replace(base, **{name: getattr(over, name) for name in names if getattr(over, name)})


def _cluster_flags(flags: ConnectionFlags) -> ClusterEntry:
    return ClusterEntry(
        server=flags.server or "",
        tls_server_name=flags.tls_server_name or "",
        insecure_skip_tls_verify=flags.insecure_skip_tls_verify,
        certificate_authority=flags.certificate_authority or "",
        proxy_url=flags.proxy_url or "",
        disable_compression=flags.disable_compression,
    )


def _user_flags(flags: ConnectionFlags) -> UserEntry:
    extra: dict[str, tuple[str, ...]] = {}
    for text in flags.impersonate_user_extra:
        key, equals, value = text.partition("=")
        if equals:
            extra[key] = (*extra.get(key, ()), value)
    return UserEntry(
        client_certificate=flags.client_certificate or "",
        client_key=flags.client_key or "",
        token=flags.token or "",
        impersonate=flags.impersonate or "",
        impersonate_uid=flags.impersonate_uid or "",
        impersonate_groups=flags.impersonate_groups,
        impersonate_user_extra=extra,
        username=flags.username or "",
        password=flags.password or "",
    )


def _namespace(choice: _Choice, pod: InCluster) -> str:
    """Mirrors Namespace of merged_client_builder.go: ``-n`` is taken before anything is checked."""
    if choice.flags.namespace:
        return choice.flags.namespace
    choice.confirm_usable()
    if choice.context.namespace:
        return choice.context.namespace
    return pod.namespace if pod.possible else "default"


def _in_cluster(
    pod: InCluster, flags: ConnectionFlags, user: UserEntry
) -> tuple[ClusterEntry, UserEntry]:
    """The pod's service account, with the flags that change it.

    kubectl takes only a token and a CA from flags here, and with ``--as`` it does not find the
    cluster at all; we honour the impersonation, so that nobody acts with more rights than asked.
    """
    cluster, account = pod.cluster(), pod.user()
    if flags.certificate_authority:
        cluster = replace(cluster, certificate_authority=flags.certificate_authority)
    if flags.token:
        account = UserEntry(token=flags.token)
    return cluster, _override(account, _impersonation_only(user))


def _impersonation_only(user: UserEntry) -> UserEntry:
    return UserEntry(
        impersonate=user.impersonate,
        impersonate_uid=user.impersonate_uid,
        impersonate_groups=user.impersonate_groups,
        impersonate_user_extra=user.impersonate_user_extra,
    )


def _identified(user: UserEntry) -> UserEntry:
    """The user, once it is sure that a credential is configured. Mirrors canIdentifyUser.

    kubectl would ask for a user name on the terminal; an anonymous request is sent by neither.
    """
    if (
        user.username
        or user.client_certificate
        or user.client_certificate_data
        or user.token
        or user.token_file
        or user.auth_provider is not None
        or user.exec is not None
    ):
        return user
    raise CredentialsError(
        "no credentials are configured for the server: the user has no token, client certificate, "
        "user name or exec plugin (pass --user, --token, or --client-certificate and --client-key)"
    )
