"""kwok as the kubelets of all nodes: it serves logs and exec, and runs every pod but calico-node.

What a calico-node pod does is decided by ``calico_node_agent``; kwok only takes it away when it
is deleted. One thing a real kubelet does otherwise: a command in a container that ends with an
error is an InternalError here, its exit status is lost.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from .api_client import Object
from .binaries import KWOK, module_source
from .control_plane import LOOPBACK, ControlPlane, free_ports
from .pod_status import CONTAINER
from .processes import Process
from .recorded_container_log import CURRENT, PREVIOUS

_COMMANDS = Path(__file__).parent / "bin"
_GROUP = "/apis/kwok.x-k8s.io/v1alpha1"


class KwokKubelets:
    """The kubelets of a control plane; ``port`` is where each of them listens."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self.port = free_ports(1)[0]
        self._source = module_source(KWOK) / "kustomize"
        self.process = self._process(control_plane)

    @property
    def definitions(self) -> list[Object]:
        """kwok's own kinds, which the API server must know first."""
        bases = self._source / "crd" / "bases"
        paths = (bases / f"kwok.x-k8s.io_{plural}.yaml" for plural in ("execs", "logs"))
        return [yaml.safe_load(path.read_text()) for path in paths]

    def start(self) -> None:
        """Start kwok; it waits for nodes by itself."""
        self.process.start()

    def _process(self, control_plane: ControlPlane) -> Process:
        directory = control_plane.directory
        certificate, key = control_plane.authority.server("kubelet")
        stages = directory / "stages.yaml"
        stages.write_text(yaml.safe_dump_all(self._stages()))
        flags = {
            "kubeconfig": control_plane.kubeconfig(),
            "config": stages,
            "manage-all-nodes": "true",
            "node-lease-duration-seconds": 0,
            "node-ip": LOOPBACK,
            "node-port": self.port,
            "server-address": f"{LOOPBACK}:{self.port}",
            "tls-cert-file": certificate,
            "tls-private-key-file": key,
            "enable-crds": "Exec,Logs",
        }
        # Exec runs commands here: with this PATH it finds the few of a calico-node container only.
        return control_plane.process(
            "kwok", flags, {"PATH": str(_COMMANDS), "HOME": str(directory)}
        )

    def _stages(self) -> list[Object]:
        fast = [
            yaml.safe_load((self._source / "stage" / path).read_text())
            for path in (
                "node/fast/node-initialize.yaml",
                "pod/fast/pod-ready.yaml",
                "pod/fast/pod-complete.yaml",
                "pod/fast/pod-delete.yaml",
            )
        ]
        for stage in fast:
            if stage["metadata"]["name"] == "pod-ready":
                stage["spec"]["selector"]["matchExpressions"].append(_no_calico_node())
        return fast


def exec_and_logs(pod: Object, directory: Path) -> list[tuple[str, Object]]:
    """What tells kwok that the logs of ``pod`` and the answers for exec are in ``directory``.

    Returns:
        Collection path and object of each; they go when the pod goes.
    """
    metadata = pod["metadata"]
    owner = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
    log = {
        "logsFile": str(directory / CURRENT),
        "previousLogsFile": str(directory / PREVIOUS),
        "follow": True,
    }
    local = {"envs": [{"name": "CALICO_NODE_HOST", "value": str(directory)}]}
    return [
        (
            f"{_GROUP}/namespaces/{metadata['namespace']}/{plural}",
            {
                "apiVersion": "kwok.x-k8s.io/v1alpha1",
                "kind": kind,
                "metadata": {"name": metadata["name"], "ownerReferences": [owner]},
                "spec": spec,
            },
        )
        for kind, plural, spec in (
            ("Exec", "execs", {"execs": [{"local": local}]}),
            ("Logs", "logs", {"logs": [log]}),
        )
    ]


def _no_calico_node() -> Object:
    return {"key": ".spec.containers.[].name", "operator": "NotIn", "values": [CONTAINER]}
