"""Every right that is missing is named, by every command that would have used it."""

from __future__ import annotations

import pytest

from .simulated import Simulated, changed_incident

ADDRESS = "projectcalico.org/IPv4Address"
INSPECT = ("inspect",)
SET = ("set", "--interface", "bond4", "--dry-run", "--max-unknown", "4")
ROLLOUT_CHECK = ("rollout-check", "--watch=false")


@pytest.mark.parametrize(
    ("verb", "resource", "commands", "nodes"),
    [
        ("create", "pods/exec", (INSPECT, SET, ROLLOUT_CHECK), " (4 nodes)"),
        ("get", "pods/log", (INSPECT, SET, ROLLOUT_CHECK), " (4 nodes)"),
        ("list", "nodes", (INSPECT, SET, ROLLOUT_CHECK), ""),
        ("get", "configmaps", (INSPECT, SET, ROLLOUT_CHECK), ""),
        ("list", "controllerrevisions", (SET, ROLLOUT_CHECK), ""),
    ],
)
def test_a_missing_right_is_named(
    verb: str, resource: str, commands: tuple[tuple[str, ...], ...], nodes: str
) -> None:
    with Simulated(changed_incident(denied=frozenset({(verb, resource)}))) as cluster:
        told = [cluster.run(*command) for command in commands]
    for result in told:
        assert f"Warning: no permission to {verb} {resource}{nodes}\n" in result.stderr
        assert result.stdout


def test_a_node_that_may_not_be_read_again_is_named() -> None:
    denied = frozenset({("get", "nodes")})
    with Simulated(changed_incident(denied=denied)) as cluster:
        annotations = {"metadata": {"annotations": {ADDRESS: "172.16.10.99/24"}}}
        cluster.request("PATCH", "/api/v1/nodes/node-1", annotations, "merge-patch+json")
        result = cluster.run("inspect")
    assert "evidence-disagrees" in result.stdout
    assert result.stderr == "Warning: no permission to get nodes (node-1)\n"


def test_a_plan_in_json_says_what_could_not_be_read() -> None:
    with Simulated(changed_incident(denied=frozenset({("list", "nodes")}))) as cluster:
        result = cluster.run(*SET, "-o", "json")
    (gap,) = result.json["gaps"]
    assert (gap["verb"], gap["resource"], gap["forbidden"]) == ("list", "nodes", True)
