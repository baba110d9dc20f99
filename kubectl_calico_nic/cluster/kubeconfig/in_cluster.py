"""The service account of the pod we run in: the configuration when there is no other.

Mirrors InClusterConfig of client-go (rest/config.go) and inClusterClientConfig
(tools/clientcmd/client_config.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kubectl_calico_nic.cluster.kubeconfig.entries import ClusterEntry, UserEntry

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class InCluster:
    """What the kubelet gives a pod: environment variables, and files in ``directory``."""

    environ: Mapping[str, str]
    directory: Path = SERVICE_ACCOUNT

    @property
    def possible(self) -> bool:
        """Whether we run in a pod with a service account."""
        return bool(
            self.environ.get("KUBERNETES_SERVICE_HOST")
            and self.environ.get("KUBERNETES_SERVICE_PORT")
            and self._file("token").is_file()
        )

    @property
    def namespace(self) -> str:
        """The pod's namespace, ``default`` when nothing says it."""
        if self.environ.get("POD_NAMESPACE"):
            return self.environ["POD_NAMESPACE"]
        try:
            text = self._file("namespace").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "default"
        return text.strip() or "default"

    def cluster(self) -> ClusterEntry:
        """The API server as the pod sees it."""
        host = self.environ["KUBERNETES_SERVICE_HOST"]
        host = f"[{host}]" if ":" in host else host
        authority = self._file("ca.crt")
        return ClusterEntry(
            server=f"https://{host}:{self.environ['KUBERNETES_SERVICE_PORT']}",
            certificate_authority=str(authority) if authority.is_file() else "",
        )

    def user(self) -> UserEntry:
        """The pod's service account; its token file is read again as the kubelet renews it."""
        return UserEntry(token_file=str(self._file("token")))

    def _file(self, name: str) -> Path:
        return self.directory / name
