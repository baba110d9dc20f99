"""What is said about a method that is not in force: true, or said to be unknown."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import FamilyReport
from kubectl_calico_nic.diagnosis.verdict import OK, UNKNOWN
from kubectl_calico_nic.diagnosis.what_if import what_if
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import annotated_nics, cluster, detected, log, node


def two_nics(number: int, **facts: object) -> NodeFacts:
    """Without exec: the Interfaces annotation alone, which has no lengths."""
    inventory = annotated_nics(f"eth0 10.0.0.{number}", f"eth1 10.9.0.{number}")
    name, own = f"n{number}", f"10.0.0.{number}"
    return node(name, internal_ip=own, inventory=inventory, **facts)  # type: ignore[arg-type]


def verdicts(snapshot: Snapshot, method: str) -> list[str]:
    return [node.families[0].verdict for node in what_if(snapshot, Question(), (method,)).nodes]


@pytest.mark.parametrize("known_from", ["log", "annotation"])
def test_log_and_annotation_tell_the_length_that_the_inventory_does_not(known_from: str) -> None:
    def facts(number: int) -> NodeFacts:
        address = f"10.0.0.{number}/24"
        if known_from == "log":
            return two_nics(number, log=detected(address, "eth0"))
        return two_nics(number, stored=address)

    snapshot = cluster(facts(1), facts(2))
    assert verdicts(snapshot, "interface=^eth1$") == ["wrong-network", "wrong-network"]
    assert verdicts(snapshot, "interface=^eth0$") == ["ok", "ok"]
    expectation = diagnose(snapshot, Question()).nodes[0].families[0].expectation
    assert expectation is not None
    assert (expectation.network, expectation.interface) == ("10.0.0.0/24", "eth0")


def test_the_stored_length_counts_where_the_log_is_about_another_address() -> None:
    facts = two_nics(1, log=detected("10.9.0.1/24", "eth1"), stored="10.0.0.1/24")
    expectation = diagnose(cluster(facts), Question()).nodes[0].families[0].expectation
    assert expectation is not None
    assert expectation.network == "10.0.0.0/24"


def test_an_address_of_unknown_length_is_not_called_expected() -> None:
    snapshot = cluster(two_nics(1), two_nics(2))
    assert verdicts(snapshot, "interface=^eth1$") == ["unknown", "unknown"]
    assert verdicts(snapshot, "interface=^eth0$") == ["ok", "ok"]


def test_the_log_proves_no_address_that_this_calico_would_not_store() -> None:
    def entry(version: Version) -> FamilyReport:
        reading = log(detected("10.0.0.1/24", "eth0"), version=version)
        snapshot = cluster(node("n", internal_ip="10.0.0.1", log=reading), version=str(version))
        report = what_if(snapshot, Question(), ("kubernetes-internal-ip",))
        return report.nodes[0].families[0]

    assert (entry(Version(3, 22, 0)).decided, entry(Version(3, 22, 0)).verdict) == (False, UNKNOWN)
    assert (entry(Version(3, 24, 6)).evidence, entry(Version(3, 24, 6)).verdict) == (("log",), OK)


def test_an_unset_ipv6_has_no_method_in_force() -> None:
    report = diagnose(cluster(node("n"), env={}), Question(families=(Family.IPV4, Family.IPV6)))
    (found,) = report.daemon_sets
    assert found.method == {Family.IPV4: "first-found", Family.IPV6: None}
    assert found.mode == {Family.IPV4: "autodetect", Family.IPV6: "unset"}


@pytest.mark.parametrize(
    ("ip", "mode"),
    [("none", "none"), ("10.0.0.1", "explicit"), (None, "unset"), ("autodetect", "autodetect")],
)
def test_the_report_says_how_the_address_is_set(ip: str | None, mode: str) -> None:
    (found,) = diagnose(cluster(node("n"), ip=ip), Question()).daemon_sets
    assert list(found.mode.values()) == [mode]
