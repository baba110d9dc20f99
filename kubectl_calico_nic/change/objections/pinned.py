"""What other Calico objects say about an address that would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from kubectl_calico_nic.change.forecast import Outlook
from kubectl_calico_nic.change.objections.node import is_same
from kubectl_calico_nic.findings.case.addresses import bare, holds, network_of, same_address
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.snapshot.calico_objects import CalicoObjects

_CROSS_SUBNET = "CrossSubnet"
_SHOWN = 5
_MOST_PAIRED = 400
"""Pairs grow with the square of the nodes: beyond so many the networks alone are compared."""


def address_pinned(objects: CalicoObjects, outlooks: Sequence[Outlook]) -> Iterator[Finding]:
    """The refusal to change an address that another object names.

    A BGPPeer with the address as its ``peerIP`` loses its session; a HostEndpoint that expects the
    address, or sits on the NIC, no longer is about the traffic of the node.
    """
    peers = {
        bare(_address(peer.get("peerIP"))): _name(item)
        for item in objects.bgp_peers
        if (peer := _spec(item)).get("peerIP")
    }
    endpoints: dict[str, list[Mapping[str, Any]]] = {}
    for item in objects.host_endpoints:
        endpoints.setdefault(str(_spec(item).get("node", "")), []).append(item)
    for outlook in outlooks:
        now = outlook.member.choice.address
        if now is None or not outlook.decided or is_same(outlook):
            continue
        pinning = [f"BGPPeer {peers[bare(now)]}"] if bare(now) in peers else []
        pinning += [
            f"HostEndpoint {_name(item)}"
            for item in endpoints.get(outlook.member.name, ())
            if _pins(_spec(item), outlook, now)
        ]
        if pinning:
            yield Finding(
                "address-pinned",
                Severity.ERROR,
                f"{outlook.member.name}: {', '.join(pinning)} names {bare(now)}, which would "
                f"change to {outlook.then or 'nothing'}",
                "change these objects together with the method",
                outlook.member.name,
                outlook.member.family,
            )


def _pins(spec: Mapping[str, Any], outlook: Outlook, now: str) -> bool:
    expected = [str(address) for address in spec.get("expectedIPs") or ()]
    then = outlook.then
    names_old = any(same_address(address, now) for address in expected)
    names_new = then is not None and any(same_address(address, then) for address in expected)
    return names_old and not names_new


def reflectors_change(outlooks: Sequence[Outlook]) -> Iterator[Finding]:
    """The warning that every route reflector gets another address in the same roll."""
    reflectors = [
        outlook
        for outlook in outlooks
        if outlook.member.facts.node and outlook.member.facts.node.is_route_reflector
    ]
    moving = [found.member.name for found in reflectors if found.decided and not is_same(found)]
    if moving and len(moving) == len(reflectors):
        yield Finding(
            "route-reflectors-change",
            Severity.WARNING,
            f"every route reflector changes its address: {_shown(moving)}",
            "their clients lose all sessions for a moment: change one of them first (--canary)",
        )


def encapsulation_changes(objects: CalicoObjects, outlooks: Sequence[Outlook]) -> Iterator[Finding]:
    """The warning that CrossSubnet pools encapsulate between other nodes than before.

    Whether two nodes share a subnet is decided by the prefix of the address that Calico chose
    (l3_route_resolver.go, bird_ipam.cfg.template).
    """
    pools = [_name(item) for item in objects.ip_pools if _is_cross_subnet(_spec(item))]
    known = [found for found in outlooks if found.member.choice.address and found.then]
    if not pools or len(known) > _MOST_PAIRED:
        return
    changed = [
        (one.member.name, other.member.name)
        for one, other in combinations(known, 2)
        if one.member.family is other.member.family
        and _share(one.member.choice.address, other.member.choice.address)
        is not _share(one.then, other.then)
    ]
    if changed:
        first, second = changed[0]
        yield Finding(
            "encapsulation-changes",
            Severity.WARNING,
            f"IPPool {_shown(pools)} is CrossSubnet: between {len(changed)} pairs of nodes "
            f"({first} and {second} for one) traffic is encapsulated where it was not, or the "
            "other way round",
            "check the MTU and that the network lets pod addresses, or IPIP and VXLAN, through",
        )


def _share(one: str | None, other: str | None) -> bool:
    network = network_of(one or "")
    return network is not None and holds(network, other or "")


def _is_cross_subnet(spec: Mapping[str, Any]) -> bool:
    modes = (spec.get("ipipMode"), spec.get("vxlanMode"))
    return _CROSS_SUBNET in modes and not spec.get("disabled")


def _address(peer_ip: object) -> str:
    """The address of ``peerIP``, which may have a port: ``10.0.0.1:179``, ``[fd00::1]:179``."""
    text = str(peer_ip)
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _spec(item: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = item.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _name(item: Mapping[str, Any]) -> str:
    return str((item.get("metadata") or {}).get("name", ""))


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
