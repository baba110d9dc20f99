"""An attack planted in whatever ``ip`` and ``birdcl`` print on live nodes: none acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from kubectl_calico_nic.simulator.apiserver.remote_command import Execution
from kubectl_calico_nic.simulator.nodes.kubelets import Kubelets
from tests.planting import OUTPUTS, Planter, check, in_turn, shares
from tests.simulated import Simulated, changed_incident

STRUCTURED = ("", "json", "yaml")
IN_THE_INCIDENT: dict[str, tuple[tuple[str, ...], Sequence[str]]] = {
    "inspect": (("inspect",), OUTPUTS),
    "inspect of one node": (("inspect", "node-3"), STRUCTURED),
    "inspect, what if": (("inspect", "--what-if", "interface=bond4"), STRUCTURED),
    "set": (("set", "--interface", "bond4", "--dry-run=client", "--diff"), STRUCTURED),
    "set, refused": (("set", "--interface", "bond3", "--dry-run=client"), STRUCTURED),
    "set of a route": (("set", "--can-reach", "172.16.10.22", "--dry-run=client"), STRUCTURED),
    "rollout-check": (("rollout-check", "--watch=false"), STRUCTURED),
}
MENDED = {"IP_AUTODETECTION_METHOD": "interface=bond4"}
RUNS = 20
"""So many runs share the places between them."""


@pytest.fixture
def planter(monkeypatch: pytest.MonkeyPatch) -> Planter:
    """What stands between every container and whoever runs a command there."""
    found, execute = Planter(), Kubelets.execute

    def planting(
        kubelets: Kubelets, pod: Any, container: str, command: tuple[str, ...]
    ) -> Execution:
        return found.execution(command, execute(kubelets, pod, container, command))

    monkeypatch.setattr(Kubelets, "execute", planting)
    return found


@pytest.fixture(scope="module")
def incident() -> Iterator[Simulated]:
    with Simulated(changed_incident(uptime=200.0)) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def mended() -> Iterator[Simulated]:
    with Simulated(changed_incident(env=MENDED)) as cluster:
        yield cluster


def attack(
    planter: Planter, run: Callable[[Sequence[str]], Any], outputs: Sequence[str], places: int
) -> None:
    """Plant in every place that a command reads, some of them at a time."""
    check(run(()), "")
    found = [*planter.found]
    assert len(found) >= places, found
    shown = 0
    for number, chosen in enumerate(shares(found, RUNS)):
        planter.chosen, planter.number = chosen, number // 2
        output, flag = in_turn(number, tuple(outputs))
        result = run(flag)
        check(result, output)
        shown += "PLANTED" in result.stdout + result.stderr
    assert shown  # the attack arrived where something is printed


@pytest.mark.parametrize("name", IN_THE_INCIDENT)
def test_commands_on_nodes_of_an_incident(name: str, planter: Planter, incident: Simulated) -> None:
    words, outputs = IN_THE_INCIDENT[name]
    attack(planter, lambda flag: incident.run(*words, *flag), outputs, 8)


def test_commands_on_nodes_that_are_to_prove_a_rollout(planter: Planter, mended: Simulated) -> None:
    """All else is proven there, so that BIRD and the kernel's routes are asked."""
    words = ("rollout-check", "--watch=false")
    attack(planter, lambda flag: mended.run(*words, *flag), STRUCTURED, 20)
