"""How the findings about a node's address and its setting read, and what they recommend."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.stories import stories
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.findings.kind import TRY_METHODS
from tests.clusters import VERSION, cluster, decision, detected, log, nics, node
from tests.scenarios import SCENARIOS


def only(name: str, id_: str) -> Finding:
    """The first finding of this id in a scenario."""
    scenario = SCENARIOS[name]
    found = diagnose(scenario.snapshot, scenario.question).findings
    return next(finding for finding in found if finding.id == id_)


@pytest.mark.parametrize(
    ("id_", "scenario", "message", "advice"),
    [
        (
            "address-not-on-host",
            "the stored address is on no NIC",
            "n1 announces 10.0.0.9, which no NIC of n1 has now; expected 10.0.0.1 (InternalIP)",
            "kubectl calico-nic set --interface eth0",
        ),
        (
            "address-not-on-host",
            "an address by hand that Calico found on no NIC",
            "n1 announces 10.9.9.9, which calico-node found on no NIC when it started; expected "
            "10.0.0.1 (InternalIP)",
            "bring 10.9.9.9 back on n1, or correct IP",
        ),
        (
            "vip-chosen",
            "two masters found the virtual address, one after the other",
            "n1 uses eth0 10.0.0.100/32, a virtual address (keepalived, kube-vip): it moves at the "
            "next failover; n2 had it too",
            "kubectl calico-nic set --kubernetes-internal-ip",
        ),
        (
            "ipv6-clears-ipv4",
            "IPv6 detection failed and took IPv4 along",
            "n1: first-found selects no IPv6 address, and that cleared its IPv4 address too",
            "mend IPv6: an IPv6 address for n1, another method, or IP6=none; the IPv4 method is "
            "not to blame",
        ),
        (
            "flapping",
            "re-detection goes back and forth",
            "n1 went between eth0 10.0.0.1/24 and eth1 192.168.7.1/24 2 times, last at 2026-01-01 "
            "12:20 by re-detection, without a restart",
            f"name the NIC or the network, so that nothing else can win; {TRY_METHODS}",
        ),
        (
            "flapping",
            "changes without end, of which the middle was not kept",
            "n1 went between eth0 10.0.0.1/24 and eth1 192.168.7.1/24 at least 72 times, last at "
            "2026-01-01 12:20 by re-detection, without a restart",
            f"name the NIC or the network, so that nothing else can win; {TRY_METHODS}",
        ),
        (
            "foreign-bridge",
            "nothing is expected, and only one node is on a bridge",
            "n1 chose br-0123456789ab 172.18.0.1/16: br-0123456789ab is the name of a docker "
            "network's bridge",
            "if that is what it is, name the nodes' own NIC or network instead (kubectl calico-nic "
            "set); first-found of Calico v3.25.0 and newer passes it over",
        ),
        (
            "known-bug",
            "kubernetes-internal-ip stores the network's address",
            "n1: kubernetes-internal-ip of Calico v3.22.1 stores the network's address (x.y.z.0) "
            "on every node",
            "upgrade to v3.22.4, v3.23.2 or newer first, or choose another method",
        ),
        (
            "method-too-new",
            "the template has a method that its Calico does not know",
            "n1 runs, and its next start would not: the template says kubernetes-internal-ip, "
            "which its Calico v3.21.6 does not know (since v3.22.0)",
            "restart nothing; set another method, or upgrade Calico first",
        ),
        (
            "method-ambiguous",
            "an unanchored name takes a VLAN, and nothing says what is right",
            "n1: interface=bond1 fits bond1 as well as bond1.2, and the last one in kernel order "
            "wins",
            "interface=^bond1$ means bond1 alone: a regex matches anywhere in a name",
        ),
        (
            "method-no-effect",
            "IP from status.hostIP: the method is never read",
            "n1: IP comes from status.hostIP, so interface=eth0 is never read",
            "addresses are right: leave it; kubectl calico-nic set would make a method count",
        ),
        (
            "method-no-effect",
            "a method twice: the last one counts",
            "n1: IP_AUTODETECTION_METHOD is set 2 times: interface=eth0 counts, interface=eth1 is "
            "never read",
            "leave one of them in the DaemonSet; kubectl calico-nic set does so",
        ),
        (
            "method-no-effect",
            "an overlay wins over the default Installation",
            "Installation default says interface=eth1 for IPv4, but Installation overlay says "
            "kubernetes=NodeInternalIP, and overlay wins",
            "if the addresses are wrong, change nodeAddressAutodetectionV4 of Installation overlay",
        ),
        (
            "duplicate-internal-ip",
            "Vagrant: every node has InternalIP 10.0.2.15",
            "n1 has InternalIP 10.0.2.15, and so has n2: it says nothing about which address is "
            "right",
            "give each kubelet its own --node-ip (a NAT address as Vagrant's 10.0.2.15 is every "
            "node's); until then --expect-cidr says what is right",
        ),
        (
            "duplicate-internal-ip",
            "a Node that is gone still has the InternalIP of its successor",
            "n1 has InternalIP 10.0.0.1, and so has n1-old: it says nothing about which address is "
            "right",
            "n1-old not Ready: if gone for good, delete the Node",
        ),
        (
            "latent",
            "right today: first-found would take another NIC as well",
            "n1 is right on eth0, but first-found would take eth1 as well: the order of the NICs "
            "decides",
            "nothing is wrong; before a reboot or a new NIC changes the order, name the NIC or the "
            "network (kubectl calico-nic set)",
        ),
    ],
)
def test_a_finding_reads(id_: str, scenario: str, message: str, advice: str) -> None:
    found = only(scenario, id_)

    assert found.message == message
    assert found.next == advice


def test_a_virtual_address_is_mended_by_the_internal_ip_alone() -> None:
    """The order of the NIC's addresses is right by now, and wrong again after the next failover."""
    virtual = node(
        "m-1",
        internal_ip="10.0.0.1",
        log=detected("10.0.0.100/32", "eth0"),
        inventory=nics("eth0 10.0.0.1/24 10.0.0.100/32"),
    )
    report = diagnose(cluster(virtual), Question())

    assert [found.method for found in report.recommendations] == ["kubernetes-internal-ip"]
    assert report.advice == ()


def test_where_calico_is_too_old_for_that_nothing_is_recommended() -> None:
    reading = log(detected("10.0.0.100/32", "eth0"), version=Version(3, 21, 0))
    virtual = node(
        "m-1",
        internal_ip="10.0.0.1",
        log=reading,
        inventory=nics("eth0 10.0.0.1/24 10.0.0.100/32"),
    )
    report = diagnose(cluster(virtual, version="v3.21.0"), Question())

    assert report.recommendations == ()
    assert "upgrade to v3.23.2 or newer" in report.findings[0].next


def invalid(method: str, version: str = VERSION) -> Finding:
    """What is said of a node whose calico-node ended over ``method``."""
    ended = decision(Outcome.INVALID_METHOD)
    reading = log(ended, started=False, version=Version.parse(version))
    facts = node("n", log=reading, ready=False, inventory=nics("bond4 10.0.0.1/24"))
    return diagnose(cluster(facts, method=method, version=version), Question()).findings[0]


def test_the_name_of_a_nic_is_no_method() -> None:
    found = invalid("bond4")

    assert found.next == "interface=bond4 is how that NIC is named; restarting will not help"


def test_an_invalid_method_says_which_calico_knows_it() -> None:
    assert (
        "does not know (v3.22 and newer do);"
        in invalid("kubernetes-internal-ip", "v3.20.1").message
    )
    assert "does not know;" in invalid("first").message


def test_nothing_to_choose_and_nothing_stored_is_not_the_methods_fault() -> None:
    facts = node("n", log=log(decision(Outcome.FAILED), started=False), ready=False)
    found = diagnose(cluster(facts, ip="none"), Question()).findings[0]

    assert found.message == (
        "n: IP is none and no address is stored, so calico-node exits at every start"
    )
    assert found.next == "kubectl calico-nic set lets a method find one (IP=autodetect)"


def test_a_conflict_about_a_virtual_address_asks_for_no_other_nic() -> None:
    found = only("two masters found the virtual address, one after the other", "address-conflict")

    assert found.node == "n2"
    assert "kubectl calico-nic set --kubernetes-internal-ip" in found.next
    assert "choose another NIC" not in found.next


def test_an_incident_is_one_story() -> None:
    for name, causes in {
        "docker's bridge instead of the InternalIP": ["wrong-network"],
        "Calico's own tunnel was chosen": ["wrong-network"],
        "an unanchored name takes a VLAN instead of the InternalIP": ["wrong-network"],
        "IPv6 detection failed and took IPv4 along": ["ipv6-clears-ipv4"],
        "detection failed and kept an address that is gone": ["kept-stale-address"],
        "an address by hand that Calico found on no NIC": ["address-not-on-host"],
        "Vagrant: every node has InternalIP 10.0.2.15": ["duplicate-internal-ip"],
    }.items():
        report = diagnose(SCENARIOS[name].snapshot, SCENARIOS[name].question)
        assert [story.id for story in stories(report)] == causes
