"""``rollout-check``: the proof, node by node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.environment import EXIT_OK, EXIT_PROBLEM, Environment
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Parsed
from kubectl_calico_nic.flags.limits import timeout
from kubectl_calico_nic.flags.output import output_format
from kubectl_calico_nic.flags.rollout_check import FLAGS, FORMATS

if TYPE_CHECKING:
    from kubectl_calico_nic.cluster.session import Session
    from kubectl_calico_nic.diagnosis.diagnose import Question
    from kubectl_calico_nic.rollout.state import Rollout


@dataclass(frozen=True, slots=True)
class _Options:
    """The command line as values; ``timeout`` in seconds, None without end."""

    question: Question
    output: str
    watch: bool
    timeout: float | None
    probe: bool


def _options(parsed: Parsed) -> _Options:
    output = output_format(parsed, FORMATS)
    if parsed.arguments:
        raise UsageError(f"extra arguments: {' '.join(parsed.arguments)}")
    from kubectl_calico_nic.commands.expectation_flags import question

    return _Options(
        question=question(parsed),
        output=output,
        watch=parsed.truth("watch", default=True),
        timeout=timeout(parsed),
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
    from kubectl_calico_nic.commands.rollout_watch import RolloutWatch, Watch, whole_rollout

    structured = bool(options.output)
    how = Watch(options.question, options.probe, options.timeout, structured)
    with RolloutWatch(session, parsed, how, environment) as watch:
        return watch.until(whole_rollout) if options.watch else watch.rollout


def _conclude(rollout: Rollout, options: _Options, environment: Environment) -> None:
    from kubectl_calico_nic.output.inspection_table import gap_lines
    from kubectl_calico_nic.output.rollout_table import conclusion
    from kubectl_calico_nic.output.screen import write

    write(gap_lines(rollout.report.gaps), environment.stderr, environment)
    if options.output:
        from kubectl_calico_nic.output.rollout_json import rollout_json
        from kubectl_calico_nic.output.structured import write_name, write_structured

        if options.output == "name":
            return write_name("node", (node.name for node in rollout.nodes), environment)
        return write_structured(rollout_json(rollout), options.output, environment.stdout)
    return write(conclusion(rollout), environment.stdout, environment)


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
    flags=FLAGS,
    run=_run,
)
