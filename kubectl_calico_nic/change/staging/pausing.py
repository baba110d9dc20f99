"""The plan that stops a rollout: no pod restarts any more until somebody resumes or undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kubectl_calico_nic.change.json_patch import changed, patch_between
from kubectl_calico_nic.change.plan import Plan, Roll
from kubectl_calico_nic.change.planning import empty_plan
from kubectl_calico_nic.change.staging.stages import ON_DELETE_STRATEGY, strategy_edit, strategy_of
from kubectl_calico_nic.change.staging.taking_back import read_change, request_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import (
    RECORD_ANNOTATION,
    Stage,
    StageKind,
    write_record,
)


def plan_pause(snapshot: Snapshot, daemon_set: DaemonSet, updated: Sequence[str]) -> Plan:
    """Switch to OnDelete and keep the former strategy in the record of the change.

    ``updated`` are the nodes whose pods run the new value already. The plan is empty when the
    change is staged or paused as it is.

    Raises:
        NothingToEnd: the object has no record of a change.
    """
    kept = read_change(daemon_set, "pause")
    empty = empty_plan(request_of(kept), daemon_set, snapshot)
    if kept.stage is not None:
        return empty
    stage = Stage(StageKind.PAUSED, tuple(updated), strategy_of(daemon_set))
    after = changed(
        daemon_set,
        env=daemon_set.container.get("env"),
        strategy=ON_DELETE_STRATEGY,
        annotations={RECORD_ANNOTATION: write_record(replace(kept, stage=stage))},
    )
    return replace(
        empty,
        fields=(strategy_edit(daemon_set, stage),),
        stage=stage,
        patch=patch_between(daemon_set, after),
        object_after=after,
        roll=Roll(0, 0, later=len(snapshot.nodes) - len(updated)),
    )
