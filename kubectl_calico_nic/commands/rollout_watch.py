"""Follows a rollout until a goal is reached or lost: for ``rollout-check``, and after a ``set``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType

from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.collection.collect import Collector
from kubectl_calico_nic.collection.companions import with_companions
from kubectl_calico_nic.collection.daemonsets import the_one
from kubectl_calico_nic.collection.following import (
    Change,
    Failed,
    Following,
    Interrupted,
    Replaced,
)
from kubectl_calico_nic.collection.rollout_facts import RolloutFacts
from kubectl_calico_nic.collection.stage_sessions import StageSessions
from kubectl_calico_nic.commands.expectation_flags import scope
from kubectl_calico_nic.commands.judging_pace import JudgingPace
from kubectl_calico_nic.commands.live_diagnosis import diagnose_live
from kubectl_calico_nic.commands.time_limit import TimedOut, in_time, limited
from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.flags.definition import Parsed
from kubectl_calico_nic.output.progress import progress
from kubectl_calico_nic.output.rollout_progress import RolloutProgress, rollout_progress
from kubectl_calico_nic.output.screen import DOUBTFUL, Span, line
from kubectl_calico_nic.rollout.judgement import is_observed, judge, of_present_nodes
from kubectl_calico_nic.rollout.state import NodeRollout, Phase, Rollout
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.workload.rolling import ON_DELETE


@dataclasses.dataclass(frozen=True, slots=True)
class Watch:
    """How to follow: ``timeout`` in seconds for the whole, None without end.

    ``structured`` keeps stdout free for data. ``stage`` are the nodes of the stage that is to be
    proven, empty for a whole rollout.
    """

    question: Question
    probe: bool
    timeout: float | None
    structured: bool
    stage: tuple[str, ...] = ()


class RolloutWatch:
    """One rollout, followed; a context manager. ``rollout`` is where it stands."""

    def __init__(
        self, session: Session, parsed: Parsed, how: Watch, environment: Environment
    ) -> None:
        timeout = how.timeout
        self._session = limited(session, timeout)
        self._how = how
        self._environment = environment
        self._stack = ExitStack()
        self._shown: RolloutProgress | None = None
        self._following: Following | None = None
        self._deadline = None if timeout is None else environment.monotonic() + timeout
        with in_time(self._session):
            self._collector, first = self._read(parsed)
        self._snapshot = first
        self._facts = RolloutFacts(
            self._collector, first, first.daemon_sets[0], environment.monotonic
        )
        self._pace = JudgingPace(environment.monotonic)
        self._stage = StageSessions(how.stage, self._collector, environment.monotonic)
        self.rollout = self._judge(self._facts.snapshot())

    def _read(self, parsed: Parsed) -> tuple[Collector, Snapshot]:
        with progress(self._environment) as live:
            collector = Collector(
                self._session,
                concurrency=self._session.concurrency,
                progress=live,
                now=self._environment.now,
            )
            first = collector.collect(scope(parsed, self._how.question, revisions=True))
            first = with_companions(self._session, first)
            if self._how.probe:
                first = collector.probe(first, {facts.name for facts in first.nodes})
        the_one(first.daemon_sets)
        return collector, first

    def __enter__(self) -> RolloutWatch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def daemon_set(self) -> DaemonSet:
        """The DaemonSet as it is now."""
        return self._snapshot.daemon_sets[0]

    @property
    def snapshot(self) -> Snapshot:
        """The facts as they are now."""
        return self._snapshot

    @property
    def next_look(self) -> float | None:
        """The seconds until looking again may tell more without any change; None: it will not."""
        times = [self._facts.next_look, self._stage.next_look]
        return min((seconds for seconds in times if seconds is not None), default=None)

    def pod_on(self, node: str) -> Pod | None:
        """The calico-node pod of ``node``; None when there is none now."""
        facts = self._snapshot.node(node)
        return facts.pod if facts else None

    def until(self, goal: Goal) -> Rollout:
        """Judge anew after every change until it is over.

        Raises:
            TimedOut: the time is up.
            CalicoNicError: the DaemonSet was deleted, or something may not be watched.
        """
        if goal(self):
            return self.rollout
        following, shown = self._open()
        absence = _Absence(shown)
        shown.show(self.rollout)
        while True:
            left = self._time_left()
            waits = [seconds for seconds in (left, self._next_judgement) if seconds is not None]
            changes = following.changes(min(waits, default=None))
            absence.notice(changes)
            self._facts.take(changes)
            if self._facts.daemon_set is None:
                raise CalicoNicError(f"daemonset {self.daemon_set.key}: object has been deleted")
            if changes and not self._is_due:
                continue
            with self._pace.judging():
                self.rollout = self._judge(self._facts.snapshot())
            shown.show(self.rollout)
            if goal(self):
                return self.rollout

    def _open(self) -> tuple[Following, RolloutProgress]:
        """The watches and the progress, begun with the first wait."""
        if self._following is None or self._shown is None:
            stdout, stderr = self._environment.stdout, self._environment.stderr
            stream = stderr if self._how.structured else stdout
            self._shown = self._stack.enter_context(rollout_progress(self._environment, stream))
            kinds = self._facts.kinds(self.daemon_set)
            self._following = self._stack.enter_context(Following(self._session, kinds))
        return self._following, self._shown

    @property
    def _next_judgement(self) -> float | None:
        """The seconds until judging anew may tell more; None: not before something changes."""
        look = 0.0 if self._facts.is_changed else self.next_look
        if look is None or not self._facts.is_in_motion:
            return look
        return max(look, self._pace.rest)

    @property
    def _is_due(self) -> bool:
        """Whether to judge anew now; where nothing changed that is kept, ages still count."""
        left = self._next_judgement
        if left is None:
            return self._pace.is_stale
        return left <= 0

    def _time_left(self) -> float | None:
        if self._deadline is None:
            return None
        left = self._deadline - self._environment.monotonic()
        if left <= 0:
            raise TimedOut
        return left

    def _judge(self, snapshot: Snapshot) -> Rollout:
        """Judge ``snapshot``; where all else is proven, ask for the BGP sessions, and judge anew.

        While pods restart, sessions go down and come up again everywhere: of a stage only its own
        nodes are asked, and judged by what they can reach by then.
        """
        rollout = self._judge_facts(snapshot)
        if self._how.stage:
            return self._stage.proven(rollout, self._snapshot) if self._how.probe else rollout
        if not rollout.done or not self._how.probe:
            self._facts.forget_sessions()
            return rollout
        return self._judge_facts(self._facts.with_sessions(self._snapshot))

    def _judge_facts(self, snapshot: Snapshot) -> Rollout:
        present = of_present_nodes(snapshot)
        report, snapshot = diagnose_live(self._collector, present, self._how.question)
        self._snapshot = snapshot
        return judge(snapshot, report, snapshot.daemon_sets[0])


Goal = Callable[["RolloutWatch"], bool]
"""Whether waiting changes nothing more: what was waited for is reached, or lost."""


def whole_rollout(watch: RolloutWatch) -> bool:
    """Every node is proven; lost at the first that cannot recover, or when nothing moves."""
    rollout = watch.rollout
    return rollout.done or bool(rollout.stuck) or (rollout.settled and watch.next_look is None)


def template_seen(watch: RolloutWatch) -> bool:
    """The controller knows the template: a pod deleted before that comes back as it was."""
    return is_observed(watch.daemon_set)


def nothing_left_to_do(watch: RolloutWatch) -> bool:
    """Every pod is updated and Ready, whatever it chose; or nothing restarts by itself."""
    return watch.rollout.settled or watch.daemon_set.update_strategy == ON_DELETE


def is_proven_on(rollout: Rollout, nodes: Sequence[str]) -> bool:
    """Whether the new pods of all ``nodes`` are proven."""
    mine = [node for node in rollout.nodes if node.name in nodes]
    proven = all(node.phase is Phase.PROVEN and node.updated is not False for node in mine)
    return len(mine) == len(nodes) and proven


def is_updated_on(rollout: Rollout, node: str) -> bool:
    """Whether the pod of ``node`` is known to run the new template."""
    return any(found.name == node and found.updated for found in rollout.nodes)


def is_gone(watch: RolloutWatch, node: str) -> bool:
    """Whether the Node was deleted; never said where Nodes could not be read."""
    present = [facts.name for facts in watch.snapshot.nodes if facts.node]
    return bool(present) and node not in present


def proven_on(*nodes: str) -> Goal:
    """The new pods of ``nodes`` are proven.

    Lost when one of them cannot recover, or is gone, or when somebody changed the template since:
    under OnDelete nobody replaces them.
    """

    def is_over(watch: RolloutWatch) -> bool:
        mine = [node for node in watch.rollout.nodes if node.name in nodes]
        if any(node.phase is Phase.STUCK or _is_outdated(watch, node) for node in mine):
            return True
        if any(is_gone(watch, node) for node in nodes):
            return True
        # The status is late to tell that a pod is gone: its node is counted as desired meanwhile.
        returns = len(mine) < len(nodes) and len(watch.rollout.nodes) < watch.rollout.desired
        settled = not returns and all(node.updated is not False and node.ready for node in mine)
        return is_proven_on(watch.rollout, nodes) or (settled and watch.next_look is None)

    return is_over


def replaced_on(node: str, uid: str) -> Goal:
    """Another pod than that of ``uid`` is on ``node``, or the Node was deleted."""

    def is_over(watch: RolloutWatch) -> bool:
        pod = watch.pod_on(node)
        return is_gone(watch, node) or (pod is not None and pod.uid != uid)

    return is_over


def _is_outdated(watch: RolloutWatch, node: NodeRollout) -> bool:
    """Whether the pod of a node is there to stay, and of an older template."""
    pod = watch.pod_on(node.name)
    return node.updated is False and pod is not None and not pod.deleted and template_seen(watch)


class _Absence:
    """Says once that the API server is away, and once that it is back."""

    def __init__(self, shown: RolloutProgress) -> None:
        self._shown = shown
        self._waiting: set[str] = set()

    def notice(self, changes: Iterable[Change]) -> None:
        """Look through ``changes``.

        Raises:
            CalicoNicError: something may not be listed or watched.
        """
        for change in changes:
            if isinstance(change, Failed):
                raise change.error
            if isinstance(change, Interrupted):
                if not self._waiting:
                    text = f" no answer, trying again: {change.error.text}"
                    self._shown.say(line(Span("Warning:", DOUBTFUL), text))
                self._waiting.add(change.kind)
            elif isinstance(change, Replaced) and change.kind in self._waiting:
                self._waiting.remove(change.kind)
                if not self._waiting:
                    self._shown.say(line("The API server answers again."))
