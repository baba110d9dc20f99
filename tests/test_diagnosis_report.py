"""Rows, versions, placement and stories of a report."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.report import NodeReport, Report
from kubectl_calico_nic.diagnosis.stories import MOST_CAUSES, stories
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Gap, NodeFacts, Origin, Snapshot
from tests.clusters import (
    DAEMON_SET,
    cluster,
    daemon_set,
    decision,
    detected,
    incident,
    log,
    nics,
    node,
)


def families(snapshot: Snapshot, **question: object) -> list[list[Family]]:
    report = diagnose(snapshot, Question(**question))  # type: ignore[arg-type]
    return [[family.family for family in found.families] for found in report.nodes]


IPV4, IPV6 = Family.IPV4, Family.IPV6
V6_STORED = node("n", stored="2001:db8::1/64")


@pytest.mark.parametrize(
    ("snapshot", "used"),
    [
        (cluster(node("n")), [IPV4]),
        (cluster(node("n"), ip=None), [IPV4]),
        (cluster(node("n"), env={"IP6": "autodetect"}), [IPV4, IPV6]),
        (cluster(node("n"), env={"IP6": "2001:db8::1"}), [IPV4, IPV6]),
        (cluster(node("n"), env={"IP6": "none"}), [IPV4]),
        (cluster(node("n"), ip="none", env={"IP6": "autodetect"}), [IPV6]),
        (cluster(V6_STORED, ip="none"), [IPV6]),
        (cluster(V6_STORED), [IPV4, IPV6]),
        (cluster(node("n"), ip="none"), [IPV4]),
        (
            Snapshot((node("n", pod=False, known=False, log=detected("2001:db8::1/64", "e")),)),
            [IPV6],
        ),
    ],
)
def test_the_families_in_use(snapshot: Snapshot, used: list[Family]) -> None:
    assert families(snapshot) == [used]


def test_the_families_asked_for() -> None:
    assert families(cluster(node("n")), families=(IPV6,)) == [[IPV6]]


def test_a_family_that_is_off_is_unknown_and_no_problem() -> None:
    snapshot = cluster(node("n", internal_ip="10.0.0.1", stored="10.0.0.1/24"))
    report = diagnose(snapshot, Question(families=(IPV4, IPV6)))

    verdicts = {found.family: found.verdict for found in report.nodes[0].families}
    assert verdicts == {IPV4: "ok", IPV6: "unknown"}
    assert not report.has_problem


@pytest.mark.parametrize(
    ("settings", "method"),
    [
        ({}, "first-found"),
        ({"method": ""}, "first-found"),
        ({"method": " interface=eth0"}, " interface=eth0"),
        ({"ip": "10.0.0.1", "method": "interface=eth0"}, None),
        ({"ip": "none"}, None),
        ({"ip": None, "method": "interface=eth0"}, "interface=eth0"),
    ],
)
def test_the_method_in_force(settings: dict[str, str | None], method: str | None) -> None:
    report = diagnose(cluster(node("n"), **settings), Question())  # type: ignore[arg-type]

    assert report.nodes[0].families[0].method == method
    assert report.daemon_sets[0].method == {IPV4: method}


@pytest.mark.parametrize(
    ("word", "method"),
    [("first-found", "first-found"), ("kubernetes-internal-ip",) * 2, ("interface", None)],
)
def test_the_method_that_a_log_alone_tells(word: str, method: str | None) -> None:
    chosen = detected("10.0.0.1/24", "eth0", word)
    snapshot = Snapshot((node("n", pod=False, known=False, log=chosen),), origin=Origin.FILES)

    assert diagnose(snapshot, Question()).nodes[0].families[0].method == method


def test_pods_of_an_old_template_show_the_method_that_they_run() -> None:
    old = {"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=eth0"}
    report = diagnose(cluster(node("n", env=old), method="interface=eth1"), Question())

    assert report.nodes[0].families[0].method == "interface=eth0"
    assert report.daemon_sets[0].method == {IPV4: "interface=eth1"}


def with_image(image: str, cluster_version: str | None = None) -> NodeReport:
    snapshot = cluster(node("n"))
    container = {**snapshot.daemon_sets[0].container, "image": image}
    facts = snapshot.nodes[0]
    assert facts.pod is not None
    pod = dataclasses.replace(facts.pod, container=container)
    snapshot = dataclasses.replace(
        snapshot,
        nodes=(dataclasses.replace(facts, pod=pod),),
        cluster_version=cluster_version,
    )
    return diagnose(snapshot, Question()).nodes[0]


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("docker.io/calico/node:v3.24.6", "v3.24.6"),
        ("registry:5000/calico/node:v3.27.5@sha256:0123", "v3.27.5"),
        ("rancher/hardened-calico:v3.28.1-build20240806", "v3.28.1-build20240806"),
        ("registry:5000/calico/node", "v3.20.0"),
        ("calico/node@sha256:0123", "v3.20.0"),
        ("calico/node:master", None),
    ],
)
def test_the_version_of_an_image(image: str, version: str | None) -> None:
    found = with_image(image, "v3.20.0")

    assert found.version == version
    assert bool(found.notes) == (version is None)


def test_the_log_knows_its_version_best() -> None:
    report = diagnose(cluster(node("n", log=log()), version="v3.30.0"), Question())

    assert report.nodes[0].version == "v3.24.6"
    assert report.daemon_sets[0].version == "v3.30.0"


def test_readiness_is_the_pods_and_unknown_without_one() -> None:
    missing = {"desiredNumberScheduled": 3, "currentNumberScheduled": 2}
    snapshot = cluster(node("a"), node("b", ready=False), node("c", pod=False), status=missing)
    report = diagnose(snapshot, Question())

    assert [found.ready for found in report.nodes] == [True, False, None]
    assert [found.pod for found in report.nodes][2] is None


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        ({"os": "windows"}, "a Windows node: nothing was read of it"),
        ({"labels": {"kind": "edge"}}, f"{DAEMON_SET} does not select this node"),
    ],
)
def test_a_node_without_calico_node_is_listed_as_what_it_is(
    settings: dict[str, object], note: str
) -> None:
    linux = {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": affinity(key="kind", operator="NotIn", values=["edge"]),
    }
    bare = node("bare", pod=False, **settings)  # type: ignore[arg-type]
    report = diagnose(cluster(node("n", stored="10.0.0.1/24"), bare, pod=linux), Question())

    assert (report.nodes[1].families, report.nodes[1].notes) == ((), (note,))
    assert [found.id for found in report.findings] == ["no-expectation"]


def affinity(**rule: object) -> dict[str, object]:
    terms = [{"matchExpressions": [rule]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required}


@pytest.mark.parametrize(
    ("rule", "selected"),
    [
        ({"key": "a", "operator": "In", "values": ["1", "2"]}, True),
        ({"key": "a", "operator": "In", "values": ["2"]}, False),
        ({"key": "b", "operator": "In", "values": ["1"]}, False),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, False),
        ({"key": "b", "operator": "NotIn", "values": ["1"]}, True),
        ({"key": "a", "operator": "Exists"}, True),
        ({"key": "a", "operator": "DoesNotExist"}, False),
        ({"key": "a", "operator": "Gt", "values": ["0"]}, True),
        ({"key": "a", "operator": "Lt", "values": ["0"]}, False),
        ({"key": "a", "operator": "Lt", "values": ["x"]}, False),
        ({"key": "a", "operator": "Near", "values": ["1"]}, False),
    ],
)
def test_a_pod_is_missed_where_the_affinity_lets_it(
    rule: dict[str, object], selected: bool
) -> None:
    bare = node("bare", pod=False, labels={"a": "1"})
    report = diagnose(cluster(bare, pod={"affinity": affinity(**rule)}), Question())

    assert [found.id for found in report.findings] == (["no-pod"] if selected else [])


def test_files_with_some_of_the_pods_miss_none() -> None:
    nodes = (node("a", internal_ip="10.0.0.1", stored="10.0.0.1/24"), node("b", pod=False))
    snapshot = cluster(*nodes, origin=Origin.FILES)

    assert "no-pod" not in {found.id for found in diagnose(snapshot, Question()).findings}


def two_daemon_sets() -> Snapshot:
    snapshot = cluster(node("a", stored="10.0.0.1/24"), node("b", stored="10.0.0.2/24"))
    canal = DaemonSet(
        {**snapshot.daemon_sets[0].object, "metadata": {"namespace": "x", "name": "canal"}}
    )
    first, second = snapshot.nodes
    assert second.pod is not None
    moved = dataclasses.replace(second, pod=dataclasses.replace(second.pod, daemon_set="x/canal"))
    return dataclasses.replace(
        snapshot, nodes=(first, moved), daemon_sets=(*snapshot.daemon_sets, canal)
    )


@pytest.mark.parametrize("asked", ["canal", "x/canal"])
def test_one_daemon_set_of_several(asked: str) -> None:
    report = diagnose(two_daemon_sets(), Question(daemon_set=asked))

    assert [found.name for found in report.nodes] == ["b"]
    assert [found.name for found in report.daemon_sets] == ["x/canal"]


def test_gaps_are_passed_on() -> None:
    gap = Gap("get", "pods/log", "forbidden", "n", forbidden=True)
    snapshot = dataclasses.replace(cluster(node("n")), gaps=(gap,))

    assert diagnose(snapshot, Question()).gaps == (gap,)


def test_an_error_outranks_a_warning_and_the_first_of_the_page_wins_between_equals() -> None:
    facts = node(
        "n",
        internal_ip="10.0.0.1",
        stored="10.0.0.1/24",
        log=decision(Outcome.KEPT, "172.18.0.1/16"),
    )
    (found,) = diagnose(cluster(facts), Question()).nodes[0].families

    assert found.findings == ("kept-stale-address", "wrong-network", "evidence-disagrees")
    assert found.verdict == "kept-stale-address"


def astray(number: int, interface: str, network: str) -> NodeFacts:
    return node(
        f"n{number:03}",
        internal_ip=f"10.0.{number}.1",
        log=detected(f"{network}.1/24", interface),
        ready=False,
    )


def test_four_hundred_nodes_on_one_nic_are_one_story() -> None:
    nodes = [astray(number, "bond3", f"172.16.{number % 256}") for number in range(2, 240)]
    told = stories(diagnose(cluster(*nodes), Question()))

    assert [(story.id, len(story.nodes)) for story in told] == [("wrong-network", 238)]
    assert told[0].message == "all 238 nodes are on bond3, outside the networks of their InternalIP"


def test_each_cause_has_its_story_the_largest_first() -> None:
    nodes = [
        astray(1, "br-1", "172.18.1"),
        astray(2, "eth9", "172.19.1"),
        astray(3, "eth9", "172.19.1"),
    ]
    nodes[2] = dataclasses.replace(nodes[2], log=log(detected("172.19.1.3/24", "eth9")))
    told = stories(diagnose(cluster(*nodes), Question()))

    assert [story.nodes for story in told] == [("n002", "n003"), ("n001",)]
    assert told[1].message == "n001 uses br-1 172.18.1.1/24; expected 10.0.1.1 (InternalIP)"


def test_causes_beyond_the_first_few_are_counted() -> None:
    nodes = [
        node(
            f"n{number:03}",
            internal_ip=f"10.0.0.{number}",
            ready=False,
            log=decision(Outcome.CONFLICT, f"10.0.0.{number}/24", other_node="gone"),
            inventory=None,
        )
        for number in range(1, 41)
    ]
    told = stories(diagnose(cluster(*nodes), Question()))

    assert len(told) == MOST_CAUSES
    assert sum(len(story.nodes) for story in told) == 40
    assert {story.severity for story in told} == {Severity.ERROR}


def test_cluster_text_passes_through_as_data() -> None:
    facts = node("n", internal_ip="10.0.0.1", log=detected("172.18.0.1/16", "[bold]\x1b[31mx"))
    report = diagnose(cluster(facts, method="interface=$(rm -rf /)"), Question())

    assert "[bold]\x1b[31mx" in report.findings[0].message
    assert json.dumps([found.message for found in report.findings])


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        ({}, "manifest"),
        ({"ownerReferences": [{"kind": "Installation", "controller": True}]}, "operator"),
        ({"ownerReferences": [{"kind": "Installation"}]}, "manifest"),
        ({"ownerReferences": [{"kind": "CalicoThing", "controller": True}]}, "CalicoThing"),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "helm"),
        ({"annotations": {"meta.helm.sh/release-name": "calico"}}, "helm"),
        ({"labels": {"app.kubernetes.io/managed-by": "kops"}}, "kops"),
    ],
)
def test_the_owner_of_a_daemon_set(metadata: dict[str, object], owner: str) -> None:
    snapshot = Snapshot(daemon_sets=(daemon_set({}, metadata=metadata),))

    assert diagnose(snapshot, Question()).daemon_sets[0].owner == owner


def test_an_empty_cluster_has_an_empty_report() -> None:
    assert diagnose(Snapshot(), Question()) == Report(())


def test_what_the_method_in_force_mends_by_itself_needs_no_command() -> None:
    came_back = node(
        "n",
        internal_ip="10.0.0.1",
        stored="10.0.0.1/24",
        log=decision(Outcome.KEPT, "10.0.0.1/24", method="interface"),
        inventory=nics("eth0 10.0.0.1/24"),
    )
    report = diagnose(cluster(came_back, method="interface=eth0"), Question())

    assert report.recommendations == ()
    assert report.advice == (
        "the IPv4 method in force selects the expected address on n by now: re-detection or a "
        "restart of calico-node there takes it",
    )


def test_a_right_node_asked_for_alone_gets_no_command() -> None:
    report = diagnose(incident(), Question(nodes=("node-1",)))

    assert not report.has_problem
    assert report.recommendations == ()


KEYS = [
    "nodeSelector",
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "kind",
    "key",
    "nodeSelectorTerms",
    "matchExpressions",
    "matchFields",
    "operator",
    "values",
    "ownerReferences",
    "labels",
    "annotations",
    "controller",
    "desiredNumberScheduled",
    "currentNumberScheduled",
]

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    pod=st.dictionaries(st.sampled_from(KEYS), junk),
    metadata=st.dictionaries(st.sampled_from(KEYS), junk),
    status=st.dictionaries(st.sampled_from(KEYS), junk),
    texts=st.lists(st.text(max_size=12), min_size=3, max_size=3),
)
@settings(max_examples=100)
def test_no_broken_object_raises(
    pod: dict[str, object],
    metadata: dict[str, object],
    status: dict[str, object],
    texts: list[str],
) -> None:
    stored, internal_ip, logged = texts
    nodes = (
        node("a", internal_ip=internal_ip, stored=stored, log=detected(logged, logged)),
        node("b", pod=False, internal_ip=internal_ip),
    )
    snapshot = cluster(*nodes, pod=pod, metadata=metadata, status=status, method=stored)

    assert [found.name for found in diagnose(snapshot, Question()).nodes] == ["a", "b"]
