"""Where a rollout stands, node by node: a value."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace

from kubectl_calico_nic.diagnosis.report import FamilyReport, Report
from kubectl_calico_nic.findings.finding import Finding


class Phase(enum.Enum):
    """How far one node is; the value is what reports call it."""

    WAITING = "waiting"
    """It may still come right by itself."""
    PROVEN = "ok"
    """New template, Ready, and the address is the expected one under the method in force."""
    STUCK = "stuck"
    """It cannot recover without somebody's help."""


@dataclass(frozen=True, slots=True)
class NodeRollout:
    """One node of a rollout.

    ``updated`` says whether its pod runs the current template, None when that cannot be told.
    ``waits_for`` says in words what is still missing. ``verdict`` is ``ok``, ``waiting`` or the id
    of the finding that stands in the way. ``tail`` are the last lines of its log, filled for a
    stuck node. ``proof`` is what BGP and routes show of a node of a stage, empty where not asked.
    """

    name: str
    phase: Phase
    verdict: str
    pod: str | None = None
    updated: bool | None = None
    ready: bool | None = None
    families: tuple[FamilyReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    waits_for: str = ""
    proof: str = ""
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rollout:
    """The rollout of one DaemonSet.

    ``updated`` of ``desired`` pods run the current template. ``report`` is the diagnosis that it
    rests on. ``done`` says that every node is proven and nothing found is an error or a warning.
    ``settled`` says that the controller has nothing left to do: what is wrong now stays wrong.
    ``unproven`` lists what could not be shown.
    """

    daemon_set: str
    updated: int
    desired: int
    nodes: tuple[NodeRollout, ...]
    report: Report
    settled: bool = False
    done: bool = False
    unproven: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the diagnosis found."""
        return self.report.findings

    @property
    def stuck(self) -> tuple[NodeRollout, ...]:
        """The nodes that cannot recover by themselves."""
        return tuple(node for node in self.nodes if node.phase is Phase.STUCK)


def only(rollout: Rollout, names: Collection[str]) -> Rollout:
    """The same rollout with the nodes ``names`` alone."""
    return replace(rollout, nodes=tuple(node for node in rollout.nodes if node.name in names))
