"""``rollout-check``: the proof, node by node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.environment import EXIT_OK, EXIT_PROBLEM, Environment
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.definition import Flag, Kind, Parsed
from kubectl_calico_nic.flags.duration import parse_timeout
from kubectl_calico_nic.flags.expectation import EXPECTATION_FLAGS, FAMILY, PROBE
from kubectl_calico_nic.flags.output import output_flag, output_format

if TYPE_CHECKING:
    from kubectl_calico_nic.cluster.session import Session
    from kubectl_calico_nic.collection.collect import Collector
    from kubectl_calico_nic.collection.following import Change
    from kubectl_calico_nic.collection.rollout_facts import RolloutFacts
    from kubectl_calico_nic.diagnosis.diagnose import Question
    from kubectl_calico_nic.output.rollout_progress import RolloutProgress
    from kubectl_calico_nic.rollout.state import Rollout
    from kubectl_calico_nic.snapshot.snapshot import Snapshot

_FORMATS = ("json", "yaml")


@dataclass(frozen=True, slots=True)
class _Options:
    """The command line as values; ``timeout`` in seconds, None without end."""

    question: Question
    output: str
    watch: bool
    timeout: float | None
    probe: bool


def _options(parsed: Parsed) -> _Options:
    output = output_format(parsed, _FORMATS)
    timeout = parse_timeout(parsed.text("timeout", "0s") or "0s") or None
    if parsed.arguments:
        raise UsageError(f"extra arguments: {' '.join(parsed.arguments)}")
    from kubectl_calico_nic.commands.expectation_flags import question

    return _Options(
        question=question(parsed),
        output=output,
        watch=parsed.truth("watch", default=True),
        timeout=timeout,
        probe=parsed.text("probe", "auto") == "auto",
    )


def _run(parsed: Parsed, environment: Environment) -> int:
    options = _options(parsed)
    from kubectl_calico_nic.commands.live_cluster import open_session

    with open_session(parsed, environment) as session:
        rollout = _check(parsed, options, session, environment)
    _conclude(rollout, options, environment)
    return EXIT_OK if rollout.done else EXIT_PROBLEM


def _check(
    parsed: Parsed, options: _Options, session: Session, environment: Environment
) -> Rollout:
    from kubectl_calico_nic.collection.collect import Collector
    from kubectl_calico_nic.commands.expectation_flags import scope
    from kubectl_calico_nic.output.progress import progress

    with progress(environment) as live:
        collector = Collector(session, progress=live)
        first = collector.collect(scope(parsed, options.question, revisions=True))
        if options.probe:
            first = collector.probe(first, {facts.name for facts in first.nodes})
    if len(first.daemon_sets) > 1:
        names = ", ".join(found.key for found in first.daemon_sets)
        raise UsageError(f"several calico-node DaemonSets: {names}; name one with --daemonset")
    rollout = _judge(collector, first, options)
    if not options.watch or rollout.done:
        return rollout
    from kubectl_calico_nic.collection.rollout_facts import RolloutFacts
    from kubectl_calico_nic.output.rollout_progress import rollout_progress

    facts = RolloutFacts(collector, first, first.daemon_sets[0], environment.monotonic)
    if _is_over(rollout, facts.next_look):
        return rollout
    stream = environment.stderr if options.output else environment.stdout
    with rollout_progress(environment, stream) as shown:
        shown.show(rollout)
        return _follow(facts, collector, session, options, environment, shown)


def _judge(collector: Collector, snapshot: Snapshot, options: _Options) -> Rollout:
    from kubectl_calico_nic.commands.live_diagnosis import diagnose_live
    from kubectl_calico_nic.rollout.judgement import judge

    report, snapshot = diagnose_live(collector, snapshot, options.question)
    return judge(snapshot, report, snapshot.daemon_sets[0])


def _is_over(rollout: Rollout, next_look: float | None) -> bool:
    """Whether waiting changes nothing: not even looking again in ``next_look`` seconds."""
    return rollout.done or bool(rollout.stuck) or (rollout.settled and next_look is None)


def _follow(
    facts: RolloutFacts,
    collector: Collector,
    session: Session,
    options: _Options,
    environment: Environment,
    shown: RolloutProgress,
) -> Rollout:
    """Judge anew after every change until it is over.

    Raises:
        CalicoNicError: the time is up, the DaemonSet was deleted, or something may not be watched.
    """
    from kubectl_calico_nic.collection.following import Following
    from kubectl_calico_nic.collection.rollout_facts import kinds_to_follow

    daemon_set = facts.daemon_set
    assert daemon_set is not None
    deadline = None if options.timeout is None else environment.monotonic() + options.timeout
    absence = _Absence(shown)
    with Following(session, kinds_to_follow(daemon_set)) as following:
        while True:
            left = None if deadline is None else deadline - environment.monotonic()
            if left is not None and left <= 0:
                raise CalicoNicError("timed out waiting for the condition")
            waits = [seconds for seconds in (left, facts.next_look) if seconds is not None]
            changes = following.changes(min(waits, default=None))
            absence.notice(changes)
            facts.take(changes)
            if facts.daemon_set is None:
                raise CalicoNicError(f"daemonset {daemon_set.key}: object has been deleted")
            rollout = _judge(collector, facts.snapshot(), options)
            shown.show(rollout)
            if _is_over(rollout, facts.next_look):
                return rollout


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
        from kubectl_calico_nic.collection.following import Failed, Interrupted, Replaced
        from kubectl_calico_nic.output.screen import DOUBTFUL, Span, line

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


def _conclude(rollout: Rollout, options: _Options, environment: Environment) -> None:
    from kubectl_calico_nic.output.inspection_table import gap_lines
    from kubectl_calico_nic.output.rollout_table import conclusion
    from kubectl_calico_nic.output.screen import write

    write(gap_lines(rollout.report.gaps), environment.stderr, environment)
    if options.output:
        from kubectl_calico_nic.output.rollout_json import rollout_json
        from kubectl_calico_nic.output.structured import write_structured

        write_structured(rollout_json(rollout), options.output, environment.stdout)
        return
    write(conclusion(rollout), environment.stdout, environment)


COMMAND = Command(
    name="rollout-check",
    summary="Wait for the rollout and prove it node by node",
    description=(
        "Waits until every pod runs the new template, is Ready, and chose the expected address "
        "under the method now configured. Ready alone proves nothing: a failed detection keeps "
        "the old address and goes on."
    ),
    usage="",
    examples=(
        ("Wait and prove", "rollout-check"),
        ("At most ten minutes", "rollout-check --timeout 10m"),
        ("How it stands now", "rollout-check --watch=false"),
    ),
    flags=(
        Flag(
            "timeout",
            "Give up after this long (1s, 2m, 3h); 0s waits without end.",
            placeholder="DURATION",
        ),
        Flag(
            "watch", "Wait for the end; --watch=false says how it stands now.", Kind.BOOL, short="w"
        ),
        output_flag(_FORMATS),
        FAMILY,
        PROBE,
        *EXPECTATION_FLAGS,
    ),
    run=_run,
)
