"""The calico-node process of a simulated node: it decides by the project's own model of Calico.

It logs what the real one logs, stores its address on the Node as the real one does, and ends as
the real one ends: conflicts between nodes come about by themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from kubectl_calico_nic.calico.log.line_format import format_line
from kubectl_calico_nic.calico.log.reading import Stage
from kubectl_calico_nic.calico.messages import Event, Message, render
from kubectl_calico_nic.calico.startup.startup import Host, Start, start
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.link import with_links
from kubectl_calico_nic.simulator.apiserver.resources import NODES
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.nodes.container_log import ContainerLog
from kubectl_calico_nic.simulator.store import Object, Store, rfc3339
from kubectl_calico_nic.simulator.story import SimulatedNode

_INTERFACES = "projectcalico.org/Interfaces"
_SEVERITY = {"DEBUG": 0, "INFO": 1, "WARNING": 2, "WARN": 2, "ERROR": 3, "FATAL": 4, "": 9}
_STARTUP_PID = 9
_MONITOR_PID = 67
_REACH = "can-reach="
_MONITOR_LOG_IS_COPIED = Version(3, 32, 0)


class CalicoNode:
    """One run of calico-node: ``env`` is its environment, ``log`` its container's log."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        node: SimulatedNode,
        env: Mapping[str, str],
        version: Version,
        log: ContainerLog,
    ) -> None:
        self._store = store
        self._clock = clock
        self._node = node
        self._env = env
        self._version = version
        self._log = log
        self._known: tuple[Host, Start] | None = None

    def start(self) -> int:
        """Start up: decide, store and log it; return the exit status, 0 when it goes on."""
        host = self._host()
        found = self._decide(host)
        messages = [*self._opening(), *found.messages]
        if found.exit_code == 0:
            messages += self._closing()
        else:
            messages += self._rendered((Event.NODE_NOT_STARTED, {}))
        # What a log says of a start is stored by the time that its last lines can be read.
        self._store_outcome(found, starts=found.exit_code == 0 and self._networks)
        self._print(messages, _STARTUP_PID)
        return found.exit_code

    def monitor(self) -> None:
        """Look again, as the monitor does once a minute, and store what changed."""
        host = self._host()
        found = self._decide(host)
        updated = render(Event.MONITOR_UPDATED, self._version, stage=Stage.MONITOR)
        if updated is None:
            return
        messages = [
            dataclasses.replace(message, component=updated.component) for message in found.messages
        ]
        if found.exit_code == 0 and found.stored != host.stored:
            messages.append(updated)
        # With file logging the monitor writes to a file of the host only (until v3.31).
        to_container = self._env.get("CALICO_DISABLE_FILE_LOGGING") == "true"
        if to_container or self._version >= _MONITOR_LOG_IS_COPIED:
            self._print(messages, _MONITOR_PID)
        self._store_outcome(found, starts=False)

    def _decide(self, host: Host) -> Start:
        """The start-up's answer; the same question is answered once."""
        if self._known is None or self._known[0] != host:
            self._known = (host, start(host, self._env, self._version))
        return self._known[1]

    def _host(self) -> Host:
        network = self._node.network
        inventory = parse_addresses(network.addresses)
        if network.links:
            inventory = with_links(inventory, network.links)
        nodes = {item["metadata"]["name"]: item for item in self._store.objects(NODES.key)}
        # It may have been deleted a moment ago.
        mine = nodes.pop(self._node.name, {"metadata": {}, "status": {"addresses": []}})
        destinations = [
            value.removeprefix(_REACH)
            for value in (self._env.get(family.method_variable, "") for family in Family)
            if value.startswith(_REACH)
        ]
        return Host(
            name=self._node.name,
            inventory=inventory,
            internal_ips=tuple(
                entry["address"]
                for entry in mine["status"]["addresses"]
                if entry["type"] == "InternalIP"
            ),
            stored=stored_addresses(mine),
            others={name: stored_addresses(item) for name, item in nodes.items()},
            interfaces=mine["metadata"].get("annotations", {}).get(_INTERFACES),
            routes={name: self._route(name) for name in destinations},
        )

    def _route(self, destination: str) -> str:
        """The kernel's answer; a name resolves to something behind the default gateway."""
        network = self._node.network
        answer = network.route(destination)
        if answer.startswith("Error") and network.gateway is not None:
            return network.route(network.gateway[0])
        return answer

    def _opening(self) -> list[Message]:
        name = self._node.name
        return self._rendered(
            (Event.LOG_LEVEL_SET, {"level": self._level.lower()}),
            (Event.NODENAME_FROM_ENVIRONMENT, {"node": name}),
            (Event.NODENAME_DETERMINED, {"node": name}),
            (Event.STARTING_NODE, {"node": name, "version": str(self._version)}),
            (Event.DATASTORE_CHECKED, {}),
            (Event.DATASTORE_VERIFIED, {}),
            (Event.DATASTORE_READY, {}),
        )

    def _closing(self) -> list[Message]:
        name = (Event.USING_NODE_NAME, {"node": self._node.name})
        if not self._networks:
            return self._rendered(name, (Event.NODE_STARTED, {}))
        available = (Event.NETWORK_UNAVAILABLE_SET, {"value": "false"})
        return self._rendered((Event.AS_GLOBAL, {}), name, available, (Event.NODE_STARTED, {}))

    @property
    def _networks(self) -> bool:
        """Whether Calico does the networking, and not policy alone."""
        return self._env.get("CALICO_NETWORKING_BACKEND") != "none"

    def _rendered(self, *events: tuple[Event, Mapping[str, Any]]) -> list[Message]:
        rendered = (render(event, self._version, **fields) for event, fields in events)
        return [message for message in rendered if message is not None]

    @property
    def _level(self) -> str:
        return self._env.get("CALICO_STARTUP_LOGLEVEL", "INFO").upper()

    def _print(self, messages: Sequence[Message], pid: int) -> None:
        floor = _SEVERITY.get(self._level, 1)
        time = self._clock.now()
        for message in messages:
            if _SEVERITY.get(message.level, 1) >= floor:
                self._log.write(time, format_line(time, pid, message))
                time += timedelta(milliseconds=1)

    def _store_outcome(self, found: Start, *, starts: bool) -> None:
        def edit(item: Object) -> None:
            annotations = dict(item["metadata"].pop("annotations", {}))
            for family in Family:
                _set(annotations, family.address_annotation, found.stored.get(family))
            _set(annotations, _INTERFACES, found.interfaces_annotation)
            if annotations:
                item["metadata"]["annotations"] = annotations
            if starts:
                _set_network_available(item["status"], rfc3339(self._clock.now()))

        self._store.edit(NODES.key, "", self._node.name, edit)


def stored_addresses(node: Object) -> dict[Family, str]:
    """What calico-node stored on a Node (raw JSON), by family."""
    annotations = node["metadata"].get("annotations", {})
    return {
        family: annotations[family.address_annotation]
        for family in Family
        if annotations.get(family.address_annotation)
    }


def _set(annotations: dict[str, str], name: str, value: str | None) -> None:
    if value is None:
        annotations.pop(name, None)
    else:
        annotations[name] = value


def _set_network_available(status: Object, time: str) -> None:
    others = [item for item in status["conditions"] if item["type"] != "NetworkUnavailable"]
    condition = {
        "type": "NetworkUnavailable",
        "status": "False",
        "reason": "CalicoIsUp",
        "message": "Calico is running on this node",
        "lastHeartbeatTime": time,
        "lastTransitionTime": time,
    }
    status["conditions"] = [condition, *others]
