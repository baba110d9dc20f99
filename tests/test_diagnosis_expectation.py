"""Which address a node should have, and where that is known from."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import Expectation
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from tests.clusters import annotated_nics, cluster, detected, nics, node

STRAY = detected("172.16.16.1/23", "bond3")
NICS = nics("mgmt 172.16.4.1/24", "bond4 172.16.10.1/24", "bond3 172.16.16.1/23")


def expectation(*nodes: NodeFacts, **question: object) -> Expectation | None:
    """The expectation of the first node."""
    report = diagnose(cluster(*nodes), Question(**question))  # type: ignore[arg-type]
    return report.nodes[0].families[0].expectation


def test_the_inventory_tells_network_and_nic_of_the_internal_ip() -> None:
    facts = node("a", internal_ip="172.16.10.1", log=STRAY, inventory=NICS)

    assert expectation(facts) == Expectation("InternalIP", "172.16.10.1", "172.16.10.0/24", "bond4")


def test_the_interfaces_annotation_tells_the_nic_alone() -> None:
    inventory = annotated_nics("bond4 172.16.10.1", "bond3 172.16.16.1")
    facts = node("a", internal_ip="172.16.10.1", log=STRAY, inventory=inventory)

    assert expectation(facts) == Expectation("InternalIP", "172.16.10.1", None, "bond4")


def test_another_node_that_chose_its_internal_ip_tells_the_network() -> None:
    facts = node("a", internal_ip="172.16.10.1", log=STRAY)
    other = node("b", internal_ip="172.16.10.2", stored="172.16.10.2/24")

    assert expectation(facts, other) == Expectation("InternalIP", "172.16.10.1", "172.16.10.0/24")


def test_a_node_on_another_network_tells_nothing() -> None:
    facts = node("a", internal_ip="172.16.10.1", log=STRAY)
    other = node("b", internal_ip="172.16.10.2", stored="172.16.16.2/23")

    assert expectation(facts, other) == Expectation("InternalIP", "172.16.10.1")


def test_the_first_internal_ip_of_the_family_counts() -> None:
    facts = node("a", internal_ip=("2001:db8::1", "10.0.0.1", "10.0.0.2"), log=STRAY)

    assert expectation(facts) == Expectation("InternalIP", "10.0.0.1")


@pytest.mark.parametrize(
    ("cidrs", "expected"),
    [
        (
            ("172.16.10.0/24",),
            Expectation("--expect-cidr", "172.16.10.1", "172.16.10.0/24", "bond4"),
        ),
        (("172.16.0.0/16",), Expectation("--expect-cidr", None, "172.16.0.0/16", None)),
        (
            ("10.0.0.0/8", "172.16.10.0/24"),
            Expectation("--expect-cidr", "172.16.10.1", "172.16.10.0/24", "bond4"),
        ),
        (("10.0.0.0/8",), Expectation("--expect-cidr", None, "10.0.0.0/8", None)),
        (("2001:db8::/32",), Expectation("InternalIP", "172.16.10.1", "172.16.10.0/24", "bond4")),
    ],
)
def test_expect_cidr(cidrs: tuple[str, ...], expected: Expectation) -> None:
    facts = node("a", internal_ip="172.16.10.1", log=STRAY, inventory=NICS)

    assert expectation(facts, expect_cidrs=cidrs) == expected


def test_expect_cidr_without_an_inventory() -> None:
    facts = node("a", internal_ip="172.16.10.1", log=STRAY)

    assert expectation(facts, expect_cidrs=("172.16.0.0/16",)) == Expectation(
        "--expect-cidr", None, "172.16.0.0/16", None
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("bond4",), Expectation("--expect-interface", "172.16.10.1", "172.16.10.0/24", "bond4")),
        (("bond4", "mgmt"), Expectation("--expect-interface", None, None, None)),
        (("bond",), Expectation("--expect-interface", None, None, "bond")),
    ],
)
def test_expect_interface_takes_exact_names(names: tuple[str, ...], expected: Expectation) -> None:
    facts = node("a", internal_ip="172.16.10.1", log=STRAY, inventory=NICS)

    assert expectation(facts, expect_interfaces=names) == expected


def test_both_flags_must_fit() -> None:
    facts = node("a", internal_ip="172.16.10.1", log=STRAY, inventory=NICS)

    assert expectation(
        facts, expect_cidrs=("172.16.0.0/16",), expect_interfaces=("bond3", "bond9")
    ) == Expectation("--expect-cidr,--expect-interface", "172.16.16.1", "172.16.0.0/16", "bond3")


def test_link_local_addresses_are_nobodys_expectation() -> None:
    inventory = nics("eth0 2001:db8::1/64 fe80::1/64")
    facts = node("a", log=detected("2001:db8::1/64", "eth0"), inventory=inventory)

    found = expectation(facts, expect_interfaces=("eth0",), families=(Family.IPV6,))

    assert found == Expectation("--expect-interface", "2001:db8::1", "2001:db8::/64", "eth0")


@pytest.mark.parametrize("internal_ip", ["10.0.2.15", ()])
def test_a_shared_or_missing_internal_ip_is_no_expectation(internal_ip: str) -> None:
    nodes = [node(name, internal_ip=internal_ip, log=STRAY) for name in "ab"]

    assert expectation(*nodes) is None


def test_an_internal_ip_on_no_nic_is_one_where_other_nodes_have_theirs_on_nics() -> None:
    facts = node("a", internal_ip="172.16.10.9", log=STRAY, inventory=NICS)
    other = node("b", internal_ip="172.16.10.2", stored="172.16.10.2/24")

    assert expectation(facts) is None
    assert expectation(facts, other) == Expectation("InternalIP", "172.16.10.9", "172.16.10.0/24")
