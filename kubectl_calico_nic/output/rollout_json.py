"""The contract of ``rollout-check -o json|yaml`` (docs/json.md)."""

from __future__ import annotations

from typing import Any

from kubectl_calico_nic.output.inspection_json import API_VERSION, family_json, finding_json
from kubectl_calico_nic.rollout.state import Rollout


def rollout_json(rollout: Rollout) -> dict[str, Any]:
    """The rollout as JSON data."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Rollout",
        "daemonSet": rollout.daemon_set,
        "done": rollout.done,
        "updated": rollout.updated,
        "desired": rollout.desired,
        "nodes": [
            {
                "name": node.name,
                "pod": node.pod,
                "updated": node.updated,
                "ready": node.ready,
                "families": [family_json(family) for family in node.families],
                "verdict": node.verdict,
                "findings": [finding.id for finding in node.findings],
            }
            for node in rollout.nodes
        ],
        "findings": [finding_json(finding) for finding in rollout.findings],
        "unproven": list(rollout.unproven),
    }
