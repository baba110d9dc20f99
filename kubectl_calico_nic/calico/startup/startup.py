"""What calico-node does with the addresses when it starts: stores, keeps, clears, ends.

Mirrors configureAndCheckIPAddressSubnets, configureIPsAndSubnets and clearNodeIPs of startup.go,
on the Kubernetes datastore (annotations of the Node).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from kubectl_calico_nic.calico.autodetection.host_addresses import holders, printed
from kubectl_calico_nic.calico.autodetection.selection import Selection, select
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import Outcome, Stage
from kubectl_calico_nic.calico.messages import Event, Message, render
from kubectl_calico_nic.calico.startup.conflicts import compare
from kubectl_calico_nic.calico.startup.interfaces_annotation import SINCE as INTERFACES_SINCE
from kubectl_calico_nic.calico.startup.interfaces_annotation import (
    annotated_families,
    interfaces_annotation,
)
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Address, parse_cidr_or_ip, parse_ip

_NONE_SINCE = Version(3, 2, 0)
"""``IP=none`` is a word and no invalid address."""
_CLEARS_SINCE = Version(3, 0, 2)
_KEEPS_WITH_NONE_SINCE = Version(3, 16, 0)
_MAY_LACK_ADDRESSES_SINCE = Version(3, 16, 3)
"""Where no address is an error of networking only, found after both families."""
_LOCAL_LENGTH_SINCE = Version(3, 18, 0)
_WRAPS_ERRORS_SINCE = Version(3, 32, 0)
_BACKEND_NONE_IGNORED = (Version(3, 16, 0), Version(3, 26, 0))
"""From and before: the addresses are handled although the backend is none."""
_VALIDATES_SINCE = (Version(3, 24, 6), Version(3, 25, 1))
"""Ignores a stored address that is none: getAnnotation of libcalico-go's k8s/resources/node.go."""
_LEVELS = {
    "panic": ("PANIC",),
    "fatal": ("PANIC", "FATAL"),
    "error": ("PANIC", "FATAL", "ERROR"),
    "warn": ("PANIC", "FATAL", "ERROR", "WARNING"),
    "warning": ("PANIC", "FATAL", "ERROR", "WARNING"),
}
"""What CALICO_STARTUP_LOGLEVEL lets through; any other text lets through INFO as well."""


@dataclass(frozen=True, slots=True)
class Host:
    """A node before calico-node starts on it.

    ``stored`` are its own addresses as stored before (annotations), ``others`` those of the other
    nodes by node name, ``interfaces`` its Interfaces annotation. ``inventory`` is None where the
    interfaces are not known; ``routes`` and ``internal_ips`` are as ``select`` takes them.
    """

    name: str
    inventory: Inventory | None = None
    internal_ips: tuple[str, ...] | None = None
    stored: Mapping[Family, str] = field(default_factory=dict)
    others: Mapping[str, Mapping[Family, str]] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    interfaces: str | None = None
    windows: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """How a start ends.

    ``exit_code`` is 0, or 1 where the process ends because of the addresses. ``stored`` are the
    annotations afterwards; an absent family has none. ``interfaces_annotation`` likewise; where
    the interfaces are not all known it is as before. ``selections`` has the families whose method
    was consulted, ``outcomes`` those with an address set, stored or asked for. ``messages`` are
    the lines about the addresses at the configured level (DEBUG apart), from ``Initialize BGP
    data`` on;
    without an inventory those are left out that depend on it. When a method is not ``decided``,
    ``exit_code``, ``stored`` and ``messages`` say only what is sure to have happened before.
    """

    decided: bool
    exit_code: int
    stored: Mapping[Family, str]
    interfaces_annotation: str | None = None
    selections: Mapping[Family, Selection] = field(default_factory=dict)
    outcomes: Mapping[Family, Outcome] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()


def start(host: Host, env: Mapping[str, str], version: Version) -> Start:
    """Return how calico-node ``version`` starts on ``host``; never raises.

    ``env`` is the effective environment of the calico-node container.
    """
    since, before = _BACKEND_NONE_IGNORED
    if _backend(env) == "none" and not since <= version < before:
        return Start(True, 0, dict(host.stored), host.interfaces)
    process = _Process(host, env, version)
    try:
        process.run()
    except _Terminated:
        process.exit_code = 1
    return process.result()


def _backend(env: Mapping[str, str]) -> str:
    return env.get("CALICO_NETWORKING_BACKEND", "")


class _Terminated(Exception):
    """calico-node ended its process."""


class _Process:
    """One run of the start-up: the Node in calico-node's memory, and what it wrote and logged."""

    def __init__(self, host: Host, env: Mapping[str, str], version: Version) -> None:
        self.host, self.env, self.version = host, env, version
        self.exit_code = 0
        self.before = self._readable(host.stored)
        self.addresses = dict(self.before)
        self.interfaces = host.interfaces
        self.written = (dict(host.stored), host.interfaces)
        self.selections: dict[Family, Selection] = {}
        self.outcomes: dict[Family, Outcome] = {}
        self.messages: list[Message] = []

    def run(self) -> None:
        if not self.before:
            self._log(Event.BGP_INITIALIZED)
        for family in Family:
            self._configure(family)
        if not self._is_decided():
            return
        self._require_a_family()
        if self.version >= INTERFACES_SINCE:
            self._list_interfaces()
        changed = self._report_change()
        if self.addresses or self.version < _MAY_LACK_ADDRESSES_SINCE:
            if changed and self.env.get("DISABLE_NODE_IP_CHECK") != "true":
                self._check_conflicts()
        else:
            self._require_an_address()
        self._write()

    def result(self) -> Start:
        decided = self._is_decided()
        stored, interfaces = self.written if decided else (self.addresses, self.interfaces)
        level = self.env.get("CALICO_STARTUP_LOGLEVEL", "").lower()
        shown = _LEVELS.get(level, (*_LEVELS["warning"], "INFO"))
        return Start(
            decided=decided,
            exit_code=self.exit_code,
            stored=stored,
            interfaces_annotation=interfaces,
            selections=self.selections,
            outcomes=self.outcomes,
            messages=tuple(each for each in self.messages if each.level in shown),
        )

    def _is_decided(self) -> bool:
        return all(selection.decided for selection in self.selections.values())

    def _readable(self, stored: Mapping[Family, str]) -> dict[Family, str]:
        """Return the addresses that this version reads from a Node's annotations."""
        backported, since = _VALIDATES_SINCE
        if self.version < since and self.version != backported:
            return {family: text for family, text in stored.items() if text}
        parsed = {family: parse_cidr_or_ip(text) for family, text in stored.items()}
        return {
            family: stored[family]
            for family, found in parsed.items()
            if found is not None and found[0].family is family
        }

    def _log(self, event: Event, **fields: object) -> None:
        message = render(event, self.version, stage=Stage.STARTUP, **fields)
        if message is not None:
            self.messages.append(message)

    def _write(self) -> None:
        self.written = (dict(self.addresses), self.interfaces)

    def _terminate(self) -> NoReturn:
        self._log(Event.TERMINATING)
        raise _Terminated

    def _configure(self, family: Family) -> None:
        value, stored = self.env.get(family.ip_variable, ""), self.addresses.get(family)
        wants_one = family is Family.IPV4 and not value and stored is None
        if value == "autodetect" or wants_one:
            self._detect(family)
        elif value and (value != "none" or self.version < _NONE_SINCE):
            self._take(family, value)
        elif stored is not None:
            self.outcomes[family] = Outcome.DISABLED
            if value and self.version < _KEEPS_WITH_NONE_SINCE:
                return
            if value:
                self._log(Event.DISABLED, family=family.value, address=stored)
            self._confirm(stored)

    def _detect(self, family: Family) -> None:
        selection = self.selections[family] = select(
            self.env.get(family.method_variable, ""),
            family,
            self.host.inventory,
            self.version,
            internal_ips=self.host.internal_ips,
            routes=self.host.routes,
            windows=self.host.windows,
        )
        self.messages += selection.messages
        stored = self.addresses.get(family)
        if selection.exits:
            self.outcomes[family] = Outcome.INVALID_METHOD
            self._terminate()
        elif selection.address is not None:
            self.outcomes[family] = Outcome.DETECTED
            self.addresses[family] = selection.address
        elif selection.decided and stored is not None:
            self.outcomes[family] = Outcome.KEPT
            self._log(Event.KEPT, family=family.value, address=stored)
            self._confirm(stored)
        elif selection.decided:
            self.outcomes[family] = Outcome.FAILED
            self._log(Event.NOT_DETECTED, family=family.value)
            what = f"failed to autodetect an IPv{family.value} address"
            self._fail(f"failed to configure IP addresses and subnets: {what}", Family)

    def _take(self, family: Family, value: str) -> None:
        """Take the address that the environment names."""
        text, is_whole = value, True
        if family is Family.IPV4 and self.version >= _LOCAL_LENGTH_SINCE and "/" not in value:
            text, is_whole = self._with_local_length(value)
        parsed = _parse_environment(text)
        fields = {"family": family.value, "variable": family.ip_variable, "address": text}
        if parsed is None or parsed[0].family is not family:
            self.outcomes[family] = Outcome.INVALID_ADDRESS
            self._log(Event.ENVIRONMENT_INVALID, **fields)
            self._terminate()
        address, length = parsed
        self.outcomes[family] = Outcome.EXPLICIT
        self._log(Event.FROM_ENVIRONMENT, **fields)
        self.addresses[family] = f"{address.text}/{length}" if is_whole else address.text
        self._confirm(self.addresses[family])

    def _with_local_length(self, value: str) -> tuple[str, bool]:
        """Return ``value`` with the prefix length of the NIC that has it, and whether it is known.

        Mirrors GetLocalCIDR of autodetection_methods.go: on no NIC it stays a bare address.
        """
        wanted, inventory = parse_ip(value), self.host.inventory
        if wanted is None or wanted.family is not Family.IPV4:
            error = f"{value} is invalid" + ("" if self.version >= INTERFACES_SINCE else ".")
            self._log(Event.LOCAL_CIDR_FAILED, address=value, error=error)
            return value, True
        found = next(holders(inventory, wanted), None) if inventory is not None else None
        if found is not None:
            text = printed(found[1], self.version)
            self._log(Event.LOCAL_CIDR, address=text)
            return text, "/" in text
        if inventory is None or not inventory.complete:
            return value, False
        self._log(Event.LOCAL_CIDR_MISSING, address=value)
        return value, True

    def _confirm(self, text: str) -> None:
        """Look whether the host has the address; mirrors validateIP of startup.go."""
        parsed, inventory = parse_cidr_or_ip(text), self.host.inventory
        if parsed is None:
            error = f"invalid CIDR address: {text}"
            self._log(Event.STORED_UNPARSABLE, address=text, error=error)
            self._terminate()
        elif inventory is not None:
            address = parsed[0]
            found = next(holders(inventory, address), None)
            fields = {"family": address.family.value, "address": address.text}
            if found is not None:
                self._log(Event.CONFIRMED, **fields, interface=found[0].name)
            elif inventory.complete:
                self._log(Event.UNCONFIRMED, **fields)

    def _require_a_family(self) -> None:
        """Before v3.16.3 switching both families off is an error of its own."""
        if not _NONE_SINCE <= self.version < _MAY_LACK_ADDRESSES_SINCE:
            return
        is_off = self.env.get("IP") == "none" and self.env.get("IP6", "") in ("", "none")
        if is_off and not (self.addresses and self.version >= _KEEPS_WITH_NONE_SINCE):
            self._log(Event.NONE_ENABLED)
            self._terminate()

    def _require_an_address(self) -> None:
        if _backend(self.env) == "none":
            self._log(Event.NONE_NEEDED)
            return
        self._log(Event.NONE_CONFIGURED)
        missing = "no IPv4 or IPv6 addresses configured or detected"
        self._log(Event.CONFIGURE_FAILED, error=f"{missing}, required for Calico networking")
        self._terminate()

    def _list_interfaces(self) -> None:
        inventory = self.host.inventory
        if not annotated_families(self.env):
            self.interfaces = None
        elif inventory is not None and inventory.complete:
            self.interfaces = interfaces_annotation(
                self.env, inventory, self.version, windows=self.host.windows
            )

    def _report_change(self) -> bool:
        for family in Family:
            if self.addresses.get(family) != self.before.get(family):
                self._log(Event.CHANGED, family=family.value)
                return True
        if self.interfaces != self.host.interfaces:
            self._log(Event.INTERFACES_CHANGED)
            return True
        return False

    def _check_conflicts(self) -> None:
        nodes = {name: self._readable(stored) for name, stored in self.host.others.items()}
        nodes[self.host.name] = self.before
        found = compare(self.host.name, self.addresses, nodes, self.version)
        self.messages += found.messages
        for family in found.taken:
            self.outcomes[family] = Outcome.CONFLICT
        if found.error:
            families = [family for family in Family if family in found.taken]
            self._fail(f"conflicting node detected: {found.error}", families)

    def _fail(self, error: str, families: Iterable[Family]) -> None:
        """Clear the detected ones of ``families`` and end."""
        if self.version >= _CLEARS_SINCE:
            self._clear(families)
        self._log(Event.CONFIGURE_FAILED, error=error)
        self._terminate()

    def _clear(self, families: Iterable[Family]) -> None:
        clearing = [each for each in families if self.env.get(each.ip_variable) == "autodetect"]
        for family in clearing:
            address = self.addresses.pop(family, "")
            self._log(Event.CLEARED, family=family.value, address=address)
        if clearing:
            self._write()


def _parse_environment(value: str) -> tuple[Address, int] | None:
    """Read an address as parseIPEnvironment does: as the JSON string that it is made into."""
    try:
        text = json.loads(f'"{value}"')
    except ValueError:
        return None
    return parse_cidr_or_ip(text)
