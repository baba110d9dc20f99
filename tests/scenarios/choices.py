"""What a node chose, and whether it is right: from logs, annotations and InternalIPs."""

from __future__ import annotations

from dataclasses import replace

from kubectl_calico_nic.calico.log.reading import Outcome, Stage
from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.snapshot import LogState, Origin, Snapshot
from tests.clusters import SILENT, cluster, decision, detected, incident, log, nics, node
from tests.scenarios.scenario import (
    CRASHING,
    CREATING,
    Scenario,
    Without,
    elsewhere,
    every_node,
    first_node_alone,
    in_every_pod,
    right,
    without_internal_ips,
    without_logs,
)

HEALTHY: dict[str, Scenario] = {
    "every node has its InternalIP": Scenario(cluster(right(1), right(2)), set()),
    "another address of the expected network": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", log=detected("10.0.0.99/24", "eth0"))), set()
    ),
    "another address of the expected network, by the inventory": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=detected("10.0.0.99/24", "eth0"),
                inventory=nics("eth0 10.0.0.99/24 10.0.0.1/24"),
            )
        ),
        set(),
    ),
    "a virtual address beside what the other nodes have": Scenario(
        cluster(right(1), node("n2", internal_ip="10.0.0.2", log=detected("10.0.0.99/32", "eth0"))),
        set(),
    ),
    "a cloud whose addresses are of single hosts": Scenario(
        cluster(
            node("n1", internal_ip="10.0.0.1", log=detected("10.0.0.1/32", "eth0")),
            node("n2", internal_ip="10.0.7.2", log=detected("10.0.7.2/32", "eth0")),
        ),
        set(),
    ),
    "racks with networks of their own": Scenario(
        cluster(
            node("n1", internal_ip="10.0.1.1", log=detected("10.0.1.1/24", "eth0")),
            node("n2", internal_ip="10.0.2.1", log=detected("10.0.2.1/24", "eth0")),
        ),
        set(),
    ),
    "an address set by hand that is right": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/24",
                log=decision(Outcome.EXPLICIT, "10.0.0.1"),
            ),
            ip="10.0.0.1",
        ),
        set(),
    ),
    "IP unset with a stored address and no method": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24", log=log()), ip=None),
        set(),
    ),
    "IPv6 alone": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="2001:db8::1",
                stored="2001:DB8::1/64",
                log=detected("2001:db8::1/64", "eth0"),
            ),
            ip="none",
            env={"IP6": "autodetect"},
        ),
        set(),
    ),
    "dual stack": Scenario(
        cluster(
            node(
                "n1",
                internal_ip=("10.0.0.1", "2001:db8::1"),
                stored=("10.0.0.1/24", "2001:db8::1/64"),
                log=log(detected("10.0.0.1/24", "eth0"), detected("2001:db8::1/64", "eth0")),
            ),
            env={"IP6": "autodetect"},
        ),
        set(),
    ),
    "kOps: an IPv6 method where IPv6 is off": Scenario(
        cluster(right(1), env={"IP6": "none", "IP6_AUTODETECTION_METHOD": "interface=eth0"}),
        set(),
    ),
    "a log at level error does not tell; the annotation does": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24", log=SILENT)), set()
    ),
    "no permission to read logs": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24")), set()
    ),
    "etcd: no annotations": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", log=detected("10.0.0.1/24", "eth0"))), set()
    ),
    "an annotation that is no address counts as none": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/99",
                log=detected("10.0.0.1/24", "eth0"),
            )
        ),
        set(),
    ),
    "the middle of a long log was not read: re-detection came after what was": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/24",
                log=log(detected("192.168.7.1/24", "eth1"), last_time="2026-01-01 19:00:00.000"),
            )
        ),
        set(),
    ),
    "a start under way has not stored its address yet": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="192.168.7.1/24",
                ready=False,
                log=log(detected("10.0.0.1/24", "eth0"), started=False),
            )
        ),
        set(),
    ),
    "the Node was read just before a re-detection": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="192.168.7.1/24",
                log=log(
                    detected("192.168.7.1/24", "eth1", count=9, stage=Stage.MONITOR),
                    detected("10.0.0.1/24", "eth0", stage=Stage.MONITOR),
                ),
            )
        ),
        set(),
    ),
    "what went wrong before the newest start is over": Scenario(
        cluster(
            right(
                1,
                previous_log=log(decision(Outcome.FAILED), started=False, terminated=True),
            )
        ),
        set(),
    ),
    "a conflict that healed": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                log=log(
                    decision(Outcome.CONFLICT, "10.0.0.1/24", other_node="n2"),
                    detected("10.0.0.1/24", "eth0", stage=Stage.MONITOR),
                ),
            )
        ),
        set(),
    ),
    "a Windows node and one that the DaemonSet does not select": Scenario(
        cluster(
            right(1),
            node("edge-1", pod=False, labels={"kind": "edge"}),
            node("win-1", pod=False, os="windows"),
            pod={"nodeSelector": {"kubernetes.io/os": "linux", "kind": "core"}},
        ),
        set(),
    ),
    "a tainted node: the DaemonSet misses no pod": Scenario(
        cluster(
            right(1),
            node("n2", pod=False),
            status={"desiredNumberScheduled": 1, "currentNumberScheduled": 1},
        ),
        set(),
    ),
    "--expect-cidr is met": Scenario(
        cluster(elsewhere(1)), set(), Question(expect_cidrs=("172.16.0.0/12", "192.168.0.0/16"))
    ),
    "--expect-interface is met": Scenario(
        cluster(elsewhere(1)), set(), Question(expect_interfaces=("eth0", "eth1"))
    ),
    "IPv6 asked for where it is off": Scenario(
        cluster(right(1)), set(), Question(families=(Family.IPV6,))
    ),
}

INFORMATION: dict[str, Scenario] = {
    "all nodes agree on another network, and are ready: built so": Scenario(
        cluster(elsewhere(1), elsewhere(2)),
        {"n1 differs-from-internal-ip", "n2 differs-from-internal-ip"},
    ),
    "the same while a node joins and another is down": Scenario(
        cluster(
            elsewhere(1),
            elsewhere(2),
            elsewhere(3, ready=False, up=False),
            node("n4", internal_ip="10.0.0.4", ready=False, state=CREATING),
        ),
        {
            "n1 differs-from-internal-ip",
            "n2 differs-from-internal-ip",
            "n3 differs-from-internal-ip",
            "n4 no-evidence",
        },
    ),
    "a mesh VPN: single hosts' addresses on one NIC": Scenario(
        cluster(
            *(
                node(
                    f"n{number}",
                    internal_ip=f"10.0.0.{number}",
                    log=detected(f"100.64.{number}.1/32", "tailscale0"),
                )
                for number in (1, 2)
            )
        ),
        {"n1 differs-from-internal-ip", "n2 differs-from-internal-ip"},
    ),
    "an InternalIP that is on no NIC anywhere": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="203.0.113.1",
                log=detected("10.0.0.1/24", "eth0"),
                inventory=nics("eth0 10.0.0.1/24"),
            )
        ),
        {"n1 no-expectation"},
    ),
    "a log alone": Scenario(
        Snapshot(
            (node("n1", pod=False, known=False, log=detected("10.0.0.1/24", "eth0")),),
            origin=Origin.FILES,
        ),
        {"n1 no-expectation"},
    ),
    "canal: backend none": Scenario(
        cluster(
            elsewhere(1),
            node("n2", internal_ip="10.0.0.2"),
            ip="",
            method="interface=eth0",
            env={"CALICO_NETWORKING_BACKEND": "none"},
        ),
        {"n1 nothing-to-choose", "n2 nothing-to-choose"},
    ),
    "--expect-interface where the NIC is not known": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24")),
        {"n1 no-expectation"},
        Question(expect_interfaces=("eth0",)),
    ),
}

WRONG: dict[str, Scenario] = {
    "the incident": Scenario(incident(), {"node-3 wrong-network", "node-4 wrong-network"}),
    "the incident, without inventories": Scenario(
        incident(inventories=False), {"node-3 wrong-network", "node-4 wrong-network"}
    ),
    "a single node agrees with nobody": Scenario(cluster(elsewhere(1)), {"n1 wrong-network"}),
    "all on another network, one not ready": Scenario(
        cluster(elsewhere(1), elsewhere(2, ready=False)), {"n1 wrong-network", "n2 wrong-network"}
    ),
    "only the annotation tells": Scenario(
        cluster(right(1), elsewhere(2, log=SILENT)), {"n2 wrong-network"}
    ),
    "re-detection moved it into a file on the host: the annotation is newer": Scenario(
        cluster(
            right(1),
            elsewhere(
                2, log=log(detected("10.0.0.2/24", "eth0"), last_time="2026-01-01 19:00:00.000")
            ),
        ),
        {"n2 wrong-network"},
    ),
    "the NIC of the InternalIP is gone": Scenario(
        cluster(right(1), elsewhere(2, inventory=nics("eth1 192.168.7.2/24"))),
        {"n2 wrong-network"},
    ),
    "outside --expect-cidr, whatever InternalIP says": Scenario(
        cluster(right(1)), {"n1 wrong-network"}, Question(expect_cidrs=("192.168.0.0/16",))
    ),
    "another NIC than --expect-interface": Scenario(
        cluster(right(1)), {"n1 wrong-interface"}, Question(expect_interfaces=("eth01",))
    ),
    "both flags at once": Scenario(
        cluster(right(1)),
        {"n1 wrong-network", "n1 wrong-interface"},
        Question(expect_cidrs=("192.168.0.0/16",), expect_interfaces=("eth1",)),
    ),
    "no expectation, different networks": Scenario(
        cluster(
            node("n1", log=detected("192.168.56.11/24", "eth1")),
            node("n2", log=detected("172.18.0.1/16", "eth2")),
        ),
        {"n1 no-expectation", "n1 nodes-disagree", "n2 no-expectation", "n2 nodes-disagree"},
    ),
    "no expectation, beside nodes that are right": Scenario(
        cluster(
            right(1),
            node("n3", log=detected("10.0.0.3/24", "eth0")),
            node("n4", log=detected("172.18.0.1/16", "eth1")),
        ),
        {"n3 no-expectation", "n4 no-expectation", "n4 nodes-disagree"},
    ),
    "detection failed": Scenario(
        cluster(
            right(1),
            node(
                "n2",
                internal_ip="10.0.0.2",
                ready=False,
                state=CRASHING,
                log=log(decision(Outcome.FAILED, method="interface"), started=False),
            ),
            method="interface=eth0",
        ),
        {"n2 detection-failed"},
    ),
    "detection failed in the container before": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                ready=False,
                state=CRASHING,
                log=log(started=False),
                previous_log=log(decision(Outcome.FAILED), started=False),
            )
        ),
        {"n1 detection-failed"},
    ),
    "IPv6 detection failed and took IPv4 along": Scenario(
        cluster(
            node(
                "n1",
                internal_ip=("10.0.0.1", "2001:db8::1"),
                ready=False,
                log=log(
                    decision(Outcome.FAILED, family=Family.IPV6, method="interface"),
                    decision(Outcome.FAILED, family=Family.IPV4),
                    started=False,
                ),
            ),
            env={"IP6": "autodetect"},
        ),
        {"n1 ipv6-clears-ipv4", "n1/IPv6 detection-failed"},
    ),
    "detection failed and the old address was kept": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/24",
                log=decision(Outcome.KEPT, "10.0.0.1/24", method="interface"),
            ),
            method="interface=eth7",
        ),
        {"n1 kept-stale-address"},
    ),
    "an unknown method": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/24",
                ready=False,
                state=CRASHING,
                log=log(decision(Outcome.INVALID_METHOD), started=False),
            ),
            method="eth0",
        ),
        {"n1 method-invalid"},
    ),
    "an unknown method, without permission to read logs": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="10.0.0.1/24",
                ready=False,
                state=CRASHING,
            ),
            method="cidr=10.0.0.0/24",
            version="v3.14.2",
        ),
        {"n1 method-invalid"},
    ),
    "IP is no address": Scenario(
        cluster(
            node("n1", ready=False, log=log(decision(Outcome.INVALID_ADDRESS), started=False)),
            ip="eth0",
        ),
        {"n1 method-invalid"},
    ),
    "the address is still recorded on another node": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                ready=False,
                state=CRASHING,
                log=log(decision(Outcome.CONFLICT, "10.0.0.1/24", other_node="n2"), started=False),
            ),
            right(2),
        ),
        {"n1 address-conflict"},
    ),
    "two nodes use one address": Scenario(
        cluster(
            *(
                node(name, internal_ip=own, log=detected("10.0.0.9/24", "eth0"))
                for name, own in (("n1", "10.0.0.1"), ("n2", "10.0.0.2"))
            )
        ),
        {"n1 address-conflict", "n2 address-conflict"},
    ),
    "log and annotation differ": Scenario(
        cluster(
            node(
                "n1",
                internal_ip="10.0.0.1",
                stored="192.168.7.1/24",
                log=detected("10.0.0.1/24", "eth0"),
            )
        ),
        {"n1 evidence-disagrees"},
    ),
    "a method that is never read: IP is set by hand": Scenario(
        cluster(
            node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24", log=log()),
            ip="10.0.0.1",
            method="interface=eth0",
        ),
        {"n1 method-no-effect"},
    ),
    "a method that is never read: IP is unset and an address is stored": Scenario(
        cluster(
            node("n1", internal_ip="10.0.0.1", stored="10.0.0.1/24", log=log()),
            ip="",
            method="interface=eth0",
        ),
        {"n1 method-no-effect"},
    ),
    "no pod": Scenario(
        cluster(
            right(1),
            node("n2", internal_ip="10.0.0.2", pod=False),
            status={"desiredNumberScheduled": 2, "currentNumberScheduled": 1},
        ),
        {"n2 no-pod"},
    ),
    "no pod, with an address left": Scenario(
        cluster(right(1), node("n2", internal_ip="10.0.0.2", stored="10.0.0.2/24", pod=False)),
        {"n2 no-pod"},
    ),
    "no evidence": Scenario(
        cluster(node("n1", internal_ip="10.0.0.1", log=SILENT)), {"n1 no-evidence"}
    ),
    "no evidence while the pod starts": Scenario(
        cluster(
            node(
                "n1", internal_ip="10.0.0.1", state=CREATING, log_state=LogState.EMPTY, ready=False
            )
        ),
        {"n1 no-evidence"},
    ),
}

WITHOUT: dict[str, Without] = {
    "address-conflict": Without("the address is still recorded on another node", without_logs),
    "detection-failed": Without("detection failed", without_logs),
    "method-invalid": Without("an unknown method", every_node(lambda facts: right(1))),
    "kept-stale-address": Without("detection failed and the old address was kept", without_logs),
    "wrong-network": Without("only the annotation tells", without_internal_ips),
    "wrong-interface": Without("another NIC than --expect-interface", without_logs),
    "no-pod": Without(
        "no pod", every_node(lambda facts: replace(right(int(facts.name[1:])), node=facts.node))
    ),
    "no-evidence": Without("no evidence", every_node(lambda facts: right(1, pod=facts.pod))),
    "nodes-disagree": Without("no expectation, different networks", first_node_alone),
    "evidence-disagrees": Without("log and annotation differ", without_logs),
    "method-no-effect": Without(
        "a method that is never read: IP is set by hand", in_every_pod(IP="autodetect")
    ),
    "differs-from-internal-ip": Without(
        "all nodes agree on another network, and are ready: built so", without_internal_ips
    ),
    "nothing-to-choose": Without(
        "canal: backend none", in_every_pod(CALICO_NETWORKING_BACKEND="bird")
    ),
    "no-expectation": Without("a log alone", without_logs),
}
