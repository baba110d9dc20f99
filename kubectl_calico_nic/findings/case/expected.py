"""Which address a node should have, and whether an address is that."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.findings.case.addresses import holds, network_of, same_address

INTERNAL_IP = "InternalIP"
EXPECT_CIDR = "--expect-cidr"
EXPECT_INTERFACE = "--expect-interface"


@dataclass(frozen=True, slots=True)
class Expected:
    """The expectation of one node in one family.

    ``source`` says who expects it. ``address`` is the one address expected, None where several
    would do. ``network`` is the network it is in and ``interface`` the NIC that has it, None where
    not known; ``network_is_own`` says that the network was read on this node, not concluded from
    others. ``cidrs`` and ``names`` are those of ``--expect-cidr`` (of this family) and
    ``--expect-interface``. ``is_lost`` says that no NIC of the node has ``address`` now.
    """

    source: str
    address: str | None = None
    network: str | None = None
    interface: str | None = None
    network_is_own: bool = False
    cidrs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    is_lost: bool = False

    @property
    def is_asked_for(self) -> bool:
        """Whether the user said it with a flag."""
        return bool(self.cidrs or self.names)

    @property
    def words(self) -> str:
        """The expectation for people: ``172.16.10.23 (InternalIP)``."""
        if self.cidrs:
            return f"{', '.join(self.cidrs)} ({EXPECT_CIDR})"
        if self.names:
            return f"{', '.join(self.names)} ({EXPECT_INTERFACE})"
        return f"{self.address} ({self.source})"

    def is_inside(self, address: str) -> bool | None:
        """Whether ``address`` is in the expected network; None when that cannot be told."""
        if self.cidrs:
            return any(holds(cidr, address) for cidr in self.cidrs)
        if self.is_asked_for or self.address is None:
            return None
        return self._is_beside_internal_ip(address, self.address)

    def _is_beside_internal_ip(self, address: str, internal_ip: str) -> bool | None:
        if same_address(address, internal_ip):
            return True
        if self.network is not None and (self.network_is_own or holds(self.network, address)):
            return holds(self.network, address)
        own = network_of(address)
        if own is None and "/" not in address:
            return None if self.network is None else False
        return own is not None and holds(own, internal_ip)

    def is_on_nic(self, interface: str | None) -> bool | None:
        """Whether ``interface`` is one of those asked for; None when that cannot be told."""
        if not self.names or interface is None:
            return None
        return interface in self.names

    def allows(self, address: str, interface: str | None) -> bool | None:
        """Whether nothing expected speaks against ``address``; None when that cannot be told."""
        said = [self.is_on_nic(interface)] if self.names else []
        if self.cidrs or not self.names:
            said.append(self.is_inside(address))
        if False in said:
            return False
        return None if None in said else True

    def why_untold(self, address: str, interface: str | None) -> str:
        """Why ``allows`` cannot tell; empty where it can."""
        if self.allows(address, interface) is not None:
            return ""
        if self.names and interface is None:
            return "the NIC is not known"
        return f"the prefix length of {address} is not known"

    def is_met_by(self, address: str, interface: str | None) -> bool:
        """Whether a method that gives ``address`` on ``interface`` gives what is expected."""
        if self.address is not None:
            return same_address(address, self.address)
        inside = self.is_inside(address) if self.cidrs else True
        on_nic = self.is_on_nic(interface) if self.names else True
        return inside is True and on_nic is True
