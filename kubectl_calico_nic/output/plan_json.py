"""The contract of ``set -o json|yaml`` (docs/json.md)."""

from __future__ import annotations

from typing import Any

from kubectl_calico_nic.change.plan import Edit, FamilyForecast, FieldEdit, Plan
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.output.inspection_json import API_VERSION, gap_json


def plan_json(plan: Plan, *, applied: bool) -> dict[str, Any]:
    """The plan as JSON data; ``applied`` says whether the server accepted it."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Plan",
        "owner": plan.owner,
        "object": f"{plan.target.resource}/{plan.target.name}",
        "family": ",".join(family.label for family in plan.families),
        "method": plan.method,
        "action": plan.action.value,
        "edits": [
            *({"env": edit.env, **_sides(edit)} for edit in plan.edits),
            *({"field": edit.field, **_sides(edit)} for edit in plan.fields),
        ],
        "stage": _stage(plan),
        "nodes": [
            {"name": node.name, "families": [_forecast(family) for family in node.families]}
            for node in plan.nodes
        ],
        "roll": {
            "restarts": plan.roll.restarts,
            "atOnce": plan.roll.at_once,
            "later": plan.roll.later,
            "blockedBy": list(plan.roll.blocked_by),
            "passengers": list(plan.roll.passengers),
            "seconds": plan.roll.seconds,
        },
        "gaps": [gap_json(gap) for gap in plan.gaps],
        "objections": [_objection(found) for found in (*plan.refusals, *plan.warnings)],
        "advice": plan.advice or None,
        "applied": applied,
    }


def _sides(edit: Edit | FieldEdit) -> dict[str, Any]:
    return {"from": edit.before, "to": edit.after, "why": edit.why}


def _stage(plan: Plan) -> dict[str, Any] | None:
    if plan.stage is None:
        return None
    return {"kind": plan.stage.kind.value, "nodes": list(plan.stage.nodes)}


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
