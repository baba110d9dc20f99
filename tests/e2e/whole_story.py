"""The main job from beginning to end: find it, change it, prove it, and look again."""

from __future__ import annotations

import shlex

from .cluster import Cluster
from .plugin_process import ITSELF, Program, run
from .rollouts import DAEMON_SET, INCIDENT, METHOD, REPAIRED

PROBLEM = "PROBLEM: 2 of 4 nodes are on bond3 172.16.16.0/23; expected 172.16.10.0/24 (InternalIP)"
COMMAND = "kubectl calico-nic set --interface bond4"


def methods(cluster: Cluster) -> list[str]:
    """What calico-node's container sets as its method."""
    (container,) = cluster.client.get(DAEMON_SET)["spec"]["template"]["spec"]["containers"]
    return [entry["value"] for entry in container["env"] if entry["name"] == METHOD]


def whole_story(cluster: Cluster, version: str, program: Program = ITSELF) -> None:
    """Go from the incident, with Calico ``version``, to a cluster that is proven to be right."""
    install = f"Calico {version}, kube-system/calico-node, plain manifest"

    found = run(cluster, "inspect", program=program)
    assert (found.status, found.stderr) == (2, "")
    assert found.lines[:2] == [PROBLEM, f"{install}, method first-found (default)"]
    assert found.lines[-1] == f"  {COMMAND}"

    # What it recommends is what is done next, word by word.
    changed = run(cluster, *shlex.split(COMMAND)[2:], program=program)
    assert (changed.status, changed.stderr) == (0, "Follow it: kubectl calico-nic rollout-check\n")
    assert changed.lines[-1] == "daemonset.apps/calico-node env updated"
    preview = {line.split()[0]: line.split()[1:] for line in changed.lines[1:5]}
    assert preview == {
        node: [
            INCIDENT[node],
            REPAIRED[node],
            "bond4",
            "same" if INCIDENT[node] == REPAIRED[node] else "changes",
        ]
        for node in INCIDENT
    }
    assert methods(cluster) == ["interface=bond4"]

    # The controller is still at it: this waits for the proof, not for kubectl rollout status.
    proven = run(cluster, "rollout-check", program=program)
    assert (proven.status, proven.stderr) == (0, "")
    assert proven.lines[-1] == (
        'daemon set "calico-node" successfully rolled out and proven on 4 of 4 nodes'
    )
    assert cluster.annotations() == REPAIRED

    clean = run(cluster, "inspect", program=program)
    assert (clean.status, clean.stderr) == (0, "")
    assert clean.lines[0] == "OK: all 4 nodes use the expected address (InternalIP)"
    assert clean.lines[1] == f"{install}, method interface=bond4"
