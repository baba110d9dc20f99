"""The annotation ``projectcalico.org/Interfaces`` (Calico v3.31.0 and newer) -> an inventory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kubectl_calico_nic.calico.inventory import (
    Interface,
    InterfaceAddress,
    Inventory,
    InventorySource,
)
from kubectl_calico_nic.go.net import parse_ip


def parse_interfaces_annotation(text: str) -> Inventory:
    """Return the interfaces that calico-node wrote into the annotation; never raises.

    They are sorted by name, so their order is not known; their addresses are in kernel order,
    without prefix lengths; the interfaces that Calico excludes by default are missing, and so are
    the addresses of a family that is not enabled. Broken JSON gives an inventory of no interfaces,
    which decides nothing. Mirrors fillAllInterfaces of libcalico-go's k8s/resources/node.go.
    """
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        decoded = None
    return Inventory(
        interfaces=tuple(_interfaces(decoded)),
        source=InventorySource.ANNOTATION,
        ordered=False,
        complete=False,
    )


def _interfaces(decoded: Any) -> Iterator[Interface]:
    for item in decoded if isinstance(decoded, list) else ():
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            yield Interface(item["name"], tuple(_addresses(item.get("addresses"))))


def _addresses(decoded: Any) -> Iterator[InterfaceAddress]:
    for item in decoded if isinstance(decoded, list) else ():
        address = parse_ip(item) if isinstance(item, str) else None
        if address is not None:
            yield InterfaceAddress(address.text)
