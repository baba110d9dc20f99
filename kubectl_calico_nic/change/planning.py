"""Request and snapshot -> plan: what is edited, what every node would choose, what objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.change.env_edits import EnvChange, change_env, referable
from kubectl_calico_nic.change.forecast import Template, destinations
from kubectl_calico_nic.change.json_patch import changed, patch_between
from kubectl_calico_nic.change.objections import cluster, staging
from kubectl_calico_nic.change.objections.mtu import too_small
from kubectl_calico_nic.change.objections.pinned import (
    address_pinned,
    encapsulation_changes,
    reflectors_change,
)
from kubectl_calico_nic.change.operator_installation import plan_installation
from kubectl_calico_nic.change.outlooks import networks_of
from kubectl_calico_nic.change.plan import Edit, Plan, Roll, Target
from kubectl_calico_nic.change.prospect import Prospect, Reach, value_refusals
from kubectl_calico_nic.change.request import Author, Request
from kubectl_calico_nic.change.staging.rolls import former_template, staged_roll, whole_roll
from kubectl_calico_nic.change.staging.stages import ON_DELETE_STRATEGY, strategy_edit, strategy_of
from kubectl_calico_nic.change.undo import record
from kubectl_calico_nic.change.values import check_value
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.restarts import restarts
from kubectl_calico_nic.diagnosis.settings import env_of_template
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.owners.link import Wanted
from kubectl_calico_nic.owners.recognition import Chain, chain_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from kubectl_calico_nic.snapshot.undo_record import (
    RECORD_ANNOTATION,
    Former,
    Stage,
    StageKind,
    write_record,
)
from kubectl_calico_nic.workload.env import EnvValue
from kubectl_calico_nic.workload.rolling import RollForecast

_NO_RESTART = Roll(restarts=0, at_once=0)


@dataclass(frozen=True, slots=True)
class _Change:
    """Everything that speaks for or against one change."""

    request: Request
    reach: Reach
    current: Mapping[str, EnvValue]
    edits: EnvChange
    prospect: Prospect
    stage: Stage | None
    roll: RollForecast
    owners: Chain


def plan(
    request: Request,
    snapshot: Snapshot,
    daemon_set: DaemonSet,
    question: Question,
    author: Author,
) -> Plan:
    """Work out the whole change; nothing is sent.

    Args:
        request: what is asked.
        snapshot: the cluster, with the nodes' inventories where they could be read.
        daemon_set: the one to change.
        question: what is expected of the nodes (``--expect-cidr``, ``--expect-interface``).
        author: for the record of the former values.

    Returns:
        The plan; without edits when the object already does what is asked, and with the refusal
        alone when another object controls the DaemonSet or another change is under way.

    Raises:
        InvalidValue: the value cannot work in this container.
    """
    owners = chain_of(daemon_set, snapshot.installations, snapshot.companions)
    advice = owners.advice(Wanted(request.families, request.method))
    empty = empty_plan(request, daemon_set, snapshot)
    installation = owners.installation
    if owners.controller is not None and installation is None:
        return replace(empty, advice=advice, refusals=(cluster.owner_reverts(owners),))
    if under_way := tuple(staging.under_way(daemon_set)):
        return replace(empty, refusals=under_way)
    reach = Reach.of(daemon_set, request.families, snapshot, question)
    current = env_of_template(daemon_set, snapshot).variables
    _check_method(request, daemon_set, current, reach.nodes)
    if installation is not None:
        told = replace(empty, advice=advice if len(owners.links) > 1 else "")
        return plan_installation(request, reach, installation, owners, author, told)
    edits = change_env(daemon_set.container, request, current)
    preview = Prospect.of(reach, _with_env(daemon_set, edits), request.method)
    if not edits.edits:
        return replace(empty, nodes=preview.forecasts)
    stage = _stage(request, daemon_set, preview)
    former = former_template(daemon_set, snapshot.revisions.get(daemon_set.key))
    after = _after(daemon_set, edits, stage, author, former)
    roll = restarts(reach.nodes, daemon_set)
    change = _Change(request, reach, current, edits, preview, stage, roll, owners)
    return replace(
        empty,
        nodes=preview.forecasts,
        edits=edits.edits,
        fields=() if stage is None else (strategy_edit(daemon_set, stage),),
        stage=stage,
        patch=patch_between(daemon_set, after),
        object_after=after,
        advice=advice,
        roll=_roll(change),
        refusals=tuple(_refusals(change)),
        warnings=tuple(_warnings(change)),
    )


def empty_plan(request: Request, daemon_set: DaemonSet, snapshot: Snapshot) -> Plan:
    """The plan that changes nothing."""
    return Plan(
        owner=chain_of(daemon_set, snapshot.installations, snapshot.companions).word,
        daemon_set=daemon_set.key,
        target=Target.daemon_set(daemon_set.key),
        resource_version=daemon_set.resource_version,
        families=request.families,
        method=request.method,
        edits=(),
        patch=(),
        nodes=(),
        roll=_NO_RESTART,
        gaps=snapshot.gaps,
        object_before=daemon_set.object,
        object_after=daemon_set.object,
    )


def routes_to_read(
    request: Request, snapshot: Snapshot, daemon_set: DaemonSet
) -> dict[str, tuple[str, ...]]:
    """By node, the destinations whose routes decide what ``request`` gives there.

    ``$(NODEIP)`` and its like are expanded as the kubelet does on each node. Empty for methods
    other than ``can-reach=``, and where the value is refused anyway.
    """
    current = env_of_template(daemon_set, snapshot).variables
    edits = change_env(daemon_set.container, request, current)
    env = daemon_set.container.get("env") if edits.env is None else edits.env
    container = {**daemon_set.container, "env": env}
    template = Template(container, daemon_set.namespace, NEWEST_KNOWN, snapshot.config_maps)
    found = {facts.name: destinations(facts, template) for facts in snapshot.nodes}
    return {name: places for name, places in found.items() if places}


def _check_method(
    request: Request,
    daemon_set: DaemonSet,
    current: Mapping[str, EnvValue],
    nodes: Sequence[NodeFacts],
) -> None:
    if request.method is None:
        return
    known = referable(daemon_set.container, current)
    for family in request.families:
        check_value(request.method, family, referable=known, networks=networks_of(nodes))


def _stage(request: Request, daemon_set: DaemonSet, prospect: Prospect) -> Stage | None:
    """The stage that is asked for; None where the change is to reach every pod."""
    asked = request.stage
    if asked is None:
        return None
    nodes = asked.nodes if asked.kind is StageKind.CANARY else prospect.affected
    return Stage(asked.kind, nodes, strategy_of(daemon_set))


def _with_env(daemon_set: DaemonSet, edits: EnvChange) -> Mapping[str, object]:
    return changed(daemon_set, env=edits.env, strategy=strategy_of(daemon_set), annotations={})


def _after(
    daemon_set: DaemonSet,
    edits: EnvChange,
    stage: Stage | None,
    author: Author,
    former: Former | None,
) -> dict[str, object]:
    kept = record(
        daemon_set.container,
        edits.env or (),
        {edit.env for edit in edits.edits},
        at=author.time,
        by=author.by,
        change=", ".join(map(_words, edits.edits)),
    )
    return changed(
        daemon_set,
        env=edits.env,
        strategy=strategy_of(daemon_set) if stage is None else ON_DELETE_STRATEGY,
        annotations={RECORD_ANNOTATION: write_record(replace(kept, stage=stage, former=former))},
    )


def _words(edit: Edit) -> str:
    before = "absent" if edit.before is None else edit.before
    after = "absent" if edit.after is None else edit.after
    return f"{edit.env} {before} -> {after}"


def _refusals(change: _Change) -> Iterator[Finding]:
    request, prospect, snapshot = change.request, change.prospect, change.reach.snapshot
    yield from cluster.owner_restores(change.owners)
    yield from cluster.setting_refusals(request, change.edits, change.current)
    yield from value_refusals(request, prospect, change.reach.nodes)
    yield from address_pinned(snapshot.calico, prospect.outlooks)
    yield from too_small(snapshot, change.reach.daemon_set.namespace, prospect.outlooks)
    yield from staging.canaries(change.stage, prospect)
    yield from cluster.several_at_once(change.roll)
    yield from cluster.too_many_unknown(request, prospect.outlooks, snapshot)


def _warnings(change: _Change) -> Iterator[Finding]:
    request, prospect = change.request, change.prospect
    yield from cluster.accepted_unknown(request, prospect.outlooks, change.reach.snapshot)
    yield from cluster.setting_warnings(request, change.edits, change.current)
    yield from reflectors_change(prospect.outlooks)
    yield from encapsulation_changes(change.reach.snapshot.calico, prospect.outlooks)
    yield from cluster.roll_warnings(change.roll, change.reach.daemon_set)


def _roll(change: _Change) -> Roll:
    nodes, daemon_set = change.reach.nodes, change.reach.daemon_set
    newest = change.reach.snapshot.revisions.get(daemon_set.key)
    if change.stage is not None:
        return staged_roll(len(change.stage.nodes), nodes, daemon_set, newest)
    return whole_roll(change.roll, nodes, daemon_set, newest)
