"""Canal and policy-only: somebody else does the networking, and nothing is wrong with that."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from kubectl_calico_nic.simulator.story import Story, incident

from .simulated import Simulated

HEADLINE = "OK: nothing to choose: Calico does no networking on these 4 nodes"


def policy_only(version: str) -> Story:
    """The incident's nodes with calico-policy-only.yaml on them."""
    story = incident()
    objects = copy.deepcopy(list(story.objects))
    for item in objects:
        if item["kind"] == "DaemonSet":
            (container,) = item["spec"]["template"]["spec"]["containers"]
            container["image"] = f"docker.io/calico/node:{version}"
            named = {entry["name"]: entry for entry in container["env"]}
            del named["IP"]
            backend = {"name": "CALICO_NETWORKING_BACKEND", "value": "none"}
            container["env"] = list({**named, backend["name"]: backend}.values())
    return dataclasses.replace(story, objects=tuple(objects))


# v3.24.6 detects all the same; since v3.26.2 there is neither a log line nor an annotation.
@pytest.mark.parametrize("version", ["v3.24.6", "v3.31.0"])
def test_there_is_nothing_to_choose(version: str) -> None:
    with Simulated(policy_only(version)) as cluster:
        report = cluster.run("inspect", "-o", "json")
        told = cluster.run("inspect")
        rolled_out = cluster.run("rollout-check", "--timeout=5s")
        refused = cluster.run("set", "--interface", "bond4")

    assert (report.status, told.status) == (0, 0)
    assert {
        (family["expected"], family["verdict"], *family["findings"])
        for node in report.json["nodes"]
        for family in node["families"]
    } == {(None, "ok", "nothing-to-choose")}
    assert told.lines[0] == HEADLINE
    assert rolled_out.status == 0, rolled_out
    assert refused.status == 2
    assert refused.stderr.startswith("refused: backend-none; nothing was sent")
