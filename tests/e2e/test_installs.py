"""Other ways to install Calico than calico.yaml: the right answer, and no wrong edit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_calico_nic.simulator.nodes.host_network import Nic, host_network

from . import installs
from .calico_node_agent import NODES
from .cluster import Cluster
from .hosts import Host, incident_hosts
from .installing import FIRST_FOUND, put, put_operator
from .installs import Install, calico_node
from .operator_stand_in import INSTALLATIONS
from .plugin_process import run
from .recordings import OWN_ANNOTATIONS
from .rollouts import INCIDENT, REPAIRED
from .test_story import verdicts
from .whole_story import PROBLEM

SET = ("set", "--interface", "bond4")


def store_in_etcd(cluster: Cluster) -> None:
    """Take Calico's annotations from the Nodes: with that datastore there are none."""
    nothing = {"metadata": {"annotations": dict.fromkeys(OWN_ANNOTATIONS)}}
    for node in INCIDENT:
        cluster.client.merge(f"{NODES}/{node}", nothing)


@pytest.mark.parametrize(
    ("install", "in_etcd"),
    [
        pytest.param(installs.vxlan(), False, id="vxlan"),
        pytest.param(installs.typha(), False, id="typha"),
        pytest.param(installs.etcd(), True, id="etcd"),
    ],
)
def test_the_story_is_the_same(empty_cluster: Cluster, install: Install, in_etcd: bool) -> None:
    cluster = empty_cluster
    put(cluster, install)
    if in_etcd:
        store_in_etcd(cluster)

    assert run(cluster, "inspect").lines[0] == PROBLEM
    changed = run(cluster, *SET)
    assert changed.status == 0, changed
    assert [line.split()[2] for line in changed.lines[1:5]] == list(REPAIRED.values())
    proven = run(cluster, "rollout-check")
    assert proven.status == 0, proven
    if in_etcd:
        store_in_etcd(cluster)
    clean = run(cluster, "inspect", "-o", "json")
    assert (clean.status, clean.stderr) == (0, "")
    assert [address for address, *_ in verdicts(json.loads(clean.stdout)).values()] == list(
        REPAIRED.values()
    )


# v3.24.6 detects an address all the same; since v3.26.2 there is no log line and no annotation.
@pytest.mark.parametrize("version", ["v3.24.6", "v3.31.0"])
@pytest.mark.parametrize("install", [installs.canal(), installs.policy_only()], ids=str)
def test_nothing_to_choose(empty_cluster: Cluster, install: Install, version: str) -> None:
    cluster = empty_cluster
    calico_node(install.daemon_set)["image"] = f"docker.io/calico/node:{version}"
    before = put(cluster, install)

    told = run(cluster, "inspect")
    assert (told.status, told.stderr) == (0, "")
    assert told.lines[0] == "OK: nothing to choose: Calico does no networking on these 4 nodes"
    assert "nothing-to-choose: all 4 nodes run with CALICO_NETWORKING_BACKEND=none" in told.stdout
    refused = run(cluster, *SET, "-o", "json")
    assert refused.status == 2
    assert objections(refused.stdout) == {"backend-none"}
    assert cluster.client.get(install.path) == before
    assert run(cluster, "rollout-check").status == 0


def test_an_operator_that_is_gone_still_owns_the_daemon_set(empty_cluster: Cluster) -> None:
    """With one that works: test_operator.py."""
    cluster = empty_cluster
    install, before = put_operator(cluster)

    found = run(cluster, "inspect", "-o", "json")
    assert found.status == 2
    (daemon_set,) = json.loads(found.stdout)["daemonSets"]
    assert (daemon_set["name"], daemon_set["owner"]) == ("calico-system/calico-node", "operator")
    for flags in ((), ("--dry-run=server",)):
        refused = run(cluster, *SET, *flags)
        assert refused.status == 2
        assert "operator-not-running: no operator runs" in refused.stdout
        assert refused.stderr == (
            "refused: operator-not-running; nothing was sent (--force overrides)\n"
        )
    assert cluster.client.get(install.path) == before
    assert cluster.client.get(f"{INSTALLATIONS}/default")["spec"] == FIRST_FOUND
    assert cluster.annotations() == INCIDENT


def dual_stack_hosts() -> dict[str, Host]:
    """The incident in both families: the storage network has IPv6 addresses too."""

    def host(number: int) -> Host:
        management = Nic("mgmt", (f"172.16.4.2{number}/24",))
        storage = Nic("bond3", (f"172.16.16.2{number}/23", f"2001:db8:16::2{number}/64"))
        business = Nic("bond4", (f"172.16.10.2{number}/24", f"2001:db8:10::2{number}/64"))
        bonds = (storage, business) if number <= 2 else (business, storage)
        network = host_network((management, *bonds), gateway=("172.16.10.1", "bond4"))
        internal_ips = (f"172.16.10.2{number}", f"2001:db8:10::2{number}")
        return Host(f"node-{number}", internal_ips, network)

    return {f"node-{number}": host(number) for number in range(1, 5)}


def families(inspection: Any) -> dict[tuple[str, str], str]:
    """The verdicts by node and family."""
    return {
        (node["name"], family["family"]): family["verdict"]
        for node in inspection["nodes"]
        for family in node["families"]
    }


def test_dual_stack(empty_cluster: Cluster) -> None:
    cluster = empty_cluster
    env = {"IP6": "autodetect", "FELIX_IPV6SUPPORT": "true"}
    cluster.incident(env=env, hosts=dual_stack_hosts())

    found = run(cluster, "inspect", "-o", "json")
    assert found.status == 2
    wrong = {node for node in INCIDENT if INCIDENT[node] != REPAIRED[node]}
    assert families(json.loads(found.stdout)) == {
        (node, family): "wrong-network" if node in wrong else "ok"
        for node in INCIDENT
        for family in ("IPv4", "IPv6")
    }
    changed = run(cluster, *SET, "--family=46", "-o", "json")
    assert changed.status == 0, changed
    plan = json.loads(changed.stdout)
    assert [edit["env"] for edit in plan["edits"]] == [
        "IP_AUTODETECTION_METHOD",
        "IP6_AUTODETECTION_METHOD",
    ]
    assert run(cluster, "rollout-check").status == 0
    assert cluster.annotations() == REPAIRED
    assert cluster.annotations("projectcalico.org/IPv6Address") == {
        node: f"2001:db8:10::2{node[-1]}/64" for node in INCIDENT
    }
    clean = run(cluster, "inspect")
    assert (clean.status, clean.stderr) == (0, "")
    assert clean.lines[0] == "OK: all 4 nodes use the expected address (InternalIP)"


def test_one_family_of_two_is_repaired_alone(empty_cluster: Cluster) -> None:
    """The incident of IPv4 with IPv6 on, which only the right network has."""
    cluster = empty_cluster
    env = {"IP6": "autodetect", "FELIX_IPV6SUPPORT": "true"}
    cluster.incident(env=env, hosts=incident_hosts())
    ipv6 = cluster.annotations("projectcalico.org/IPv6Address")

    refused = run(cluster, "set", "--interface", "bond3", "--family=6", "-o", "json")
    assert (refused.status, objections(refused.stdout)) == (2, {"detection-failed"})
    assert run(cluster, *SET, "--family=4").status == 0
    proven = run(cluster, "rollout-check")
    assert proven.status == 0, proven
    assert cluster.annotations() == REPAIRED
    assert cluster.annotations("projectcalico.org/IPv6Address") == ipv6


def test_a_second_family_that_fails_would_take_the_first_along(cluster: Cluster) -> None:
    refused = run(cluster, "set", "--interface", "mgmt", "--family=6", "-o", "json")
    assert refused.status == 2
    assert "ipv6-clears-ipv4" in objections(refused.stdout)
    assert cluster.annotations() == INCIDENT


def objections(plan: str) -> set[str]:
    """The ids of what speaks against a plan."""
    return {each["id"] for each in json.loads(plan)["objections"]}
