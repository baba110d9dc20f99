"""Reads whether the Tigera operator runs, and what it says about its work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.snapshot.operator_state import OperatorState

_STATUS = "/apis/operator.tigera.io/v1/tigerastatuses/calico"
_DEPLOYMENTS = "/apis/apps/v1/deployments"
_NAME = (("fieldSelector", "metadata.name=tigera-operator"),)


def read_operator_state(api: Api) -> OperatorState:
    """Ask for TigeraStatus/calico and the operator's Deployment, in whatever namespace it is."""
    conditions = _conditions(api)
    if conditions is None:
        return OperatorState(_is_running(api))
    degraded = conditions["Degraded"]
    message = str(degraded.get("message") or degraded.get("reason") or "it says no more")
    progressing = conditions.get("Progressing", {}).get("status") == "True"
    is_degraded = degraded.get("status") == "True"
    return OperatorState(_is_running(api), message if is_degraded else "", progressing)


def _conditions(api: Api) -> Mapping[str, Any] | None:
    """The conditions by type, ``Degraded`` always among them; None where they may not be read."""
    try:
        status = api.get(_STATUS).get("status") or {}
    except ApiError:
        return None
    listed = status.get("conditions") or ()
    return {"Degraded": {}, **{str(item.get("type")): item for item in listed}}


def _is_running(api: Api) -> bool | None:
    try:
        found = [item for page in api.pages(_DEPLOYMENTS, _NAME) for item in page]
    except ApiError:
        return None
    return any((item.get("status") or {}).get("availableReplicas", 0) > 0 for item in found)
