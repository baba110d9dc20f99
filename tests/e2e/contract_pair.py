"""Both sides of the contract together, and what it means that they answer the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kubectl_calico_nic.simulator.cluster import SimulatedCluster

from .cluster import Cluster
from .comparison import differences
from .contract import Call
from .contract_systems import Real, Said, Simulated


@dataclass(frozen=True)
class Pair:
    """Both sides, with the same objects."""

    real: Real
    simulated: Simulated

    def compare(self, call: Call) -> None:
        """Send a request to both."""
        _assert_same(self.real.send(call), self.simulated.send(call))

    def compare_kubectl(self, arguments: tuple[str, ...]) -> None:
        """Run kubectl on both."""
        _assert_same(self.real.kubectl(*arguments), self.simulated.kubectl(*arguments))

    def compare_ends(self, arguments: tuple[str, ...]) -> None:
        """Run kubectl on both, and compare the last line: those before depend on the moment."""
        ends = []
        for system in (self.real, self.simulated):
            said = system.kubectl(*arguments)
            ends.append(replace(said, said=str(said.said).splitlines()[-1:]))
        _assert_same(*ends)

    def compare_events(self, watched: Call, versions: Sequence[str] = (), **query: str) -> None:
        """Watch both, each from its version if there are some."""
        seen = []
        for at, system in enumerate((self.real, self.simulated)):
            since = {"resourceVersion": versions[at]} if versions else {}
            seen.append(system.events(watched, **since, **query))
        found = differences(*seen)
        assert not found, "\n".join(found)

    def compare_plugin(self, arguments: tuple[str, ...]) -> None:
        """Run the plugin on both, and wait for what that sets off."""
        _assert_same(self.real.plugin(*arguments), self.simulated.plugin(*arguments))
        for system in (self.real, self.simulated):
            system.settle()


def _assert_same(real: Said, simulated: Said) -> None:
    found = differences(real.status, simulated.status, "status")
    found += differences(real.about, simulated.about, "about")
    found += differences(real.said, simulated.said)
    assert not found, "\n".join(found)


@contextmanager
def both(cluster: Cluster, directory: Path) -> Iterator[Pair]:
    """Both, after everything has settled."""
    kubeconfig = directory / "kubeconfig"
    with SimulatedCluster() as simulator:
        kubeconfig.write_text(json.dumps(simulator.kubeconfig))
        real = Real(cluster)
        simulated = Simulated(simulator, cluster.environment(kubeconfig))
        real.begin()
        simulated.settle()
        yield Pair(real, simulated)
