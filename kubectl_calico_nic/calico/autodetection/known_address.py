"""``kubernetes-internal-ip`` and ``can-reach=``: an address first, then the NIC that has it.

Mirrors autodetection_methods.go (autoDetectUsingK8sInternalIP, GetLocalCIDR) and reachaddr.go of
calico-node. No interface is excluded and the address need not be global unicast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kubectl_calico_nic.calico.autodetection.host_addresses import holders, printed
from kubectl_calico_nic.calico.autodetection.network_address_bug import stores_network_address
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
from kubectl_calico_nic.calico.autodetection.reach import reach
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.messages import Event, Message
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.go.net import Address, parse_cidr, parse_ip

_NOT_LISTED = "the address is on no interface that the annotation lists"
_QUIET_SINCE = Version(3, 21, 0)
"""From here on can-reach= logs the addresses that it compares at DEBUG only."""


def by_internal_ip(question: Question, internal_ips: Sequence[str] | None) -> Selection:
    """Return what ``kubernetes-internal-ip`` chooses; ``internal_ips`` as ``select`` takes them."""
    if internal_ips is None:
        return undecided("the Node's InternalIP is not known")
    text, wanted = next(_of_family(internal_ips, question), ("", None))
    if wanted is None:
        reason = f"the Node has no InternalIP of {question.family.label}"
        return nothing([reason], _unparsable(question, ""))
    located = _locate(question, wanted)
    if isinstance(located, Selection):
        return located
    reasons = _reasons(question.inventory, wanted, located)
    if located is None:
        missing = question.messages(Event.LOCAL_CIDR_MISSING, address=text)
        return nothing(reasons, (*missing, *_unparsable(question, text)))
    messages = question.messages(Event.LOCAL_CIDR, address=located.address)
    if stores_network_address(question.version):
        return _network_instead(located, reasons, messages)
    return chosen(located, reasons, messages)


def by_reach(question: Question, routes: Mapping[str, str]) -> Selection:
    """Return what ``can-reach=`` chooses; ``routes`` as ``select`` takes them."""
    (destination,) = question.method.items
    answer = reach(destination, question.family, question.inventory, routes)
    if answer.error is not None:
        return nothing([answer.error], _unreached(question, answer.error))
    source = parse_ip(answer.source or "")
    if source is None:
        return undecided(answer.why_unknown, _possible_sources(question))
    located = _locate(question, source)
    if isinstance(located, Selection):
        return located
    reasons = _reasons(question.inventory, source, located)
    connected = question.messages(
        Event.CAN_REACH_SOURCE, destination=destination, address=source.text
    )
    compared = _compared(question, located)
    if located is None:
        error = (
            f"autodetected IPv{question.family.value} address does not match any addresses found"
            f" on local interfaces: {source.text}"
        )
        return nothing(reasons, (*connected, *compared, *_unreached(question, error)))
    messages = question.messages(Event.CAN_REACH, address=located.address, destination=destination)
    return chosen(located, reasons, (*connected, *compared, *messages))


def _of_family(texts: Sequence[str], question: Question) -> Iterator[tuple[str, Address]]:
    for text in texts:
        address = parse_ip(text)
        if address is not None and address.family is question.family:
            yield text, address


def _locate(question: Question, wanted: Address) -> Candidate | Selection | None:
    """Return where ``wanted`` is, None where the host lacks it, or why that is not known."""
    inventory = question.inventory
    if inventory is None:
        return undecided(NO_INVENTORY, [Candidate(wanted.text, None)])
    found = (
        Candidate(printed(address, question.version), interface.name)
        for interface, address in holders(inventory, wanted)
    )
    candidates = list(dict.fromkeys(found))
    if len(candidates) > 1 and not inventory.ordered:
        return undecided(NO_ORDER, candidates, exhaustive=inventory.complete)
    if not candidates and not inventory.complete:
        return undecided(_NOT_LISTED, [Candidate(wanted.text, None)])
    return candidates[0] if candidates else None


def _reasons(inventory: Inventory | None, wanted: Address, located: Candidate | None) -> list[str]:
    reasons = []
    for interface in reversed(inventory.interfaces if inventory else ()):
        if located is not None and interface.name == located.interface:
            reasons.append(f"{interface.name}: has {wanted.text}")
            break
        reasons.append(f"{interface.name}: does not have {wanted.text}")
    return reasons


def _unparsable(question: Question, address: str) -> tuple[Message, ...]:
    error = f"invalid CIDR address: {address}"
    return question.messages(Event.INTERNAL_IP_UNPARSABLE, address=address, error=error)


def _network_instead(
    located: Candidate, reasons: list[str], messages: tuple[Message, ...]
) -> Selection:
    """Return the network that the versions with the bug take for the address."""
    parsed = parse_cidr(located.address)
    if parsed is None:
        return undecided("the prefix length is not known, and this version stores the network")
    return chosen(Candidate(str(parsed[1]), located.interface), reasons, messages)


def _unreached(question: Question, error: str) -> tuple[Message, ...]:
    (destination,) = question.method.items
    return question.messages(Event.CAN_REACH_FAILED, destination=destination, error=error)


def _compared(question: Question, located: Candidate | None) -> tuple[Message, ...]:
    """Return what older versions log while they look for the address among the interfaces."""
    messages: list[Message] = []
    if question.version >= _QUIET_SINCE or question.inventory is None:
        return ()
    for interface in reversed(question.inventory.interfaces):
        messages += question.messages(Event.CAN_REACH_INTERFACE, interface=interface.name)
        for address in interface.addresses:
            known = parse_ip(address.address)
            if known is None or known.family is not question.family:
                continue
            text = printed(address, question.version)
            messages += question.messages(Event.CAN_REACH_CIDR, address=text)
            if located == Candidate(text, interface.name):
                return (*messages, *question.messages(Event.CAN_REACH_MATCH, address=text))
    return tuple(messages)


def _possible_sources(question: Question) -> list[Candidate]:
    """Return the addresses that a route may make the source."""
    inventory = question.inventory
    return [
        Candidate(printed(address, question.version), interface.name)
        for interface in reversed(inventory.interfaces if inventory else ())
        for address in interface.addresses
        if (known := parse_ip(address.address)) is not None
        and known.family is question.family
        and known.is_global_unicast
    ]
