"""One change of a live cluster: plans it, and sends the plan unless somebody was faster."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from kubectl_calico_nic.change.objections.cluster import pod_denied
from kubectl_calico_nic.change.plan import Action, Plan
from kubectl_calico_nic.change.staging.taking_back import NoRecord
from kubectl_calico_nic.cluster.guarded_patch import (
    ChangedMeanwhile,
    OutcomeUnknown,
    send_patch,
)
from kubectl_calico_nic.cluster.pod_admission import why_denied
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.collection.calico_objects import read_calico_objects
from kubectl_calico_nic.collection.collect import Collector
from kubectl_calico_nic.collection.companions import with_companions
from kubectl_calico_nic.collection.daemonsets import the_one
from kubectl_calico_nic.collection.operator_state import read_operator_state
from kubectl_calico_nic.commands.expectation_flags import scope
from kubectl_calico_nic.commands.inventory_files import with_inventories
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.flags.definition import Parsed
from kubectl_calico_nic.output.progress import progress
from kubectl_calico_nic.owners.kinds import operator
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot


class SendingStopped(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or SIGHUP came while a change was sent.

    ``plan`` is the change that may have been made, None where certainly none was.
    """

    def __init__(self, plan: Plan | None) -> None:
        super().__init__()
        self.plan = plan


_NOT_SENT = "nothing was sent"
_ATTEMPTS = 5
"""How often a plan is made anew because somebody else changed the object meanwhile."""

Planner = Callable[[Snapshot, DaemonSet], Plan]
Routes = Callable[[Snapshot, DaemonSet], dict[str, tuple[str, ...]]]


@dataclasses.dataclass(frozen=True, slots=True)
class ChangeSession:
    """Where a change is made, and with what flags."""

    session: Session
    parsed: Parsed
    environment: Environment
    question: Question
    field_manager: str
    server_dry_run: bool = False

    def plan(self, planner: Planner, routes: Routes | None = None) -> Plan:
        """Read the cluster and plan.

        Raises:
            UsageError: there are several DaemonSets.
        """
        snapshot, daemon_set = self._read(routes)
        plan = planner(snapshot, daemon_set)
        if plan.is_empty or not plan.edits or plan.action is not Action.SET:
            return plan
        why = why_denied(self.session, plan.object_after, self.field_manager)
        denied = tuple(pod_denied(daemon_set.key, why))
        return dataclasses.replace(plan, refusals=(*plan.refusals, *denied))

    def _read(self, routes: Routes | None) -> tuple[Snapshot, DaemonSet]:
        with progress(self.environment) as live:
            collector = Collector(
                self.session,
                concurrency=self.session.concurrency,
                progress=live,
                now=self.environment.now,
            )
            snapshot = collector.collect(scope(self.parsed, self.question, revisions=True))
            daemon_set = the_one(snapshot.daemon_sets)
            if operator.controls(daemon_set):
                state, gaps = read_operator_state(self.session)
                gaps = (*snapshot.gaps, *gaps)
                snapshot = dataclasses.replace(snapshot, operator=state, gaps=gaps)
            calico, gaps = read_calico_objects(self.session)
            gaps = (*snapshot.gaps, *gaps)
            snapshot = dataclasses.replace(snapshot, calico=calico, gaps=gaps)
            snapshot = with_companions(self.session, snapshot)
            if self.parsed.text("probe", "auto") == "auto":
                everywhere = {facts.name for facts in snapshot.nodes}
                destinations = routes(snapshot, daemon_set) if routes else None
                snapshot = collector.probe(snapshot, everywhere, destinations)
        return with_inventories(snapshot, self.parsed.all("inventory")), daemon_set

    def apply(self, shown: Plan, planner: Planner, routes: Routes | None = None) -> Plan:
        """Send the plan; when somebody changed the object meanwhile, plan anew, go on if equal.

        Returns:
            The plan that was sent; an empty one when the others made the same change meanwhile.

        Raises:
            CalicoNicError: the server refuses, or the new plan is not what was shown.
            OutcomeUnknown: no answer came, and somebody else changed the object since.
            SendingStopped: Ctrl-C.
        """
        current = shown
        for _ in range(_ATTEMPTS):
            try:
                self._send(current)
            except ChangedMeanwhile as error:
                sent, current = current, self._anew(current, error, planner, routes)
                if current.is_empty:
                    # What got no answer has arrived: nobody else wants just the same.
                    return sent if error.unanswered else current
                if not current.promises_the_same_as(shown):
                    if error.unanswered:
                        raise self._unknown(shown) from None
                    raise CalicoNicError(
                        f"{shown.title} was changed by somebody else meanwhile and "
                        f"the plan is no longer what was shown; {_NOT_SENT}: run the command again"
                    ) from None
            else:
                return current
        raise CalicoNicError(
            f"{shown.title} was changed by others {_ATTEMPTS} times meanwhile; "
            f"{_NOT_SENT}: try again when they have finished"
        )

    def _anew(
        self, sent: Plan, error: ChangedMeanwhile, planner: Planner, routes: Routes | None
    ) -> Plan:
        """Plan after ``error``; empty where nothing is left to do."""
        try:
            return self.plan(planner, routes)
        except KeyboardInterrupt as stop:
            raise SendingStopped(sent if error.unanswered else None) from stop
        except CalicoNicError as problem:
            if not error.unanswered:
                raise
            if isinstance(problem, NoRecord) and sent.action is Action.UNDO:
                # The undo has arrived: it took the record away.
                return dataclasses.replace(sent, patch=())
            raise self._unknown(sent) from problem

    def _unknown(self, plan: Plan) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"{plan.title}: no answer came to what was sent, and it was changed since: "
            f"run {self.environment.command} inspect"
        )

    def _send(self, plan: Plan) -> None:
        try:
            send_patch(
                self.session,
                plan,
                field_manager=self.field_manager,
                server_dry_run=self.server_dry_run,
            )
        except KeyboardInterrupt as stop:
            raise SendingStopped(plan) from stop
