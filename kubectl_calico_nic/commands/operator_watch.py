"""Waits until the Tigera operator has carried a change of its Installation over."""

from __future__ import annotations

from collections.abc import Callable

from kubectl_calico_nic.change.plan import Plan, Target
from kubectl_calico_nic.change.staging.followed import not_carried_over
from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.collection.operator_state import read_operator_state
from kubectl_calico_nic.commands.rollout_watch import Goal, RolloutWatch
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
    session: Session,
    plan: Plan,
    environment: Environment,
    timeout: float | None,
    check: Callable[[Plan], None],
) -> None:
    """Look at the DaemonSet until it says what the plan is to bring about.

    ``check`` raises where the Installation no longer has the plan's change: nothing comes then.

    Raises:
        Rejected: TigeraStatus says that the Installation is invalid.
        NotCarriedOver: ``timeout`` seconds (a minute by default) were not enough.
    """
    seconds = timeout or DEFAULT_SECONDS
    deadline, pause = environment.monotonic() + seconds, _FIRST_PAUSE
    while True:
        missing = _missing(session, plan)
        if not missing:
            return
        state, _ = read_operator_state(session)
        time_is_up = environment.monotonic() >= deadline
        # It acts first and reports up to five seconds later (the ticker of its status manager).
        if state.rejects and (time_is_up or state.degraded != plan.complaint):
            raise Rejected(f"the operator rejects it: {state.degraded}")
        check(plan)
        if time_is_up:
            raise NotCarriedOver(
                f"the operator has not carried it over to daemonset {plan.daemon_set} in "
                f"{seconds:.0f} seconds ({', '.join(missing)}): "
                "see kubectl get tigerastatus calico -o yaml"
            )
        environment.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def or_not_carried_over(plan: Plan, goal: Goal) -> Goal:
    """Over with ``goal``, or where somebody took from the DaemonSet what had come."""

    def is_over(watch: RolloutWatch) -> bool:
        return bool(not_carried_over(plan, watch.daemon_set)) or goal(watch)

    return is_over


def _missing(session: Session, plan: Plan) -> list[str]:
    """What the DaemonSet lacks of the goal, in words."""
    try:
        found = session.get(Target.daemon_set(plan.daemon_set).path)
    except ApiError as error:
        if error.status != 404:
            raise
        return ["there is no such DaemonSet"]
    return not_carried_over(plan, DaemonSet(found))
