"""The contract of ``set -o json|yaml`` (docs/json.md)."""

from __future__ import annotations

from typing import Any

from kubectl_calico_nic.change.plan import FamilyForecast, Plan
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.output.inspection_json import API_VERSION, gap_json


def plan_json(plan: Plan, *, applied: bool) -> dict[str, Any]:
    """The plan as JSON data; ``applied`` says whether the server accepted it."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Plan",
        "owner": plan.owner,
        "object": f"daemonset.apps/{plan.daemon_set}",
        "family": ",".join(family.label for family in plan.families),
        "method": plan.method,
        "edits": [
            {"env": edit.env, "from": edit.before, "to": edit.after, "why": edit.why}
            for edit in plan.edits
        ],
        "nodes": [
            {"name": node.name, "families": [_forecast(family) for family in node.families]}
            for node in plan.nodes
        ],
        "roll": {
            "restarts": plan.roll.restarts,
            "atOnce": plan.roll.at_once,
            "blockedBy": list(plan.roll.blocked_by),
            "passengers": list(plan.roll.passengers),
            "seconds": plan.roll.seconds,
        },
        "gaps": [gap_json(gap) for gap in plan.gaps],
        "objections": [_objection(found) for found in (*plan.refusals, *plan.warnings)],
        "applied": applied,
    }


def _forecast(forecast: FamilyForecast) -> dict[str, Any]:
    return {
        "family": forecast.family.label,
        "now": forecast.now,
        "then": forecast.then,
        "interface": forecast.then_interface,
        "decided": forecast.decided,
        "candidates": list(forecast.candidates),
        "verdict": forecast.verdict,
        "reason": forecast.reason or None,
    }


def _objection(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "node": finding.node,
        "message": finding.message,
        "next": finding.next,
    }
