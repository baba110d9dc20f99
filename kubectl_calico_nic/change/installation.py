"""The plan of a change on an operator's cluster: one merge patch of its Installation.

The DaemonSet itself is never edited there: the operator writes it again within a second.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kubectl_calico_nic.change.env_edits import AUTODETECT, change_env
from kubectl_calico_nic.change.json_patch import changed
from kubectl_calico_nic.change.objections import cluster, operator
from kubectl_calico_nic.change.objections.mtu import too_small
from kubectl_calico_nic.change.objections.pinned import (
    address_pinned,
    encapsulation_changes,
    reflectors_change,
)
from kubectl_calico_nic.change.plan import Action, FieldEdit, Plan, Target
from kubectl_calico_nic.change.prospect import Prospect, Reach, value_refusals
from kubectl_calico_nic.change.request import Author, Request
from kubectl_calico_nic.change.rolls import whole_roll
from kubectl_calico_nic.change.stages import strategy_of
from kubectl_calico_nic.diagnosis.restarts import restarts
from kubectl_calico_nic.diagnosis.settings import env_of_template
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.owners.installation import (
    default_method,
    detection,
    field_of,
    merge_patch,
    method_of,
)
from kubectl_calico_nic.owners.link import Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.recognition import Chain
from kubectl_calico_nic.snapshot.change_record import (
    RECORD_ANNOTATION,
    ChangeRecord,
    write_record,
)

_NETWORK = "spec.calicoNetwork"


def plan_installation(
    request: Request,
    reach: Reach,
    installation: Managed,
    owners: Chain,
    author: Author,
    empty: Plan,
) -> Plan:
    """Work out the change of ``installation``; nothing is sent.

    Args:
        request: what is asked.
        reach: the nodes of the DaemonSet that the operator makes of it.
        installation: the object that decides: ``default``, or the ``overlay`` over it.
        owners: the chain from the DaemonSet upwards.
        author: for the record of the former values.
        empty: the plan that changes nothing.
    """
    fields = [_former(installation, family) for family in request.families]
    wanted = Wanted(request.families, request.method)
    patch = merge_patch(wanted, installation.network)
    methods = _methods(request, installation)
    prospect = _prospect(methods, reach, request.method)
    unchanged = replace(_at(empty, installation), nodes=prospect.forecasts)
    edits = tuple(_edits(request, installation))
    if patch is None or not edits:
        return unchanged
    goal = None if request.method is None else detection(request.method)
    kept = ChangeRecord(
        at=author.time,
        by=author.by,
        change=", ".join(f"{edit.field} {edit.before} -> {edit.after}" for edit in edits),
        names=tuple(name for name, _ in fields),
        before=tuple((0, {"name": name, "value": value}) for name, value in fields),
        after=tuple({"name": name, "value": goal} for name, _ in fields),
    )
    roll = restarts(reach.nodes, reach.daemon_set)
    newest = reach.snapshot.revisions.get(reach.daemon_set.key)
    return replace(
        unchanged,
        fields=edits,
        goal=_goal(methods),
        patch={**patch, "metadata": {"annotations": {RECORD_ANNOTATION: write_record(kept)}}},
        object_after=_applied(installation.object, patch, {RECORD_ANNOTATION: write_record(kept)}),
        roll=whole_roll(roll, reach.nodes, reach.daemon_set, newest),
        refusals=tuple(_refusals(request, reach, owners, prospect)),
        warnings=(
            *operator.warnings(reach.snapshot.operator),
            *reflectors_change(prospect.outlooks),
            *encapsulation_changes(reach.snapshot.calico, prospect.outlooks),
            *cluster.accepted_unknown(request, prospect.outlooks, reach.snapshot),
        ),
    )


def plan_undo_installation(
    kept: ChangeRecord, reach: Reach, installation: Managed, empty: Plan
) -> Plan:
    """Give back exactly the recorded fields of ``installation``."""
    before = {str(entry["name"]): entry.get("value") for _, entry in kept.before}
    after = {str(entry["name"]): entry.get("value") for entry in kept.after}
    now = {name: installation.network.get(name) for name in kept.names}
    values = {name: _replacing(now[name], before.get(name)) for name in kept.names}
    patch: dict[str, Any] = {"metadata": {"annotations": {RECORD_ANNOTATION: None}}}
    is_back = now == before
    if not is_back:
        patch["spec"] = {"calicoNetwork": values}
    edits = (
        ()
        if is_back
        else tuple(
            FieldEdit(
                f"{_NETWORK}.{name}",
                _json(now[name]),
                _json(before.get(name)),
                f"as it was before {kept.at}",
            )
            for name in kept.names
        )
    )
    families = [family for family in Family if field_of(family) in kept.names]
    methods = {
        family: _method(before.get(field_of(family)), installation, family) for family in families
    }
    prospect = _prospect(methods, reach)
    is_ours = is_back or all(_is_ours(now[name], after.get(name)) for name in kept.names)
    roll = restarts(reach.nodes, reach.daemon_set)
    newest = reach.snapshot.revisions.get(reach.daemon_set.key)
    plan = replace(
        _at(empty, installation),
        action=Action.UNDO,
        fields=edits,
        patch=patch,
        goal={} if is_back else _goal(methods),
        object_after=_applied(
            installation.object, {"spec": patch.get("spec", {})}, {RECORD_ANNOTATION: None}
        ),
        nodes=prospect.forecasts,
        refusals=() if is_ours else (operator.changed_since(kept, installation.title, now),),
        warnings=tuple(operator.warnings(reach.snapshot.operator)),
    )
    return (
        plan
        if is_back
        else replace(plan, roll=whole_roll(roll, reach.nodes, reach.daemon_set, newest))
    )


def _at(empty: Plan, installation: Managed) -> Plan:
    return replace(
        empty,
        target=Target.installation(installation.name),
        resource_version=str(installation.metadata.get("resourceVersion", "")),
        object_before=installation.object,
        object_after=installation.object,
    )


def _former(installation: Managed, family: Family) -> tuple[str, Any]:
    name = field_of(family)
    return name, installation.network.get(name)


def _edits(request: Request, installation: Managed) -> Iterator[FieldEdit]:
    goal = None if request.method is None else detection(request.method)
    for family in request.families:
        name, former = _former(installation, family)
        if not _is_ours(former, goal, default_method(installation, family)):
            why = "the method asked for" if goal else "back to the operator's default"
            yield FieldEdit(f"{_NETWORK}.{name}", _json(former), _json(goal), why)


def _is_ours(now: Any, written: Any, default: str = "first-found") -> bool:
    """Whether the field says what was written; the operator fills an absent one in."""
    held = {key: value for key, value in (now or {}).items() if value not in (None, False)}
    if written is None:
        return not held or method_of(held) == default
    return bool(held == written)


def _replacing(now: Any, before: Any) -> Any:
    """The value of a merge patch that makes ``before`` of ``now``: what is new is set to null."""
    if before is None:
        return None
    return {**{key: None for key in (now or {}) if key not in before}, **before}


def _method(value: Any, installation: Managed, family: Family) -> str:
    return method_of(value or {}) or default_method(installation, family)


def _methods(request: Request, installation: Managed) -> dict[Family, str]:
    """The method in each family once the request is fulfilled."""
    return {
        family: request.method or default_method(installation, family)
        for family in request.families
    }


def _goal(methods: Mapping[Family, str]) -> dict[str, str]:
    """The variables that the operator is to write (pkg/render/node.go)."""
    found: dict[str, str] = {}
    for family, method in methods.items():
        found |= {family.ip_variable: AUTODETECT, family.method_variable: method}
    return found


def _prospect(methods: Mapping[Family, str], reach: Reach, asked: str | None = None) -> Prospect:
    """What the DaemonSet would be that the operator makes of it (pkg/render/node.go)."""
    daemon_set, after = reach.daemon_set, dict(reach.daemon_set.object)
    for family, method in methods.items():
        held = replace(reach, daemon_set=type(daemon_set)(after)).daemon_set
        current = env_of_template(held, reach.snapshot).variables
        edits = change_env(held.container, Request((family,), method), current)
        after = changed(held, env=edits.env, strategy=strategy_of(held), annotations={})
    return Prospect.of(reach, after, asked)


def _refusals(
    request: Request, reach: Reach, owners: Chain, prospect: Prospect
) -> Iterator[Finding]:
    yield from operator.restored(owners)
    yield from operator.staging(request.stage)
    yield from operator.refusals(reach.snapshot.operator)
    current = env_of_template(reach.daemon_set, reach.snapshot).variables
    edits = change_env(reach.daemon_set.container, request, current)
    yield from cluster.setting_refusals(request, edits, current)
    yield from value_refusals(request, prospect, reach.nodes)
    yield from address_pinned(reach.snapshot.calico, prospect.outlooks)
    yield from too_small(reach.snapshot, reach.daemon_set.namespace, prospect.outlooks)
    roll = restarts(reach.nodes, reach.daemon_set)
    yield from cluster.several_at_once(roll)
    yield from cluster.too_many_unknown(request, prospect.outlooks, reach.snapshot)


def _applied(
    item: Mapping[str, Any], patch: Mapping[str, Any], annotations: Mapping[str, str | None]
) -> dict[str, Any]:
    """``item`` after a merge patch of ``spec.calicoNetwork``, for ``--diff`` and ``-o``."""
    after = copy.deepcopy(dict(item))
    network = after.setdefault("spec", {}).setdefault("calicoNetwork", {})
    for name, value in (patch.get("spec") or {}).get("calicoNetwork", {}).items():
        if value is None:
            network.pop(name, None)
        else:
            held = {**(network.get(name) or {}), **value}
            network[name] = {key: each for key, each in held.items() if each is not None}
    held = dict(after["metadata"].get("annotations") or {})
    for name, text in annotations.items():
        held.pop(name, None) if text is None else held.update({name: text})
    after["metadata"]["annotations"] = held
    return after


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
