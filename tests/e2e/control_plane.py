"""A real etcd, API server, controller manager and scheduler on the loopback interface."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from .api_client import ApiClient
from .binaries import find
from .certificates import Authority
from .processes import Process, ProcessGuard

LOOPBACK = "127.0.0.1"
_ADMINISTRATORS = "system:masters"
_CLUSTER_NAME = "calico-nic-e2e"
_CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "daemonset-controller",
    "deployment-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "replicaset-controller",
    "serviceaccount-controller",
)
# ServiceAccount would want tokens; TaintNodesByCondition a node controller that takes them back.
_ADMISSION_OFF = ("ServiceAccount", "TaintNodesByCondition")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on."""
    listeners = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class ControlPlane:
    """The processes of one control plane, its data and its users below ``directory``."""

    def __init__(self, directory: Path, guard: ProcessGuard) -> None:
        self.directory = directory
        self.authority = Authority(directory / "certificates")
        self._guard = guard
        self._etcd_port, self._etcd_peer_port, self._port = free_ports(3)
        self.server = f"https://{LOOPBACK}:{self._port}"
        self._certificates: dict[str, tuple[Path, Path]] = {}
        certificate, key = self._client_certificate("admin")
        self.client = ApiClient(self.server, self.authority.certificate, certificate, key)
        self._etcd = self.process("etcd", self._etcd_flags())
        self._api_server = self.process("kube-apiserver", self._api_server_flags())
        self.processes = [
            self._etcd,
            self._api_server,
            self.process("kube-controller-manager", self._controller_manager_flags()),
            self.process("kube-scheduler", self._client_flags()),
        ]

    def start(self) -> None:
        """Start everything; return when the API server is ready and its system objects exist."""
        self._etcd.start()
        self.start_api_server()
        for process in self.processes[2:]:
            process.start()

    def stop(self) -> None:
        """End everything at once: nothing of this cluster is needed any more."""
        for process in reversed(self.processes):
            process.kill()

    def kill_api_server(self) -> None:
        """Take the API server away; etcd keeps its data."""
        self._api_server.kill()

    def start_api_server(self) -> None:
        """Start the API server, again on the same port and data, and wait until it is ready."""
        if self._api_server.running:
            return
        self._api_server.start()
        deadline = time.monotonic() + 60
        while self._api_server.running and time.monotonic() < deadline:
            if self.client.is_ready():
                return
        raise RuntimeError(f"kube-apiserver is not ready:\n{self._api_server.log_tail()}")

    def compact(self) -> None:
        """Let etcd forget every version but the newest, as the API server does in time."""
        etcd = f"https://{LOOPBACK}:{self._etcd_port}/v3/kv"
        certificate, key = self._client_certificate("kube-apiserver-etcd")
        client = ApiClient(etcd, self.authority.certificate, certificate, key)
        newest = client.create("/range", {"key": "AA=="})["header"]["revision"]
        client.create("/compaction", {"revision": newest, "physical": True})

    def kubeconfig(self, user: str = "admin") -> Path:
        """Write the kubeconfig of ``user`` and return where it is; ``admin`` may do everything."""
        certificate, key = self._client_certificate(user)
        cluster = {
            "server": self.server,
            "certificate-authority": str(self.authority.certificate),
        }
        credentials = {"client-certificate": str(certificate), "client-key": str(key)}
        context = {"cluster": _CLUSTER_NAME, "user": user}
        configuration = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": _CLUSTER_NAME,
            "clusters": [{"name": _CLUSTER_NAME, "cluster": cluster}],
            "users": [{"name": user, "user": credentials}],
            "contexts": [{"name": _CLUSTER_NAME, "context": context}],
        }
        path = self.directory / f"{user}.kubeconfig"
        path.write_text(json.dumps(configuration, indent=2))
        return path

    def process(
        self,
        program: str,
        flags: Mapping[str, object],
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """A process of this cluster that is not started yet."""
        command = [str(find(program)), *(f"--{name}={value}" for name, value in flags.items())]
        log = self.directory / f"{program}.log"
        return Process(command, log, self._guard, environment)

    def _client_certificate(self, user: str) -> tuple[Path, Path]:
        if user not in self._certificates:
            group = _ADMINISTRATORS if user == "admin" else ""
            self._certificates[user] = self.authority.client(user, group)
        return self._certificates[user]

    def _etcd_flags(self) -> Mapping[str, object]:
        certificate, key = self.authority.server("etcd")
        client_url = f"https://{LOOPBACK}:{self._etcd_port}"
        peer_url = f"http://{LOOPBACK}:{self._etcd_peer_port}"
        return {
            "data-dir": self.directory / "etcd",
            "listen-client-urls": client_url,
            "advertise-client-urls": client_url,
            "listen-peer-urls": peer_url,
            "initial-advertise-peer-urls": peer_url,
            "initial-cluster": f"default={peer_url}",
            "cert-file": certificate,
            "key-file": key,
            "client-cert-auth": "true",
            "trusted-ca-file": self.authority.certificate,
            # Nobody needs these data after a power cut.
            "unsafe-no-fsync": "true",
        }

    def _api_server_flags(self) -> Mapping[str, object]:
        certificate, key = self.authority.server("kube-apiserver")
        _, account_key = self.authority.server("service-accounts")
        etcd_certificate, etcd_key = self._client_certificate("kube-apiserver-etcd")
        kubelet_certificate, kubelet_key = self._client_certificate("kube-apiserver-kubelet")
        return {
            "etcd-servers": f"https://{LOOPBACK}:{self._etcd_port}",
            "etcd-cafile": self.authority.certificate,
            "etcd-certfile": etcd_certificate,
            "etcd-keyfile": etcd_key,
            "bind-address": LOOPBACK,
            "secure-port": self._port,
            # A loopback address is accepted only where no endpoints are written for it.
            "advertise-address": LOOPBACK,
            "endpoint-reconciler-type": "none",
            "service-cluster-ip-range": "10.96.0.0/16",
            "tls-cert-file": certificate,
            "tls-private-key-file": key,
            "client-ca-file": self.authority.certificate,
            "authorization-mode": "RBAC",
            "disable-admission-plugins": ",".join(_ADMISSION_OFF),
            "allow-privileged": "true",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": account_key,
            "service-account-signing-key-file": account_key,
            # Every node of the tests has the InternalDNS name localhost: whatever its InternalIP
            # says, the API server finds its kubelet here and nowhere else.
            "kubelet-preferred-address-types": "InternalDNS",
            "kubelet-certificate-authority": self.authority.certificate,
            "kubelet-client-certificate": kubelet_certificate,
            "kubelet-client-key": kubelet_key,
        }

    def _controller_manager_flags(self) -> Mapping[str, object]:
        return {
            **self._client_flags(),
            "controllers": ",".join(_CONTROLLERS),
            "kube-api-qps": 500,
            "kube-api-burst": 1000,
        }

    def _client_flags(self) -> Mapping[str, object]:
        return {
            "kubeconfig": self.kubeconfig(),
            "leader-elect": "false",
            "bind-address": LOOPBACK,
            "secure-port": 0,
        }
