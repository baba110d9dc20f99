"""Waits until the Tigera operator has carried a change of its Installation over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_calico_nic.change.plan import Plan
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.collection.operator_state import read_operator_state
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

DEFAULT_SECONDS = 60.0
"""The operator needs seconds; one that is away, or busy elsewhere, is not waited for longer."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0


class Rejected(CalicoNicError):
    """The operator does not accept the Installation as it is now."""


class NotCarriedOver(CalicoNicError):
    """The operator did nothing in time."""


def wait_for_operator(
    session: Session, plan: Plan, environment: Environment, timeout: float | None
) -> None:
    """Look at the DaemonSet until it says what the plan is to bring about.

    Raises:
        Rejected: TigeraStatus says that the Installation is invalid.
        NotCarriedOver: ``timeout`` seconds (a minute by default) were not enough.
    """
    seconds = timeout or DEFAULT_SECONDS
    deadline, pause = environment.monotonic() + seconds, _FIRST_PAUSE
    while True:
        if _has_come(session, plan):
            return
        state, _ = read_operator_state(session)
        time_is_up = environment.monotonic() >= deadline
        # It acts first and reports up to five seconds later (the ticker of its status manager).
        if state.rejects and (time_is_up or state.degraded != plan.complaint):
            raise Rejected(f"the operator rejects it: {state.degraded}")
        if time_is_up:
            raise NotCarriedOver(
                f"the operator has not carried it over to daemonset {plan.daemon_set} in "
                f"{seconds:.0f} seconds: see kubectl get tigerastatus calico -o yaml"
            )
        environment.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _has_come(session: Session, plan: Plan) -> bool:
    namespace, _, name = plan.daemon_set.partition("/")
    try:
        found = session.get(f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}")
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return plan.goal.items() <= _values(DaemonSet(found)).items()


def _values(daemon_set: DaemonSet) -> Mapping[str, Any]:
    listed = daemon_set.container.get("env") or ()
    return {str(entry.get("name")): entry.get("value") for entry in listed}
