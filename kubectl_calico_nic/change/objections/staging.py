"""What speaks against staging a change, or against another one while a staged one is under way."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.change.prospect import Prospect
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.undo_record import (
    BrokenRecord,
    Stage,
    StageKind,
    read_record,
)

STAGED = "staged"


def under_way(daemon_set: DaemonSet) -> Iterator[Finding]:
    """The refusal to begin another change before the staged one has ended."""
    try:
        kept = read_record(daemon_set.annotations)
    except BrokenRecord:
        return
    if kept is not None and kept.stage is not None:
        yield Finding(
            STAGED,
            Severity.ERROR,
            f"daemonset {daemon_set.key}: a change is under way since {kept.at} "
            f"({kept.stage.kind.value}: {kept.change})",
            "end it first: kubectl calico-nic set --resume, or set --undo",
            overridable=False,
        )


def canaries(stage: Stage | None, prospect: Prospect) -> Iterator[Finding]:
    """The refusal of canaries that prove nothing: they keep their address, or are no node."""
    if stage is None or stage.kind is not StageKind.CANARY:
        return
    known = {outlook.member.name for outlook in prospect.outlooks if outlook.member.facts.pod}
    for name in stage.nodes:
        if name not in known:
            yield _refusal(f"{name} runs no pod of this DaemonSet", name)
    moving = set(stage.nodes) & set(prospect.affected)
    still = sorted((set(stage.nodes) & known) - moving)
    if still and not moving:
        names = ", ".join(still)
        affected = ", ".join(prospect.affected[:3]) or "no node at all"
        yield _refusal(
            f"the address of {names} does not change: a canary there proves nothing "
            f"(it changes on {affected})",
            still[0],
        )


def _refusal(message: str, node: str) -> Finding:
    return Finding(
        "canary-proves-nothing",
        Severity.ERROR,
        message,
        "choose a canary among the nodes whose address changes",
        node=node,
        overridable=False,
    )
