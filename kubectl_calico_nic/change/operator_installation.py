"""The plan of a change on an operator's cluster: one merge patch of its Installation.

The DaemonSet itself is never edited there: the operator writes it again within a second.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from kubectl_calico_nic.change.staging.rolls import roll_back, whole_roll
from kubectl_calico_nic.change.staging.stages import strategy_of
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
from kubectl_calico_nic.owners.kinds.operator import OVERLAY
from kubectl_calico_nic.owners.link import Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.recognition import Chain
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import (
    RECORD_ANNOTATION,
    ChangeRecord,
    write_record,
)

_NETWORK = "spec.calicoNetwork"
_NO_ADDRESS = "none"


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
    defaults = _defaults(request.families, installation, reach.snapshot)
    methods = {family: request.method or defaults[family] for family in request.families}
    prospect = _prospect(methods, reach, request.method)
    unchanged = replace(_at(empty, installation, reach.snapshot), nodes=prospect.forecasts)
    edits = tuple(_edits(request, installation, defaults))
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
    defaults = _defaults(families, installation, reach.snapshot)
    methods = {
        family: _method(before.get(field_of(family)), defaults[family]) for family in families
    }
    prospect = _prospect(methods, reach)
    is_ours = is_back or all(
        _is_ours(now[field_of(family)], after.get(field_of(family)), default)
        for family, default in defaults.items()
    )
    newest = reach.snapshot.revisions.get(reach.daemon_set.key)
    plan = replace(
        _at(empty, installation, reach.snapshot),
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
    if is_back:
        return plan
    return replace(plan, roll=roll_back(reach.nodes, reach.daemon_set, newest, kept))


def _at(empty: Plan, installation: Managed, snapshot: Snapshot) -> Plan:
    return replace(
        empty,
        complaint=(snapshot.operator and snapshot.operator.degraded) or "",
        target=Target.installation(installation.name),
        resource_version=str(installation.metadata.get("resourceVersion", "")),
        object_before=installation.object,
        object_after=installation.object,
    )


def _former(installation: Managed, family: Family) -> tuple[str, Any]:
    name = field_of(family)
    return name, installation.network.get(name)


def _edits(
    request: Request, installation: Managed, defaults: Mapping[Family, str | None]
) -> Iterator[FieldEdit]:
    goal = None if request.method is None else detection(request.method)
    for family in request.families:
        name, former = _former(installation, family)
        if not _is_ours(former, goal, defaults[family]):
            why = "the method asked for" if goal else "back to the operator's default"
            yield FieldEdit(f"{_NETWORK}.{name}", _json(former), _json(goal), why)


def _is_ours(now: Any, written: Any, default: str | None) -> bool:
    """Whether the field says what was written; the operator fills an absent one in."""
    held = {key: value for key, value in (now or {}).items() if value not in (None, False)}
    if written is None:
        return now is None or method_of(held) == default
    return bool(held == written)


def _replacing(now: Any, before: Any) -> Any:
    """The value of a merge patch that makes ``before`` of ``now``: what is new is set to null."""
    if before is None:
        return None
    return {**{key: None for key in (now or {}) if key not in before}, **before}


def _method(value: Any, default: str | None) -> str | None:
    """The method of a field: an absent one gets the default, an empty one means none."""
    return default if value is None else method_of(value)


def _defaults(
    families: Iterable[Family], installation: Managed, snapshot: Snapshot
) -> dict[Family, str | None]:
    """What an absent field comes to: in the overlay, what the Installation under it says."""
    pools = [str((pool.get("spec") or {}).get("cidr")) for pool in snapshot.calico.ip_pools]
    if installation.name != OVERLAY:
        return {family: default_method(installation, family, pools) for family in families}
    others = (Managed(each, True) for each in snapshot.installations)
    base = next((each for each in others if each.name != OVERLAY), installation)
    return {
        family: _method(
            base.network.get(field_of(family)) if base is not installation else None,
            default_method(base, family, pools),
        )
        for family in families
    }


def _goal(methods: Mapping[Family, str | None]) -> dict[str, str]:
    """The variables that the operator is to write (pkg/render/node.go)."""
    found: dict[str, str] = {}
    for family, method in methods.items():
        if method is None:
            found[family.ip_variable] = _NO_ADDRESS
        else:
            found |= {family.ip_variable: AUTODETECT, family.method_variable: method}
    return found


def _prospect(
    methods: Mapping[Family, str | None], reach: Reach, asked: str | None = None
) -> Prospect:
    """What the DaemonSet would be that the operator makes of it (pkg/render/node.go)."""
    daemon_set = reach.daemon_set
    for family, method in methods.items():
        env = _written(family, method, daemon_set, reach.snapshot)
        strategy = strategy_of(daemon_set)
        daemon_set = DaemonSet(changed(daemon_set, env=env, strategy=strategy, annotations={}))
    return Prospect.of(reach, daemon_set.object, asked)


def _written(
    family: Family, method: str | None, daemon_set: DaemonSet, snapshot: Snapshot
) -> Sequence[Mapping[str, Any]] | None:
    """The env with what the operator makes of one family."""
    if method is not None:
        current = env_of_template(daemon_set, snapshot).variables
        return change_env(daemon_set.container, Request((family,), method), current).env
    own = (family.ip_variable, family.method_variable)
    kept = [each for each in daemon_set.container.get("env") or () if each.get("name") not in own]
    return [*kept, {"name": family.ip_variable, "value": _NO_ADDRESS}]


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
