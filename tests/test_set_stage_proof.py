"""A stage on a simulated cluster is proven with BGP sessions and routes, or says why it is not."""

from __future__ import annotations

import dataclasses
import re

import pytest

from kubectl_calico_nic.collection import rollout_sessions
from kubectl_calico_nic.simulator.nodes import kubelets
from kubectl_calico_nic.simulator.nodes.bird_mesh import Session, sessions
from kubectl_calico_nic.simulator.nodes.host_network import Nic, host_network
from kubectl_calico_nic.simulator.story import SimulatedNode, Story

from .calico_nic import Result
from .simulated import Simulated, changed_incident
from .test_set_staged import ON_DELETE, TO_BOND4, ok, pods, replaced, strategy

CANARY = (*TO_BOND4, "--canary", "node-3", "--wait")
NOT_ASKED = "BGP sessions and routes were not asked"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between two tries."""
    monkeypatch.setattr(rollout_sessions, "_LONGEST_PAUSE", 0.0)


def failed(story: Story | None = None) -> Result:
    """The run of a canary that fails, and leaves all other pods alone."""
    with Simulated(story) as cluster:
        before = pods(cluster)
        result = cluster.run(*CANARY)
        after, meanwhile = pods(cluster), strategy(cluster)
    assert result.status == 2, result
    assert (replaced(before, after), meanwhile) == ({"node-3"}, ON_DELETE)
    assert "the new value is not proven: " in result.stderr
    assert result.stderr.endswith(
        "  go on: kubectl calico-nic set --resume\n  back:  kubectl calico-nic set --undo\n"
    )
    return result


@pytest.mark.usefixtures("impatient")
def test_a_canary_that_reaches_nobody_in_its_new_network_stops_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cut_off(node: str, *words: object, **options: bool) -> tuple[Session, ...]:
        found = sessions(node, *words, **options)  # type: ignore[arg-type]
        if node != "node-3":
            return found
        return tuple(Session(each.peer, False, "Active   Socket: No route") for each in found)

    monkeypatch.setattr(kubelets, "sessions", cut_off)
    result = failed()
    assert (
        "0 of 3 BGP sessions are established, though 172.16.10.21, 172.16.10.22 should answer in "
        "its network 172.16.10.0/24"
    ) in result.stdout


LEFT = "172.16.10.21 via 172.16.16.1 dev bond3 src 172.16.16.23 uid 0 \\    cache "
LEFT_SAID = "172.16.10.21 is in the network of bond4, but the kernel's route to it leaves by bond3"


def with_route(node: SimulatedNode) -> SimulatedNode:
    network = dataclasses.replace(node.network, routes={"172.16.10.21": LEFT})
    return dataclasses.replace(node, network=network) if node.name == "node-3" else node


@pytest.mark.usefixtures("impatient")
def test_a_route_to_a_peer_that_is_left_on_the_old_nic_stops_there() -> None:
    assert LEFT_SAID in failed(changed_incident(node=with_route)).stdout


@pytest.mark.usefixtures("impatient")
def test_a_pod_that_is_not_ready_for_want_of_that_route_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_of_node_3(node: str, *words: object, **options: bool) -> tuple[Session, ...]:
        found = sessions(node, *words, **options)  # type: ignore[arg-type]
        if node != "node-3":
            return found
        return tuple(Session(each.peer, False, "Active") for each in found)

    monkeypatch.setattr(kubelets, "sessions", none_of_node_3)
    result = failed(changed_incident(node=with_route, probes_bgp=True))
    assert f"node-3: bgp-down: starting, not Ready; {LEFT_SAID}" in result.stdout


@pytest.mark.usefixtures("impatient")
def test_a_canary_whose_bird_comes_up_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def late(node: str, *words: object, **options: bool) -> tuple[Session, ...]:
        nonlocal asked
        found = sessions(node, *words, **options)  # type: ignore[arg-type]
        if node != "node-3" or (asked := asked + 1) > 3:
            return found
        return tuple(Session(each.peer, False, "Active") for each in found)

    with Simulated() as cluster:
        monkeypatch.setattr(kubelets, "sessions", late)
        result = ok(cluster.run(*CANARY))
    assert "The canary is Ready on the expected address (node-3: BGP 2/3, " in result.stderr
    assert "node-3: waiting: 0 of 3 BGP sessions are established" in result.stdout


def storage_first(node: SimulatedNode) -> SimulatedNode:
    """Every node is on the storage network, which routes to no other."""
    host = 20 + int(node.name[-1])
    storage, own = f"172.16.16.{host}/23", f"172.16.10.{host}/24"
    network = host_network((Nic("bond4", (own,)), Nic("bond3", (storage,))))
    return dataclasses.replace(node, network=network)


@pytest.mark.usefixtures("impatient")
def test_a_readiness_that_asks_for_a_session_is_not_waited_for_without_end() -> None:
    """It is the first node in its network: the pod cannot be Ready, nor any other after it."""
    result = failed(changed_incident(node=storage_first, probes_bgp=True))
    assert (
        "node-3: bgp-down: starting, not Ready; BGP 0/3, which proves nothing: no Ready peer is in "
        "its network 172.16.10.0/24 yet"
    ) in result.stdout


@pytest.mark.usefixtures("impatient")
def test_a_canary_with_such_a_readiness_is_proven_as_any_other() -> None:
    with Simulated(changed_incident(probes_bgp=True)) as cluster:
        result = ok(cluster.run(*CANARY))
    assert "The canary is Ready on the expected address (node-3: BGP 2/3, " in result.stderr


@pytest.mark.usefixtures("impatient")
def test_the_first_node_of_all_in_a_new_network_goes_on_and_says_that_nothing_is_proven() -> None:
    with Simulated(changed_incident(node=storage_first)) as cluster:
        wrong = cluster.run("inspect", "-o", "json")
        result = ok(cluster.run(*CANARY))
    chosen = [node["families"][0]["interface"] for node in wrong.json["nodes"]]
    assert chosen == ["bond3"] * 4
    assert (
        "The canary is Ready on the expected address (node-3: BGP 0/3, which proves nothing: no "
        "Ready peer is in its network 172.16.10.0/24 yet): 3 more pods restart.\n"
    ) in result.stderr
    assert "proven on 4 of 4 nodes" in result.stdout


def test_only_the_nodes_of_the_stage_are_asked() -> None:
    with Simulated() as cluster:
        result = ok(cluster.run(*TO_BOND4, "--only-affected", "-v=6"))
        names = {
            item["metadata"]["name"]: item["spec"]["nodeName"]
            for item in cluster.request("GET", "/api/v1/namespaces/kube-system/pods")["items"]
        }
    of_bird = re.findall(r"/pods/([^/]+)/exec\?\S*birdcl", result.stderr)
    assert {names[pod] for pod in of_bird} == {"node-3", "node-4"}


def test_what_was_shown_is_in_the_table_too() -> None:
    with Simulated() as cluster:
        result = ok(cluster.run(*TO_BOND4, "--only-affected"))
    header = next(line for line in result.lines if line.startswith("NODE ") and "POD" in line)
    rows = result.lines[result.lines.index(header) + 1 :]
    assert header.split()[-2:] == ["VERDICT", "PROOF"]
    assert [row[header.index("PROOF") :] for row in rows[:2]] == [
        "BGP 2/3, routes to its peers by bond4",
        "BGP 3/3, routes to its peers by bond4",
    ]


@pytest.mark.parametrize(
    ("story", "flags"),
    [
        (changed_incident(), ("--probe", "never", "--max-unknown", "4")),
        (changed_incident(denied=frozenset({("create", "pods/exec")})), ()),
    ],
    ids=["probe never", "no right"],
)
def test_what_was_not_asked_is_not_claimed(story: Story, flags: tuple[str, ...]) -> None:
    with Simulated(story) as cluster:
        result = ok(cluster.run(*CANARY, *flags))
    assert f"The canary is Ready on the expected address; {NOT_ASKED}: 3 more" in result.stderr


@pytest.mark.parametrize("backend", ["vxlan", "none"])
def test_where_there_is_no_bgp_nobody_is_asked_for_it(backend: str) -> None:
    story = changed_incident(env={"CALICO_NETWORKING_BACKEND": backend})
    with Simulated(story) as cluster:
        result = cluster.run(*TO_BOND4, "--only-affected", "--force", "-v=6")
    assert "birdcl" not in result.stderr
    if backend == "vxlan":
        assert result.status == 0, result
        assert "They are Ready on the expected address (node-3: no BGP with this" in result.stderr


def test_a_pod_that_has_the_new_value_already_is_not_replaced_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It restarted for another reason between the patch and the stage."""
    from kubectl_calico_nic.commands.change_rollout import ChangeRollout

    follow, uids = ChangeRollout.follow, []
    with Simulated() as cluster:

        def restarted(self: ChangeRollout, plan: object) -> int:
            for item in cluster.request("GET", "/api/v1/namespaces/kube-system/pods")["items"]:
                if item["spec"]["nodeName"] == "node-3":
                    name = item["metadata"]["name"]
                    cluster.request("DELETE", f"/api/v1/namespaces/kube-system/pods/{name}")
            cluster.cluster.settle()
            uids.append(pods(cluster))
            return follow(self, plan)  # type: ignore[arg-type]

        monkeypatch.setattr(ChangeRollout, "follow", restarted)
        ok(cluster.run(*TO_BOND4, "--only-affected"))
        after = pods(cluster)
    assert replaced(uids[0], after) == {"node-4"}
