"""``set``: change the autodetection method, previewed on every node's real interfaces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.commands.confirmation import is_confirmed
from kubectl_calico_nic.commands.next_command import write_gaps
from kubectl_calico_nic.environment import EXIT_OK, EXIT_PROBLEM, Environment
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.connection import CONNECTION_FLAGS, repeated
from kubectl_calico_nic.flags.definition import Parsed
from kubectl_calico_nic.flags.dry_run import DryRun, dry_run
from kubectl_calico_nic.flags.expectation import EXPECTATION_FLAGS, FAMILY
from kubectl_calico_nic.flags.method import UNDO, asked_change
from kubectl_calico_nic.flags.output import output_format
from kubectl_calico_nic.flags.set import FLAGS, FORMATS
from kubectl_calico_nic.flags.staging import Staging, asked_staging

if TYPE_CHECKING:
    from kubectl_calico_nic.change.plan import Plan
    from kubectl_calico_nic.change.request import Request, StageRequest
    from kubectl_calico_nic.cluster.session import Session
    from kubectl_calico_nic.commands.change_rollout import ChangeRollout
    from kubectl_calico_nic.commands.change_session import ChangeSession, Planner
    from kubectl_calico_nic.diagnosis.question import Question
    from kubectl_calico_nic.snapshot.daemonset import DaemonSet
    from kubectl_calico_nic.snapshot.snapshot import Snapshot

FIELD_MANAGER = "kubectl-calico-nic"
_SELECTOR = frozenset("=!()")
"""What no name of a node has, and every label selector that is no bare key."""
_DONE = {"set": "env updated", "undo": "env restored", "resume": "rollout resumed"}


@dataclass(frozen=True, slots=True)
class _Options:
    """The command line as values; ``ends`` is ``undo`` or ``resume``, None for a new value."""

    request: Request
    ends: str | None
    staging: Staging
    question: Question
    output: str
    dry_run: DryRun
    diff: bool
    yes: bool
    field_manager: str


def _options(parsed: Parsed) -> _Options:
    output, strategy = output_format(parsed, FORMATS), dry_run(parsed)
    asked, staging = asked_change(parsed), asked_staging(parsed)
    if parsed.arguments:
        raise UsageError(f"extra arguments: {' '.join(parsed.arguments)}")
    if asked.ends is not None and (staging.canary or staging.only_affected):
        raise UsageError(f"--{asked.ends} reaches every node: it cannot be staged")
    from kubectl_calico_nic.change.request import Request
    from kubectl_calico_nic.change.values import check_value
    from kubectl_calico_nic.commands.expectation_flags import families, question
    from kubectl_calico_nic.family import Family

    wanted = families(parsed) or (Family.IPV4,)
    if asked.method is not None:
        for family in wanted:
            check_value(asked.method, family)
    return _Options(
        request=Request(
            wanted,
            asked.method,
            force=parsed.truth("force"),
            max_unknown=int(parsed.text("max-unknown", "0") or 0),
        ),
        ends=asked.ends,
        staging=staging,
        question=question(parsed),
        output=output,
        dry_run=strategy,
        diff=parsed.truth("diff"),
        yes=parsed.truth("yes"),
        field_manager=parsed.text("field-manager", FIELD_MANAGER) or FIELD_MANAGER,
    )


def _run(parsed: Parsed, environment: Environment) -> int:
    options = _options(parsed)
    from kubectl_calico_nic.commands.live_cluster import open_session

    with open_session(parsed, environment) as session:
        return _change(parsed, options, session, environment)


def _change(parsed: Parsed, options: _Options, session: Session, environment: Environment) -> int:
    from kubectl_calico_nic.change.planning import routes_to_read
    from kubectl_calico_nic.commands.change_session import ChangeSession

    request = replace(options.request, stage=_stage(options.staging, session))
    change = ChangeSession(
        session,
        parsed,
        environment,
        options.question,
        options.field_manager,
        server_dry_run=options.dry_run is DryRun.SERVER,
    )

    def routes(snapshot: Snapshot, daemon_set: DaemonSet) -> dict[str, tuple[str, ...]]:
        return routes_to_read(request, snapshot, daemon_set)

    planner = _planner(request, options, session, environment)
    plan = change.plan(planner, routes)
    _preview(plan, options, environment)
    write_gaps(plan.gaps, environment)
    if plan.stopping(force=request.force):
        return _refuse(plan, options, environment)
    if plan.is_empty:
        return _report(plan, "unchanged", options, environment)
    done = _DONE[plan.action.value] if plan.edits or plan.stage or not plan.goal else "patched"
    if options.dry_run is DryRun.CLIENT:
        return _report(plan, f"{done} (dry run)", options, environment)
    is_asked = not options.yes and options.dry_run is DryRun.NONE
    if is_asked and not is_confirmed(plan, environment):
        raise CalicoNicError("stopped: nothing was sent")
    try:
        sent = change.apply(plan, planner, routes)
        _report_sent(sent, done, options, environment)
    except KeyboardInterrupt as stop:
        from kubectl_calico_nic.commands.change_interrupted import say_what_is_known

        return say_what_is_known(_rollout(change, options), plan, stop)
    if sent.is_empty or options.dry_run is DryRun.SERVER:
        return EXIT_OK
    return _rollout(change, options).follow(sent)


def _report_sent(plan: Plan, done: str, options: _Options, environment: Environment) -> None:
    if plan.is_empty:
        _report(plan, "unchanged", options, environment)
    elif options.dry_run is DryRun.SERVER:
        _report(plan, f"{done} (server dry run)", options, environment)
    else:
        _report(plan, done, options, environment, applied=True)


def _planner(
    request: Request, options: _Options, session: Session, environment: Environment
) -> Planner:
    """What makes the plan, and makes it anew when somebody else was faster."""
    if options.ends is not None:
        from kubectl_calico_nic.change.staging.taking_back import plan_resume, plan_undo

        plan_end = plan_undo if options.ends == UNDO else plan_resume
        return lambda snapshot, daemon_set: plan_end(snapshot, daemon_set, options.question)
    from kubectl_calico_nic.change.planning import plan
    from kubectl_calico_nic.commands.change_author import author_of

    author = author_of(session, environment)
    return lambda snapshot, daemon_set: plan(
        request, snapshot, daemon_set, options.question, author
    )


def _stage(staging: Staging, session: Session) -> StageRequest | None:
    """Which pods are to restart first; a label selector is for the server to read."""
    from kubectl_calico_nic.change.request import StageRequest
    from kubectl_calico_nic.snapshot.undo_record import StageKind

    if staging.only_affected:
        return StageRequest(StageKind.ONLY_AFFECTED)
    if staging.canary is None:
        return None
    if not _SELECTOR.isdisjoint(staging.canary):
        pages = session.pages("/api/v1/nodes", (("labelSelector", staging.canary),))
        names = tuple(item["metadata"]["name"] for page in pages for item in page)
        if not names:
            raise CalicoNicError(f'no node has labels that match "{staging.canary}"')
    else:
        words = (word.strip().removeprefix("node/") for word in staging.canary.split(","))
        names = tuple(dict.fromkeys(word for word in words if word))
    return StageRequest(StageKind.CANARY, names)


def _rollout(change: ChangeSession, options: _Options) -> ChangeRollout:
    """What follows the change; it knows how the user calls this program."""
    from kubectl_calico_nic.commands.change_rollout import ChangeRollout

    environment, flags = change.environment, (*CONNECTION_FLAGS, *EXPECTATION_FLAGS, FAMILY)

    def command(words: str) -> str:
        return " ".join(filter(None, (environment.command, words, repeated(change.parsed, flags))))

    return ChangeRollout(change, options.staging, bool(options.output), command)


def _preview(plan: Plan, options: _Options, environment: Environment) -> None:
    from kubectl_calico_nic.output.diff import diff_lines
    from kubectl_calico_nic.output.plan_table import objections, preview
    from kubectl_calico_nic.output.screen import line, write

    if not options.output:
        write([*preview(plan), line()], environment.stdout, environment)
    if options.diff:
        lines = diff_lines(plan.object_before, plan.object_after, plan.target.name)
        stream = environment.stderr if options.output else environment.stdout
        write(lines, stream, environment)
    if options.output:
        told = objections((*plan.refusals, *plan.warnings), len(plan.nodes))
        write(told, environment.stderr, environment)


def _refuse(plan: Plan, options: _Options, environment: Environment) -> int:
    from kubectl_calico_nic.output.screen import BAD, Span, line, write

    if options.output:
        _structured(plan, options, environment, applied=False)
    stopping = plan.stopping(force=options.request.force)
    ids = ", ".join(dict.fromkeys(finding.id for finding in stopping))
    overridable = all(finding.overridable for finding in stopping)
    hint = " (--force overrides)" if overridable else ""
    write(
        [line(Span("refused:", BAD), f" {ids}; nothing was sent{hint}")],
        environment.stderr,
        environment,
    )
    return EXIT_PROBLEM


def _report(
    plan: Plan,
    what: str,
    options: _Options,
    environment: Environment,
    *,
    applied: bool = False,
) -> int:
    from kubectl_calico_nic.output.screen import line, write

    if options.output:
        _structured(plan, options, environment, applied=applied)
    else:
        write([line(f"{plan.target.reference} {what}")], environment.stdout, environment)
    return EXIT_OK


def _structured(plan: Plan, options: _Options, environment: Environment, *, applied: bool) -> None:
    from kubectl_calico_nic.output.plan_json import plan_json
    from kubectl_calico_nic.output.structured import write_name, write_structured

    if options.output == "name":
        resource, _, name = plan.target.reference.rpartition("/")
        write_name(resource, [name], environment)
    else:
        write_structured(plan_json(plan, applied=applied), options.output, environment.stdout)


COMMAND = Command(
    name="set",
    summary="Set the autodetection method, previewed on every node's real interfaces",
    description=(
        "Shows what every node would choose and what restarts, refuses what would do harm, and "
        "changes the calico-node container's env with one guarded patch."
    ),
    usage="(--interface REGEX | --cidr CIDR | ... | --unset | --undo | --resume)",
    examples=(
        ("The NIC that carries the cluster", "set --interface bond4"),
        ("Preview only", "set --cidr 172.16.10.0/24 --dry-run=client"),
        ("See the change as a diff before it is made", "set --interface bond4 --dry-run --diff"),
        ("The IPv6 method", "set --interface bond4 --family 6"),
        ("Back to Calico's default", "set --unset"),
        ("Try it on one node first", "set --interface bond4 --canary node-3"),
        (
            "Restart only what changes; the rest in the maintenance window",
            "set --interface bond4 --only-affected",
        ),
        ("Go on with a staged change", "set --resume"),
        ("Give back what the last set replaced", "set --undo"),
    ),
    flags=FLAGS,
    run=_run,
)
