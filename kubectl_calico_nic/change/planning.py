"""Request and snapshot -> plan: what is edited, what every node would choose, what objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.change.env_edits import EnvChange, change_env, referable
from kubectl_calico_nic.change.forecast import Outlook, Template, destinations, foresee
from kubectl_calico_nic.change.json_patch import Operation, replace_env
from kubectl_calico_nic.change.objections import cluster
from kubectl_calico_nic.change.objections.node import (
    METHOD_TOO_NEW,
    Neighbourhood,
    is_same,
    objections_to,
)
from kubectl_calico_nic.change.objections.value import suspicions
from kubectl_calico_nic.change.outlooks import members_of, networks_of, nics_of, nodes_of
from kubectl_calico_nic.change.plan import FamilyForecast, NodeForecast, Plan, Roll
from kubectl_calico_nic.change.record import PREVIOUS_ANNOTATION, record
from kubectl_calico_nic.change.request import Request
from kubectl_calico_nic.change.values import check_value
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.restarts import passengers, restarts
from kubectl_calico_nic.diagnosis.running_version import version_of_image, version_of_node
from kubectl_calico_nic.diagnosis.settings import env_of_template
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.owners.recognition import owner_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from kubectl_calico_nic.workload.env import EnvValue
from kubectl_calico_nic.workload.rolling import RollForecast

_NO_RESTART = Roll(restarts=0, at_once=0)


@dataclass(frozen=True, slots=True)
class _Change:
    """Everything that speaks for or against one change."""

    request: Request
    snapshot: Snapshot
    daemon_set: DaemonSet
    current: Mapping[str, EnvValue]
    edits: EnvChange
    template: Template
    nodes: tuple[NodeFacts, ...]
    outlooks: tuple[Outlook, ...]
    objections: tuple[tuple[Finding, ...], ...]
    """For each of ``outlooks`` what speaks against it."""


def plan(
    request: Request,
    snapshot: Snapshot,
    daemon_set: DaemonSet,
    question: Question,
    at: datetime,
) -> Plan:
    """Work out the whole change; nothing is sent.

    Args:
        request: what is asked.
        snapshot: the cluster, with the nodes' inventories where they could be read.
        daemon_set: the one to change.
        question: what is expected of the nodes (``--expect-cidr``, ``--expect-interface``).
        at: the time of the change (with a zone), for the record of the former values.

    Returns:
        The plan; without edits when the object already does what is asked, and with the refusal
        alone when another object controls the DaemonSet.

    Raises:
        InvalidValue: the value cannot work in this container.
    """
    owner = owner_of(daemon_set)
    if owner.reverts:
        refusal = cluster.owner_reverts(daemon_set, owner)
        return replace(_empty(request, daemon_set, snapshot), refusals=(refusal,))
    members = members_of(daemon_set, request.families, snapshot, question)
    nodes = nodes_of(members)
    current = env_of_template(daemon_set, snapshot).variables
    _check_method(request, daemon_set, current, nodes)
    edits = change_env(daemon_set.container, request, current)
    patch, after = _patch(daemon_set, edits, at)
    template = _template(DaemonSet(after), snapshot, nodes)
    found = tuple(foresee(member, template) for member in members)
    around = Neighbourhood.of(found, snapshot)
    against = tuple(objections_to(each, request.method, around) for each in found)
    change = _Change(request, snapshot, daemon_set, current, edits, template, nodes, found, against)
    unchanged = replace(_empty(request, daemon_set, snapshot), nodes=_forecasts(change))
    if not edits.edits:
        return unchanged
    roll = restarts(nodes, daemon_set)
    return replace(
        unchanged,
        edits=edits.edits,
        patch=patch,
        object_after=after,
        roll=_roll(roll, passengers(nodes, daemon_set, snapshot.revisions.get(daemon_set.key))),
        refusals=tuple(_refusals(change, roll)),
        warnings=tuple(_warnings(change, roll)),
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


def _empty(request: Request, daemon_set: DaemonSet, snapshot: Snapshot) -> Plan:
    return Plan(
        owner=owner_of(daemon_set).word,
        daemon_set=daemon_set.key,
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


def _patch(
    daemon_set: DaemonSet, edits: EnvChange, at: datetime
) -> tuple[tuple[Operation, ...], Mapping[str, Any]]:
    if not edits.edits or edits.env is None:
        return (), daemon_set.object
    names = {edit.env for edit in edits.edits}
    time = at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    note = record(daemon_set.container, names, time)
    return replace_env(daemon_set, edits.env, {PREVIOUS_ANNOTATION: note})


def _template(daemon_set: DaemonSet, snapshot: Snapshot, nodes: Sequence[NodeFacts]) -> Template:
    """The new template; its version is the image's, else what pods of that image logged."""
    container = daemon_set.container
    image = str(container.get("image", ""))
    version = version_of_image(image, snapshot.cluster_version)
    if not version.is_known:
        running = (facts for facts in nodes if facts.pod is not None and facts.pod.image == image)
        logged = (version_of_node(facts, snapshot.cluster_version) for facts in running)
        version = next((found for found in logged if found.is_known), version)
    return Template(container, daemon_set.namespace, version.version, snapshot.config_maps)


def _forecasts(change: _Change) -> tuple[NodeForecast, ...]:
    rows: dict[str, list[FamilyForecast]] = {}
    for outlook, against in zip(change.outlooks, change.objections, strict=True):
        rows.setdefault(outlook.member.name, []).append(_forecast(outlook, against))
    return tuple(NodeForecast(name, tuple(families)) for name, families in rows.items())


def _forecast(outlook: Outlook, against: Sequence[Finding]) -> FamilyForecast:
    verdict = "same" if is_same(outlook) else "changes"
    if not outlook.decided:
        verdict = "unknown"
    return FamilyForecast(
        family=outlook.member.family,
        now=outlook.member.choice.address,
        then=outlook.then,
        then_interface=outlook.interface_name,
        decided=outlook.decided,
        verdict=against[0].id if against else verdict,
        candidates=outlook.candidates,
        reason=outlook.reason,
    )


def _refusals(change: _Change, roll: RollForecast) -> Iterator[Finding]:
    request = change.request
    yield from cluster.owner_restores(change.daemon_set, owner_of(change.daemon_set))
    yield from cluster.setting_refusals(request, change.edits, change.current)
    if request.method is not None:
        for family in request.families:
            nics = nics_of(change.nodes, family)
            yield from suspicions(request.method, family, change.template.version, nics)
    # What is too new is so on every node, and told once above.
    told = (each for found in change.objections for each in found if each.id != METHOD_TOO_NEW)
    yield from dict.fromkeys(told)
    yield from cluster.several_at_once(roll)
    yield from cluster.too_many_unknown(request, change.outlooks, change.snapshot)


def _warnings(change: _Change, roll: RollForecast) -> Iterator[Finding]:
    yield from cluster.accepted_unknown(change.request, change.outlooks, change.snapshot)
    yield from cluster.setting_warnings(change.request, change.edits, change.current)
    yield from cluster.roll_warnings(roll, change.daemon_set)


def _roll(roll: RollForecast, riding_along: tuple[str, ...]) -> Roll:
    return Roll(
        restarts=roll.restarts,
        at_once=roll.at_once,
        blocked_by=roll.blocked_by,
        passengers=riding_along if roll.restarts else (),
        seconds=roll.seconds,
    )
