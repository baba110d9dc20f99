"""Whether the object still has the change that is followed: what nobody asked for acts on that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubectl_calico_nic.change.plan import Action, Plan
from kubectl_calico_nic.change.staging.stages import FIELD, strategy_of, words
from kubectl_calico_nic.change.staging.taking_back import NoRecord, NothingToEnd, said_of
from kubectl_calico_nic.change.undo import entries_of
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.owners.installation import field_of
from kubectl_calico_nic.owners.last_writer import (
    STRATEGY_PATH,
    FieldPath,
    Writer,
    env_path,
    last_writer,
    network_path,
)
from kubectl_calico_nic.owners.recognition import chain_of
from kubectl_calico_nic.snapshot.companions import mapping
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import BrokenRecord, ChangeRecord, read_record
from kubectl_calico_nic.workload.rolling import ON_DELETE

_CHANGED = "somebody changed it meanwhile"
_STOPS = "this command deletes no more pods"


class ValuesLost(CalicoNicError):
    """Somebody changed what is followed; ``advice`` says where the setting lives, if anywhere."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What can be done with a change as its DaemonSet is now.

    ``rolls_on``: the controller goes on by itself. ``resumes``: a stage waits for ``--resume``.
    ``is_ours``: the record is the change's still, for ``--undo`` to read.
    """

    rolls_on: bool
    resumes: bool
    is_ours: bool


def next_steps(followed: Plan, daemon_set: DaemonSet) -> NextSteps:
    """What is left to do with the change that is followed; nothing goes on without its values."""
    kept, found = _record_of(followed), _record_on(daemon_set)
    if kept is None or found is None or _identity(found) != _identity(kept):
        return NextSteps(rolls_on=False, resumes=False, is_ours=False)
    stands = found.is_in(_container(daemon_set))
    waits = daemon_set.update_strategy == ON_DELETE
    return NextSteps(
        rolls_on=stands and not waits,
        resumes=stands and waits and found.stage is not None,
        is_ours=True,
    )


def overtaken(followed: Plan) -> str:
    """What is said where somebody else changed the object of ``followed``."""
    return f"{_meanwhile(followed)}; nothing was sent"


def _meanwhile(followed: Plan) -> str:
    return f"{followed.title}: {_CHANGED}"


def check_still_followed(followed: Plan, snapshot: Snapshot, daemon_set: DaemonSet) -> None:
    """Find the record of ``followed`` on its object, and in a DaemonSet its values too.

    The fields of an Installation are for the plan to judge: the operator fills some in.

    Raises:
        NoRecord: there is no record any more.
        NothingToEnd: it is another record, or the values are not those that it tells of.
    """
    installation = chain_of(daemon_set, snapshot.installations).installation
    ours = _record_of(followed)
    try:
        found = read_record((installation or daemon_set).annotations)
    except BrokenRecord:
        raise NothingToEnd(overtaken(followed)) from None
    if found is None:
        raise NoRecord(overtaken(followed))
    has_values = installation is not None or found.is_in(daemon_set.container)
    if ours is None or _identity(found) != _identity(ours) or not has_values:
        raise NothingToEnd(overtaken(followed))


def check_stage_stands(
    followed: Plan, snapshot: Snapshot, daemon_set: DaemonSet, ours: str
) -> None:
    """Find the object as the stage of ``followed`` left it, before a pod is deleted for it.

    A pod that is deleted comes back with what the object says by then. ``ours`` is our field
    manager.

    Raises:
        NothingToEnd: the record is gone, or is of another change or stage.
        ValuesLost: the record is there, and the object is not as it says.
    """
    kept, stops = _record_of(followed), _stops(daemon_set)
    if kept is None or _record_on(daemon_set) != kept:
        raise NothingToEnd(f"{_meanwhile(followed)}: its record is another one, or gone{stops}")
    changes, paths = list(_other_values(kept, daemon_set)), _other_paths(kept, daemon_set)
    if daemon_set.update_strategy != ON_DELETE:
        changes.append(f"{FIELD} is {words(strategy_of(daemon_set))}, no longer {ON_DELETE}")
        paths.append(STRATEGY_PATH)
    if changes:
        writer = last_writer(daemon_set.object, paths, ours)
        raise _lost(followed, changes, snapshot, daemon_set, f"{_by(writer)}{stops}")


def _stops(daemon_set: DaemonSet) -> str:
    """What is said of the pods where a stage ends: the controller may go on without us."""
    if daemon_set.update_strategy == ON_DELETE:
        return f"; {_STOPS}"
    return (
        f"; {_STOPS}, but under {daemon_set.update_strategy} the controller now replaces every pod "
        "of another template"
    )


def check_values_stand(
    followed: Plan, snapshot: Snapshot, daemon_set: DaemonSet, ours: str
) -> None:
    """Find the values of ``followed`` on the DaemonSet; where they are gone, say who wrote it last.

    ``ours`` is our field manager. What an undo gave back is not looked at: it left no record.

    Raises:
        ValuesLost: it has others.
    """
    kept = None if followed.action is Action.UNDO else _record_of(followed)
    changes = list(_other_values(kept, daemon_set)) if kept else []
    if kept and changes:
        writer = last_writer(daemon_set.object, _other_paths(kept, daemon_set), ours)
        raise _lost(followed, changes, snapshot, daemon_set, _by(writer))


def not_carried_over(followed: Plan, daemon_set: DaemonSet) -> list[str]:
    """What an operator's DaemonSet says otherwise than ``followed`` is to bring about, in words."""
    now = {each.get("name"): each.get("value") for each in _env(daemon_set)}
    return [
        f"{name} is {now.get(name) or 'absent'}, not {then}"
        for name, then in followed.goal.items()
        if now.get(name) != then
    ]


def check_installation_stands(followed: Plan, installation: Mapping[str, Any], ours: str) -> None:
    """Find the fields of ``followed`` on the Installation (raw JSON).

    One that was removed is for the operator to fill in, with its default. ``ours`` is our field
    manager.

    Raises:
        ValuesLost: they are others.
    """
    fields = [field_of(family) for family in followed.families]
    wanted, found = _network(followed.object_after), _network(installation)
    changes = [
        _gone(field, *(json.dumps(each.get(field)) for each in (found, wanted)))
        for field in fields
        if wanted.get(field) is not None and found.get(field) != wanted.get(field)
    ]
    if changes:
        writer = last_writer(installation, map(network_path, fields), ours)
        raise ValuesLost(f"{_meanwhile(followed)}: {', '.join(changes)}{_by(writer)}")


def _network(installation: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(mapping(installation.get("spec")).get("calicoNetwork"))


def _lost(
    followed: Plan, changes: Sequence[str], snapshot: Snapshot, daemon_set: DaemonSet, then: str
) -> ValuesLost:
    """``then`` follows the ``changes``: who made them, and what that means."""
    owners = chain_of(daemon_set, snapshot.installations, snapshot.companions)
    is_back = _is_former(_record_of(followed), daemon_set)
    what = "the old value was put back" if is_back else _CHANGED
    keeper = owners.keeper
    advice = f"{keeper.suffers}: change {keeper.where}" if keeper else ""
    return ValuesLost(f"{followed.title}: {what}: {', '.join(changes)}{then}", advice)


def _by(writer: Writer | None) -> str:
    if writer is None:
        return ""
    at = f", {writer.at}" if writer.at else ""
    return f"; by managedFields {writer.manager} wrote it last{at}"


def _is_former(kept: ChangeRecord | None, daemon_set: DaemonSet) -> bool:
    """Whether the DaemonSet has what it had before the change."""
    return kept is not None and entries_of(_env(daemon_set), kept.names) == tuple(
        entry for _, entry in kept.before
    )


def _container(daemon_set: DaemonSet) -> Mapping[str, Any]:
    try:
        return daemon_set.container
    except LookupError:
        return {}


def _env(daemon_set: DaemonSet) -> list[Mapping[str, Any]]:
    listed = _container(daemon_set).get("env")
    return [each for each in listed or () if isinstance(each, Mapping)]


def _other_names(kept: ChangeRecord, daemon_set: DaemonSet) -> list[str]:
    """The variables whose entries are not those that were set."""
    now = _env(daemon_set)
    return [
        name for name in kept.names if entries_of(now, [name]) != entries_of(kept.after, [name])
    ]


def _other_paths(kept: ChangeRecord, daemon_set: DaemonSet) -> list[FieldPath]:
    return [env_path(name) for name in _other_names(kept, daemon_set)]


def _other_values(kept: ChangeRecord, daemon_set: DaemonSet) -> Iterator[str]:
    if kept.is_in(_container(daemon_set)):
        return
    names, now = _other_names(kept, daemon_set), _env(daemon_set)
    if not names:
        yield f"{', '.join(kept.names)} are in another order than they were set"
    for name in names:
        then, found = (said_of(each, name) for each in (kept.after, entries_of(now, [name])))
        if then == found:
            yield f"the entries of {name} are not those that were set"
        else:
            yield _gone(name, found, then)


def _gone(name: str, now: object, then: str | None) -> str:
    return f"{name} is {now or 'absent'}, no longer {then or 'absent'}"


def _record_on(daemon_set: DaemonSet) -> ChangeRecord | None:
    """The record on the object now; None where there is none that can be read."""
    try:
        return read_record(daemon_set.annotations)
    except BrokenRecord:
        return None


def _record_of(followed: Plan) -> ChangeRecord | None:
    return read_record(followed.object_after["metadata"].get("annotations") or {})


def _identity(kept: ChangeRecord) -> ChangeRecord:
    """The record whatever the stage of its change."""
    return replace(kept, stage=None)
