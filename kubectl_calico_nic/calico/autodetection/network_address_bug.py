"""The releases whose ``kubernetes-internal-ip`` stores the network's address, not the node's.

projectcalico/calico#6228; mirrors autoDetectUsingK8sInternalIP of autodetection_methods.go, which
returned what Go's ``net.ParseCIDR`` masks. The log shows the right address all the same.
"""

from __future__ import annotations

import netaddr

from kubectl_calico_nic.calico.known_bugs import INTERNAL_IP_STORES_NETWORK
from kubectl_calico_nic.calico.version import Version


def stores_network_address(version: Version) -> bool:
    """Whether ``version`` has the bug."""
    return INTERNAL_IP_STORES_NETWORK.is_in(version)


def stored_internal_ip(address: str, version: Version | None) -> str:
    """Return what ``version`` (None: not known) stores when it finds ``address`` (``A/length``)."""
    if version is None or not stores_network_address(version):
        return address
    try:
        return str(netaddr.IPNetwork(address).cidr)
    except (netaddr.AddrFormatError, ValueError):
        return address
