"""A node's network interfaces as calico-node sees them (Go's ``net.Interfaces``)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from kubectl_calico_nic.family import Family, family_of


class InventorySource(enum.Enum):
    """Where an inventory was read; the value is what reports call it."""

    IP_ADDR = "ip addr"
    ANNOTATION = "projectcalico.org/Interfaces"


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """One address of an interface.

    ``address`` is the bare address in canonical text. ``prefix_length`` is None where the source
    does not say it (the Interfaces annotation). ``scope`` is iproute2's (``global``, ``link``,
    ``host``), ``label`` its label (``bond4:vip``), ``flags`` words such as ``secondary``,
    ``deprecated`` and ``tentative``.
    """

    address: str
    prefix_length: int | None = None
    scope: str | None = None
    label: str | None = None
    flags: frozenset[str] = frozenset()

    @property
    def family(self) -> Family:
        """The family of the address."""
        family = family_of(self.address)
        assert family is not None  # parsers admit addresses only
        return family

    @property
    def cidr(self) -> str:
        """``address/prefix_length``, or the bare address where the length is not known."""
        if self.prefix_length is None:
            return self.address
        return f"{self.address}/{self.prefix_length}"


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface.

    ``flags`` (``UP``, ``LOWER_UP``, ``NO-CARRIER``) and ``mtu`` (bytes) come from ``ip link`` and
    are None where that was not read. ``master`` is the bond or bridge it is enslaved to.
    ``index`` is the kernel's ifindex, None where not known.
    """

    name: str
    addresses: tuple[InterfaceAddress, ...] = ()
    index: int | None = None
    flags: frozenset[str] | None = None
    mtu: int | None = None
    master: str | None = None

    @property
    def is_up(self) -> bool | None:
        """Whether it is administratively up and has a carrier; None when not known."""
        if self.flags is None:
            return None
        return "UP" in self.flags and "NO-CARRIER" not in self.flags


@dataclass(frozen=True, slots=True)
class Inventory:
    """All interfaces of a node, in kernel order where ``ordered`` says so.

    ``complete`` is False when the source leaves out interfaces that Calico excludes by default
    (the Interfaces annotation does).
    """

    interfaces: tuple[Interface, ...]
    source: InventorySource = InventorySource.IP_ADDR
    ordered: bool = True
    complete: bool = True

    def interface_with(self, address: str) -> Interface | None:
        """The interface that has ``address`` (bare or with a length); None when none has.

        Where several have it: the last in kernel order, as Calico's backward walk finds it.
        """
        bare = address.partition("/")[0]
        for interface in reversed(self.interfaces):
            if any(candidate.address == bare for candidate in interface.addresses):
                return interface
        return None
