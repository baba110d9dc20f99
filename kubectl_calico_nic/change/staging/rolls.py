"""What restarts when a change is made, resumed or taken back."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from kubectl_calico_nic.change.plan import Roll
from kubectl_calico_nic.diagnosis.restarts import passengers, pod_state
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from kubectl_calico_nic.snapshot.undo_record import ChangeRecord, Former
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION, is_updated
from kubectl_calico_nic.workload.rolling import RollForecast, Strategy, forecast_roll


def whole_roll(
    roll: RollForecast, nodes: Sequence[NodeFacts], daemon_set: DaemonSet, newest_hash: str | None
) -> Roll:
    """A change that reaches every pod."""
    riding_along = passengers(nodes, daemon_set, newest_hash) if roll.restarts else ()
    return Roll(
        restarts=roll.restarts,
        at_once=roll.at_once,
        blocked_by=roll.blocked_by,
        passengers=riding_along,
        seconds=roll.seconds,
    )


def staged_roll(
    count: int, nodes: Sequence[NodeFacts], daemon_set: DaemonSet, newest_hash: str | None
) -> Roll:
    """A staged change: ``count`` pods restart one after another now, all others later."""
    starts = [pod_state(facts).start_seconds for facts in nodes]
    known = [seconds for seconds in starts if seconds is not None]
    pods = sum(facts.pod is not None for facts in nodes)
    return Roll(
        restarts=count,
        at_once=min(count, 1),
        later=pods - count,
        passengers=passengers(nodes, daemon_set, newest_hash) if count else (),
        seconds=round(count * statistics.median(known)) if known else None,
    )


def rest_of_roll(nodes: Sequence[NodeFacts], after: DaemonSet, newest_hash: str | None) -> Roll:
    """``--resume``: the pods that do not run the present template restart."""
    return _roll(nodes, after, [_is_on_newest(facts, after, newest_hash) for facts in nodes])


def roll_back(
    nodes: Sequence[NodeFacts], after: DaemonSet, newest_hash: str | None, kept: ChangeRecord
) -> Roll:
    """``--undo``: only the pods that do not match the former template restart."""
    former = kept.former
    if former is None:
        # A record of an older version, or of an Installation: who is not on the newest was before.
        on_newest = [_is_on_newest(facts, after, newest_hash) for facts in nodes]
        return _roll(nodes, after, [found is False for found in on_newest])
    is_ours = template_generation(after) == former.generation + 1
    hashes = (facts.pod.revision_hash if facts.pod else None for facts in nodes)
    return _roll(nodes, after, [is_ours and found == former.revision for found in hashes])


def former_template(daemon_set: DaemonSet, newest_hash: str | None) -> Former | None:
    """What to write down of the template before a change of it; None where that is not known."""
    generation = template_generation(daemon_set)
    is_seen = daemon_set.status.get("observedGeneration") == daemon_set.metadata.get("generation")
    if newest_hash is None or generation is None or not is_seen:
        return None
    return Former(newest_hash, generation)


def template_generation(daemon_set: DaemonSet) -> int | None:
    """How often the template was changed; None where the server does not say it."""
    text = daemon_set.annotations.get(TEMPLATE_GENERATION_ANNOTATION, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _roll(nodes: Sequence[NodeFacts], after: DaemonSet, updated: Sequence[bool | None]) -> Roll:
    pods = [
        replace(pod_state(facts), updated=bool(done))
        for facts, done in zip(nodes, updated, strict=True)
    ]
    roll = forecast_roll(pods, Strategy.of(after.spec))
    return Roll(roll.restarts, roll.at_once, blocked_by=roll.blocked_by, seconds=roll.seconds)


def _is_on_newest(facts: NodeFacts, daemon_set: DaemonSet, newest_hash: str | None) -> bool | None:
    pod = facts.pod
    if pod is None:
        return None
    generation = daemon_set.annotations.get(TEMPLATE_GENERATION_ANNOTATION)
    return is_updated(pod.revision_hash, newest_hash, pod.template_generation, generation)
