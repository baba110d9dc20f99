"""A cluster of many nodes on which a few are wrong, each for one of a few causes."""

from __future__ import annotations

import dataclasses

from kubectl_calico_nic.simulator.nodes.host_network import Nic, host_network
from kubectl_calico_nic.simulator.story import SimulatedNode, Story, incident

ON_STORAGE = (7, 18, 31, 50)
ON_A_BRIDGE = (13, 42)
IN_THE_VIP = 57
WRONG = (*ON_STORAGE, *ON_A_BRIDGE, IN_THE_VIP)
_UPTIME = 200.0


def wide_story(count: int = 400) -> Story:
    """``count`` nodes whose cluster network is bond4 172.20.0.0/16; seven of them are elsewhere."""
    nodes = tuple(_node(number) for number in range(1, count + 1))
    return dataclasses.replace(incident(), nodes=nodes, uptime=_UPTIME)


def _node(number: int) -> SimulatedNode:
    high, low = divmod(number, 250)
    cluster = Nic("bond4", (f"172.20.{high}.{low + 1}/16",))
    storage = Nic("bond3", (f"172.16.{high + 16}.{low + 1}/20",), mtu=9000)
    management = Nic("mgmt", (f"10.9.{high}.{low + 1}/16",))
    return SimulatedNode(
        name=f"node-{number:03}",
        network=host_network(
            (management, *_in_order(number, storage, cluster)),
            gateway=("172.20.255.254", "bond4"),
        ),
        internal_ips=(f"172.20.{high}.{low + 1}",),
    )


def _in_order(number: int, storage: Nic, cluster: Nic) -> tuple[Nic, ...]:
    """The NICs in the kernel's order: first-found takes the last one."""
    if number in ON_STORAGE:
        return cluster, storage
    if number in ON_A_BRIDGE:
        return storage, cluster, Nic("lxdbr1", ("10.55.0.1/24",))
    if number == IN_THE_VIP:
        own, *_ = cluster.addresses
        return storage, dataclasses.replace(cluster, addresses=("10.0.0.100/32", own))
    return storage, cluster
