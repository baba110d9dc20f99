"""Which value is recommended: the simplest that works, proven on the real interfaces."""

from __future__ import annotations

import dataclasses
import itertools
import shlex

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.calico.autodetection.network_address_bug import stores_network_address
from kubectl_calico_nic.calico.autodetection.selection import select
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import Recommendation
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import network_of, same_address
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.clusters import annotated_nics, cluster, decision, detected, incident, log, nics, node


def recommended(snapshot: Snapshot, question: Question | None = None) -> Recommendation | None:
    found = diagnose(snapshot, question or Question()).recommendations
    return found[0] if found else None


def method(snapshot: Snapshot, question: Question | None = None) -> str | None:
    found = recommended(snapshot, question)
    return found.method if found else None


def stray(number: int, *lines: str, network: str = "10.0.0", **values: object) -> NodeFacts:
    """A node with InternalIP 10.0.0.N and these NICs, unready on 172.18.0.N of its NIC out0."""
    address = f"172.18.0.{number}/16"
    return node(
        f"n{number}",
        internal_ip=f"{network}.{number}",
        log=detected(address, "out0"),
        inventory=nics(*lines, f"out0 {address}"),
        ready=False,
        **values,  # type: ignore[arg-type]
    )


def with_inventory(snapshot: Snapshot, name: str, inventory: Inventory | None) -> Snapshot:
    nodes = (
        dataclasses.replace(facts, inventory=inventory) if facts.name == name else facts
        for facts in snapshot.nodes
    )
    return dataclasses.replace(snapshot, nodes=tuple(nodes))


def test_one_nic_name() -> None:
    assert method(cluster(stray(1, "eth0 10.0.0.1/24"), stray(2, "eth0 10.0.0.2/24"))) == (
        "interface=eth0"
    )


def test_the_name_is_anchored_where_it_would_match_another_nic() -> None:
    snapshot = cluster(
        stray(1, "eth0 10.0.0.1/24", "eth0.100 10.9.0.1/24"), stray(2, "eth0 10.0.0.2/24")
    )

    assert method(snapshot) == "interface=^eth0$"


def test_a_name_with_a_dot_is_escaped() -> None:
    found = recommended(cluster(stray(1, "eth0.100 10.0.0.1/24")))

    assert found is not None
    assert found.method == r"interface=^eth0\.100$"
    assert found.command == r"kubectl calico-nic set --interface '^eth0\.100$'"


def test_up_to_three_names() -> None:
    snapshot = cluster(
        *(stray(number, f"enp{number}s0 10.0.0.{number}/24") for number in (1, 2, 3))
    )

    assert method(snapshot) == "interface=enp1s0,enp2s0,enp3s0"


def test_more_names_than_three_become_a_network() -> None:
    snapshot = cluster(
        *(stray(number, f"enp{number}s0 10.0.0.{number}/24") for number in (1, 2, 3, 4))
    )

    assert method(snapshot) == "cidr=10.0.0.0/24"


def test_names_that_pick_the_wrong_nic_somewhere_become_a_network() -> None:
    snapshot = cluster(
        stray(1, "eth0 10.0.0.1/24", "eth1 192.168.1.1/24"),
        stray(2, "eth0 192.168.1.2/24", "eth1 10.0.0.2/24"),
    )

    assert method(snapshot) == "cidr=10.0.0.0/24"


def test_networks_of_several_racks() -> None:
    snapshot = cluster(
        stray(1, "eth0 10.0.2.1/24", "eth1 192.168.1.1/24", network="10.0.2"),
        stray(2, "eth0 192.168.1.2/24", "eth1 10.0.1.2/24", network="10.0.1"),
    )

    assert method(snapshot) == "cidr=10.0.1.0/24,10.0.2.0/24"


def test_a_virtual_address_before_the_real_one_needs_the_internal_ip() -> None:
    snapshot = cluster(stray(1, "eth0 10.0.0.100/24 10.0.0.1/24"), stray(2, "eth0 10.0.0.2/24"))
    found = recommended(snapshot)

    assert found is not None
    assert found.method == "kubernetes-internal-ip"
    assert found.command == "kubectl calico-nic set --kubernetes-internal-ip"


@pytest.mark.parametrize("version", ["v3.21.6", "v3.22.0", "v3.22.3", "v3.23.0", "v3.23.1"])
def test_a_value_that_the_version_does_not_know_or_has_a_bug_for_is_never_recommended(
    version: str,
) -> None:
    snapshot = cluster(stray(1, "eth0 10.0.0.100/24 10.0.0.1/24"), version=version)

    assert method(_of_version(snapshot, version)) is None


def test_no_network_before_v3_16() -> None:
    snapshot = cluster(
        *(stray(number, f"enp{number}s0 10.0.0.{number}/24") for number in (1, 2, 3, 4)),
        version="v3.15.1",
    )

    found = recommended(_of_version(snapshot, "v3.15.1"))

    assert found is not None
    assert found.method.startswith("interface=")
    assert (found.nodes, found.total, found.uncovered) == (3, 4, ("n4",))


def _of_version(snapshot: Snapshot, version: str) -> Snapshot:
    """The same with logs of ``version``."""
    nodes = (
        dataclasses.replace(
            facts, log=facts.log and dataclasses.replace(facts.log, version=Version.parse(version))
        )
        for facts in snapshot.nodes
    )
    return dataclasses.replace(snapshot, nodes=tuple(nodes))


def test_the_version_of_new_pods_counts_too() -> None:
    snapshot = cluster(
        *(stray(number, f"enp{number}s0 10.0.0.{number}/24") for number in (1, 2, 3, 4)),
        version="v3.14.0",
    )

    assert not (method(snapshot) or "").startswith("cidr=")


def test_a_node_that_lost_its_address_does_not_stop_the_others() -> None:
    snapshot = cluster(stray(1, "eth0 10.0.0.1/24"), stray(2), stray(3, "eth0 10.0.0.3/24"))
    report = diagnose(snapshot, Question())
    (found,) = report.recommendations

    assert (found.method, found.nodes, found.total) == ("interface=eth0", 2, 3)
    assert found.uncovered == ("n2",)
    (why,) = found.why_uncovered
    assert why in ("it would choose nothing", "its interfaces are not known")
    assert {finding.node: finding.next for finding in report.findings} == {
        "n1": found.command,
        "n2": "bring 10.0.0.2 back on n2; no method selects it before that",
        "n3": found.command,
    }


def test_nothing_is_recommended_that_breaks_a_node_that_is_right() -> None:
    right = node(
        "n2",
        internal_ip="10.0.0.2",
        log=detected("10.0.0.2/24", "eth1"),
        inventory=nics("eth0 192.168.1.2/24", "eth1 10.0.0.2/24"),
    )
    snapshot = cluster(stray(1, "eth0 10.0.0.1/24"), right, version="v3.15.1")
    snapshot = _of_version(snapshot, "v3.15.1")

    assert method(snapshot) == "interface=eth0,eth1"
    other_way = nics("eth1 10.0.0.2/24", "eth0 192.168.1.2/24")
    assert method(with_inventory(snapshot, "n2", other_way)) is None


def test_a_log_proves_the_first_address_of_its_nic() -> None:
    snapshot = incident()
    for name in ("node-1", "node-2"):
        snapshot = with_inventory(snapshot, name, None)
    found = recommended(snapshot)

    assert found is not None
    assert (found.method, found.nodes, found.changes) == ("interface=^bond4$", 4, 2)
    assert found.note == "on 2 of them their logs alone prove it"


def test_a_log_that_names_no_nic_proves_the_internal_ip() -> None:
    right = node("n2", internal_ip="10.0.0.2", log=detected("10.0.0.2/24", None, "can-reach"))

    assert method(cluster(stray(1, "eth0 10.0.0.1/24"), right)) == "kubernetes-internal-ip"


def test_an_annotation_alone_proves_nothing() -> None:
    right = node("n2", internal_ip="10.0.0.2", stored="10.0.0.2/24")
    found = recommended(cluster(stray(1, "eth0 10.0.0.1/24"), right))

    assert found is not None
    assert (found.method, found.nodes, found.uncovered) == ("interface=eth0", 1, ("n2",))


def test_the_interfaces_annotation_is_enough_where_its_order_does_not_matter() -> None:
    snapshot = with_inventory(
        cluster(stray(1)), "n1", annotated_nics("eth0 10.0.0.1", "eth1 192.168.1.1")
    )

    # Of the NICs that the annotation leaves out one may be called veth0....
    assert method(snapshot) == "interface=^eth0$"


def test_a_failed_detection_is_mended() -> None:
    failed = node(
        "n2",
        internal_ip="10.0.0.2",
        ready=False,
        log=log(decision(Outcome.FAILED, method="interface"), started=False),
        inventory=nics("ens3 10.0.0.2/24"),
    )
    right = node(
        "n1",
        internal_ip="10.0.0.1",
        log=detected("10.0.0.1/24", "eth0", "interface"),
        inventory=nics("eth0 10.0.0.1/24"),
    )
    found = recommended(cluster(right, failed, method="interface=eth0"))

    assert found is not None
    assert (found.method, found.changes, found.nodes) == ("interface=ens3,eth0", 1, 2)


def test_a_method_that_is_right_already_is_not_recommended_again() -> None:
    snapshot = cluster(
        stray(1, "eth0 10.0.0.1/24"), stray(2, "eth0 10.0.0.2/24"), method="interface=eth0"
    )

    assert method(snapshot) is None


def test_the_users_expectation_goes_along_with_the_command() -> None:
    found = recommended(incident(), Question(expect_cidrs=("172.16.16.0/23", "10.0.0.0/8")))

    assert found is not None
    assert found.command == (
        "kubectl calico-nic set --interface bond3 --expect-cidr 172.16.16.0/23,10.0.0.0/8"
    )
    assert (found.changes, found.nodes) == (2, 4)


def test_the_expected_interface_is_recommended() -> None:
    found = recommended(incident(), Question(expect_interfaces=("mgmt",)))

    assert found is not None
    assert (found.method, found.changes) == ("interface=mgmt", 4)


def test_ipv6_says_its_family() -> None:
    facts = node(
        "n1",
        internal_ip="2001:db8::1",
        log=detected("2001:db8:9::1/64", "eth1"),
        inventory=nics("eth0 2001:db8::1/64", "eth1 2001:db8:9::1/64"),
    )
    found = recommended(cluster(facts, ip="none", env={"IP6": "autodetect"}))

    assert found is not None
    assert found.command == "kubectl calico-nic set --interface eth0 --family 6"
    assert found.family is Family.IPV6


def test_among_several_daemon_sets_the_command_names_its_own() -> None:
    snapshot = cluster(stray(1, "eth0 10.0.0.1/24"))
    other = dataclasses.replace(
        snapshot.daemon_sets[0],
        object={**snapshot.daemon_sets[0].object, "metadata": {"namespace": "x", "name": "canal"}},
    )
    snapshot = dataclasses.replace(snapshot, daemon_sets=(*snapshot.daemon_sets, other))
    found = recommended(snapshot)

    assert found is not None
    assert found.command.endswith(" --daemonset kube-system/calico-node")


# A small world: few names that contain each other, networks that overlap, addresses of a host.
_NAMES = ("eth0", "eth01", "eth1", "br-x", "bond0")
_NETWORKS = ("10.0.0.{}/24", "10.0.1.{}/24", "10.0.0.{}/16", "192.168.7.{}/24", "10.0.1.{}/32")
_VERSIONS = ("v3.14.0", "v3.20.0", "v3.22.1", "v3.24.6", "v3.32.1")


@dataclasses.dataclass(frozen=True)
class World:
    """Nodes as (InternalIP, NICs); all run first-found and say in their logs what it chose."""

    version: str
    hosts: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def parsed(self) -> Version:
        version = Version.parse(self.version)
        assert version is not None
        return version

    def snapshot(self) -> Snapshot:
        return cluster(
            *(self._node(number, *host) for number, host in enumerate(self.hosts)),
            version=self.version,
        )

    def _node(self, number: int, internal_ip: str, lines: tuple[str, ...]) -> NodeFacts:
        inventory = nics(*lines)
        chosen = select("first-found", Family.IPV4, inventory, self.parsed)
        outcome = decision(Outcome.FAILED, method="first-found")
        if chosen.address:
            outcome = detected(chosen.address, chosen.interface)
        return node(
            f"n{number}",
            internal_ip=internal_ip,
            log=log(outcome, version=self.parsed),
            inventory=inventory,
            ready=False,
        )


@st.composite
def hosts(draw: st.DrawFn, number: int) -> tuple[str, tuple[str, ...]]:
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=4, unique=True))
    unused = iter(range(10 * number, 10 * number + 10))
    lines, addresses = [], []
    for name in names:
        forms = draw(st.lists(st.sampled_from(_NETWORKS), min_size=1, max_size=2))
        own = [form.format(next(unused)) for form in forms]
        lines.append(" ".join([name, *own]))
        addresses += own
    return draw(st.sampled_from(addresses)).partition("/")[0], tuple(lines)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 4))
    found = tuple(draw(hosts(number)) for number in range(1, count + 1))
    return World(draw(st.sampled_from(_VERSIONS)), found)


def gives_everybody_its_address(value: str, snapshot: Snapshot, version: Version) -> bool:
    """The judge, free of what is judged: calico-node's own selection on every node."""
    for facts in snapshot.nodes:
        assert facts.node is not None
        ips = facts.node.internal_ips
        found = select(value, Family.IPV4, facts.inventory, version, internal_ips=ips)
        if found.address is None or not same_address(found.address, ips[0]):
            return False
    return True


def kind(value: str) -> int:
    """How simple a value is: one name, a few names, networks, the InternalIP."""
    if value.startswith("interface="):
        return 0 if "," not in value else 1
    return 2 if value.startswith("cidr=") else 3


def every_value(snapshot: Snapshot, version: Version) -> list[str]:
    """Every value of each kind, of exact NIC names and the networks of the expected addresses."""
    names, networks = set(), set()
    for facts in snapshot.nodes:
        for nic in (facts.inventory or nics()).interfaces:
            names.add(f"^{nic.name}$")
            networks |= {
                network_of(found.cidr)
                for found in nic.addresses
                if facts.node and found.address in facts.node.internal_ips
            }
    values = [
        start + ",".join(chosen)
        for start, items, most in (("interface=", names, 3), ("cidr=", networks - {None}, 4))
        for size in range(1, most + 1)
        for chosen in itertools.combinations(sorted(items), size)
    ]
    return values if stores_network_address(version) else [*values, "kubernetes-internal-ip"]


@given(worlds())
@settings(max_examples=120)
def test_no_simpler_value_that_works_is_missed(world: World) -> None:
    snapshot, version = world.snapshot(), world.parsed
    report = diagnose(snapshot, Question())
    assume(any(found.id in ("wrong-network", "detection-failed") for found in report.findings))
    works = [
        kind(value)
        for value in every_value(snapshot, version)
        if gives_everybody_its_address(value, snapshot, version)
    ]
    found = report.recommendations[0] if report.recommendations else None

    if works:
        assert found is not None
        assert found.nodes == len(snapshot.nodes)
        assert kind(found.method) == min(works)
        assert gives_everybody_its_address(found.method, snapshot, version)


@given(worlds())
@settings(max_examples=120)
def test_what_is_promised_is_what_selection_says(world: World) -> None:
    snapshot, version = world.snapshot(), world.parsed
    for found in diagnose(snapshot, Question()).recommendations:
        covered, changed = set(), set()
        for facts in snapshot.nodes:
            assert facts.node is not None
            assert facts.log is not None
            ips, now = facts.node.internal_ips, facts.log.decisions[0].address
            then = select(found.method, Family.IPV4, facts.inventory, version, internal_ips=ips)
            assert not then.exits
            if then.address and same_address(then.address, ips[0]):
                covered.add(facts.name)
            if then.address and not (now and same_address(now, then.address)):
                changed.add(facts.name)

        assert found.nodes == len(covered)
        assert found.changes == len(changed)
        assert set(found.uncovered) == {facts.name for facts in snapshot.nodes} - covered
        assert shlex.split(found.command)[:3] == ["kubectl", "calico-nic", "set"]
