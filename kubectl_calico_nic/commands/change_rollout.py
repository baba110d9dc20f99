"""What follows a change that was sent: the pods of its stage, the proof, and what if it fails."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.change.plan import Action, Plan, Target
from kubectl_calico_nic.change.staging.followed import (
    ValuesLost,
    check_installation_stands,
    check_stage_stands,
    check_still_followed,
    check_values_stand,
    next_steps,
    not_carried_over,
    overtaken,
)
from kubectl_calico_nic.change.staging.pausing import plan_pause
from kubectl_calico_nic.change.staging.taking_back import NothingToEnd, plan_resume, plan_undo
from kubectl_calico_nic.cluster.guarded_patch import OutcomeUnknown
from kubectl_calico_nic.cluster.pod_deletion import delete_pod
from kubectl_calico_nic.commands.change_session import ChangeSession, Planner, SendingStopped
from kubectl_calico_nic.commands.operator_watch import (
    NotCarriedOver,
    Rejected,
    or_not_carried_over,
    wait_for_operator,
)
from kubectl_calico_nic.commands.rollout_watch import (
    Goal,
    RolloutWatch,
    Watch,
    is_gone,
    is_proven_on,
    is_updated_on,
    nothing_left_to_do,
    proven_on,
    replaced_on,
    template_seen,
    whole_rollout,
)
from kubectl_calico_nic.commands.time_limit import TimedOut
from kubectl_calico_nic.environment import EXIT_ERROR, EXIT_OK, EXIT_PROBLEM, status_of
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.flags.staging import OnFailure, Staging
from kubectl_calico_nic.output.rollout_table import conclusion, rollout_table
from kubectl_calico_nic.output.screen import BAD, Line, Span, line, write
from kubectl_calico_nic.rollout.stage_proof import shown
from kubectl_calico_nic.rollout.state import Rollout, only
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.snapshot.undo_record import Stage, StageKind

Check = Callable[[Plan, Snapshot, DaemonSet, str], None]
"""Raises where a DaemonSet is not as a plan left it; the text is our field manager."""
_MOST_NAMES = 5
_SECONDS = 5.0
"""Who gave up does not wait long for the last words."""


@dataclass(frozen=True, slots=True)
class _End:
    """How it ended: ``failed`` says what went wrong, empty when nothing did.

    ``shown`` and ``said`` are the last words of what went well, for stdout and for stderr.
    """

    failed: str = ""
    shown: Sequence[Line] = ()
    said: Sequence[Line] = ()


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
            end = self._run(plan)
        except KeyboardInterrupt as stop:
            return self._give_up(plan, "interrupted", status_of(stop))
        except Rejected as error:
            return self._give_up(plan, str(error), EXIT_PROBLEM, self._take_back)
        except (ValuesLost, NotCarriedOver) as error:
            return self._stop(plan, error)
        except TimedOut as error:
            return self._give_up(plan, str(error), EXIT_PROBLEM)
        except (NothingToEnd, OutcomeUnknown):
            # The ways out are those of a change that is known, and ours.
            raise
        except CalicoNicError:
            if plan.stage is not None:
                self._say_lines(self._ways_now(plan))
            raise
        except OSError as error:
            if not self._nobody_reads(error):
                raise
            return self._give_up(plan, "nobody reads any more", EXIT_ERROR)
        return self._conclude(plan, end)

    def _conclude(self, plan: Plan, end: _End) -> int:
        if end.failed:
            return self._give_up(plan, end.failed, EXIT_PROBLEM)
        # Nothing is stopped or taken back any more, whether somebody reads this or not.
        self._data(end.shown)
        self._say_lines(end.said)
        return EXIT_OK

    def _nobody_reads(self, error: OSError) -> bool:
        """Whether whoever read what is said is gone, and with that whoever waited."""
        if not self.staging.wait or error.errno not in (errno.EPIPE, errno.EIO):
            return False
        self.change.environment.forget_gone_streams()
        return True

    def _run(self, plan: Plan) -> _End:
        """Go through the stages; all is said but the last words of what went well."""
        if plan.goal:
            self._wait_for_operator(plan, self.staging.timeout)
        if plan.stage is not None:
            proven = self._replace(plan, plan.stage)
            if proven is None:
                return _End("the new value is not proven")
            table = rollout_table(proven)
            if plan.stage.kind is StageKind.ONLY_AFFECTED:
                on = self.command("set --resume")
                later = f"{plan.roll.later} pods keep the old value until: {on}"
                return _End("", table, [line(f"They are {shown(proven.nodes)}."), line(later)])
            self._data(table)
            self._resume(plan, shown(proven.nodes))
        if not self.staging.wait:
            return _End(said=[line(f"Follow it: {self.command('rollout-check')}")])
        if plan.action is Action.UNDO:
            # Old values bring old problems back: nothing is to be proven, only waited for.
            with self._watch() as watch:
                return _End(shown=rollout_table(watch.until(nothing_left_to_do)))
        rollout = self._followed(plan)
        if rollout.done:
            return _End(shown=conclusion(rollout))
        self._data(conclusion(rollout))
        return _End("the rollout went wrong")

    def _followed(self, plan: Plan) -> Rollout:
        """Wait until every node is proven, or that is lost.

        An operator's DaemonSet that somebody edits meanwhile is the operator's to put right, as
        long as its Installation says what was set; that is waited for no longer than at first.

        Raises:
            ValuesLost: somebody else changed what was set.
            NotCarriedOver: the operator did nothing.
        """
        clock, timeout = self.change.environment.monotonic, self.staging.timeout
        begun = clock()
        while True:
            rest = None if timeout is None else timeout - (clock() - begun)
            if rest is not None and rest <= 0:
                raise TimedOut
            rollout, lost = self._followed_once(plan, rest)
            if not lost:
                return rollout
            self._wait_for_operator(plan, rest)

    def _followed_once(self, plan: Plan, timeout: float | None) -> tuple[Rollout, bool]:
        """The rollout where its end was told, and whether an operator has to act first."""
        stands = self._while(check_values_stand, plan)
        is_over = or_not_carried_over(plan, whole_rollout) if plan.goal else stands(whole_rollout)
        watch: RolloutWatch | None = None
        try:
            with self._watch(timeout=timeout) as watch:
                watch.until(is_over)
        except (KeyboardInterrupt, OSError):
            # Who leaves when all is proven has seen it, or hears no more: nothing is to be done.
            if watch is None or not (watch.rollout.done and is_over(watch)):
                raise
        if not plan.goal:
            return watch.rollout, False
        self._check_installation(plan)
        return watch.rollout, bool(not_carried_over(plan, watch.daemon_set))

    def _wait_for_operator(self, plan: Plan, timeout: float | None) -> None:
        change, stands = self.change, self._check_installation
        wait_for_operator(change.session, plan, change.environment, timeout, stands)
        self._say(f"The operator has carried it over to daemonset {plan.daemon_set}.")

    def _check_installation(self, plan: Plan) -> None:
        """Find the change on the Installation still.

        Raises:
            ValuesLost: somebody else changed it.
        """
        found = self.change.session.get(plan.path)
        check_installation_stands(plan, found, self._manager)

    def _take_back(self, plan: Plan) -> str:
        """Undo what the operator refuses: nothing else of the Installation would take effect."""
        return self._undo(plan) if plan.action is Action.SET else _LEFT

    def _replace(self, plan: Plan, stage: Stage) -> Rollout | None:
        """Replace the pods of ``stage`` one after another; each is proven before the next.

        Returns:
            The proven nodes alone; None where one is not proven, which is told.
        """
        with self._watch(stage.nodes) as watch:
            self._replace_pods(plan, watch, stage.nodes)
            rollout = watch.rollout
        if is_proven_on(rollout, stage.nodes):
            return only(rollout, stage.nodes)
        self._data(conclusion(rollout))
        return None

    def _replace_pods(self, plan: Plan, watch: RolloutWatch, nodes: tuple[str, ...]) -> None:
        stands = self._while(check_stage_stands, plan)
        watch.until(stands(template_seen))
        for node in nodes:
            pod = watch.pod_on(node)
            if pod is not None and not is_updated_on(watch.rollout, node):
                found = self.change.session.get(Target.daemon_set(plan.daemon_set).path)
                check_stage_stands(plan, watch.snapshot, DaemonSet(found), self._manager)
                delete_pod(self.change.session, pod.namespace, pod.name, pod.uid)
                watch.until(stands(replaced_on(node, pod.uid)))
            if not is_proven_on(watch.until(stands(proven_on(node))), [node]):
                if is_gone(watch, node):
                    self._say(f"{node}: its Node was deleted")
                return
        # One that was proven first may have restarted since, for another reason.
        watch.until(stands(proven_on(*nodes)))

    def _while(self, check: Check, plan: Plan) -> Callable[[Goal], Goal]:
        """Makes of a goal one that is given up by what ``check`` raises."""

        def stands(goal: Goal) -> Goal:
            def is_over(watch: RolloutWatch) -> bool:
                check(plan, watch.snapshot, watch.daemon_set, self._manager)
                return goal(watch)

            return is_over

        return stands

    @property
    def _manager(self) -> str:
        return self.change.field_manager

    def _stop(self, plan: Plan, error: ValuesLost | NotCarriedOver) -> int:
        """Say what became of the change; what somebody else wrote is not ours to take back."""
        said = [line(Span(str(error), BAD))]
        if isinstance(error, ValuesLost) and error.advice:
            said.append(line(f"  {error.advice}"))
        if plan.stage is not None:
            said += self._ways_now(plan)
        self._say_lines(said)
        return EXIT_PROBLEM

    def _resume(self, followed: Plan, proof: str) -> None:
        """Let the controller roll the rest."""

        def planner(snapshot: Snapshot, daemon_set: DaemonSet) -> Plan:
            return plan_resume(snapshot, daemon_set, self.change.question)

        plan = self._send(followed, planner)
        self._say(f"The canary is {proof}: {plan.roll.restarts} more pods restart.")

    def _watch(self, stage: tuple[str, ...] = (), timeout: float | None = None) -> RolloutWatch:
        change, timeout = self.change, timeout or self.staging.timeout
        probe = change.parsed.text("probe", "auto") == "auto"
        how = Watch(change.question, probe, timeout, self.structured, stage)
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
            self._say_lines(self._ways_now(plan, is_left=done.startswith(_LEFT)))
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

    def _ways_now(self, plan: Plan, *, is_left: bool = True) -> list[Line]:
        """Those of the ways out that the DaemonSet leaves; what cannot be read is as it was left.

        ``is_left`` is False where the rollout was paused just now.
        """
        if plan.goal:
            return self.ways_out(plan)
        try:
            found = self.change.session.within(_SECONDS).get(
                Target.daemon_set(plan.daemon_set).path
            )
        except (KeyboardInterrupt, CalicoNicError):
            return self.ways_out(plan, rolls_on=is_left and plan.stage is None)
        steps = next_steps(plan, DaemonSet(found))
        if steps.rolls_on or steps.resumes:
            return self.ways_out(plan, rolls_on=steps.rolls_on)
        look = line(f"  look:  {self.command('inspect')}")
        return [line(f"  back:  {self.command('set --undo')}"), look] if steps.is_ours else [look]

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
