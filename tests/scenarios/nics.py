"""Which of its NICs a node is on: by the order alone, another program's, one after the other."""

from __future__ import annotations

from dataclasses import replace

from kubectl_calico_nic.calico.log.reading import Decision, LogReading, Outcome, Stage
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts
from tests.clusters import annotated_nics, cluster, decision, detected, log, nics, node
from tests.scenarios.addresses import one
from tests.scenarios.scenario import (
    CRASHING,
    CREATING,
    Scenario,
    Without,
    right,
    without_inventories,
    without_logs,
)


def two_nics(number: int) -> NodeFacts:
    """A node that is right on eth0 and has an eth1 too."""
    lines = (f"eth1 192.168.7.{number}/24", f"eth0 10.0.0.{number}/24")
    return right(number, inventory=nics(*lines))


def at(minute: int, address: str | None, nic: str | None = None, **values: object) -> Decision:
    """What re-detection found at 12:MM; no address: it failed."""
    time = f"2026-01-01 12:{minute:02}:00.000"
    settings = {"stage": Stage.MONITOR, "at": time, **values}
    if address is None:
        return decision(Outcome.FAILED, **settings)  # type: ignore[arg-type]
    return detected(address, nic, **settings)  # type: ignore[arg-type]


HOME, AWAY, FAR = "10.0.0.1/24", "192.168.7.1/24", "172.20.0.1/24"
BACK_AND_FORTH = log(
    detected(HOME, "eth0"), at(10, AWAY, "eth1"), at(20, HOME, "eth0"), at(30, HOME, "eth0")
)
DOCKER = "br-0a1b2c3d4e5f"


def logged(reading: LogReading) -> NodeFacts:
    return node("n1", internal_ip="10.0.0.1", stored=HOME, log=reading)


def docker(number: int, **values: object) -> NodeFacts:
    """A node that chose the bridge of a docker network, as Calico before v3.25 does."""
    settings = {"internal_ip": f"10.0.0.{number}", **values}
    address = "172.18.0.1/16"
    inventory = nics(f"eth0 10.0.0.{number}/24", f"{DOCKER} {address}")
    return node(f"n{number}", log=detected(address, DOCKER), inventory=inventory, **settings)  # type: ignore[arg-type]


HEALTHY: dict[str, Scenario] = {
    "one change in a container's life is a move": Scenario(
        cluster(logged(log(detected(AWAY, "eth1"), at(10, HOME, "eth0")))), set()
    ),
    "the same address again and again": Scenario(
        cluster(logged(log(detected(HOME, "eth0"), at(1, HOME, "eth0", count=999)))), set()
    ),
    "back and forth, and settled for more than a week": Scenario(
        cluster(logged(replace(BACK_AND_FORTH, last_time="2026-01-09 12:00:00.000"))), set()
    ),
    "starts one after another in one file, each with its own result": Scenario(
        cluster(
            logged(
                log(
                    *(
                        at(minute, address, nic, stage=Stage.STARTUP)
                        for minute, address, nic in (
                            (1, HOME, "eth0"),
                            (2, AWAY, "eth1"),
                            (3, HOME, "eth0"),
                        )
                    )
                )
            )
        ),
        set(),
    ),
    "a legitimate br0": Scenario(cluster(one(HOME, "br0", f"br0 {HOME}")), set()),
    "a bridge named as docker's, with the InternalIP": Scenario(
        cluster(one(HOME, "br-lan", f"br-lan {HOME}")), set()
    ),
    "172.17.0.0/16 as the business network, on a NIC called docker0": Scenario(
        cluster(
            *(
                node(
                    f"n{number}",
                    internal_ip=f"172.17.0.{number}",
                    log=detected(f"172.17.0.{number}/16", "docker0"),
                    inventory=nics(f"docker0 172.17.0.{number}/16"),
                )
                for number in (1, 2)
            )
        ),
        set(),
    ),
    "an IPv6-only cluster behind a bridge": Scenario(
        cluster(
            *(
                node(
                    f"n{number}",
                    internal_ip=f"2001:db8::{number}",
                    log=detected(f"2001:db8::{number}/64", "br0"),
                    inventory=nics("docker0 172.17.0.1/16", f"br0 2001:db8::{number}/64"),
                )
                for number in (1, 2)
            ),
            ip="none",
            env={"IP6": "autodetect"},
        ),
        set(),
    ),
    "another NIC in the expected network may win as well: that is no risk": Scenario(
        cluster(one(HOME, "eth0", "eth1 10.0.0.9/24", f"eth0 {HOME}")), set()
    ),
    "a NIC named exactly, among others": Scenario(
        cluster(two_nics(1), two_nics(2), method="interface=^eth0$"), set()
    ),
    "kubernetes-internal-ip, among several NICs": Scenario(
        cluster(two_nics(1), method="kubernetes-internal-ip", version="v3.30.0"), set()
    ),
}

INFORMATION: dict[str, Scenario] = {
    "right today: first-found would take another NIC as well": Scenario(
        cluster(two_nics(1), two_nics(2)), {"n1 latent", "n2 latent"}
    ),
    "right today: the regex fits a VLAN of the NIC as well": Scenario(
        cluster(
            one(HOME, "bond1", "bond1.2 192.168.7.1/24", f"bond1 {HOME}"), method="interface=bond1"
        ),
        {"n1 latent"},
    ),
    "right today, as far as the Interfaces annotation tells": Scenario(
        cluster(right(1, inventory=annotated_nics("eth0 10.0.0.1", "eth1 192.168.7.1"))),
        {"n1 latent"},
    ),
    "a node that just joins, among nodes that are right by luck": Scenario(
        cluster(
            two_nics(1),
            node(
                "n2", internal_ip="10.0.0.2", ready=False, state=CREATING, log_state=LogState.EMPTY
            ),
        ),
        {"n1 latent", "n2 no-evidence"},
    ),
    "Calico deliberately on a mesh VPN": Scenario(
        cluster(
            *(
                node(
                    f"n{number}",
                    internal_ip=f"10.0.0.{number}",
                    log=detected(f"100.64.0.{number}/10", "wg0", "interface"),
                    inventory=nics(f"eth0 10.0.0.{number}/24", f"wg0 100.64.0.{number}/10"),
                )
                for number in (1, 2)
            ),
            method="interface=wg0",
        ),
        {"n1 differs-from-internal-ip", "n2 differs-from-internal-ip"},
    ),
    "the only NIC, with docker's name, and nothing to judge it by": Scenario(
        cluster(
            node("n1", log=detected("10.5.0.1/24", "br-lan"), inventory=nics("br-lan 10.5.0.1/24"))
        ),
        {"n1 no-expectation"},
    ),
}

WRONG: dict[str, Scenario] = {
    "re-detection goes back and forth": Scenario(cluster(logged(BACK_AND_FORTH)), {"n1 flapping"}),
    "re-detection wanders on": Scenario(
        cluster(
            logged(
                log(
                    detected(FAR, "eth2"),
                    at(10, AWAY, "eth1"),
                    at(20, "10.8.0.1/24", "eth3"),
                    at(30, HOME, "eth0"),
                )
            )
        ),
        {"n1 flapping"},
    ),
    "re-detection fails now and then": Scenario(
        cluster(logged(log(detected(HOME, "eth0"), at(10, None), at(20, HOME, "eth0")))),
        {"n1 flapping"},
    ),
    "changes without end, of which the middle was not kept": Scenario(
        cluster(logged(replace(BACK_AND_FORTH, omitted_decisions=70))), {"n1 flapping"}
    ),
    "docker's bridge instead of the InternalIP": Scenario(
        cluster(docker(1), right(2)), {"n1 wrong-network", "n1 foreign-bridge"}
    ),
    "docker's bridge on two nodes: the second one cannot start": Scenario(
        cluster(
            docker(1),
            docker(
                2,
                ready=False,
                state=CRASHING,
            ),
        ),
        {
            "n1 address-conflict",
            "n1 wrong-network",
            "n1 foreign-bridge",
            "n2 address-conflict",
            "n2 wrong-network",
            "n2 foreign-bridge",
        },
    ),
    "nothing is expected, and the node has a NIC beside docker's bridge": Scenario(
        cluster(docker(1, internal_ip=())), {"n1 no-expectation", "n1 foreign-bridge"}
    ),
    "nothing is expected, and only one node is on a bridge": Scenario(
        cluster(
            node("n1", log=detected("172.18.0.1/16", "br-0123456789ab")),
            node("n2", log=detected("10.0.0.2/24", "eth0")),
        ),
        {
            "n1 no-expectation",
            "n1 foreign-bridge",
            "n1 nodes-disagree",
            "n2 no-expectation",
            "n2 nodes-disagree",
        },
    ),
    "right by luck is no story of its own where other nodes are wrong": Scenario(
        cluster(
            one(AWAY, "eth1", f"eth0 {HOME}", f"eth1 {AWAY}"),
            two_nics(2),
        ),
        {"n1 wrong-network"},
    ),
}

WITHOUT: dict[str, Without] = {
    "flapping": Without("re-detection goes back and forth", without_logs),
    "foreign-bridge": Without("docker's bridge instead of the InternalIP", without_logs),
    "latent": Without(
        "right today: first-found would take another NIC as well", without_inventories
    ),
}
