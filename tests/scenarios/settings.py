"""What the environment asks for, and what the running Calico makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.calico.log.reading import LogReading, Outcome
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import VERSION, cluster, decision, detected, log, nics, node
from tests.scenarios.scenario import (
    Scenario,
    Without,
    elsewhere,
    in_every_pod,
    right,
    without_internal_ips,
    without_inventories,
)

INTERNAL_IP = "kubernetes-internal-ip"


def running(version: str, *decisions: Any) -> LogReading:
    return log(*decisions, version=Version.parse(version))


def internal_ip(version: str, address: str, number: int = 1) -> NodeFacts:
    """A node that found its InternalIP by that method, and stored ``address``."""
    found = detected(address, method=INTERNAL_IP)
    return node(
        f"n{number}",
        internal_ip=f"10.0.0.{number}",
        stored=address,
        log=running(version, found),
    )


def on_version(facts: NodeFacts, version: str) -> NodeFacts:
    assert facts.log is not None
    return replace(facts, log=replace(facts.log, version=Version.parse(version)))


def dual_stack(number: int = 1) -> NodeFacts:
    """A node with an InternalIP of each family, of which Calico has the IPv4 one."""
    address = f"10.0.0.{number}/24"
    return node(
        f"n{number}",
        internal_ip=(f"10.0.0.{number}", f"2001:db8::{number}"),
        stored=address,
        log=detected(address, "eth0"),
    )


def by_env(snapshot: Snapshot, *entries: Mapping[str, Any]) -> Snapshot:
    """``snapshot`` with these entries behind those of the template and of every pod."""
    owner = snapshot.daemon_sets[0]
    container = {**owner.container, "env": [*owner.container["env"], *entries]}
    nodes = tuple(
        replace(facts, pod=facts.pod and replace(facts.pod, container=container))
        for facts in snapshot.nodes
    )
    return replace(snapshot, nodes=nodes)


def host_ip(name: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}


def beside(container: str, **env: str) -> dict[str, Any]:
    """An init container with these variables."""
    entries = [{"name": name, "value": value} for name, value in env.items()]
    return {"initContainers": [{"name": container, "env": entries}]}


def installation(name: str, **method: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "spec": {"calicoNetwork": {"nodeAddressAutodetectionV4": method}},
    }


def installed(*installations: Mapping[str, Any]) -> Snapshot:
    snapshot = cluster(right(1), method="interface=eth0")
    return replace(snapshot, installations=installations)


STARTUP = "2026-01-01 12:00:0{}.000 [INFO][9] startup/{}: {}"
MIXED = read_log(
    [
        STARTUP.format(0, "startup.go 390", "Early log level set to info"),
        "I0101 12:00:00.400000       1 main.go:210] Found network config",
        STARTUP.format(1, "startup.go 101", f"Starting node n1 with version {VERSION}"),
        "I0101 12:00:01.700000       1 match.go:206] Using interface with name eth1 and address "
        "192.168.7.1",
        STARTUP.format(
            2,
            "autodetection_methods.go 103",
            "Using autodetected IPv4 address on interface eth0: 10.0.0.1/24",
        ),
        'level=warning msg="Unable to auto-detect an IPv4 address: no valid host interfaces found"',
        STARTUP.format(3, "startup.go 213", "Using node name: n1"),
        "Calico node started successfully",
    ]
)
TOO_OLD = "v3.21.6"


HEALTHY: dict[str, Scenario] = {
    "a log of another container mixed in": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24", log=MIXED)), set()
    ),
    "kubernetes-internal-ip of a version that stores the address": Scenario(
        cluster(internal_ip("v3.22.4", "10.0.0.1/24"), method=INTERNAL_IP, version="v3.22.4"),
        set(),
    ),
    "the versions with a bug of kubernetes-internal-ip, under another method": Scenario(
        cluster(on_version(right(1), "v3.22.1"), method="interface=eth0", version="v3.22.1"), set()
    ),
    "kubernetes-internal-ip that reads the InternalIP once, and it never changed": Scenario(
        cluster(internal_ip("v3.26.1", "10.0.0.1/24"), method=INTERNAL_IP, version="v3.26.1"),
        set(),
    ),
    "an expected NIC that every version leaves out, chosen by its name": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=running("v3.20.0", detected("10.0.0.1/24", "fiblo1", "interface")),
                inventory=nics("fiblo1 10.0.0.1/24"),
            ),
            method="interface=fiblo1",
            version="v3.20.0",
        ),
        set(),
    ),
    "an old Calico whose IP by hand has no length, and no CrossSubnet": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/32",
                log=running("v3.17.0", decision(Outcome.EXPLICIT, "10.0.0.1/32")),
            ),
            ip="10.0.0.1",
            version="v3.17.0",
            env={"CALICO_IPV4POOL_IPIP": "Always"},
        ),
        set(),
    ),
    "an upgrade under way: the method comes with the version that knows it": Scenario(
        cluster(
            on_version(right(1), TOO_OLD),
            internal_ip("v3.24.6", "10.0.0.2/24", 2),
            method=INTERNAL_IP,
            status={"desiredNumberScheduled": 2, "updatedNumberScheduled": 1},
        ),
        set(),
    ),
    "a regex that fits several NICs of which one has an address": Scenario(
        cluster(
            right(1, inventory=nics("bond1.2 fe80::1/64", "bond1", "eth0 10.0.0.1/24")),
            method="interface=.*",
        ),
        set(),
    ),
    "kubectl set env sets the variable on every container": Scenario(
        cluster(
            right(1),
            method="interface=eth0",
            pod=beside("install-cni", IP_AUTODETECTION_METHOD="interface=eth0"),
        ),
        set(),
    ),
    "a variable twice, with the same value": Scenario(
        by_env(
            cluster(right(1), method="interface=eth0"),
            {"name": "IP_AUTODETECTION_METHOD", "value": "interface=eth0"},
        ),
        set(),
    ),
    "an overlay that says the same as the default Installation": Scenario(
        installed(
            installation("default", interface="eth0"), installation("overlay", interface="eth0")
        ),
        set(),
    ),
    "an overlay beside the operator's own default": Scenario(
        installed(
            installation("default", firstFound=True), installation("overlay", interface="eth0")
        ),
        set(),
    ),
    "an overlay that says nothing of the method": Scenario(
        installed(
            installation("default", interface="eth0"),
            {"metadata": {"name": "overlay"}, "spec": {"calicoNetwork": {"mtu": 1400}}},
        ),
        set(),
    ),
    "IP from status.hostIP, and no method": Scenario(
        by_env(cluster(right(1), ip=None), host_ip("IP")), set()
    ),
    "IPv6 off on nodes that have it, and nobody asked for it": Scenario(
        cluster(dual_stack(), env={"IP6": "none", "FELIX_IPV6SUPPORT": "false"}), set()
    ),
    "kOps: the default IPv6 method on nodes that have IPv6": Scenario(
        cluster(dual_stack(), env={"IP6": "none", "IP6_AUTODETECTION_METHOD": "first-found"}),
        set(),
    ),
}

INFORMATION: dict[str, Scenario] = {
    "a regex that fits several NICs, where all agree on another network": Scenario(
        cluster(
            *(
                elsewhere(
                    number,
                    inventory=nics(f"eth0 10.0.0.{number}/24", f"eth1 192.168.7.{number}/24"),
                )
                for number in (1, 2)
            ),
            method="interface=eth",
        ),
        {"n1 differs-from-internal-ip", "n2 differs-from-internal-ip"},
    ),
}

WRONG: dict[str, Scenario] = {
    "kubernetes-internal-ip stores the network's address": Scenario(
        cluster(
            internal_ip("v3.22.1", "10.0.0.0/24"),
            method=INTERNAL_IP,
            version="v3.22.1",
        ),
        {"n1 known-bug"},
    ),
    "the same, with the interfaces known": Scenario(
        cluster(
            replace(internal_ip("v3.23.1", "10.0.0.0/24"), inventory=nics("eth0 10.0.0.1/24")),
            method=INTERNAL_IP,
            version="v3.23.1",
        ),
        {"n1 known-bug"},
    ),
    "the InternalIP changed, and kubernetes-internal-ip did not notice": Scenario(
        cluster(
            internal_ip("v3.26.1", "10.0.0.9/24"),
            method=INTERNAL_IP,
            version="v3.26.1",
        ),
        {"n1 known-bug"},
    ),
    "the expected NIC has lo in its name": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=running("v3.22.0", detected("192.168.7.1/24", "eth1")),
                inventory=nics("fiblo1 10.0.0.1/24", "eth1 192.168.7.1/24"),
            ),
            version="v3.22.0",
        ),
        {"n1 wrong-network", "n1 known-bug"},
    ),
    "Calico's own tunnel was chosen": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=running("v3.24.3", detected("10.244.1.0/32", "vxlan.calico")),
                inventory=nics("eth0 10.0.0.1/24", "vxlan.calico 10.244.1.0/32"),
            ),
            version="v3.24.3",
        ),
        {"n1 wrong-network", "n1 foreign-bridge", "n1 known-bug"},
    ),
    "an old Calico whose IP by hand has no length, with CrossSubnet": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/32",
                log=running("v3.17.0", decision(Outcome.EXPLICIT, "10.0.0.1/32")),
            ),
            ip="10.0.0.1",
            version="v3.17.0",
            env={"CALICO_IPV4POOL_IPIP": "CrossSubnet"},
        ),
        {"n1 known-bug"},
    ),
    "the template has a method that its Calico does not know": Scenario(
        cluster(
            on_version(
                node(
                    "n1",
                    internal_ip="10.0.0.1",
                    stored="10.0.0.1/24",
                    log=detected("10.0.0.1/24", "eth0"),
                    env={"IP": "autodetect"},
                ),
                TOO_OLD,
            ),
            method=INTERNAL_IP,
            version=TOO_OLD,
        ),
        {"n1 method-too-new"},
    ),
    "an unanchored name takes a VLAN, and nothing says what is right": Scenario(
        cluster(
            node(
                "n1",
                log=detected("192.168.7.1/24", "bond1.2", "interface"),
                inventory=nics("bond1 10.0.0.1/24", "bond1.2 192.168.7.1/24"),
            ),
            method="interface=bond1",
        ),
        {"n1 method-ambiguous", "n1 no-expectation"},
    ),
    "an unanchored name takes a VLAN instead of the InternalIP": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=detected("192.168.7.1/24", "bond1.2", "interface"),
                inventory=nics("bond1 10.0.0.1/24", "bond1.2 192.168.7.1/24"),
            ),
            method="interface=bond1",
        ),
        {"n1 wrong-network", "n1 method-ambiguous"},
    ),
    "a network that two NICs are in": Scenario(
        cluster(
            node(
                "n1",
                log=detected("172.16.16.1/23", "bond3", "cidr"),
                inventory=nics("bond4 172.16.10.1/24", "bond3 172.16.16.1/23"),
            ),
            method="cidr=172.16.0.0/16",
        ),
        {"n1 method-ambiguous", "n1 no-expectation"},
    ),
    "IP from status.hostIP: the method is never read": Scenario(
        by_env(
            cluster(
                node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24", log=log()),
                ip=None,
                method="interface=eth0",
            ),
            host_ip("IP"),
        ),
        {"n1 method-no-effect"},
    ),
    "a method twice: the last one counts": Scenario(
        by_env(
            cluster(right(1), method="interface=eth1"),
            {"name": "IP_AUTODETECTION_METHOD", "value": "interface=eth0"},
        ),
        {"n1 method-no-effect"},
    ),
    "the method is on a container that does not read it": Scenario(
        cluster(
            elsewhere(1),
            right(2),
            pod=beside("install-cni", IP_AUTODETECTION_METHOD="interface=eth0"),
        ),
        {"n1 wrong-network", "- method-no-effect"},
    ),
    "an overlay wins over the default Installation": Scenario(
        installed(
            installation("default", interface="eth1"),
            installation("overlay", kubernetes="NodeInternalIP"),
        ),
        {"- method-no-effect"},
    ),
    "an IPv6 method without IP6, on a node that has IPv6": Scenario(
        cluster(dual_stack(), env={"IP6": "none", "IP6_AUTODETECTION_METHOD": "interface=eth0"}),
        {"n1 ipv6-not-enabled"},
    ),
    "IP6 is on, and Felix leaves IPv6 alone": Scenario(
        cluster(
            node(
                "n1",
                internal_ip=("10.0.0.1", "2001:db8::1"),
                stored=("10.0.0.1/24", "2001:db8::1/64"),
                log=log(detected("10.0.0.1/24", "eth0"), detected("2001:db8::1/64", "eth0")),
            ),
            env={"IP6": "autodetect", "FELIX_IPV6SUPPORT": "false"},
        ),
        {"n1 ipv6-not-enabled"},
    ),
}


def upgraded(snapshot: Snapshot) -> Snapshot:
    """The template's image is a Calico that knows every method."""
    return replace(snapshot, daemon_sets=cluster(method=INTERNAL_IP).daemon_sets)


def on(version: str) -> Callable[[Snapshot], Snapshot]:
    def change(snapshot: Snapshot) -> Snapshot:
        nodes = tuple(on_version(facts, version) for facts in snapshot.nodes)
        return replace(snapshot, nodes=nodes)

    return change


WITHOUT: dict[str, Without] = {
    "known-bug": Without("kubernetes-internal-ip stores the network's address", on("v3.30.0")),
    "method-too-new": Without("the template has a method that its Calico does not know", upgraded),
    "method-ambiguous": Without("a network that two NICs are in", without_inventories),
    "method-no-effect": Without(
        "a method twice: the last one counts",
        in_every_pod(IP="autodetect", IP_AUTODETECTION_METHOD="interface=eth0"),
    ),
    "ipv6-not-enabled": Without(
        "an IPv6 method without IP6, on a node that has IPv6", without_internal_ips
    ),
}
