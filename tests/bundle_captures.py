"""A simulated cluster, captured as people capture theirs: one function for each kind of bundle."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from kubectl_calico_nic.cluster.session import Session
from tests.bundle_files import text, write
from tests.cluster_connection import session_for
from tests.simulated import Simulated

NAMESPACE = "kube-system"
BOX = "calico-node"
_PATHS = {
    "Node": "/api/v1/nodes",
    "Pod": f"/api/v1/namespaces/{NAMESPACE}/pods",
    "Event": f"/api/v1/namespaces/{NAMESPACE}/events",
    "ConfigMap": f"/api/v1/namespaces/{NAMESPACE}/configmaps",
    "DaemonSet": f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets",
    "ControllerRevision": f"/apis/apps/v1/namespaces/{NAMESPACE}/controllerrevisions",
    "ClusterInformation": "/apis/crd.projectcalico.org/v1/clusterinformations",
}
_COMMANDS = {
    "ip -o addr": ("ip", "-o", "addr", "show"),
    "ip -o link": ("ip", "-o", "link", "show"),
    "ip addr": ("ip", "addr", "show"),
    "birdcl": ("birdcl", "show", "protocols"),
}


@dataclass(frozen=True)
class Capture:
    """What the API of one cluster gave.

    ``objects`` are items by kind. ``logs`` are those of calico-node, ``previous_logs`` those of
    the container before where the pod is not Ready, and ``outputs`` what commands printed in it,
    by pod; ``nodes`` maps a pod to its node.
    """

    objects: Mapping[str, list[Any]]
    nodes: Mapping[str, str]
    logs: Mapping[str, str]
    previous_logs: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, cluster: Simulated) -> Capture:
        """Ask the API server of ``cluster``."""
        connection = resolve(ConnectionFlags(kubeconfig=str(cluster.kubeconfig)), {}, "/nowhere")
        with session_for(connection) as session:
            objects = {kind: _list(session, kind, path) for kind, path in _PATHS.items()}
            pods = [item["metadata"]["name"] for item in objects["Pod"]]
            failing = [pod for pod in pods if not _is_ready(objects["Pod"], pod)]
            return cls(
                objects,
                {item["metadata"]["name"]: item["spec"]["nodeName"] for item in objects["Pod"]},
                dict(_logs(session, pods, previous=False)),
                dict(_logs(session, failing, previous=True)),
                {pod: dict(_outputs(session, pod)) for pod in pods},
            )

    def list_of(self, kind: str, *, typed: bool = False) -> dict[str, Any]:
        """A list as ``kubectl get`` prints it, or ``typed`` as client-go does (PodList)."""
        if not typed:
            return {"apiVersion": "v1", "items": self.objects[kind], "kind": "List", "metadata": {}}
        items = [
            {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}
            for item in self.objects[kind]
        ]
        return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {}, "items": items}


def _list(session: Session, kind: str, path: str) -> list[Any]:
    version = "apps/v1" if path.startswith("/apis/apps") else "v1"
    items = [
        {"apiVersion": version, "kind": kind, **item}
        for page in session.pages(path)
        for item in page
    ]
    for item in items:
        item["metadata"].pop("managedFields", None)  # kubectl shows them only when asked to
    return items


def _is_ready(pods: list[Any], name: str) -> bool:
    (pod,) = (item for item in pods if item["metadata"]["name"] == name)
    conditions = {item["type"]: item["status"] for item in pod["status"]["conditions"]}
    return conditions.get("Ready") == "True"


def _logs(session: Session, pods: list[str], *, previous: bool) -> Iterator[tuple[str, str]]:
    for pod in pods:
        try:
            log = session.log(NAMESPACE, pod, BOX, previous=previous)
        except ApiError:  # there is none
            continue
        yield pod, log.decode()


def _outputs(session: Session, pod: str) -> Iterator[tuple[str, str]]:
    for name, command in _COMMANDS.items():
        try:
            executed = session.execute(NAMESPACE, pod, BOX, command, timeout=15.0)
        except ApiError:  # the container does not run
            continue
        if executed.exit_code == 0:
            yield name, executed.stdout


def _yaml(document: object) -> str:
    return str(yaml.safe_dump(json.loads(json.dumps(document))))  # shared parts become aliases


def _json(document: object) -> str:
    return json.dumps(document, indent=4) + "\n"


# One function for each kind of bundle: it writes below a folder and returns the paths for --from.

INIT_LOG = "2026-01-01 00:00:00.000 [INFO][1] cni-installer/<nil> <nil>: Installed\n"


def diagnostics(capture: Capture, folder: Path) -> list[str]:
    """What ``calicoctl cluster diags`` packs: calicoctl/commands/cluster/diags.go."""
    top = folder / "calico-diagnostics-20260101_120000"
    for pod, node in capture.nodes.items():
        below = top / "nodes" / node
        log = below / NAMESPACE / f"{pod}.log"
        write(log, INIT_LOG + capture.logs.get(pod, ""))
        write(log.with_suffix(".txt"), f"Name:         {pod}\nNamespace:    {NAMESPACE}\n")
        output = capture.outputs[pod]
        write(below / "ip-addr.txt", output.get("ip addr", "").replace("\n", "\r\n"))
        write(below / "ip-link.txt", output.get("ip -o link", "").replace("\n", "\r\n"))
        write(below / "ip-route.txt", "default via 172.16.10.1 dev bond4\r\n")
        link = top / "links" / NAMESPACE / log.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(log)
    cluster = top / "cluster"
    for kind, name in {
        "Node": "nodes",
        "Pod": "pods",
        "DaemonSet": "daemonsets",
        "ConfigMap": "configmaps",
    }.items():
        write(cluster / "kubernetes" / f"{name}.yaml", _yaml(capture.list_of(kind)))
        write(cluster / "kubernetes" / f"{name}.txt", "NAMESPACE   NAME   AGE\n")
    write(cluster / "kubernetes" / "tcproutes.yaml", 'error: the server doesn\'t have a "x"\n')
    name = "clusterinformations.crd.projectcalico.org.yaml"
    write(cluster / "crd" / name, _yaml(capture.list_of("ClusterInformation")))
    archive = folder / "diags.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(top, top.name)
    return [str(archive)]


def dump(capture: Capture, folder: Path) -> list[str]:
    """What ``kubectl cluster-info dump --output-directory`` writes."""
    write(folder / "nodes.json", _json(capture.list_of("Node", typed=True)))
    below = folder / NAMESPACE
    for kind, name in {"Event": "events", "DaemonSet": "daemonsets", "Pod": "pods"}.items():
        write(below / f"{name}.json", _json(capture.list_of(kind, typed=True)))
    write(below / "services.json", _json({"kind": "ServiceList", "items": [{"metadata": {}}]}))
    for pod in capture.nodes:
        write(below / pod / "logs.txt", _framed_log(capture, pod))
    return [str(folder)]


def dump_to_stdout(capture: Capture, folder: Path) -> list[str]:
    """What ``kubectl cluster-info dump`` prints without a directory."""
    parts = [_json(capture.list_of(kind, typed=True)) for kind in ("Node", "Event", "DaemonSet")]
    parts.append(_json(capture.list_of("Pod", typed=True)))
    parts += (_framed_log(capture, pod) for pod in capture.nodes)
    return [write(folder / "dump.txt", "".join(parts))]


def _framed_log(capture: Capture, pod: str) -> str:
    logs = {"install-cni": INIT_LOG, BOX: capture.logs.get(pod, "")}
    return "".join(
        f"==== START logs for container {box} of pod {NAMESPACE}/{pod} ====\n{log}"
        f"==== END logs for container {box} of pod {NAMESPACE}/{pod} ====\n"
        for box, log in logs.items()
    )


def kubectl_files(capture: Capture, folder: Path) -> list[str]:
    """One file for each thing that was asked for, some gzipped."""
    for kind in capture.objects:
        items = list(capture.objects[kind])
        write(
            folder / f"{kind}.yaml", _yaml(items[0] if len(items) == 1 else capture.list_of(kind))
        )
    for pod, log in capture.logs.items():
        write(folder / "logs" / f"{pod}.log.gz", gzip.compress(log.encode()))
    for pod, log in capture.previous_logs.items():
        write(folder / "logs" / f"{pod}-previous.log", log)
    _write_outputs(capture, folder)
    return [str(folder)]


def _write_outputs(capture: Capture, folder: Path) -> None:
    for pod, node in capture.nodes.items():
        for name, output in capture.outputs[pod].items():
            if name != "ip addr":
                write(folder / name.replace(" ", "-") / f"{node}.txt", output)


def one_mixed_list(capture: Capture, folder: Path) -> list[str]:
    """Objects of every kind in one list, beside the kubelets' own log files."""
    items = [item for listed in capture.objects.values() for item in listed]
    write(folder / "all.json", _json({"apiVersion": "v1", "items": items, "kind": "List"}))
    uids = {item["metadata"]["name"]: item["metadata"]["uid"] for item in capture.objects["Pod"]}
    for pod in capture.nodes:
        below = folder / "var" / "log" / "pods" / f"{NAMESPACE}_{pod}_{uids[pod]}" / BOX
        for run, logs in enumerate((capture.previous_logs, capture.logs)):
            if pod in logs:
                lines = logs[pod].splitlines()
                cri = (f"2026-01-01T00:00:00.123456789Z stdout F {line}" for line in lines)
                write(below / f"{run}.log", text(cri))
    _write_outputs(capture, folder / "commands")
    return [str(folder)]


def zipped(capture: Capture, folder: Path) -> list[str]:
    """The same in a zip archive, with a tar archive inside."""
    one_mixed_list(capture, folder)
    archive = folder / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(folder / "all.json", "support/all.json")
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:gz") as logs:
            logs.add(folder / "var", "var")
        packed.writestr("support/logs.tgz", inner.getvalue())
        for path in sorted((folder / "commands").rglob("*.txt")):
            packed.write(path, str(path.relative_to(folder)))
    return [str(archive)]


def stern(capture: Capture, folder: Path) -> list[str]:
    """``stern`` as text in one file, objects in others."""
    lines = [
        f"{pod} {BOX} {line}" for pod, log in capture.logs.items() for line in log.splitlines()
    ]
    return [*_objects(capture, folder), write(folder / "stern.txt", lines)]


def stern_json(capture: Capture, folder: Path) -> list[str]:
    """``stern -o json`` of all pods at once."""
    lines = [
        json.dumps(
            {
                "message": f"{line}\n",
                "nodeName": capture.nodes[pod],
                "namespace": NAMESPACE,
                "podName": pod,
                "containerName": BOX,
            }
        )
        for pod, log in capture.logs.items()
        for line in log.splitlines()
    ]
    return [*_objects(capture, folder), write(folder / "stern.json", lines)]


def docker(capture: Capture, folder: Path) -> list[str]:
    """Docker's own files, called after the pod."""
    for pod, log in capture.logs.items():
        entries = [
            json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-01-01T00:00:00Z"})
            for line in log.splitlines()
        ]
        write(folder / "containers" / f"{pod}_{NAMESPACE}_{BOX}-{'0a' * 32}.log", entries)
    return [*_objects(capture, folder), str(folder / "containers")]


def journal(capture: Capture, folder: Path) -> list[str]:
    """``journalctl`` of every node."""
    for pod, log in capture.logs.items():
        node = capture.nodes[pod]
        lines = [f"Jan  1 00:00:00 {node} {BOX}[71]: {line}" for line in log.splitlines()]
        write(folder / "journal" / f"{node}.txt", lines)
    return [*_objects(capture, folder), str(folder / "journal")]


def _objects(capture: Capture, folder: Path) -> list[str]:
    return [
        write(folder / f"{kind}.json", _json(capture.list_of(kind))) for kind in capture.objects
    ]


Layout = Callable[[Capture, Path], list[str]]
