"""Random schedules of faults for ``set``, and what must be true of the object afterwards."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any, Protocol

from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION

from .calico_nic import Result
from .fault_matrix import FAULTS, TAKES_ITS_TIME
from .fault_proxy import Asked, Exchange, Fault, FaultProxy, pass_on
from .simulated import CALICO_NODE, Disturbed

METHOD = "IP_AUTODETECTION_METHOD"
_QUIET = 0.8
"""How many requests are left alone."""


class Written(Protocol):
    """A cluster, simulated or real, behind a proxy; others write to it directly."""

    proxy: FaultProxy

    def request(self, method: str, path: str, body: Any = None, kind: str = "json") -> Any:
        """One request of somebody else."""


@dataclass
class Somebody:
    """Other people and programs who write the DaemonSet at the same time."""

    cluster: Written
    labels: dict[str, str] = field(default_factory=dict)
    writes: int = 0

    def write_status(self) -> None:
        """As the controller does whenever a pod changes: a new resourceVersion, nothing else."""
        self.writes += 1
        patch = {"status": {"numberMisscheduled": self.writes}}
        self.cluster.request("PATCH", f"{CALICO_NODE}/status", patch, "merge-patch+json")

    def write_label(self) -> None:
        """A change of the object that is not ours, and must never be lost."""
        self.labels[f"by-somebody-{len(self.labels)}"] = "yes"
        patch = {"metadata": {"labels": self.labels}}
        self.cluster.request("PATCH", CALICO_NODE, patch, "merge-patch+json")


class Schedule:
    """What happens to each request of one run, drawn from ``seed``."""

    def __init__(self, seed: int, somebody: Somebody) -> None:
        self._random = random.Random(seed)
        self._faults = {name: fault for name, fault in FAULTS.items() if name not in TAKES_ITS_TIME}
        self._faults["restart"] = self._restart
        self._somebody = somebody
        self.drawn: list[str] = []

    def __call__(self, exchange: Exchange) -> object:
        fault = self._draw(exchange.asked)
        if self._is_near_the_write(exchange.asked):
            self._interfere()
        answer = fault(exchange)
        if self._is_near_the_write(exchange.asked):
            self._interfere()
        return answer

    def _draw(self, asked: Asked) -> Fault:
        quiet = 0.4 if self._is_near_the_write(asked) else _QUIET
        name = "" if self._random.random() < quiet else self._random.choice(list(self._faults))
        self.drawn.append(f"{asked.method} {asked.path}: {name or 'well'}")
        return self._faults.get(name, pass_on)

    def _restart(self, _: Exchange) -> None:
        self._somebody.cluster.proxy.be_away(self._random.randint(1, 6))

    def _is_near_the_write(self, asked: Asked) -> bool:
        return asked.path == CALICO_NODE

    def _interfere(self) -> None:
        number = self._random.random()
        if number < 0.15:
            self._somebody.write_status()
        elif number < 0.25:
            self._somebody.write_label()


@dataclass(frozen=True)
class Outcome:
    """The object before and after, and what the command said."""

    before: Any
    after: Any
    result: Result
    labels: dict[str, str]

    @property
    def is_made(self) -> bool:
        return METHOD in environment(self.after)

    def check(self, intended: Any) -> None:
        """Never lost, never half applied, never reported wrongly."""
        metadata = self.after["metadata"]
        spec = intended["spec"] if self.is_made else self.before["spec"]
        assert self.after["spec"] == spec
        assert (RECORD_ANNOTATION in metadata.get("annotations", {})) is self.is_made
        assert self.labels.items() <= metadata["labels"].items()
        said = self.result.stdout + self.result.stderr
        assert self.result.status in (0, 1, 2)
        assert "Traceback" not in said
        assert "please report this" not in said
        is_claimed = "daemonset.apps/calico-node env updated" in self.result.stdout
        assert is_claimed is (self.result.status == 0)
        assert not is_claimed or self.is_made
        if self.result.status and self.is_made:
            assert "no answer came" in said
        if self.result.status:
            assert self.result.stderr


def environment(daemon_set: Any) -> dict[str, str]:
    (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


def restore(cluster: Disturbed, before: Any) -> None:
    """Give the object back what it was made of."""
    cluster.cluster.settle()
    version = cluster.daemon_set()["metadata"]["resourceVersion"]
    kept = {**before["metadata"], "resourceVersion": version}
    cluster.request("PUT", CALICO_NODE, json.loads(json.dumps({**before, "metadata": kept})))
    cluster.cluster.settle()
