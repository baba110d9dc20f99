"""The defaults that the API server writes into DaemonSets and pods.

Mirrors SetDefaults_* of pkg/apis/apps/v1/defaults.go and pkg/apis/core/v1/defaults.go, and of pods
the admission plugin Priority (plugin/pkg/admission/priority).
"""

from __future__ import annotations

from typing import Any

from kubectl_calico_nic.simulator.apiserver.resources import DAEMON_SETS, PODS, Resource
from kubectl_calico_nic.simulator.store import Object
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION

_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def apply_defaults(resource: Resource, item: Object) -> None:
    """Fill in what ``item`` leaves open, in place."""
    if resource is DAEMON_SETS:
        _default_daemon_set(item)
    elif resource is PODS:
        spec = item.setdefault("spec", {})
        _default_pod_spec(spec)
        spec.setdefault("enableServiceLinks", True)
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
        spec.setdefault("priority", _PRIORITIES.get(spec.get("priorityClassName", ""), 0))


def _default_daemon_set(item: Object) -> None:
    annotations = item["metadata"].setdefault("annotations", {})
    annotations.setdefault(TEMPLATE_GENERATION_ANNOTATION, "1")
    spec = item.setdefault("spec", {})
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxSurge", 0)
        rolling.setdefault("maxUnavailable", 1)
    _default_pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def _default_pod_spec(spec: dict[str, Any]) -> None:
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    if account := spec.get("serviceAccountName"):
        spec["serviceAccount"] = account
    for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        _default_container(container)
    for volume in spec.get("volumes", ()):
        if "hostPath" in volume:
            volume["hostPath"].setdefault("type", "")


def _default_container(container: dict[str, Any]) -> None:
    latest = container.get("image", "").rpartition("/")[2].partition(":")[2] in ("", "latest")
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    for name in _PROBES:
        if probe := container.get(name):
            _default_probe(probe)
    for entry in container.get("env", ()):
        # An empty value is not stored: EnvVar.value has omitempty.
        if entry.get("value") == "":
            del entry["value"]
        if reference := (entry.get("valueFrom") or {}).get("fieldRef"):
            reference.setdefault("apiVersion", "v1")


def _default_probe(probe: dict[str, Any]) -> None:
    for name, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(name, value)
