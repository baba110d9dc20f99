"""The story as a snapshot: four nodes, two on the storage network; and the plan of a change."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress, Inventory
from kubectl_calico_nic.change.plan import Plan
from kubectl_calico_nic.change.planning import plan
from kubectl_calico_nic.change.request import Author, Request
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import ContainerState, Pod
from kubectl_calico_nic.snapshot.snapshot import Gap, NodeFacts, Snapshot

IPV4, IPV6 = Family.IPV4, Family.IPV6
AT = datetime(2026, 1, 1, 2, 41, tzinfo=timezone.utc)
UP = frozenset({"UP", "LOWER_UP"})
KEY = "kube-system/calico-node"


def nic(name: str, *cidrs: str, flags: frozenset[str] = UP) -> Interface:
    addresses = tuple(
        InterfaceAddress(address, int(length))
        for address, _, length in (cidr.partition("/") for cidr in cidrs)
    )
    return Interface(name, addresses, flags=flags)


def nics_of_story(number: int) -> list[Interface]:
    """mgmt and two bonds, in an order that lets first-found take bond3 on node-3 and node-4."""
    bond3 = nic("bond3", f"172.16.16.2{number}/23")
    bond4 = nic("bond4", f"172.16.10.2{number}/24")
    bonds = [bond3, bond4] if number < 3 else [bond4, bond3]
    return [nic("mgmt", f"172.16.4.2{number}/24"), *bonds]


def facts(
    name: str,
    nics: Sequence[Interface] | None,
    stored: Mapping[Family, str],
    internal_ips: Sequence[str],
    container: Mapping[str, Any],
    **pod: Any,
) -> NodeFacts:
    details: dict[str, Any] = {"ready": True, "revision_hash": "new", **pod}
    return NodeFacts(
        name,
        Node(name, internal_ips=tuple(internal_ips), stored=dict(stored), ready=True),
        Pod(
            "kube-system",
            f"calico-node-{name}",
            name,
            daemon_set=KEY,
            container=container,
            container_state=ContainerState("running", started_at="2026-01-01T00:00:05Z"),
            created="2026-01-01T00:00:00Z",
            ready_since="2026-01-01T00:00:30Z",
            **details,
        ),
        inventory=None if nics is None else Inventory(tuple(nics)),
    )


class Cluster:
    """The story: four nodes, two of them on the storage network."""

    def __init__(self, *env: dict[str, Any], image: str = "calico/node:v3.24.6") -> None:
        self.container = {"name": "calico-node", "image": image, "env": list(env) or [AUTODETECT]}
        self.object: dict[str, Any] = {
            "kind": "DaemonSet",
            "metadata": {"namespace": "kube-system", "name": "calico-node", "resourceVersion": "7"},
            "spec": {"template": {"spec": {"containers": [self.container]}}},
            "status": {"desiredNumberScheduled": 4, "currentNumberScheduled": 4},
        }
        chosen = {1: "172.16.10.21/24", 2: "172.16.10.22/24"}
        chosen |= {3: "172.16.16.23/23", 4: "172.16.16.24/23"}
        self.nodes = {
            f"node-{number}": facts(
                f"node-{number}",
                nics_of_story(number),
                {IPV4: address},
                [f"172.16.10.2{number}"],
                self.container,
            )
            for number, address in chosen.items()
        }
        self.config_maps: dict[str, dict[str, str]] = {}
        self.gaps: list[Gap] = []

    def change(self, name: str, **changes: Any) -> None:
        """Replace facts of a node; those of its pod and its Node by their own names."""
        now = self.nodes[name]
        for part in ("pod", "node"):
            held = getattr(now, part)
            fields = {field.name for field in dataclasses.fields(held)}
            mine = {key: changes.pop(key) for key in list(changes) if key in fields}
            now = dataclasses.replace(now, **{part: dataclasses.replace(held, **mine)})
        self.nodes[name] = dataclasses.replace(now, **changes)

    def plan(
        self,
        method: str | None,
        *families: Family,
        question: Question | None = None,
        max_unknown: int = 0,
    ) -> Plan:
        daemon_set = DaemonSet(copy.deepcopy(self.object))
        snapshot = Snapshot(
            nodes=tuple(self.nodes[name] for name in sorted(self.nodes)),
            daemon_sets=(daemon_set,),
            config_maps=self.config_maps,
            revisions={KEY: "new"},
            gaps=tuple(self.gaps),
        )
        request = Request(families or (IPV4,), method, max_unknown=max_unknown)
        return plan(request, snapshot, daemon_set, question or Question(), Author(AT))


def value(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "value": text}


AUTODETECT = value("IP", "autodetect")


def ids(findings: Sequence[Any]) -> list[str]:
    return [finding.id for finding in findings]


def verdicts(made: Plan) -> dict[str, str]:
    return {node.name: node.families[0].verdict for node in made.nodes}


def dual_stack() -> Cluster:
    cluster = Cluster(AUTODETECT)
    for number in (1, 2, 3, 4):
        nics = [*nics_of_story(number)[:-2], nic("bond3", f"172.16.16.2{number}/23")]
        nics.append(nic("bond4", f"172.16.10.2{number}/24", f"fd00:10::{number}/64"))
        cluster.change(
            f"node-{number}",
            inventory=Inventory(tuple(nics)),
            internal_ips=(f"172.16.10.2{number}", f"fd00:10::{number}"),
        )
    return cluster
