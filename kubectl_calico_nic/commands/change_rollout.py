"""What follows a change that was sent: the pods of its stage, the proof, and what if it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.change.plan import Action, Plan, Target
from kubectl_calico_nic.change.staging.pausing import plan_pause
from kubectl_calico_nic.change.staging.taking_back import plan_resume, plan_undo
from kubectl_calico_nic.cluster.pod_deletion import delete_pod
from kubectl_calico_nic.commands.change_session import ChangeSession
from kubectl_calico_nic.commands.operator_watch import (
    NotCarriedOver,
    Rejected,
    wait_for_operator,
)
from kubectl_calico_nic.commands.rollout_watch import (
    Goal,
    RolloutWatch,
    Watch,
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
            return self._take_back(plan, str(error))
        except NotCarriedOver as error:
            self._say_lines([line(Span(str(error), BAD))])
            return EXIT_PROBLEM
        except TimedOut as error:
            return self._give_up(plan, str(error), EXIT_PROBLEM)
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
                self._say(
                    f"{plan.roll.later} pods keep the old value until: "
                    f"{self.command('set --resume')}"
                )
                return ""
            self._resume()
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

    def _take_back(self, plan: Plan, why: str) -> int:
        """Undo what the operator refuses: nothing else of the Installation would take effect."""
        done = "left as it is"
        if plan.action is Action.SET:
            self._send(lambda now, found: plan_undo(now, found, self.change.question))
            done = _UNDONE
        self._say_lines([line(Span(f"{why}:", BAD), f" {done}")])
        return EXIT_PROBLEM

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
                    break
            rollout = watch.rollout
        if is_proven_on(rollout, nodes):
            self._data(rollout_table(only(rollout, nodes)))
            return True
        self._data(conclusion(rollout))
        return False

    def _resume(self) -> None:
        """Let the controller roll the rest."""

        def planner(snapshot: Snapshot, daemon_set: DaemonSet) -> Plan:
            return plan_resume(snapshot, daemon_set, self.change.question)

        plan = self._send(planner)
        self._say(f"The canary is proven: {plan.roll.restarts} more pods restart.")

    def _watch(self) -> RolloutWatch:
        change = self.change
        probe = change.parsed.text("probe", "auto") == "auto"
        how = Watch(change.question, probe, self.staging.timeout, self.structured)
        return RolloutWatch(change.session, change.parsed, how, change.environment)

    def _send(self, planner: Callable[[Snapshot, DaemonSet], Plan]) -> Plan:
        plan = self.change.plan(planner)
        return plan if plan.is_empty else self.change.apply(plan, planner)

    def _give_up(self, plan: Plan, why: str, status: int) -> int:
        """Stop, undo or leave the rollout; say what runs where and how to go on or back."""
        try:
            done = self._on_failure(plan)
            rolls_on = done == _LEFT and plan.action is not Action.UNDO and self._rolls_on(plan)
        except KeyboardInterrupt as stop:
            done, status, rolls_on = _LEFT, status_of(stop), False
        except CalicoNicError as error:
            done, rolls_on = f"{_LEFT} ({error})", False
        self._say_lines([line(), line(Span(f"{why}:", BAD), f" {done}")])
        if done != _UNDONE and plan.action is not Action.UNDO:
            self._say_lines(self.ways_out(plan, rolls_on=rolls_on))
        return status

    def ways_out(self, plan: Plan, *, rolls_on: bool = False) -> list[Line]:
        """The commands that finish what was begun; an operator's rollout cannot be resumed."""
        on, back = self.command("set --resume"), line(f"  back:  {self.command('set --undo')}")
        if rolls_on:
            on = f"by itself; follow it: {self.command('rollout-check')}"
        return [back] if plan.goal else [line(f"  go on: {on}"), back]

    def _rolls_on(self, plan: Plan) -> bool:
        """Whether the controller goes on without anybody, so that there is nothing to resume."""
        target = Target.daemon_set(plan.daemon_set)
        return DaemonSet(self.change.session.get(target.path)).update_strategy != ON_DELETE

    def _on_failure(self, plan: Plan) -> str:
        asked = self.staging.on_failure
        if plan.action is Action.UNDO or asked is OnFailure.LEAVE:
            return _LEFT
        if plan.goal and asked is OnFailure.PAUSE:
            return "left as it is (an operator's rollout cannot be paused)"
        if asked is OnFailure.UNDO:
            self._send(lambda now, found: plan_undo(now, found, self.change.question))
            return _UNDONE
        updated: list[str] = []

        def planner(snapshot: Snapshot, daemon_set: DaemonSet) -> Plan:
            return plan_pause(snapshot, daemon_set, updated)

        with self._watch() as watch:
            updated += [node.name for node in watch.rollout.nodes if node.updated]
        self._send(planner)
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


def _replaced_on(node: str, uid: str) -> Goal:
    """Another pod than that of ``uid`` is on ``node``."""

    def is_over(watch: RolloutWatch) -> bool:
        pod = watch.pod_on(node)
        return pod is not None and pod.uid != uid

    return is_over
