"""Small clusters as snapshots: ``cluster(node("node-3", internal_ip="172.16.10.23", ...))``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kubectl_calico_nic.calico.inventory import (
    Interface,
    InterfaceAddress,
    Inventory,
    InventorySource,
)
from kubectl_calico_nic.calico.log.reading import Decision, LogReading, Outcome, Stage
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family, family_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import ContainerState, Pod
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts, Origin, Snapshot

DAEMON_SET = "kube-system/calico-node"
NOON = "2026-01-01 12:00:00.000"
VERSION = "v3.24.6"


def nics(*lines: str, **how: Any) -> Inventory:
    """``nics("mgmt 172.16.4.21/24", "bond4 172.16.10.21/24 2001:db8::21/64")`` in kernel order."""
    interfaces = []
    for index, line in enumerate(lines, start=1):
        name, *addresses = line.split()
        interfaces.append(Interface(name, tuple(map(_address, addresses)), index))
    return Inventory(tuple(interfaces), **how)


def annotated_nics(*lines: str) -> Inventory:
    """The same as the Interfaces annotation tells it: no order, no lengths, not complete."""
    return nics(*lines, source=InventorySource.ANNOTATION, ordered=False, complete=False)


def _address(text: str) -> InterfaceAddress:
    address, _, length = text.partition("/")
    return InterfaceAddress(address, int(length) if length else None)


def decision(outcome: Outcome, address: str | None = None, **values: Any) -> Decision:
    """One decision at noon, of the start-up unless ``stage`` says otherwise."""
    at = values.pop("at", NOON)
    family = values.pop("family", None) or family_of(address or "0.0.0.0")
    values = {"stage": Stage.STARTUP, "first": at, "last": at, "address": address, **values}
    return Decision(family, outcome, **values)


def detected(
    address: str, interface: str | None = None, method: str = "first-found", **values: Any
) -> Decision:
    """A method found ``address``."""
    return decision(Outcome.DETECTED, address, interface=interface, method=method, **values)


def log(*decisions: Decision, **values: Any) -> LogReading:
    """The log of a start that went well, with these decisions."""
    last = max((found.last or "" for found in decisions), default=NOON)
    values = {"started": True, "last_time": last, "version": Version.parse(VERSION), **values}
    return LogReading(decisions, lines=20, calico_lines=20, **values)


SILENT = log(level_floor="ERROR", version=None)
"""A log at level error: it tells nothing about addresses."""


def node(
    name: str,
    *,
    internal_ip: str | Sequence[str] = (),
    stored: str | Sequence[str] = (),
    log: LogReading | Decision | None = None,
    inventory: Inventory | None = None,
    ready: bool = True,
    up: bool = True,
    pod: bool = True,
    known: bool = True,
    os: str = "linux",
    env: Mapping[str, str] | None = None,
    state: ContainerState | None = None,
    previous_log: LogReading | None = None,
    log_state: LogState | None = None,
    labels: Mapping[str, str] | None = None,
) -> NodeFacts:
    """One node with a calico-node pod.

    ``internal_ip`` and ``stored`` take one address or several. ``up`` is the node's own readiness,
    ``ready`` the pod's; ``pod`` and ``known`` say whether there is a pod and whether the Node was
    read. ``env`` replaces the cluster's environment on this node.
    """
    reading = _reading(log)
    found = Node(
        name,
        internal_ips=_texts(internal_ip),
        stored={_family(text): text for text in _texts(stored)},
        ready=up,
        os=os,
        labels=labels or {},
    )
    return NodeFacts(
        name,
        node=found if known else None,
        pod=_pod(name, ready, env, state) if pod else None,
        log=reading,
        log_state=log_state or (LogState.READ if reading else LogState.UNREADABLE),
        previous_log=previous_log,
        inventory=inventory,
    )


def _reading(given: LogReading | Decision | None) -> LogReading | None:
    return log(given) if isinstance(given, Decision) else given


def _texts(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _family(address: str) -> Family:
    return family_of(address) or Family.IPV4


def _pod(
    name: str, ready: bool, env: Mapping[str, str] | None, state: ContainerState | None
) -> Pod:
    return Pod(
        "kube-system",
        f"calico-node-{name}",
        name,
        daemon_set=DAEMON_SET,
        container={} if env is None else container(env),
        container_state=state or ContainerState("running", ready=ready),
        phase="Running",
        ready=ready,
    )


def container(env: Mapping[str, str], version: str = VERSION) -> dict[str, Any]:
    """A calico-node container with this environment."""
    return {
        "name": "calico-node",
        "image": f"docker.io/calico/node:{version}",
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }


def daemon_set(env: Mapping[str, str], *, version: str = VERSION, **fields: Any) -> DaemonSet:
    """The DaemonSet kube-system/calico-node; ``fields`` are ``status``, ``metadata``, ``pod``."""
    pod = {"containers": [container(env, version)], **fields.get("pod", {})}
    return DaemonSet(
        {
            "metadata": {
                "namespace": "kube-system",
                "name": "calico-node",
                **fields.get("metadata", {}),
            },
            "spec": {"template": {"spec": pod}},
            "status": fields.get("status", {}),
        }
    )


def cluster(
    *nodes: NodeFacts,
    method: str | None = None,
    ip: str | None = "autodetect",
    env: Mapping[str, str] | None = None,
    version: str = VERSION,
    origin: Origin = Origin.CLUSTER,
    **fields: Any,
) -> Snapshot:
    """A cluster whose DaemonSet sets ``IP`` and the method; its pods run that template."""
    variables = dict(env or {})
    if ip is not None:
        variables["IP"] = ip
    if method is not None:
        variables["IP_AUTODETECTION_METHOD"] = method
    owner = daemon_set(variables, version=version, **fields)
    return Snapshot(tuple(_with_template(facts, owner) for facts in nodes), (owner,), origin=origin)


def _with_template(facts: NodeFacts, owner: DaemonSet) -> NodeFacts:
    if facts.pod is None or facts.pod.container:
        return facts
    return replace(facts, pod=replace(facts.pod, container=owner.container))


def incident(*, inventories: bool = True) -> Snapshot:
    """The four nodes of the story: first-found takes bond3 on node-3 and node-4."""
    return cluster(
        *(
            node(
                f"node-{number}",
                internal_ip=f"172.16.10.2{number}",
                stored=_incident_choice(number)[1],
                log=detected(*reversed(_incident_choice(number)), at="2026-01-01 02:41:00.000"),
                inventory=_incident_nics(number) if inventories else None,
            )
            for number in (1, 2, 3, 4)
        )
    )


def _incident_choice(number: int) -> tuple[str, str]:
    if number > 2:
        return "bond3", f"172.16.16.2{number}/23"
    return "bond4", f"172.16.10.2{number}/24"


def _incident_nics(number: int) -> Inventory:
    bonds = [f"bond3 172.16.16.2{number}/23", f"bond4 172.16.10.2{number}/24"]
    if number > 2:
        bonds.reverse()
    return nics("lo 127.0.0.1/8", f"mgmt 172.16.4.2{number}/24", *bonds)
