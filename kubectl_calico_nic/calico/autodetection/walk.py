"""``first-found``, ``interface=``, ``skip-interface=`` and ``cidr=``: walking the interfaces.

Mirrors autodetection_methods.go and filtered.go of calico-node: the interfaces backwards, on the
first one that qualifies its first address that qualifies.
"""

from __future__ import annotations

import functools

from kubectl_calico_nic.calico.autodetection.hidden_interfaces import ASSUMPTION, hidden_match
from kubectl_calico_nic.calico.autodetection.host_addresses import printed, qualifying
from kubectl_calico_nic.calico.autodetection.methods import Method, MethodKind
from kubectl_calico_nic.calico.autodetection.name_filter import NameFilter, name_filter
from kubectl_calico_nic.calico.autodetection.question import (
    NO_INVENTORY,
    NO_ORDER,
    Candidate,
    Question,
    Selection,
    chosen,
    nothing,
    undecided,
)
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.messages import Event, Message
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Network, parse_cidr, parse_ip
from kubectl_calico_nic.go.regexp import RegexpError

_FOUND = {
    MethodKind.FIRST_FOUND: Event.FIRST_FOUND,
    MethodKind.INTERFACE: Event.INTERFACE,
    MethodKind.SKIP_INTERFACE: Event.SKIP_INTERFACE,
    MethodKind.CIDR: Event.CIDR,
}
_NOT_FOUND = {
    MethodKind.FIRST_FOUND: Event.FIRST_FOUND_FAILED,
    MethodKind.INTERFACE: Event.INTERFACE_FAILED,
    MethodKind.SKIP_INTERFACE: Event.SKIP_INTERFACE_FAILED,
    MethodKind.CIDR: Event.CIDR_FAILED,
}

Networks = tuple[Network, ...]


def by_walk(question: Question) -> Selection:
    """Return what one of the four methods chooses.

    A wrong regex or network fails the whole method, whatever the interfaces are.
    """
    passed_over = name_filter(question.method, question.version, windows=question.windows)
    if isinstance(passed_over, RegexpError):
        error = str(passed_over)
        warning = question.messages(Event.REGEX_INVALID, error=error)
        return nothing([error], (*warning, *_failure(question, (), error)))
    networks = _networks(question.method)
    if isinstance(networks, str):
        messages = question.messages(Event.CIDR_INVALID, item=networks, method=question.method.text)
        return nothing([f"{networks!r} is no network: the whole method fails"], messages)
    if question.inventory is None:
        return undecided(NO_INVENTORY)
    return _walk(question, question.inventory, passed_over, networks)


@functools.lru_cache(maxsize=256)
def _networks(method: Method) -> Networks | str:
    """Return the networks of ``cidr=`` (none for the others), or the first item that is none."""
    networks = []
    for item in method.items if method.kind is MethodKind.CIDR else ():
        parsed = parse_cidr(item)
        if parsed is None:
            return item
        networks.append(parsed[1])
    return tuple(networks)


def _walk(
    question: Question, inventory: Inventory, passed_over: NameFilter, networks: Networks
) -> Selection:
    found, reasons, let_through = _visit(question, inventory, passed_over, networks)
    doubt = ""
    if not inventory.complete:
        doubt = _doubt(question, inventory, networks)
        reasons.append(ASSUMPTION)
    if doubt or len(found) > 1:
        return undecided(doubt or NO_ORDER, found, reasons, exhaustive=not doubt)
    if found:
        fields = {"address": found[0].address, "interface": found[0].interface}
        event = _FOUND[question.method.kind]
        messages = question.messages(event, **fields, items=_items(question, networks))
        return chosen(found[0], reasons, messages)
    error = "no valid host interfaces found"
    if let_through:
        error = f"no valid IPv{question.family.value} addresses found on the host interfaces"
    return nothing(reasons, _failure(question, networks, error))


def _visit(
    question: Question, inventory: Inventory, passed_over: NameFilter, networks: Networks
) -> tuple[list[Candidate], list[str], bool]:
    """Return what qualifies, why each interface does or not, and whether any name got through.

    Ends at the first that qualifies where the order is known.
    """
    wanted = _wanted(question.family, networks)
    whose = "the" if inventory.ordered else "its"
    found: list[Candidate] = []
    reasons: list[str] = []
    let_through = False
    for interface in reversed(inventory.interfaces):
        reason = passed_over(interface.name)
        if reason is not None:
            reasons.append(reason)
            continue
        let_through = True
        address = qualifying(interface, question.family, networks)
        if address is None:
            reasons.append(f"{interface.name}: has no {wanted}")
            continue
        candidate = Candidate(printed(address, question.version), interface.name)
        found.append(candidate)
        reasons.append(f"{interface.name}: {candidate.address} is {whose} first {wanted}")
        if inventory.ordered:
            break
    return found, reasons, let_through


def _wanted(family: Family, networks: Networks) -> str:
    where = f" in {', '.join(map(str, networks))}" if networks else ""
    return f"global unicast {family.label} address{where}"


def _items(question: Question, networks: Networks) -> tuple[str, ...]:
    return tuple(map(str, networks)) or question.method.items


def _failure(question: Question, networks: Networks, error: str) -> tuple[Message, ...]:
    event = _NOT_FOUND[question.method.kind]
    return question.messages(event, items=_items(question, networks), error=error)


def _doubt(question: Question, inventory: Inventory, networks: Networks) -> str:
    """Return why interfaces that the inventory leaves out may matter; empty where none can."""
    if networks and all(network.family is not question.family for network in networks):
        return ""
    if not _lists(inventory, question.family):
        return (
            f"the annotation lists no {question.family.label} address; Calico leaves a family"
            " out of it that is not enabled"
        )
    name = hidden_match(question.method, question.version, windows=question.windows)
    if name is None:
        return ""
    return f"an interface that the annotation does not list may be chosen, if one is called {name}"


def _lists(inventory: Inventory, family: Family) -> bool:
    """Whether the inventory has any address of ``family``."""
    for interface in inventory.interfaces:
        for address in interface.addresses:
            known = parse_ip(address.address)
            if known is not None and known.family is family:
                return True
    return False
