"""Plans that end a change: ``--undo`` gives back what it replaced, ``--resume`` goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kubectl_calico_nic.change.json_patch import changed, patch_between
from kubectl_calico_nic.change.objections import cluster
from kubectl_calico_nic.change.operator_installation import plan_undo_installation
from kubectl_calico_nic.change.plan import Action, Edit, FieldEdit, Plan, Roll
from kubectl_calico_nic.change.planning import empty_plan
from kubectl_calico_nic.change.prospect import Prospect, Reach
from kubectl_calico_nic.change.request import Request
from kubectl_calico_nic.change.staging.rolls import rest_of_roll, roll_back
from kubectl_calico_nic.change.staging.stages import strategy_back, strategy_of
from kubectl_calico_nic.change.undo import entries_of, restored_env
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.owners.installation import field_of
from kubectl_calico_nic.owners.recognition import chain_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import (
    RECORD_ANNOTATION,
    BrokenRecord,
    ChangeRecord,
    Entry,
    read_record,
    write_record,
)
from kubectl_calico_nic.workload.env import source_of
from kubectl_calico_nic.workload.rolling import ON_DELETE


class NothingToEnd(CalicoNicError):
    """The object carries no record of the change that is to end, or one that cannot be read."""


class NoRecord(NothingToEnd):
    """The object carries no record of a change at all."""


def plan_undo(snapshot: Snapshot, daemon_set: DaemonSet, question: Question) -> Plan:
    """Give back exactly the recorded values, and the update strategy of a staged change.

    It gives back values, not addresses: every pod that ran the new value restarts once more.

    Raises:
        NothingToEnd: there is no record of a change.
    """
    installation = chain_of(daemon_set, snapshot.installations).installation
    if installation is not None:
        kept = _change_of(installation.annotations, installation.title, "undo")
        reach = Reach.of(daemon_set, _families(kept), snapshot, question)
        empty = empty_plan(request_of(kept), daemon_set, snapshot)
        return plan_undo_installation(kept, reach, installation, empty)
    kept = read_change(daemon_set, "undo")
    reach = _reach(kept, snapshot, daemon_set, question)
    now = entries_of(daemon_set.container.get("env") or (), kept.names)
    before = tuple(entry for _, entry in kept.before)
    is_back = now == before
    env = daemon_set.container.get("env") if is_back else restored_env(daemon_set.container, kept)
    staged = _still_staged(kept, daemon_set)
    after = changed(
        daemon_set,
        env=env,
        strategy=kept.stage.strategy if staged and kept.stage else strategy_of(daemon_set),
        annotations={RECORD_ANNOTATION: None},
    )
    prospect = Prospect.of(reach, after, None)
    refusals = () if is_back else tuple(_changed_since(kept, daemon_set, _UNDO_TAKES))
    return replace(
        empty_plan(request_of(kept), daemon_set, snapshot),
        action=Action.UNDO,
        edits=() if is_back else tuple(_edits(kept, now, before)),
        fields=_fields(kept, daemon_set, staged=staged),
        patch=patch_between(daemon_set, after),
        object_after=after,
        nodes=prospect.forecasts,
        roll=_roll_of_undo(kept, reach, after, is_back=is_back, staged=staged),
        refusals=refusals,
        warnings=tuple(_warnings(prospect)),
    )


def _roll_of_undo(
    kept: ChangeRecord, reach: Reach, after: Mapping[str, Any], *, is_back: bool, staged: bool
) -> Roll:
    newest = _hash(reach.daemon_set, reach.snapshot)
    if is_back:
        return rest_of_roll(reach.nodes, DaemonSet(after), newest) if staged else Roll(0, 0)
    return roll_back(reach.nodes, DaemonSet(after), newest, kept)


def plan_resume(snapshot: Snapshot, daemon_set: DaemonSet, question: Question) -> Plan:
    """Give back the update strategy of a staged change, so that the controller rolls the rest.

    Raises:
        NothingToEnd: no change is under way.
    """
    kept = read_change(daemon_set, "resume")
    if kept.stage is None:
        raise NothingToEnd(
            f"nothing to resume: the last change of daemonset {daemon_set.key} reached every node"
        )
    reach = _reach(kept, snapshot, daemon_set, question)
    staged = _still_staged(kept, daemon_set)
    after = changed(
        daemon_set,
        env=daemon_set.container.get("env"),
        strategy=kept.stage.strategy if staged else strategy_of(daemon_set),
        annotations={RECORD_ANNOTATION: write_record(replace(kept, stage=None))},
    )
    prospect = Prospect.of(reach, after, None)
    roll = rest_of_roll(reach.nodes, DaemonSet(after), _hash(daemon_set, snapshot))
    return replace(
        empty_plan(request_of(kept), daemon_set, snapshot),
        action=Action.RESUME,
        fields=_fields(kept, daemon_set, staged=staged),
        patch=patch_between(daemon_set, after),
        object_after=after,
        nodes=prospect.forecasts,
        roll=roll,
        refusals=(
            *_changed_since(kept, daemon_set, _RESUME_ROLLS),
            *dict.fromkeys(each for found in prospect.against for each in found),
        ),
        warnings=tuple(_unready(kept, reach)),
    )


def read_change(daemon_set: DaemonSet, verb: str) -> ChangeRecord:
    """The record of the last change; ``verb`` says for people what it is wanted for.

    Raises:
        NothingToEnd: there is none, or it cannot be read.
    """
    return _change_of(daemon_set.annotations, f"daemonset {daemon_set.key}", verb)


def _change_of(annotations: Mapping[str, str], title: str, verb: str) -> ChangeRecord:
    try:
        kept = read_record(annotations)
    except BrokenRecord as error:
        raise NothingToEnd(f"cannot {verb}: {title}: {error}") from None
    if kept is None:
        raise NoRecord(f"nothing to {verb}: {title} has no record of a change")
    return kept


def _reach(
    kept: ChangeRecord, snapshot: Snapshot, daemon_set: DaemonSet, question: Question
) -> Reach:
    return Reach.of(daemon_set, _families(kept), snapshot, question)


def _families(kept: ChangeRecord) -> tuple[Family, ...]:
    found = tuple(
        family
        for family in Family
        if {family.ip_variable, family.method_variable, field_of(family)} & set(kept.names)
    )
    return found or (Family.IPV4,)


def request_of(kept: ChangeRecord) -> Request:
    """The families that the change was about."""
    return Request(_families(kept), None)


def _still_staged(kept: ChangeRecord, daemon_set: DaemonSet) -> bool:
    """Whether the strategy is still the one that staging set; else somebody changed it since."""
    return kept.stage is not None and daemon_set.update_strategy == ON_DELETE


def _fields(kept: ChangeRecord, daemon_set: DaemonSet, *, staged: bool) -> tuple[FieldEdit, ...]:
    return (strategy_back(daemon_set, kept.stage),) if staged and kept.stage else ()


def _hash(daemon_set: DaemonSet, snapshot: Snapshot) -> str | None:
    return snapshot.revisions.get(daemon_set.key)


def _edits(kept: ChangeRecord, now: tuple[Entry, ...], before: tuple[Entry, ...]) -> Iterator[Edit]:
    why = f"as it was before {kept.at}"
    for name in kept.names:
        old, new = said_of(now, name), said_of(before, name)
        if old != new:
            yield Edit(name, old, new, why)


def said_of(entries: tuple[Entry, ...], name: str) -> str | None:
    """What the entries say about a variable, for people; None when absent."""
    found = [entry for entry in entries if entry.get("name") == name]
    if not found:
        return None
    source = source_of(found[-1])
    return str(found[-1].get("value") or "") if source == "value" else f"<{source}>"


_UNDO_TAKES = "undo would take that back too: set the value that is wanted instead"
_RESUME_ROLLS = "resume would roll that out, which no stage has proven: put the values back first"


def _changed_since(kept: ChangeRecord, daemon_set: DaemonSet, then: str) -> Iterator[Finding]:
    if kept.is_in(daemon_set.container):
        return
    now = entries_of(daemon_set.container.get("env") or (), kept.names)
    yield Finding(
        "changed-since",
        Severity.ERROR,
        f"daemonset {daemon_set.key}: somebody changed the values since {kept.at}: set then "
        f"{_json(kept.after)}, now {_json(now)}",
        then,
        overridable=False,
    )


def _json(entries: tuple[Entry, ...]) -> str:
    return json.dumps(list(entries), ensure_ascii=False)


def _warnings(prospect: Prospect) -> Iterator[Finding]:
    """What the former values bring back: known when they were replaced, so no refusal."""
    for found in dict.fromkeys(each for against in prospect.against for each in against):
        yield replace(found, severity=Severity.WARNING)


def _unready(kept: ChangeRecord, reach: Reach) -> Iterator[Finding]:
    stage = kept.stage
    names = [
        facts.name
        for facts in reach.nodes
        if stage and facts.name in stage.nodes and not (facts.pod and facts.pod.ready)
    ]
    if names:
        yield Finding(
            cluster.ROLLOUT_BLOCKED,
            Severity.WARNING,
            f"{', '.join(names)} got the new value and is not Ready",
            "see kubectl calico-nic inspect first, or take it back: set --undo",
        )
