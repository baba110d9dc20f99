"""Findings told as stories: one paragraph per cause, however many nodes share it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.diagnosis.grounds import Grounds
from kubectl_calico_nic.diagnosis.report import Report
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding, Severity

MOST_CAUSES = 6
"""Of one id, so many causes are told; what is left is counted."""

_OF_A_FAILED_DETECTION = frozenset(
    {
        "wrong-network",
        "wrong-interface",
        "address-not-on-host",
        "evidence-disagrees",
        "bgp-down",
        "rollout-blocked",
    }
)
_OF_A_WRONG_CHOICE = frozenset(
    {
        "address-conflict",
        "wrong-interface",
        "foreign-bridge",
        "known-bug",
        "method-ambiguous",
        "nodes-disagree",
        "evidence-disagrees",
        "bgp-down",
        "rollout-blocked",
    }
)
CONSEQUENCES: Mapping[str, frozenset[str]] = {
    "address-conflict": frozenset({"bgp-down", "rollout-blocked"}),
    "detection-failed": _OF_A_FAILED_DETECTION,
    "method-invalid": _OF_A_FAILED_DETECTION,
    "kept-stale-address": _OF_A_FAILED_DETECTION,
    "address-not-on-host": frozenset({"wrong-network", "bgp-down", "rollout-blocked"}),
    "wrong-network": _OF_A_WRONG_CHOICE,
    "wrong-interface": _OF_A_WRONG_CHOICE - {"wrong-interface"},
    "vip-chosen": _OF_A_WRONG_CHOICE | {"wrong-network"},
    "not-the-nic": frozenset({"bgp-down", "rollout-blocked"}),
    "ipv6-clears-ipv4": frozenset({"detection-failed", "bgp-down", "rollout-blocked"}),
    "bgp-down": frozenset({"nodes-disagree"}),
    "duplicate-internal-ip": frozenset({"no-expectation"}),
}
"""What follows from a cause on the same nodes, by the ids of findings: told with it.

No id follows from itself, also not by way of others.
"""


@dataclass(frozen=True, slots=True)
class Story:
    """One cause.

    ``message`` is a sentence with names or numbers, ``why`` the evidence it rests on, ``next`` what
    to do. ``explains`` names other nodes whose symptoms it causes, ``effects`` are stories that
    follow from it.
    """

    id: str
    severity: Severity
    family: Family | None
    nodes: tuple[str, ...]
    message: str
    next: str
    docs: str
    why: str = ""
    explains: tuple[str, ...] = ()
    effects: tuple[Story, ...] = ()


def stories(report: Report) -> tuple[Story, ...]:
    """Tell the findings of a report, most severe first: the first story is the headline."""
    told = _with_effects(tell(report.findings, report.total or len(report.nodes)))
    grounds = Grounds(report.nodes)
    return tuple(_grounded(story, grounds) for story in told)


def tell(findings: Iterable[Finding], total: int) -> tuple[Story, ...]:
    """Tell ``findings`` about a cluster of ``total`` nodes, in their order."""
    causes: dict[tuple[str, Family | None, str], list[Finding]] = {}
    for finding in findings:
        cause = finding.together or finding.message
        causes.setdefault((finding.id, finding.family, cause), []).append(finding)
    by_id: dict[str, list[list[Finding]]] = {}
    for found in causes.values():
        by_id.setdefault(found[0].id, []).append(found)
    return tuple(story for groups in by_id.values() for story in _told(groups, total))


def _told(groups: list[list[Finding]], total: int) -> list[Story]:
    groups.sort(key=len, reverse=True)
    most = len(groups) if len(groups) <= MOST_CAUSES else MOST_CAUSES - 1
    told = [_story(found, total) for found in groups[:most]]
    rest = [finding for found in groups[most:] for finding in found]
    if rest:
        nodes = _nodes(rest)
        message = f"{_count(nodes)} more: {rest[0].id}, each for a cause of its own"
        advice = "kubectl calico-nic inspect NODE tells each of them in full"
        told.append(_as_story(rest, nodes, message, advice))
    return told


def _story(found: Sequence[Finding], total: int) -> Story:
    first, nodes = found[0], _nodes(found)
    if len(nodes) < 2 or not first.together:
        return _as_story(found, nodes, first.message, first.next)
    share = f"all {total} nodes" if len(nodes) == total else f"{len(nodes)} of {total} nodes"
    return _as_story(found, nodes, f"{share} {first.together}", first.next)


def _as_story(found: Sequence[Finding], nodes: tuple[str, ...], message: str, advice: str) -> Story:
    first = found[0]
    whys = {finding.why for finding in found}
    others = {name for finding in found for name in finding.explains} - set(nodes)
    return Story(
        first.id,
        first.severity,
        first.family,
        nodes,
        message,
        advice,
        first.docs,
        why=whys.pop() if len(whys) == 1 else _example(found),
        explains=tuple(sorted(others)),
    )


def _example(found: Iterable[Finding]) -> str:
    """The evidence for one of several nodes whose evidence differs, by its name."""
    finding = next(finding for finding in found if finding.why)
    return f"on {finding.node}: {finding.why}" if finding.node else finding.why


def _with_effects(told: Sequence[Story]) -> tuple[Story, ...]:
    """Put each story that follows from another one beneath it; the others keep their order."""
    cause_of: dict[int, int] = {}
    for place, story in enumerate(told):
        cause = _cause(story, told)
        if cause is not None:
            cause_of[place] = cause
    heads = {place: [place] for place in range(len(told)) if place not in cause_of}
    for place, cause in cause_of.items():
        heads[_head(cause, cause_of)].append(place)
    return tuple(
        dataclasses.replace(told[head], effects=tuple(told[place] for place in places[1:]))
        for head, places in sorted(heads.items(), key=lambda item: min(item[1]))
    )


def _cause(story: Story, told: Sequence[Story]) -> int | None:
    """The place of the first story that explains ``story`` on all of its nodes."""
    if not story.nodes:
        return None
    for place, other in enumerate(told):
        if story.id not in CONSEQUENCES.get(other.id, ()):
            continue
        if {story.family, other.family} == set(Family) and other.id != "ipv6-clears-ipv4":
            continue
        if set(story.nodes) <= {*other.nodes, *other.explains}:
            return place
    return None


def _head(place: int, cause_of: Mapping[int, int]) -> int:
    """The first cause in a chain of them; CONSEQUENCES has no circles."""
    while place in cause_of:
        place = cause_of[place]
    return place


def _grounded(story: Story, grounds: Grounds) -> Story:
    """Say what the rows of its nodes rest on where the finding itself says nothing else."""
    effects = tuple(_grounded(effect, grounds) for effect in story.effects)
    why = story.why or grounds.of(story.nodes, story.family)
    return dataclasses.replace(story, why=why, effects=effects)


def _nodes(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.node for found in findings if found.node))


def _count(nodes: Sequence[str]) -> str:
    return f"{len(nodes)} node" + ("" if len(nodes) == 1 else "s")
