"""What speaks against a change, and whether it is refused or only worth a question."""

from __future__ import annotations

import dataclasses

import pytest

from kubectl_calico_nic.calico.inventory import (
    Interface,
    InterfaceAddress,
    Inventory,
    InventorySource,
)
from kubectl_calico_nic.calico.log.reading import LogReading
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.snapshot.snapshot import Gap
from tests.change_story import (
    AUTODETECT,
    IPV4,
    IPV6,
    Cluster,
    dual_stack,
    ids,
    nic,
    nics_of_story,
    value,
    verdicts,
)
from tests.clusters import detected, log


def test_another_network_than_the_expected_one_is_refused() -> None:
    made = Cluster().plan("interface=bond3")
    assert verdicts(made) == dict.fromkeys(
        ["node-1", "node-2", "node-3", "node-4"], "wrong-network"
    )
    assert ids(made.refusals) == ["wrong-network"] * 4
    assert made.refusals[0].message == (
        "node-1 would choose bond3 172.16.16.21/23; expected 172.16.10.21 (InternalIP)"
    )


def test_the_network_that_was_asked_for_is_judged_by() -> None:
    cidr = Question(expect_cidrs=("172.16.16.0/23",))
    assert Cluster().plan("interface=bond3", question=cidr).refusals == ()
    assert ids(Cluster().plan("interface=bond4", question=cidr).refusals) == ["wrong-network"] * 4
    names = Question(expect_interfaces=("bond3",))
    assert (
        ids(Cluster().plan("interface=bond4", question=names).refusals) == ["wrong-interface"] * 4
    )


def test_a_network_that_all_nodes_agree_on_was_meant_so() -> None:
    cluster = Cluster()
    for number in (1, 2):
        cluster.change(f"node-{number}", stored={IPV4: f"172.16.16.2{number}/23"})
    made = cluster.plan("interface=^bond3$")
    assert (set(verdicts(made).values()), made.refusals) == ({"same"}, ())


def test_a_method_that_finds_nothing_is_refused_whether_or_not_an_address_stays() -> None:
    cluster = Cluster()
    cluster.change("node-2", stored={})
    made = cluster.plan("interface=eth1")
    assert set(verdicts(made).values()) == {"detection-failed"}
    assert all(node.families[0].then is None for node in made.nodes)
    assert made.refusals[0].message == (
        "node-1: interface=eth1 selects nothing (it has mgmt, bond3, bond4); it would keep its "
        "old 172.16.10.21/24"
    )
    assert made.refusals[1].message.endswith("it would be left without an address")


def test_another_nodes_address_is_refused() -> None:
    cluster = Cluster()
    cluster.change("node-4", inventory=Inventory((nic("bond4", "172.16.10.21/24"),)))
    made = cluster.plan("interface=bond4")
    assert verdicts(made)["node-4"] == "address-conflict"
    assert "which is also node-1's" in made.refusals[0].message


def test_two_nodes_that_would_choose_the_same_address_are_refused() -> None:
    cluster = Cluster()
    for name in ("node-3", "node-4"):
        cluster.change(name, inventory=Inventory((nic("bond4", "172.16.10.99/24"),)))
    assert ids(cluster.plan("interface=bond4").refusals) == ["address-conflict"] * 2


@pytest.mark.parametrize(
    ("flags", "words"),
    [(frozenset({"BROADCAST"}), "bond4 is down"), (frozenset({"UP", "NO-CARRIER"}), "no carrier")],
)
def test_an_address_on_a_dead_nic_is_refused(flags: frozenset[str], words: str) -> None:
    cluster = Cluster()
    dead = nic("bond4", "172.16.10.23/24", flags=flags)
    cluster.change("node-3", inventory=Inventory((dead,)))
    made = cluster.plan("interface=bond4")
    assert ids(made.refusals) == ["nic-down"]
    assert words in made.refusals[0].message


def test_without_link_information_a_nic_is_not_called_down() -> None:
    cluster = Cluster()
    unknown = dataclasses.replace(nic("bond4", "172.16.10.23/24"), flags=None)
    cluster.change("node-3", inventory=Inventory((unknown,)))
    assert cluster.plan("interface=bond4").refusals == ()


def test_an_address_set_by_hand_is_overwritten_only_by_force() -> None:
    made = Cluster(value("IP", "172.16.10.21")).plan("interface=bond4")
    assert ids(made.refusals) == ["explicit-address-overwritten"]
    assert (made.stopping(force=False), made.stopping(force=True)) == (made.refusals, ())
    assert Cluster(value("IP", "172.16.10.21")).plan(None).is_empty


def test_a_family_that_is_off_is_turned_on_with_a_warning() -> None:
    assert ids(Cluster(value("IP", "none")).plan("interface=bond4").warnings) == ["family-enabled"]


def test_a_method_that_the_new_pods_do_not_know_is_refused() -> None:
    made = Cluster(image="calico/node:v3.15.5").plan("cidr=172.16.10.0/24")
    assert set(verdicts(made).values()) == {"method-too-new"}
    assert ids(made.refusals) == ["method-too-new"]
    assert "Calico v3.15.5 does not know cidr (since v3.16.0)" in made.refusals[0].message


def test_pods_that_run_the_same_image_tell_its_version_where_the_tag_does_not() -> None:
    cluster = Cluster(image="calico/node:mirrored")
    assert cluster.plan("cidr=172.16.10.0/24").refusals == ()
    cluster.change("node-2", log=LogReading(version=Version(3, 15, 5)))
    assert ids(cluster.plan("cidr=172.16.10.0/24").refusals) == ["method-too-new"]


def test_a_doubtful_value_is_refused() -> None:
    cluster = Cluster()
    more = [*nics_of_story(1), nic("bond4.7", "10.7.0.1/24")]
    cluster.change("node-1", inventory=Inventory(tuple(more)))
    assert "method-ambiguous" in ids(cluster.plan("interface=bond4").refusals)
    assert cluster.plan("interface=^bond4$").refusals == ()


def test_what_cannot_be_foreseen_is_refused_beyond_what_is_accepted() -> None:
    cluster = Cluster()
    cluster.change("node-3", inventory=None)
    made = cluster.plan("interface=bond4")
    assert verdicts(made)["node-3"] == "unknown"
    assert made.nodes[2].families[0].decided is False
    assert ids(made.refusals) == ["outcome-unknown"]
    accepted = cluster.plan("interface=bond4", max_unknown=1)
    assert (ids(accepted.refusals), ids(accepted.warnings)) == ([], ["outcome-unknown"])


def test_without_the_right_to_ask_the_unknown_is_a_warning() -> None:
    cluster = Cluster()
    cluster.change("node-3", inventory=None)
    cluster.gaps.append(Gap("create", "pods/exec", "forbidden", "node-3", forbidden=True))
    made = cluster.plan("interface=bond4")
    assert (ids(made.refusals), ids(made.warnings)) == ([], ["outcome-unknown"])


def test_a_setting_that_cannot_be_read_makes_the_outcome_unknown() -> None:
    source = {"configMapKeyRef": {"name": "calico-config", "key": "calico_backend"}}
    cluster = Cluster(AUTODETECT, {"name": "CALICO_NETWORKING_BACKEND", "valueFrom": source})
    (refusal,) = cluster.plan("interface=bond4").refusals
    assert refusal.id == "outcome-unknown"
    assert "configMapKeyRef calico-config/calico_backend" in refusal.message
    cluster.config_maps["kube-system/calico-config"] = {"calico_backend": "bird"}
    assert cluster.plan("interface=bond4").refusals == ()


def test_without_networking_there_is_nothing_to_set() -> None:
    cluster = Cluster(AUTODETECT, value("CALICO_NETWORKING_BACKEND", "none"))
    assert ids(cluster.plan("interface=bond4").refusals)[0] == "backend-none"


def test_a_controlled_daemon_set_is_never_edited() -> None:
    cluster = Cluster()
    cluster.object["metadata"]["ownerReferences"] = [
        {"kind": "Installation", "name": "default", "controller": True}
    ]
    made = cluster.plan("interface=bond4")
    (refusal,) = made.refusals
    assert (refusal.id, refusal.overridable) == ("owner-reverts", False)
    assert "Installation/default" in refusal.message
    assert (made.is_empty, made.owner) == (True, "operator")
    assert made.stopping(force=True) == made.refusals


def test_an_owner_that_is_no_controller_does_not_matter() -> None:
    cluster = Cluster()
    cluster.object["metadata"]["ownerReferences"] = [{"kind": "ConfigMap", "name": "x"}]
    assert cluster.plan("interface=bond4").refusals == ()


def test_several_ready_pods_at_once_are_refused() -> None:
    cluster = Cluster()
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}}
    cluster.object["spec"]["updateStrategy"] = strategy
    made = cluster.plan("interface=bond4")
    assert ids(made.refusals) == ["several-at-once"]
    assert made.roll.at_once == 2


def test_unready_pods_restart_first_and_hold_up_the_others() -> None:
    cluster = Cluster()
    cluster.change("node-4", ready=False)
    made = cluster.plan("interface=bond4")
    assert made.roll.blocked_by == ("node-4",)
    assert ids(made.warnings) == ["rollout-blocked"]


def test_on_delete_restarts_nothing_and_says_so() -> None:
    cluster = Cluster()
    cluster.object["spec"]["updateStrategy"] = {"type": "OnDelete"}
    made = cluster.plan("interface=bond4")
    assert made.roll.restarts == 0
    assert "OnDelete" in made.warnings[0].message


def test_ipv6_that_would_clear_ipv4_is_refused() -> None:
    cluster = dual_stack()
    cluster.change("node-3", inventory=Inventory(tuple(nics_of_story(3))))
    made = cluster.plan("interface=bond4", IPV6)
    assert ids(made.refusals) == ["detection-failed", "ipv6-clears-ipv4"]
    both = cluster.plan("interface=bond4", IPV4, IPV6)
    assert ids(both.refusals).count("ipv6-clears-ipv4") == 1


def test_ipv6_that_felix_leaves_alone_is_a_warning() -> None:
    cluster = dual_stack()
    cluster.container["env"].append(value("FELIX_IPV6SUPPORT", "false"))
    assert ids(cluster.plan("interface=bond4", IPV6).warnings) == ["ipv6-not-enabled"]
    assert cluster.plan("interface=bond4").warnings == ()


def test_a_variable_that_refers_to_an_edited_one_is_a_warning() -> None:
    cluster = Cluster(value("IP", ""), value("COPY", "$(IP)"))
    (warning,) = cluster.plan("interface=bond4").warnings
    assert (warning.id, "COPY refers to" in warning.message) == ("reference-changes", True)


def annotated(cluster: Cluster) -> Cluster:
    """Without exec, Calico v3.31: the addresses of every NIC without their lengths."""
    for number in (1, 2, 3, 4):
        nics = [Interface(n.name, tuple(map(bare, n.addresses))) for n in nics_of_story(number)]
        known = Inventory(
            tuple(nics), source=InventorySource.ANNOTATION, ordered=False, complete=False
        )
        stored = {IPV4: f"172.16.10.2{number}/24"}
        cluster.change(f"node-{number}", inventory=known, stored=stored)
    return cluster


def bare(found: InterfaceAddress) -> InterfaceAddress:
    return InterfaceAddress(found.address)


def test_the_stored_length_tells_the_network_where_the_annotation_does_not() -> None:
    made = annotated(Cluster()).plan("interface=^bond3$")
    assert set(verdicts(made).values()) == {"wrong-network"}
    assert annotated(Cluster()).plan("interface=^bond4$").refusals == ()


def test_an_address_that_cannot_be_judged_is_refused() -> None:
    cluster = annotated(Cluster())
    for number in (1, 2, 3, 4):
        cluster.change(f"node-{number}", stored={})
    made = cluster.plan("interface=^bond3$")
    assert set(verdicts(made).values()) == {"no-expectation"}
    assert "the prefix length of 172.16.16.21 is not known" in made.refusals[0].message
    assert cluster.plan("interface=^bond4$").refusals == ()


def unread(cluster: Cluster) -> Cluster:
    """Without the right to list nodes: logs and exec alone."""
    for name, facts in cluster.nodes.items():
        stored = facts.node.stored[IPV4] if facts.node else ""
        cluster.nodes[name] = dataclasses.replace(facts, node=None, log=log(detected(stored)))
    cluster.gaps.append(Gap("list", "nodes", "forbidden", forbidden=True))
    return cluster


def test_nodes_without_an_expectation_do_not_change_their_network_unasked() -> None:
    made = unread(Cluster()).plan("interface=^mgmt$")
    assert verdicts(made) == dict.fromkeys(
        ["node-1", "node-2", "node-3", "node-4"], "no-expectation"
    )
    first = made.refusals[0]
    assert (first.severity, first.overridable) == (Severity.WARNING, True)
    assert first.message == (
        "node-1 would change from 172.16.10.21/24 to mgmt 172.16.4.21/24; nothing says whether "
        "that is right: the Node was not read"
    )
    assert "--expect-cidr" in first.next
    assert (made.stopping(force=False), made.stopping(force=True)) == (made.refusals, ())


@pytest.mark.parametrize(
    "question",
    [Question(expect_cidrs=("172.16.4.0/24",)), Question(expect_interfaces=("mgmt",))],
)
def test_saying_what_is_right_settles_it(question: Question) -> None:
    assert unread(Cluster()).plan("interface=^mgmt$", question=question).refusals == ()


def test_an_address_that_stays_needs_no_expectation() -> None:
    made = unread(Cluster()).plan("interface=^bond4$")
    assert verdicts(made) == {
        "node-1": "same",
        "node-2": "same",
        "node-3": "no-expectation",
        "node-4": "no-expectation",
    }


def test_another_address_of_the_same_network_needs_no_expectation() -> None:
    cluster = unread(Cluster())
    for number in (1, 2, 3, 4):
        nics = (nic("bond4", f"172.16.10.12{number}/24"), nic("bond3", f"172.16.16.12{number}/23"))
        name = f"node-{number}"
        cluster.nodes[name] = dataclasses.replace(cluster.nodes[name], inventory=Inventory(nics))
    assert verdicts(cluster.plan("interface=^bond4$"))["node-1"] == "changes"


def test_a_node_that_joins_those_that_are_right_needs_no_expectation() -> None:
    cluster = Cluster()
    cluster.change("node-3", internal_ips=())
    assert verdicts(cluster.plan("interface=^bond4$"))["node-3"] == "changes"
    assert verdicts(cluster.plan("interface=^mgmt$"))["node-3"] == "no-expectation"


def test_a_node_without_an_address_joins_a_network_of_the_others() -> None:
    cluster = unread(Cluster())
    cluster.nodes["node-3"] = dataclasses.replace(cluster.nodes["node-3"], log=None)
    assert verdicts(cluster.plan("interface=^bond4$"))["node-3"] == "changes"
    assert verdicts(cluster.plan("interface=^mgmt$"))["node-3"] == "no-expectation"


def test_a_shared_internal_ip_says_nothing_about_another_network() -> None:
    cluster = Cluster()
    for number in (1, 2, 3, 4):
        cluster.change(f"node-{number}", internal_ips=("10.0.2.15",))
    (*_, last) = cluster.plan("interface=^mgmt$").refusals
    assert (last.id, last.node) == ("no-expectation", "node-4")
    assert "several Nodes share InternalIP 10.0.2.15" in last.message


def test_one_forbidden_node_lets_no_other_unknown_pass() -> None:
    cluster = Cluster()
    for number in (1, 2, 3):
        cluster.change(f"node-{number}", inventory=None)
    cluster.gaps.append(Gap("create", "pods/exec", "forbidden", "node-1", forbidden=True))
    made = cluster.plan("interface=bond4", max_unknown=1)
    (refusal,) = made.refusals
    assert (refusal.id, ids(made.warnings)) == ("outcome-unknown", ["outcome-unknown"])
    assert "2 nodes would choose is not known (node-2, node-3)" in refusal.message
    assert refusal.next == "--max-unknown 2 accepts it"
    assert "(node-1)" in made.warnings[0].message
    accepted = cluster.plan("interface=bond4", max_unknown=2)
    assert (accepted.refusals, len(accepted.warnings)) == ((), 2)


def test_a_negative_limit_accepts_nothing_and_harms_nothing() -> None:
    assert Cluster().plan("interface=bond4", max_unknown=-1).refusals == ()
    cluster = Cluster()
    cluster.change("node-3", inventory=None)
    assert ids(cluster.plan("interface=bond4", max_unknown=-1).refusals) == ["outcome-unknown"]


def test_a_log_proves_the_outcome_as_it_does_for_what_if() -> None:
    cluster = Cluster()
    for name in ("node-1", "node-3"):
        stored = cluster.nodes[name].node.stored[IPV4]  # type: ignore[union-attr]
        nic_name = "bond4" if name == "node-1" else "bond3"
        cluster.change(name, inventory=None, log=log(detected(stored, nic_name)))
    made = cluster.plan("interface=^bond4$", max_unknown=1)
    first, third = made.nodes[0].families[0], made.nodes[2].families[0]
    assert (first.decided, first.then, first.then_interface) == (True, "172.16.10.21/24", "bond4")
    assert (first.verdict, "log" in first.reason) == ("same", True)
    assert (third.decided, third.verdict) == (False, "unknown")


def test_a_log_proves_nothing_where_the_new_calico_would_store_something_else() -> None:
    cluster = Cluster(image="calico/node:v3.22.0")
    found = log(detected("172.16.10.21/24", "bond4"), version=Version(3, 22, 0))
    cluster.change("node-1", inventory=None, log=found)
    assert verdicts(cluster.plan("kubernetes-internal-ip"))["node-1"] == "unknown"
