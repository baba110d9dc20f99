"""The contract of ``inspect -o json|yaml`` (docs/json.md): fields may come, none goes away."""

from __future__ import annotations

from typing import Any

from kubectl_calico_nic.diagnosis.report import (
    DaemonSetReport,
    FamilyReport,
    NodeReport,
    Recommendation,
    Report,
)
from kubectl_calico_nic.diagnosis.stories import Story, stories
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.output.explanation_json import explanation_json
from kubectl_calico_nic.snapshot.snapshot import Gap

API_VERSION = "calico-nic/v1"


def inspection(report: Report) -> dict[str, Any]:
    """The report as JSON data; unknown fields are null, never absent."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Inspection",
        "daemonSets": [_daemon_set(found) for found in report.daemon_sets],
        "nodes": [_node(node) for node in report.nodes],
        "findings": [finding_json(finding) for finding in report.findings],
        "stories": [_story(story) for story in stories(report)],
        "recommendations": [_recommendation(found) for found in report.recommendations],
        "explanations": [explanation_json(found) for found in report.explanations],
        "gaps": [gap_json(gap) for gap in report.gaps],
    }


def gap_json(gap: Gap) -> dict[str, Any]:
    """One thing that could not be read."""
    return {
        "node": gap.node,
        "verb": gap.verb,
        "resource": gap.resource,
        "reason": gap.reason,
        "forbidden": gap.forbidden,
    }


def _daemon_set(found: DaemonSetReport) -> dict[str, Any]:
    return {
        "name": found.name,
        "version": found.version,
        "owner": found.owner,
        "method": {family.label: method for family, method in found.method.items()},
        "mode": {family.label: mode for family, mode in found.mode.items()},
    }


def _node(node: NodeReport) -> dict[str, Any]:
    return {
        "name": node.name,
        "daemonSet": node.daemon_set,
        "version": node.version,
        "ready": node.ready,
        "pod": node.pod,
        "families": [family_json(family) for family in node.families],
    }


def family_json(family: FamilyReport) -> dict[str, Any]:
    """One node's choice in one family."""
    expectation, bgp = family.expectation, family.bgp
    return {
        "family": family.family.label,
        "method": family.method,
        "interface": family.interface,
        "address": family.address,
        "decided": family.decided,
        "expected": expectation.address if expectation else None,
        "expectation": expectation
        and {
            "source": expectation.source,
            "network": expectation.network,
            "interface": expectation.interface,
        },
        "bgp": bgp and {"established": bgp.established, "peers": bgp.peers, "down": list(bgp.down)},
        "since": family.since,
        "evidence": list(family.evidence),
        "contradictedBy": family.contradicted_by,
        "verdict": family.verdict,
        "candidates": list(family.candidates),
        "findings": list(family.findings),
        "reasons": list(family.reasons),
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "node": finding.node,
        "family": finding.family and finding.family.label,
        "message": finding.message,
        "why": finding.why or None,
        "explains": list(finding.explains),
        "next": finding.next,
        "docs": finding.docs,
    }


def _story(story: Story) -> dict[str, Any]:
    return {
        "id": story.id,
        "severity": story.severity.value,
        "family": story.family and story.family.label,
        "nodes": list(story.nodes),
        "message": story.message,
        "why": story.why or None,
        "explains": list(story.explains),
        "effects": [effect.id for effect in story.effects],
        "next": story.next,
        "docs": story.docs,
    }


def _recommendation(found: Recommendation) -> dict[str, Any]:
    return {
        "daemonSet": found.daemon_set,
        "family": found.family.label,
        "method": found.method,
        "command": found.command,
        "changes": found.changes,
        "nodes": found.nodes,
        "uncovered": [
            {"node": node, "why": why}
            for node, why in zip(found.uncovered, found.why_uncovered, strict=True)
        ],
        "restarts": found.restarts,
        "atOnce": found.at_once,
        "seconds": found.seconds,
        "blockedBy": list(found.blocked_by),
    }
