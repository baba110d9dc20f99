"""A stand-in for the Tigera operator on a simulated cluster; it behaves as the real v1.43 did.

It writes the Installation's methods into the DaemonSet, undoes edits there, fills in its default,
and goes Degraded over a CIDR that it cannot parse, or an update strategy that it does not support.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError

import netaddr

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.installation import FIELDS, field_of, method_of
from kubectl_calico_nic.simulator.apiserver.resources import CALICO, Resource
from kubectl_calico_nic.simulator.story import Story, incident

from .simulated import Simulated

GROUP = "operator.tigera.io"
RESOURCES = (
    Resource(GROUP, "v1", "installations", "Installation", False, custom=True),
    Resource(GROUP, "v1", "tigerastatuses", "TigeraStatus", False, custom=True),
    Resource("apps", "v1", "deployments", "Deployment"),
)
INSTALLATION = f"/apis/{GROUP}/v1/installations/default"
STATUS = f"/apis/{GROUP}/v1/tigerastatuses/calico"
DAEMON_SET = "/apis/apps/v1/namespaces/calico-system/daemonsets/calico-node"
MERGE = "merge-patch+json"
FIELD = "nodeAddressAutodetectionV4"


def operators_story(network: Mapping[str, Any] | None = None) -> Story:
    """The incident on a cluster that an operator made; ``network`` is spec.calicoNetwork.

    The DaemonSet is what the operator made of it, or of its default where it rejects ``network``,
    so that nothing restarts at first.
    """
    story, first = incident(), {FIELD: {"firstFound": True}}
    asked = {**first, **(network or {})}
    if _invalid({"calicoNetwork": asked}):
        asked = first
    objects = [json.loads(json.dumps(item)) for item in story.objects]
    for item in objects:
        item["metadata"]["namespace"] = "calico-system"
        if item["kind"] == "DaemonSet":
            (container,) = item["spec"]["template"]["spec"]["containers"]
            container["env"] = _written(container["env"], asked)
            item["metadata"]["ownerReferences"] = [
                {
                    "apiVersion": f"{GROUP}/v1",
                    "kind": "Installation",
                    "name": "default",
                    "uid": "1b4c",
                    "controller": True,
                }
            ]
    objects += [
        _object("Installation", "default", spec={"calicoNetwork": dict(network or first)}),
        _object("TigeraStatus", "calico", status={"conditions": []}),
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "tigera-operator", "namespace": "tigera-operator"},
            "status": {"availableReplicas": 1},
        },
    ]
    return dataclasses.replace(
        story, objects=tuple(objects), custom_resources=(*CALICO, *RESOURCES)
    )


def _object(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, **fields}


class Operator:
    """Reconciles until it is stopped; ``turns`` counts how often."""

    def __init__(self, cluster: Simulated) -> None:
        self._cluster = cluster
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Reconcile while the block runs."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self.reconcile()

    def reconcile(self) -> None:
        """One turn."""
        installation = self._cluster.request("GET", INSTALLATION)
        why = _invalid(installation["spec"])
        condition = {"type": "Degraded", "status": "True" if why else "False", "message": why}
        self._patch(STATUS, {"status": {"conditions": [condition]}})
        if why:
            return
        network = installation["spec"].get("calicoNetwork") or {}
        if network.get("nodeAddressAutodetectionV4") is None:
            network = {**network, "nodeAddressAutodetectionV4": {"firstFound": True}}
            self._patch(INSTALLATION, {"spec": {"calicoNetwork": network}})
        self._write_env(network)

    def _write_env(self, network: Mapping[str, Any]) -> None:
        daemon_set = self._cluster.request("GET", DAEMON_SET)
        (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
        wanted = _written(container["env"], network)
        if container["env"] != wanted:
            containers = [{**container, "env": wanted}]
            self._patch(DAEMON_SET, {"spec": {"template": {"spec": {"containers": containers}}}})

    def _patch(self, path: str, body: Any) -> None:
        try:
            self._cluster.request("PATCH", path, body, MERGE)
        except HTTPError as error:
            error.close()


def _invalid(spec: Mapping[str, Any]) -> str:
    for field in map(field_of, Family):
        found = (spec.get("calicoNetwork") or {}).get(field) or {}
        if len([key for key in FIELDS if found.get(key)]) > 1:
            return "Invalid Installation provided: no more than one node address autodetection"
        for cidr in found.get("cidrs") or ():
            try:
                netaddr.IPNetwork(cidr)
            except netaddr.AddrFormatError:
                return f"Invalid Installation provided: invalid CIDR: {cidr}"
    return ""


def _written(env: list[Any], network: Mapping[str, Any]) -> list[Any]:
    """The env that the operator makes of ``env``."""
    wanted = [entry for entry in env if entry["name"] not in _OWN]
    for family in Family:
        method = method_of(network.get(field_of(family)) or {})
        value = "autodetect" if method else "none"
        wanted.append({"name": family.ip_variable, "value": value})
        if method:
            wanted.append({"name": family.method_variable, "value": method})
    return wanted


_OWN = {name for family in Family for name in (family.ip_variable, family.method_variable)}
