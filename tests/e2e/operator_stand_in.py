"""A stand-in for the Tigera operator: what its installation controller does with our fields.

It behaves as the real v1.43 did on a real API server: it fills in its defaults, computes
``default`` with ``overlay`` over it, rejects what it does not accept and then does nothing else,
writes the whole spec of its DaemonSet whenever that differs, and reports in TigeraStatus/calico,
later than it acts. The kinds are the real ones, read from the operator's published Go module.
"""

from __future__ import annotations

import contextlib
import copy
import ipaddress
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import netaddr
import urllib3

from . import installs
from .api_client import CONFLICT, NOT_FOUND, ApiError, Object
from .binaries import OPERATOR
from .definitions import published
from .editor import Editor
from .installs import calico_node
from .pod_status import now
from .task_queue import Task, TaskQueue

GROUP = "operator.tigera.io"
INSTALLATIONS = f"/apis/{GROUP}/v1/installations"
INSTALLATION = f"{INSTALLATIONS}/default"
STATUSES = f"/apis/{GROUP}/v1/tigerastatuses"
NAMESPACE = "calico-system"
DAEMON_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
DAEMON_SET = f"{DAEMON_SETS}/calico-node"
DEPLOYMENTS = "/apis/apps/v1/namespaces/tigera-operator/deployments"
DEPLOYMENT = f"{DEPLOYMENTS}/tigera-operator"
V4, V6 = "nodeAddressAutodetectionV4", "nodeAddressAutodetectionV6"
MANAGER = "operator"

# A watch that nobody needs any more ends by itself after that.
_SECONDS = 20.0
_FAMILIES = ((V4, "IP"), (V6, "IP6"))
_OWN = {name for _, ip in _FAMILIES for name in (ip, f"{ip}_AUTODETECTION_METHOD")}
_PREFIXES = {"interface": "interface", "skipInterface": "skip-interface", "canReach": "can-reach"}
_DEFAULTS = {
    "EKS": {"canReach": "8.8.8.8"},
    "DockerEnterprise": {"skipInterface": "^br-.*"},
}


def kinds() -> list[Object]:
    """The definitions of Installation and TigeraStatus."""
    directory = "pkg/imports/crds/operator"
    return [
        published(OPERATOR, f"{directory}/{GROUP}_{plural}.yaml")
        for plural in ("installations", "tigerastatuses")
    ]


def deployment() -> Object:
    """The operator's own Deployment; it is enough that its pod is available."""
    labels = {"name": "tigera-operator"}
    return {
        "metadata": {"name": "tigera-operator"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [
                        {"name": "tigera-operator", "image": "quay.io/tigera/operator:v1.43.0"}
                    ],
                },
            },
        },
    }


class Rejection(Exception):
    """What the operator says of an Installation that it does not accept."""


class OperatorStandIn:
    """Reconciles in threads of its own from ``start`` to ``stop``.

    ``refused`` is an interface that it refuses to detect by, for a reason of its own.
    ``status_seconds`` is how much later it writes its status. ``failures`` are its own defects.
    """

    def __init__(self, client: Editor) -> None:
        self.refused: str | None = None
        self.status_seconds = 0.0
        self.failures: list[str] = []
        self._client = client
        self._tasks = TaskQueue()
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._work, self._follow(INSTALLATIONS), self._follow(DAEMON_SETS))
        ]

    def start(self) -> None:
        """Begin to follow Installations and the DaemonSet."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Do nothing any more."""
        self._stopped.set()
        self._tasks.close()
        self._threads[0].join()

    @contextlib.contextmanager
    def running(self) -> Iterator[OperatorStandIn]:
        """Work while the block runs."""
        self.start()
        try:
            yield self
        finally:
            self.stop()
            assert not self.failures, self.failures[0]

    def _work(self) -> None:
        self._tasks.run(self._attempt)

    def _follow(self, path: str) -> Callable[[], None]:
        def follow() -> None:
            while not self._stopped.is_set():
                try:
                    for _ in self._client.follow(path, _SECONDS):
                        self._tasks.put_latest("reconcile", self._reconcile)
                        if self._stopped.is_set():
                            return
                except (ApiError, urllib3.exceptions.HTTPError):
                    self._stopped.wait(0.1)

        return follow

    def _attempt(self, task: Task) -> None:
        if self._stopped.is_set():
            return
        try:
            task()
        except ApiError as error:
            # As controllers do: what somebody changed or took away meanwhile is looked at again.
            if error.status in (CONFLICT, NOT_FOUND):
                self._tasks.put_later(0.05, self._reconcile)
            else:
                self.failures.append(str(error))
        except Exception:
            self.failures.append(traceback.format_exc())

    def _reconcile(self) -> None:
        found = {
            each["metadata"]["name"]: each for each in self._client.get(INSTALLATIONS)["items"]
        }
        if "default" not in found:
            return
        default, generation = found["default"], found["default"]["metadata"]["generation"]
        try:
            spec = self._with_defaults(default)
            overlay = found.get("overlay")
            if overlay is not None:
                spec = self._computed(spec, overlay["spec"])
        except Rejection as why:
            self._report(str(why), generation)
            return
        self._write_daemon_set(spec, default["metadata"]["uid"])
        self._report("", generation)

    def _with_defaults(self, default: Object) -> Object:
        """Validate the spec, and write what it leaves out (fillDefaults) into the object."""
        network = default["spec"].get("calicoNetwork") or {}
        pools = [netaddr.IPNetwork(pool["cidr"]) for pool in network.get("ipPools") or ()]
        provider = default["spec"].get("kubernetesProvider", "")
        added: Object = {}
        if network.get(V4) is None and any(pool.version == 4 for pool in pools):
            added[V4] = _DEFAULTS.get(provider, {"firstFound": True})
        if network.get(V6) is None and any(pool.version == 6 for pool in pools):
            added[V6] = {"firstFound": True}
        spec = {**default["spec"], "calicoNetwork": {**network, **added}}
        self._validate(spec, "Invalid Installation provided")
        if added:
            self._client.merge(
                f"{INSTALLATION}?fieldManager={MANAGER}", {"spec": {"calicoNetwork": added}}
            )
        return spec

    def _computed(self, spec: Object, overlay: Object) -> Object:
        """``default`` with ``overlay`` over it, field by field (pkg/controller/utils/merge.go)."""
        network = {**spec["calicoNetwork"], **(overlay.get("calicoNetwork") or {})}
        computed = {**spec, **overlay, "calicoNetwork": network}
        self._validate(computed, "Invalid computed config")
        return computed

    def _validate(self, spec: Object, words: str) -> None:
        """Mirrors validateCustomResource, as far as it is about our fields."""
        for field, _ in _FAMILIES:
            detection = spec["calicoNetwork"].get(field) or {}
            for cidr in detection.get("cidrs") or ():
                if not _is_cidr(cidr):
                    said = f"invalid CIDR provided for node address autodetection: {cidr}"
                    raise Rejection(f"{words}: {said}")
            if len([key for key, value in detection.items() if value]) > 1:
                said = "no more than one node address autodetection method can be specified"
                raise Rejection(f"{words}: {said} per-family")
            if self.refused is not None and detection.get("interface") == self.refused:
                raise Rejection(f"{words}: interface {self.refused} is refused here")
        strategy = spec.get("nodeUpdateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            said = "installation spec.NodeUpdateStrategy.type '%!s(<nil>)' is not supported"
            raise Rejection(f"{words}: {said}")

    def _write_daemon_set(self, spec: Object, uid: str) -> None:
        """Create it, or replace its spec and keep other people's annotations and labels."""
        wanted = _rendered(spec, uid)
        try:
            found = self._client.get(DAEMON_SET)
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._client.create(f"{DAEMON_SETS}?fieldManager={MANAGER}", wanted)
            return
        after = copy.deepcopy(found)
        after["spec"] = wanted["spec"]
        # The server's answer to a dry run has its defaults, as the operator's own comparison.
        path = f"{DAEMON_SET}?fieldManager={MANAGER}"
        defaulted = self._client.replace(f"{path}&dryRun=All", after)
        if defaulted["spec"] != found["spec"]:
            self._client.replace(path, after)

    def _report(self, why: str, generation: int) -> None:
        self._tasks.put_later(self.status_seconds, lambda: self._write_status(why, generation))

    def _write_status(self, why: str, generation: int) -> None:
        """The three conditions of TigeraStatus/calico; what was written before stays when equal."""
        status = self._client.get(f"{STATUSES}/calico")
        held = {each["type"]: each for each in status.get("status", {}).get("conditions", [])}
        told = {"Available": not why, "Degraded": bool(why), "Progressing": False}
        conditions = [_condition(kind, is_so, why, generation) for kind, is_so in told.items()]
        if [_said(held.get(each["type"], {})) for each in conditions] != [*map(_said, conditions)]:
            path = f"{STATUSES}/calico/status?fieldManager={MANAGER}"
            self._client.merge(path, {"status": {"conditions": conditions}})


def _condition(kind: str, is_so: bool, why: str, generation: int) -> Object:
    return {
        "type": kind,
        "status": str(is_so),
        "reason": "InvalidConfigurationError" if why else "AllObjectsAvailable",
        "message": why if kind == "Degraded" else "",
        "lastTransitionTime": now(),
        "observedGeneration": generation,
    }


def _said(condition: Mapping[str, Any]) -> Object:
    return {key: value for key, value in condition.items() if key != "lastTransitionTime" and value}


def _rendered(spec: Object, uid: str) -> Object:
    """The DaemonSet that belongs to a computed spec (pkg/render/node.go)."""
    daemon_set = installs.operator(uid).daemon_set
    daemon_set["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "tigera-operator"
    container = calico_node(daemon_set)
    env = [entry for entry in container["env"] if entry["name"] not in _OWN]
    for field, ip in _FAMILIES:
        method = _method(spec["calicoNetwork"].get(field) or {})
        env.append({"name": ip, "value": "autodetect" if method else "none"})
        if method:
            env.append({"name": f"{ip}_AUTODETECTION_METHOD", "value": method})
    container["env"] = env
    return daemon_set


def _method(detection: Mapping[str, Any]) -> str:
    """Mirrors getAutodetectionMethod of pkg/render/node.go."""
    for key, word in _PREFIXES.items():
        if detection.get(key):
            return f"{word}={detection[key]}"
    if detection.get("firstFound"):
        return "first-found"
    if detection.get("cidrs"):
        return f"cidr={','.join(detection['cidrs'])}"
    return "kubernetes-internal-ip" if detection.get("kubernetes") == "NodeInternalIP" else ""


def _is_cidr(text: str) -> bool:
    """Go's net.ParseCIDR, as far as the tests go: an address with a prefix length."""
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "/" in text
