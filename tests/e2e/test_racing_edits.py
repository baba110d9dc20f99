"""``set`` over and over while others change the same DaemonSet: nothing of theirs is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from ..calico_nic import calico_nic
from . import installs
from .cluster import Cluster
from .editor import Editor
from .plugin_process import run
from .racing import Race, Version
from .rollouts import DAEMON_SET

METHODS = ("interface=bond4", "interface=^bond4$")
# The namespaces that every cluster has, each with a DaemonSet of its own.
LANES = ("default", "kube-node-lease", "kube-public", "kube-system")
RUNS_PER_LANE = 250
RUNS_PER_ADMINISTRATOR = 25

CHANGED, GAVE_UP, OUTDATED = "env updated", "gave up", "outdated"
_NOT_SENT = {
    GAVE_UP: re.compile(
        r"error: daemonset \S+ was changed by others 5 times meanwhile; "
        r"nothing was sent: try again when they have finished\n"
    ),
    OUTDATED: re.compile(
        r"error: daemonset \S+ was changed by somebody else meanwhile and the plan is "
        r"no longer what was shown; nothing was sent: run the command again\n"
    ),
}


def both_families(method: str | None) -> Mapping[str, str]:
    """What the four variables are when nothing is half applied."""
    if method is None:
        return {"IP": "autodetect"}
    return {
        "IP": "autodetect",
        "IP_AUTODETECTION_METHOD": method,
        "IP6": "autodetect",
        "IP6_AUTODETECTION_METHOD": method,
    }


def outcome(run: Any) -> str:
    """How one run of ``set`` ended; to end in any other way is a failure."""
    if run.status == 0:
        return str(run.stdout.splitlines()[-1].partition(" ")[2])
    assert run.status == 1, run
    found = [name for name, words in _NOT_SENT.items() if words.fullmatch(run.stderr)]
    assert found, run.stderr
    return found[0]


def assert_nothing_was_lost(race: Race, outcomes: Counter[str]) -> None:
    legal = [both_families(method) for method in (None, *METHODS)]
    for version in race.versions:
        assert version.own in legal
    for before, after in pairwise(race.versions):
        assert after.generation - before.generation in (0, 1), "a version was not witnessed"
        assert after.others == before.others
        assert before.foreign.keys() <= after.foreign.keys()
        assert all(after.foreign[name] >= number for name, number in before.foreign.items())
        # The record of the former values comes and goes with the values.
        assert (after.own == before.own) == (after.record == before.record)
    assert race.versions[-1].foreign == race.acknowledged
    assert changes(race.versions) == outcomes[CHANGED]


def changes(versions: list[Version]) -> int:
    """How often the four variables changed."""
    return sum(before.own != after.own for before, after in pairwise(versions))


def refused_patches(cluster: Cluster) -> int:
    """How many patches of DaemonSets the API server refused because their guard failed."""
    counted = re.findall(
        r"^apiserver_request_total\{(.*)\} (\d+)", cluster.client.text("/metrics"), re.M
    )
    wanted = ('code="422"', 'resource="daemonsets"', 'verb="PATCH"')
    return sum(int(count) for labels, count in counted if all(each in labels for each in wanted))


@pytest.mark.timeout(600)
def test_in_process(empty_cluster: Cluster) -> None:
    cluster = empty_cluster
    kubeconfig = cluster.control_plane.kubeconfig()
    environ, editor = {"KUBECONFIG": str(kubeconfig)}, Editor.of(kubeconfig)
    refused = refused_patches(cluster)

    def lane(namespace: str) -> tuple[Race, Counter[str]]:
        """One DaemonSet gets one method and the other in turn."""
        race, outcomes = Race(editor, namespace), Counter[str]()
        chosen = ("--family", "46", "-n", namespace)
        with race.running():
            for number in range(RUNS_PER_LANE):
                race.go()
                method = METHODS[number % 2]
                outcomes[
                    outcome(calico_nic("set", "--method", method, *chosen, environ=environ))
                ] += 1
        return race, outcomes

    for namespace in LANES:
        for each in installs.calico().objects:
            each["metadata"]["namespace"] = namespace
            cluster.add(installs.collection_of(each), each)
    with ThreadPoolExecutor(len(LANES)) as lanes:
        results = list(lanes.map(lane, LANES))

    for race, outcomes in results:
        assert_nothing_was_lost(race, outcomes)
        assert outcomes[CHANGED] >= 0.95 * RUNS_PER_LANE, outcomes
    assert refused_patches(cluster) - refused >= len(LANES) * RUNS_PER_LANE / 20, (
        "there was no race"
    )


@pytest.mark.timeout(600)
def test_the_executable(cluster: Cluster) -> None:
    """Two administrators disagree while others edit; nothing restarts (OnDelete)."""
    on_delete = {"type": "OnDelete", "rollingUpdate": None}
    cluster.client.merge(DAEMON_SET, {"spec": {"updateStrategy": on_delete}})
    kubeconfig = cluster.control_plane.kubeconfig()
    race = Race(Editor.of(kubeconfig))

    def administrator(method: str) -> Counter[str]:
        command = ("set", "--method", method, "--family", "46", "--expect-interface", "bond4")
        outcomes = Counter[str]()
        for _ in range(RUNS_PER_ADMINISTRATOR):
            race.go()
            outcomes[outcome(run(cluster, *command, kubeconfig=kubeconfig))] += 1
        return outcomes

    with race.running(), ThreadPoolExecutor(len(METHODS)) as administrators:
        outcomes = sum(administrators.map(administrator, METHODS), Counter[str]())

    assert_nothing_was_lost(race, outcomes)
    assert outcomes[CHANGED] >= RUNS_PER_ADMINISTRATOR
