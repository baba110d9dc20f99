"""``staged``: a change of ours is under way and only some pods run the new value."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.case.roll import Roll, rolls_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.undo_record import (
    RECORD_ANNOTATION,
    ChangeRecord,
    Stage,
    StageKind,
)

_SHOWN = 5
_KINDS = {
    StageKind.CANARY: "tried on {nodes} first",
    StageKind.ONLY_AFFECTED: "made on {nodes} alone, whose address it changes",
    StageKind.PAUSED: "stopped",
}


def _find(case: Case) -> Iterator[Finding]:
    for roll in rolls_of(case):
        change = roll.change
        if change is not None and change.stage is not None:
            yield _words(roll, change, change.stage)


def _words(roll: Roll, change: ChangeRecord, stage: Stage) -> Finding:
    by = f" by {change.by}" if change.by else ""
    what = _KINDS[stage.kind].format(nodes=_nodes(stage.nodes))
    touched = "" if roll.is_on_delete else "; somebody changed its updateStrategy since"
    return STAGED.about_node(
        None,
        f"a change of {roll.daemon_set.key} is under way since {change.at}{by} ({change.change}): "
        f"{what}; {_left(roll, change)}{touched}",
        "kubectl calico-nic set --resume goes on with the rest, set --undo takes it back",
        why=f"the annotation {RECORD_ANNOTATION}",
    )


def _left(roll: Roll, change: ChangeRecord) -> str:
    """How many pods lack the new value; their own env tells, whatever else they run."""
    pods = [member.facts.pod for member in roll.members if member.facts.pod]
    old = sum(not change.is_in(pod.container) for pod in pods if not pod.deleted)
    return f"{old} of {roll.desired} pods still run the old value"


def _nodes(names: tuple[str, ...]) -> str:
    if not names:
        return "no node"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


STAGED = Kind("staged", Severity.WARNING, _find)
"""The catalogue's entry."""
