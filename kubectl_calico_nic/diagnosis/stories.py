"""Findings told as stories: one paragraph per cause, however many nodes share it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.diagnosis.report import Report
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding, Severity

MOST_CAUSES = 6
"""Of one id, so many causes are told; what is left is counted."""


@dataclass(frozen=True, slots=True)
class Story:
    """One cause. ``message`` is a sentence with names or numbers, ``next`` what to do."""

    id: str
    severity: Severity
    family: Family | None
    nodes: tuple[str, ...]
    message: str
    next: str
    docs: str


def stories(report: Report) -> tuple[Story, ...]:
    """Tell the findings of a report, in their order: the first story is the headline."""
    return tell(report.findings, len(report.nodes))


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
        told.append(_as_story(rest[0], nodes, message, "see the rows of these nodes"))
    return told


def _story(found: Sequence[Finding], total: int) -> Story:
    first, nodes = found[0], _nodes(found)
    if len(nodes) < 2 or not first.together:
        return _as_story(first, nodes, first.message, first.next)
    share = f"all {total} nodes" if len(nodes) == total else f"{len(nodes)} of {total} nodes"
    return _as_story(first, nodes, f"{share} {first.together}", first.next)


def _as_story(finding: Finding, nodes: tuple[str, ...], message: str, advice: str) -> Story:
    return Story(finding.id, finding.severity, finding.family, nodes, message, advice, finding.docs)


def _nodes(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.node for found in findings if found.node))


def _count(nodes: Sequence[str]) -> str:
    return f"{len(nodes)} node" + ("" if len(nodes) == 1 else "s")
