"""``rollout-check``: the proof, node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    from kubectl_calico_nic.diagnosis.diagnose import Question
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
    from kubectl_calico_nic.commands.question import question

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
    from kubectl_calico_nic.commands.question import scope
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
    if not options.watch or _is_over(rollout):
        return rollout
    with _display(options, environment) as show:
        show(rollout)
        return _follow(first, collector, session, options, environment, show)


def _judge(collector: Collector, snapshot: Snapshot, options: _Options) -> Rollout:
    from kubectl_calico_nic.commands.live_diagnosis import diagnose_live
    from kubectl_calico_nic.rollout.judgement import judge

    report, snapshot = diagnose_live(collector, snapshot, options.question)
    return judge(snapshot, report, snapshot.daemon_sets[0])


def _is_over(rollout: Rollout) -> bool:
    return rollout.done or rollout.settled or bool(rollout.stuck)


def _follow(
    first: Snapshot,
    collector: Collector,
    session: Session,
    options: _Options,
    environment: Environment,
    show: Callable[[Rollout], None],
) -> Rollout:
    """Judge anew after every change until it is over.

    Raises:
        CalicoNicError: the time is up, the DaemonSet was deleted, or nothing may be watched.
    """
    from kubectl_calico_nic.collection.following import Failed, Following
    from kubectl_calico_nic.collection.rollout_facts import RolloutFacts, kinds_to_follow

    daemon_set = first.daemon_sets[0]
    facts = RolloutFacts(collector, first, daemon_set)
    deadline = None if options.timeout is None else environment.monotonic() + options.timeout
    with Following(session, kinds_to_follow(daemon_set)) as following:
        while True:
            left = None if deadline is None else max(deadline - environment.monotonic(), 0)
            changes = following.changes(left)
            if not changes:
                raise CalicoNicError("timed out waiting for the condition")
            failed = next((change for change in changes if isinstance(change, Failed)), None)
            if failed:
                raise failed.error
            facts.take(changes)
            if facts.daemon_set is None:
                raise CalicoNicError(f"daemonset {daemon_set.key}: object has been deleted")
            rollout = _judge(collector, facts.snapshot(), options)
            show(rollout)
            if _is_over(rollout):
                return rollout


@contextmanager
def _display(options: _Options, environment: Environment) -> Iterator[Callable[[Rollout], None]]:
    """How progress is shown: a live table on a terminal, else a line per node that got further."""
    from kubectl_calico_nic.output.rollout_table import node_lines, rollout_table, summary
    from kubectl_calico_nic.output.screen import line, write

    if environment.stderr_is_terminal and environment.stdout_is_terminal:
        from kubectl_calico_nic.output.live_view import live_view

        with live_view(environment) as view:
            yield lambda rollout: view.show([*rollout_table(rollout), line(), summary(rollout)])
        return
    last: list[Rollout | None] = [None]
    stream = environment.stderr if options.output else environment.stdout

    def show(rollout: Rollout) -> None:
        write(node_lines(last[0], rollout), stream, environment)
        stream.flush()
        last[0] = rollout

    yield show


def _conclude(rollout: Rollout, options: _Options, environment: Environment) -> None:
    if options.output:
        from kubectl_calico_nic.output.rollout_json import rollout_json
        from kubectl_calico_nic.output.structured import write_structured

        write_structured(rollout_json(rollout), options.output, environment.stdout)
        return
    from kubectl_calico_nic.output.rollout_table import conclusion
    from kubectl_calico_nic.output.screen import write

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
