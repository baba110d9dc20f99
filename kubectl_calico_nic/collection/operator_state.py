"""Reads whether the Tigera operator runs, and what it says about its work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.gaps import gap, is_right
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.snapshot.decode import decode_available_replicas, decode_conditions
from kubectl_calico_nic.snapshot.operator_state import OperatorState
from kubectl_calico_nic.snapshot.snapshot import Gap

_STATUS = "/apis/operator.tigera.io/v1/tigerastatuses/calico"
_DEPLOYMENTS = "/apis/apps/v1/deployments"
_NAME = (("fieldSelector", "metadata.name=tigera-operator"),)


def read_operator_state(api: Api) -> tuple[OperatorState, tuple[Gap, ...]]:
    """Ask for TigeraStatus/calico and the operator's Deployment, in whatever namespace it is.

    Returns:
        What they say, and what was refused.
    """
    gaps: list[Gap] = []
    conditions, is_running = _conditions(api, gaps), _is_running(api, gaps)
    if conditions is None:
        return OperatorState(is_running), tuple(gaps)
    degraded = conditions["Degraded"]
    message = str(degraded.get("message") or degraded.get("reason") or "it says no more")
    progressing = conditions.get("Progressing", {}).get("status") == "True"
    is_degraded = degraded.get("status") == "True"
    return OperatorState(is_running, message if is_degraded else "", progressing), tuple(gaps)


def _conditions(api: Api, gaps: list[Gap]) -> Mapping[str, Any] | None:
    """The conditions by type, ``Degraded`` always among them; None where they cannot be read."""
    try:
        conditions = decode_conditions(api.get(_STATUS))
    except ApiError as error:
        if is_right(error):
            gaps.append(gap("get", "tigerastatuses.operator.tigera.io", error))
        return None
    return {"Degraded": {}, **conditions}


def _is_running(api: Api, gaps: list[Gap]) -> bool | None:
    try:
        found = [item for page in api.pages(_DEPLOYMENTS, _NAME) for item in page]
    except ApiError as error:
        if is_right(error):
            gaps.append(gap("list", "deployments.apps", error))
        return None
    return any(decode_available_replicas(item) > 0 for item in found)
