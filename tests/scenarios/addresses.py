"""What kind of address a node has: lost, virtual, one that others have as well."""

from __future__ import annotations

from dataclasses import replace

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import Outcome, Stage
from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import annotated_nics, cluster, decision, detected, log, nics, node
from tests.scenarios.scenario import (
    CRASHING,
    Scenario,
    Without,
    every_node,
    right,
    without_inventories,
    without_logs,
)

HOME = "10.0.0.1/24"


def one(address: str, nic: str | None, *lines: str, **values: object) -> NodeFacts:
    """Node n1 (InternalIP 10.0.0.1) that found ``address``, with these NICs, if any."""
    settings = {"internal_ip": "10.0.0.1", "stored": address, **values}
    found = detected(address, nic)
    inventory = nics(*lines) if lines else None
    return node("n1", log=found, inventory=inventory, **settings)  # type: ignore[arg-type]


def dhcpv6() -> Inventory:
    """A NIC with a lease of a single address beside the one it made of a router's prefix."""
    return parse_addresses(
        "2: eth0    inet6 2001:db8::77/128 scope global dynamic noprefixroute\n"
        "2: eth0    inet6 2001:db8::1/64 scope global dynamic mngtmpaddr\n"
    )


def point_to_point() -> Inventory:
    return parse_addresses(
        "2: eth0    inet 10.0.0.1/24 scope global eth0\n"
        "3: ppp0    inet 10.9.0.2 peer 10.9.0.1/32 scope global ppp0\n"
        "3: ppp0    inet 10.9.1.2/24 scope global ppp0\n"
    )


def vagrant(number: int) -> NodeFacts:
    address = f"192.168.56.1{number}/24"
    return node(
        f"n{number}", internal_ip="10.0.2.15", stored=address, log=detected(address, "eth1")
    )


HEALTHY: dict[str, Scenario] = {
    "an address that its NIC has": Scenario(cluster(one(HOME, "eth0", f"eth0 {HOME}")), set()),
    "an address that the Interfaces annotation leaves out proves nothing": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored=HOME,
                inventory=annotated_nics("eth9 10.9.9.9"),
            )
        ),
        set(),
    ),
    "etcd: a start's log line may be older than what the NICs have now": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=detected("10.0.0.9/24", "eth0"),
                inventory=nics(f"eth0 {HOME}"),
            )
        ),
        set(),
    ),
    "a log that could not confirm an address which a NIC has by now": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored=HOME,
                log=decision(Outcome.EXPLICIT, HOME, unconfirmed=True),
                inventory=nics(f"eth0 {HOME}"),
            ),
            ip=HOME,
        ),
        set(),
    ),
    "a provider translates addresses: IP by hand is the InternalIP, on no NIC": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="203.0.113.1",
                stored="203.0.113.1/32",
                log=decision(Outcome.EXPLICIT, "203.0.113.1/32", unconfirmed=True),
                inventory=nics("eth0 10.0.0.1/24"),
            ),
            ip="203.0.113.1",
        ),
        set(),
    ),
    "an address of /31": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.0",
                stored="10.0.0.0/31",
                log=detected("10.0.0.0/31", "eth0"),
                inventory=nics("eth0 10.0.0.0/31"),
            )
        ),
        set(),
    ),
    "a cloud's /32 as the only address of its NIC": Scenario(
        cluster(one("10.0.0.1/32", "eth0", "lo 127.0.0.1/8", "eth0 10.0.0.1/32")), set()
    ),
    "a loopback's /32 that the routers know": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.255.0.1",
                stored="10.255.0.1/32",
                log=detected("10.255.0.1/32", "lo", "interface"),
                inventory=nics("lo 127.0.0.1/8 10.255.0.1/32", "eth0 10.0.0.1/31"),
            ),
            method="interface=^lo$",
        ),
        set(),
    ),
    "a dummy's /32 beside a /24 of its own": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=detected("10.0.0.77/32", "dummy0", "interface"),
                inventory=nics("eth0 10.0.0.1/24", "dummy0 10.0.0.77/32 10.0.7.1/24"),
            ),
            method="interface=^dummy0$",
        ),
        set(),
    ),
    "a /32 that is the InternalIP itself": Scenario(
        cluster(one("10.0.0.1/32", "eth0", "eth0 10.0.0.1/32 10.0.0.200/24")), set()
    ),
    "a mesh VPN's /32 that is the InternalIP": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="100.64.0.1",
                log=detected("100.64.0.1/32", "tailscale0"),
                inventory=nics("tailscale0 100.64.0.1/32"),
            )
        ),
        set(),
    ),
    "a /128 that DHCPv6 leased": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="2001:db8::1",
                stored="2001:db8::77/128",
                log=detected("2001:db8::77/128", "eth0"),
                inventory=dhcpv6(),
            ),
            ip="none",
            env={"IP6": "autodetect"},
        ),
        set(),
    ),
    "the near end of a link between two": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.9.1.2",
                log=detected("10.9.0.2/32", "ppp0", "interface"),
                inventory=point_to_point(),
            ),
            method="interface=^ppp0$",
        ),
        set(),
        Question(expect_cidrs=("10.9.0.0/16",)),
    ),
    "shared InternalIPs, and the user says what is right": Scenario(
        cluster(vagrant(1), vagrant(2)), set(), Question(expect_cidrs=("192.168.56.0/24",))
    ),
}

INFORMATION: dict[str, Scenario] = {}

WRONG: dict[str, Scenario] = {
    "the stored address is on no NIC": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.9/24",
                log=log(),
                inventory=nics(f"eth0 {HOME}"),
            ),
            ip=None,
        ),
        {"n1 address-not-on-host"},
    ),
    "an address by hand that Calico found on no NIC": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.9.9.9/32",
                log=decision(Outcome.EXPLICIT, "10.9.9.9/32", unconfirmed=True),
            ),
            right(2),
            ip="10.9.9.9",
        ),
        {"n1 address-not-on-host", "n1 wrong-network"},
    ),
    "an address by hand in a cluster whose InternalIPs are on NICs": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored=HOME,
                log=decision(Outcome.EXPLICIT, HOME),
                inventory=nics("eth1 192.168.7.1/24"),
            ),
            right(2, inventory=nics("eth0 10.0.0.2/24")),
            ip=HOME,
        ),
        {"n1 address-not-on-host"},
    ),
    "detection failed and kept an address that is gone": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.9/24",
                log=decision(Outcome.KEPT, "10.0.0.9/24", method="interface"),
                inventory=nics(f"eth0 {HOME}"),
            ),
            method="interface=eth7",
        ),
        {"n1 kept-stale-address", "n1 address-not-on-host"},
    ),
    "keepalived's address before the NIC's own": Scenario(
        cluster(
            one("10.0.0.100/32", "eth0", "eth0 10.0.0.100/32 10.0.0.1/24"),
            right(2, inventory=nics("eth0 10.0.0.2/24")),
        ),
        {"n1 vip-chosen"},
    ),
    "kube-vip's IPv6 address": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="2001:db8::1",
                log=detected("2001:db8::100/128", "eth0"),
                inventory=nics("eth0 2001:db8::100/128 2001:db8::1/64"),
            ),
            ip="none",
            env={"IP6": "autodetect"},
        ),
        {"n1/IPv6 vip-chosen"},
    ),
    "cidr= does not keep a virtual address away": Scenario(
        cluster(
            one("10.0.0.100/32", "eth0", "eth0 10.0.0.100/32 10.0.0.1/24"),
            method="cidr=10.0.0.0/24",
        ),
        {"n1 vip-chosen"},
    ),
    "a virtual address that another node found before": Scenario(
        cluster(
            node("n1", internal_ip="10.0.0.1", log=detected("10.0.0.100/32", "eth0")),
            node(
                "n2",
                internal_ip="10.0.0.2",
                log=log(
                    detected("10.0.0.100/32", "eth0"),
                    detected("10.0.0.2/24", "eth0", stage=Stage.MONITOR),
                ),
            ),
        ),
        {"n1 vip-chosen"},
    ),
    "two masters found the virtual address, one after the other": Scenario(
        cluster(
            one("10.0.0.100/32", "eth0", "eth0 10.0.0.100/32 10.0.0.1/24"),
            node(
                "n2",
                internal_ip="10.0.0.2",
                ready=False,
                state=CRASHING,
                log=log(
                    decision(Outcome.CONFLICT, "10.0.0.100/32", interface="eth0", other_node="n1"),
                    started=False,
                ),
                inventory=nics("eth0 10.0.0.2/24"),
            ),
        ),
        {"n1 vip-chosen", "n2 vip-chosen", "n2 address-conflict"},
    ),
    "Vagrant: every node has InternalIP 10.0.2.15": Scenario(
        cluster(vagrant(1), vagrant(2)),
        {
            "n1 duplicate-internal-ip",
            "n1 no-expectation",
            "n2 duplicate-internal-ip",
            "n2 no-expectation",
        },
    ),
    "a Node that is gone still has the InternalIP of its successor": Scenario(
        cluster(
            node("n1", internal_ip="10.0.0.1", stored=HOME, log=detected(HOME, "eth0")),
            node("n1-old", internal_ip="10.0.0.1", pod=False, up=False),
            status={"desiredNumberScheduled": 1, "currentNumberScheduled": 1},
        ),
        {"n1 duplicate-internal-ip", "n1 no-expectation"},
    ),
}


def own_internal_ips(snapshot: Snapshot) -> Snapshot:
    return every_node(
        lambda facts: replace(
            facts,
            node=facts.node
            and replace(facts.node, internal_ips=(f"192.168.56.1{facts.name[1:]}",)),
        )
    )(snapshot)


WITHOUT: dict[str, Without] = {
    "address-not-on-host": Without("the stored address is on no NIC", without_inventories),
    "vip-chosen": Without("keepalived's address before the NIC's own", without_inventories),
    "ipv6-clears-ipv4": Without("IPv6 detection failed and took IPv4 along", without_logs),
    "duplicate-internal-ip": Without(
        "Vagrant: every node has InternalIP 10.0.2.15", own_internal_ips
    ),
}
