"""The main job, end to end, through the executable that users install."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .cluster import Cluster
from .plugin_process import run
from .recordings import DIRECTORIES, OWN_DIRECTORY, Source
from .rollouts import INCIDENT, METHOD, REPAIRED
from .story import NAMESPACE
from .whole_story import COMMAND, methods, whole_story

VERSIONS = ("v3.24.6", "v3.34.0-0.dev")


def verdicts(inspection: Any) -> dict[str, tuple[str, str, str]]:
    """Address, expected address and verdict by node."""
    return {
        node["name"]: (family["address"], family["expected"], family["verdict"])
        for node in inspection["nodes"]
        for family in node["families"]
    }


def take_back(cluster: Cluster) -> None:
    """What somebody with kubectl does who wants the default back; wait for the restarts."""
    changed = cluster.kubectl("set", "env", "-n", NAMESPACE, "ds/calico-node", f"{METHOD}-")
    assert changed.stdout == "daemonset.apps/calico-node env updated\n", changed.stderr
    cluster.wait_until_rolled_out()


@pytest.mark.parametrize(
    "directories", [DIRECTORIES, (OWN_DIRECTORY,)], ids=["calico-node", "model"]
)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_whole_story(
    empty_cluster: Cluster, directories: tuple[Path, ...], version: str
) -> None:
    if not directories[0].exists():
        pytest.skip("recordings of the real calico-node are not there")
    cluster = empty_cluster
    cluster.agent.recordings_from = directories
    cluster.incident(version)
    whole_story(cluster, version)
    starts = [entry.run for entry in cluster.agent.journal]
    assert len(starts) == 8
    assert Source.MODEL not in {start.source for start in starts}


def test_somebody_takes_it_back_with_kubectl(cluster: Cluster) -> None:
    assert run(cluster, "set", "--interface", "bond4").status == 0
    assert run(cluster, "rollout-check").status == 0

    take_back(cluster)

    assert cluster.annotations() == INCIDENT
    found = run(cluster, "inspect", "-o", "json")
    assert found.status == 2
    inspection = json.loads(found.stdout)
    assert inspection["daemonSets"][0]["method"] == {"IPv4": "first-found"}
    assert verdicts(inspection) == {
        "node-1": ("172.16.10.21/24", "172.16.10.21", "ok"),
        "node-2": ("172.16.10.22/24", "172.16.10.22", "ok"),
        "node-3": ("172.16.16.23/23", "172.16.10.23", "wrong-network"),
        "node-4": ("172.16.16.24/23", "172.16.10.24", "wrong-network"),
    }
    assert [each["command"] for each in inspection["recommendations"]] == [COMMAND]

    # kubectl calls that rollout a success; ours does not.
    rolled_out = cluster.kubectl("rollout", "status", "-n", NAMESPACE, "ds/calico-node")
    assert rolled_out.returncode == 0
    proven = run(cluster, "rollout-check")
    assert proven.status == 2
    assert proven.lines[-1] == (
        'daemon set "calico-node" is not rolled out and proven: '
        "4 of 4 pods updated, 2 of 4 nodes proven"
    )

    # And the way forward is the same as the first time.
    assert run(cluster, "set", "--interface", "bond4").status == 0
    assert run(cluster, "rollout-check").status == 0
    assert cluster.annotations() == REPAIRED


def test_kubectl_runs_the_plugin(cluster: Cluster) -> None:
    listed = cluster.kubectl("plugin", "list", "--name-only")
    assert "kubectl-calico_nic" in listed.stdout.split()

    through_kubectl = cluster.kubectl("calico-nic", "inspect", "-o", "json")
    itself = run(cluster, "inspect", "-o", "json")
    assert (through_kubectl.returncode, itself.status) == (2, 2)
    assert through_kubectl.stdout == itself.stdout

    changed = cluster.kubectl("calico-nic", "set", "--interface=bond4", "--request-timeout=20s")
    assert (changed.returncode, methods(cluster)) == (0, ["interface=bond4"])
    proven = cluster.kubectl("calico-nic", "rollout-check", "-n", NAMESPACE)
    assert (proven.returncode, cluster.annotations()) == (0, REPAIRED)
    wrong = cluster.kubectl("calico-nic", "set", "--method", "bond4")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: ")
