"""Everything that a session needs to reach one cluster, decided before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_calico_nic.cluster.authentication.credential_plugin_policy import PluginPolicy
from kubectl_calico_nic.cluster.kubeconfig.entries import ClusterEntry, UserEntry
from kubectl_calico_nic.cluster.kubeconfig.server_address import ServerAddress


@dataclass(frozen=True, slots=True)
class Connection:
    """One cluster, one identity, one namespace.

    Attributes:
        address: where requests go.
        namespace: the namespace of ``-n``, of the context, of the pod, or ``default``.
        cluster: how the server proves itself, and the proxy to it.
        user: the credentials and the impersonation. Where ``address`` is plain http only the
            impersonation is left: client-go sends no credentials there.
        plugin_policy: which exec credential plugins may run.
        request_timeout: seconds from ``--request-timeout``, None when it asks for none.
        environ: the process environment, for plugins and proxies.
    """

    address: ServerAddress
    namespace: str
    cluster: ClusterEntry
    user: UserEntry
    plugin_policy: PluginPolicy = field(default_factory=PluginPolicy)
    request_timeout: float | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
