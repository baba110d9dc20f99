"""The stages of a change: each is one patch away from the next, and each can be taken back.

``set --canary`` and ``--only-affected`` put the new value and ``updateStrategy: OnDelete`` on the
object together, so that nothing restarts but the pods that are deleted; a pod that restarts for
another reason meanwhile comes up with the announced value. ``--resume`` gives the strategy back,
and the controller rolls the rest. ``--undo`` gives back both: pods that were never replaced still
match the former template and stay as they are (seen on a real controller).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_calico_nic.change.plan import FieldEdit
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.undo_record import Stage, StageKind
from kubectl_calico_nic.workload.rolling import ON_DELETE, ROLLING_UPDATE

ON_DELETE_STRATEGY: Mapping[str, Any] = {"type": ON_DELETE}
FIELD = "spec.updateStrategy"
_WHY = {
    StageKind.CANARY: "nothing restarts but the canaries, until the new value is proven there",
    StageKind.ONLY_AFFECTED: "nothing restarts but the nodes whose address changes, until --resume",
    StageKind.PAUSED: "nothing restarts any more until --resume or --undo",
}


def strategy_of(daemon_set: DaemonSet) -> Mapping[str, Any] | None:
    """``spec.updateStrategy`` as it is (raw JSON); None when absent."""
    found: Mapping[str, Any] | None = daemon_set.spec.get("updateStrategy")
    return found


def strategy_edit(daemon_set: DaemonSet, stage: Stage) -> FieldEdit:
    """What entering ``stage`` does to the update strategy."""
    return FieldEdit(FIELD, words(strategy_of(daemon_set)), ON_DELETE, _WHY[stage.kind])


def strategy_back(daemon_set: DaemonSet, stage: Stage) -> FieldEdit:
    """What leaving ``stage`` does to the update strategy."""
    return FieldEdit(
        FIELD, words(strategy_of(daemon_set)), words(stage.strategy), "as it was before the change"
    )


def words(strategy: Mapping[str, Any] | None) -> str:
    """An update strategy for people: ``RollingUpdate, maxUnavailable 1``."""
    held = strategy or {}
    details = held.get("rollingUpdate") or {}
    parts = [f"{key} {value}" for key, value in sorted(details.items())]
    return ", ".join([str(held.get("type", ROLLING_UPDATE)), *parts])
