"""Everything about one node, as JSON (docs/json.md)."""

from __future__ import annotations

from typing import Any

from kubectl_calico_nic.calico.inventory import Interface
from kubectl_calico_nic.diagnosis.node_story import (
    Choosing,
    Explanation,
    Peering,
    Reasoning,
    Statement,
    Variable,
)
from kubectl_calico_nic.snapshot.event import PodEvent


def explanation_json(found: Explanation) -> dict[str, Any]:
    """One entry of ``explanations``."""
    return {
        "node": found.node,
        "evidence": [_statement(item) for item in found.statements],
        "env": [_variable(item) for item in found.variables],
        "interfaces": [_interface(item) for item in found.interfaces],
        "timeline": [_choosing(item) for item in found.timeline],
        "omittedDecisions": found.omitted,
        "bgp": None
        if found.peerings_source is None
        else {
            "source": found.peerings_source,
            "asOf": found.peerings_as_of,
            "sessions": [_peering(item) for item in found.peerings],
        },
        "events": [_event(item) for item in found.events],
        "methods": [_reasoning(item) for item in found.reasonings],
    }


def _statement(item: Statement) -> dict[str, Any]:
    return {
        "source": item.source,
        "says": item.says,
        "asOf": item.as_of,
        "freshness": item.freshness or None,
    }


def _variable(item: Variable) -> dict[str, Any]:
    return {
        "name": item.name,
        "value": item.value,
        "known": item.is_known,
        "from": item.source,
        "newPods": item.template,
    }


def _interface(item: Interface) -> dict[str, Any]:
    return {
        "name": item.name,
        "up": item.is_up,
        "mtu": item.mtu,
        "master": item.master,
        "addresses": [address.cidr for address in item.addresses],
    }


def _choosing(item: Choosing) -> dict[str, Any]:
    decision = item.decision
    return {
        "family": decision.family.label,
        "container": "previous" if item.is_previous else "current",
        "stage": decision.stage.value,
        "outcome": decision.outcome.value,
        "address": decision.address,
        "interface": decision.interface,
        "first": decision.first,
        "last": decision.last,
        "count": decision.count,
        "reason": decision.reason,
    }


def _peering(item: Peering) -> dict[str, Any]:
    session = item.session
    return {
        "family": item.family.label,
        "peer": session.peer,
        "node": item.node,
        "kind": session.kind.value,
        "state": session.state or None,
        "since": session.since or None,
        "info": session.info or None,
    }


def _event(item: PodEvent) -> dict[str, Any]:
    return {
        "reason": item.reason,
        "message": item.message,
        "count": item.count,
        "lastSeen": item.last_seen,
    }


def _reasoning(item: Reasoning) -> dict[str, Any]:
    return {
        "family": item.family.label,
        "method": item.method,
        "inForce": item.is_in_force,
        "decided": item.is_decided,
        "address": item.address,
        "interface": item.interface,
        "candidates": list(item.candidates),
        "reasons": list(item.reasons),
    }
