"""What follows a change that was sent: the pods of its stage, the proof, and what if it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.change.plan import Action, Plan, Target
from kubectl_calico_nic.change.staging.followed import check_still_followed, overtaken
from kubectl_calico_nic.change.staging.pausing import plan_pause
from kubectl_calico_nic.change.staging.taking_back import NothingToEnd, plan_resume, plan_undo
from kubectl_calico_nic.cluster.guarded_patch import OutcomeUnknown
from kubectl_calico_nic.cluster.pod_deletion import delete_pod
from kubectl_calico_nic.commands.change_session import ChangeSession, Planner, SendingStopped
from kubectl_calico_nic.commands.operator_watch import (
    NotCarriedOver,
    Rejected,
    wait_for_operator,
)
from kubectl_calico_nic.commands.rollout_watch import (
    Goal,
    RolloutWatch,
    Watch,
    is_gone,
    is_proven_on,
    nothing_left_to_do,
    proven_on,
    template_seen,
    whole_rollout,
)
from kubectl_calico_nic.commands.time_limit import TimedOut
from kubectl_calico_nic.environment import EXIT_OK, EXIT_PROBLEM, status_of
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.flags.staging import OnFailure, Staging
from kubectl_calico_nic.output.rollout_table import conclusion, rollout_table
from kubectl_calico_nic.output.screen import BAD, Line, Span, line, write
from kubectl_calico_nic.rollout.state import only
from kubectl_calico_nic.snapshot.change_record import StageKind
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.workload.rolling import ON_DELETE

_MOST_NAMES = 5
_SECONDS = 5.0
"""Who gave up does not wait long for the last words."""


@dataclass(frozen=True, slots=True)
class ChangeRollout:
    """The rollout of one change; ``command`` is how the user calls this program, with flags."""

    change: ChangeSession
    staging: Staging
    structured: bool
    command: Callable[[str], str]

    def follow(self, plan: Plan) -> int:
        """Carry out what was asked to happen after ``plan`` was applied; return the exit status."""
        try:
            failed = self._run(plan)
        except KeyboardInterrupt as stop:
            return self._give_up(plan, "interrupted", status_of(stop))
        except Rejected as error:
            return self._give_up(plan, str(error), EXIT_PROBLEM, self._take_back)
        except NotCarriedOver as error:
            self._say_lines([line(Span(str(error), BAD))])
            return EXIT_PROBLEM
        except TimedOut as error:
            return self._give_up(plan, str(error), EXIT_PROBLEM)
        except (NothingToEnd, OutcomeUnknown):
            # The ways out are those of a change that is known, and ours.
            raise
        except CalicoNicError:
            if plan.stage is not None:
                self._say_lines(self.ways_out(plan))
            raise
        return self._give_up(plan, failed, EXIT_PROBLEM) if failed else EXIT_OK

    def _run(self, plan: Plan) -> str:
        """Go through the stages; return what went wrong, empty when nothing did."""
        if plan.goal:
            self._wait_for_operator(plan)
        if plan.stage is not None:
            if not self._replace(plan.stage.nodes):
                return "the new value is not proven"
            if plan.stage.kind is StageKind.ONLY_AFFECTED:
                self._say(f"They are {_SHOWN}.")
                self._say(
                    f"{plan.roll.later} pods keep the old value until: "
                    f"{self.command('set --resume')}"
                )
                return ""
            self._resume(plan)
        if not self.staging.wait:
            self._say(f"Follow it: {self.command('rollout-check')}")
            return ""
        with self._watch() as watch:
            if plan.action is Action.UNDO:
                # Old values bring old problems back: nothing is to be proven, only waited for.
                watch.until(nothing_left_to_do)
                self._data(rollout_table(watch.rollout))
                return ""
            rollout = watch.until(whole_rollout)
        self._data(conclusion(rollout))
        return "" if rollout.done else "the rollout went wrong"

    def _wait_for_operator(self, plan: Plan) -> None:
        change, timeout = self.change, self.staging.timeout
        wait_for_operator(change.session, plan, change.environment, timeout)
        self._say(f"The operator has carried it over to daemonset {plan.daemon_set}.")

    def _take_back(self, plan: Plan) -> str:
        """Undo what the operator refuses: nothing else of the Installation would take effect."""
        return self._undo(plan) if plan.action is Action.SET else _LEFT

    def _replace(self, nodes: Sequence[str]) -> bool:
        """Replace the pods of ``nodes`` one after another; each is proven before the next."""
        with self._watch() as watch:
            watch.until(template_seen)
            for node in nodes:
                pod = watch.pod_on(node)
                if pod is not None and not is_proven_on(watch.rollout, [node]):
                    delete_pod(self.change.session, pod.namespace, pod.name, pod.uid)
                    watch.until(_replaced_on(node, pod.uid))
                if not is_proven_on(watch.until(proven_on(node)), [node]):
                    if is_gone(watch, node):
                        self._say(f"{node}: its Node was deleted")
                    break
            rollout = watch.rollout
        if is_proven_on(rollout, nodes):
            self._data(rollout_table(only(rollout, nodes)))
            return True
        self._data(conclusion(rollout))
        return False

    def _resume(self, followed: Plan) -> None:
        """Let the controller roll the rest."""

        def planner(snapshot: Snapshot, daemon_set: DaemonSet) -> Plan:
            return plan_resume(snapshot, daemon_set, self.change.question)

        plan = self._send(followed, planner)
        self._say(f"The canary is {_SHOWN}: {plan.roll.restarts} more pods restart.")

    def _watch(self) -> RolloutWatch:
        change = self.change
        probe = change.parsed.text("probe", "auto") == "auto"
        how = Watch(change.question, probe, self.staging.timeout, self.structured)
        return RolloutWatch(change.session, change.parsed, how, change.environment)

    def _send(self, followed: Plan, planner: Planner) -> Plan:
        """Send what nobody looked at: only where the change is still the one that was followed.

        Raises:
            NothingToEnd: somebody else changed it.
            CalicoNicError: the plan is refused, or it cannot be sent.
        """

        def of_ours(snapshot: Snapshot, daemon_set: DaemonSet) -> Plan:
            check_still_followed(followed, snapshot, daemon_set)
            plan = planner(snapshot, daemon_set)
            stopping = plan.stopping(force=self.change.parsed.truth("force"))
            ids = ", ".join(dict.fromkeys(finding.id for finding in stopping))
            if any(finding.id == "changed-since" for finding in stopping):
                raise NothingToEnd(overtaken(followed))
            if stopping:
                raise CalicoNicError(f"{followed.title}: refused: {ids}; nothing was sent")
            return plan

        plan = self.change.plan(of_ours)
        return plan if plan.is_empty else self.change.apply(plan, of_ours)

    def _undo(self, followed: Plan) -> str:
        self._send(followed, lambda now, found: plan_undo(now, found, self.change.question))
        return _UNDONE

    def _give_up(
        self, plan: Plan, why: str, status: int, act: Callable[[Plan], str] | None = None
    ) -> int:
        """Stop, undo or leave the rollout; say what runs where and how to go on or back.

        ``act`` does that and says what was done; by default what ``--on-failure`` asks for.
        """
        try:
            done = (act or self._on_failure)(plan)
            is_ours = done != _UNDONE
        except KeyboardInterrupt as stop:
            was_sent = isinstance(stop, SendingStopped) and stop.plan is not None
            done, status = self._unknown if was_sent else _LEFT, status_of(stop)
            is_ours = not was_sent
        except OutcomeUnknown:
            done, is_ours = self._unknown, False
        except NothingToEnd as error:
            done, is_ours = str(error), False
        except CalicoNicError as error:
            done, is_ours = f"{_LEFT} ({error})", True
        self._say_lines([line(), line(Span(f"{why}:", BAD), f" {done}")])
        if is_ours and plan.action is not Action.UNDO:
            rolls_on = done.startswith(_LEFT) and self._rolls_on(plan)
            self._say_lines(self.ways_out(plan, rolls_on=rolls_on))
        return status

    @property
    def _unknown(self) -> str:
        look = self.command("inspect")
        return f"unknown whether the API server took what was sent: run {look}"

    def ways_out(self, plan: Plan, *, rolls_on: bool = False) -> list[Line]:
        """The commands that finish what was begun; an operator's rollout cannot be resumed."""
        on, back = self.command("set --resume"), line(f"  back:  {self.command('set --undo')}")
        if rolls_on:
            on = f"by itself; follow it: {self.command('rollout-check')}"
        return [back] if plan.goal else [line(f"  go on: {on}"), back]

    def _rolls_on(self, plan: Plan) -> bool:
        """Whether the controller goes on without anybody, so that there is nothing to resume."""
        target = Target.daemon_set(plan.daemon_set)
        try:
            found = self.change.session.within(_SECONDS).get(target.path)
        except (KeyboardInterrupt, CalicoNicError):
            return plan.stage is None
        return DaemonSet(found).update_strategy != ON_DELETE

    def _on_failure(self, plan: Plan) -> str:
        asked = self.staging.on_failure
        if plan.action is Action.UNDO or asked is OnFailure.LEAVE:
            return _LEFT
        if plan.goal and asked is OnFailure.PAUSE:
            return "left as it is (an operator's rollout cannot be paused)"
        if asked is OnFailure.UNDO:
            return self._undo(plan)
        updated: list[str] = []

        def planner(snapshot: Snapshot, daemon_set: DaemonSet) -> Plan:
            return plan_pause(snapshot, daemon_set, updated)

        with self._watch() as watch:
            updated += [node.name for node in watch.rollout.nodes if node.updated]
        self._send(plan, planner)
        names = ", ".join(updated[:_MOST_NAMES]) or "no node"
        more = f" and {len(updated) - _MOST_NAMES} more" if len(updated) > _MOST_NAMES else ""
        return f"paused: no more pods restart; {names}{more} have the new value"

    def _say(self, text: str) -> None:
        self._say_lines([line(text)])

    def _say_lines(self, lines: Sequence[Line]) -> None:
        write(lines, self.change.environment.stderr, self.change.environment)

    def _data(self, lines: Sequence[Line]) -> None:
        """Show where the nodes are, on stdout unless that is for the plan's data."""
        if self.structured:
            self._say_lines(lines)
        else:
            write(lines, self.change.environment.stdout, self.change.environment)


_UNDONE = "undone: the former value is back"
_LEFT = "left as it is"
_SHOWN = "Ready on the expected address; BGP sessions and routes were not asked"
"""All that a stage shows of its nodes: those of a half-rolled cluster are not all up."""


def _replaced_on(node: str, uid: str) -> Goal:
    """Another pod than that of ``uid`` is on ``node``, or the Node was deleted."""

    def is_over(watch: RolloutWatch) -> bool:
        pod = watch.pod_on(node)
        return is_gone(watch, node) or (pod is not None and pod.uid != uid)

    return is_over
