"""``set``: change the autodetection method, previewed on every node's real interfaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.commands.next_command import write_gaps
from kubectl_calico_nic.environment import EXIT_OK, EXIT_PROBLEM, Environment
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.connection import CONNECTION_FLAGS, repeated
from kubectl_calico_nic.flags.definition import Flag, Kind, Parsed
from kubectl_calico_nic.flags.dry_run import DRY_RUN, DryRun, dry_run
from kubectl_calico_nic.flags.expectation import EXPECTATION_FLAGS, FAMILY, PROBE
from kubectl_calico_nic.flags.method import METHOD_FLAGS, asked_method
from kubectl_calico_nic.flags.output import output_flag, output_format

if TYPE_CHECKING:
    from kubectl_calico_nic.change.plan import Plan
    from kubectl_calico_nic.change.request import Request
    from kubectl_calico_nic.cluster.session import Session

_FORMATS = ("json", "yaml")
_ATTEMPTS = 5
"""How often a plan is made anew because somebody else changed the object meanwhile."""
FIELD_MANAGER = "kubectl-calico-nic"


@dataclass(frozen=True, slots=True)
class _Options:
    """The command line as values."""

    request: Request
    output: str
    dry_run: DryRun
    diff: bool
    yes: bool
    field_manager: str


def _options(parsed: Parsed) -> _Options:
    output, strategy, method = (
        output_format(parsed, _FORMATS),
        dry_run(parsed),
        asked_method(parsed),
    )
    if parsed.arguments:
        raise UsageError(f"extra arguments: {' '.join(parsed.arguments)}")
    from kubectl_calico_nic.change.request import Request
    from kubectl_calico_nic.change.values import check_value
    from kubectl_calico_nic.commands.expectation_flags import families
    from kubectl_calico_nic.family import Family

    asked = families(parsed) or (Family.IPV4,)
    if method is not None:
        for family in asked:
            check_value(method, family)
    return _Options(
        request=Request(
            asked,
            method,
            force=parsed.truth("force"),
            max_unknown=int(parsed.text("max-unknown", "0") or 0),
        ),
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
        plan = _plan(parsed, options, session, environment)
        _preview(plan, options, environment)
        write_gaps(plan.gaps, environment)
        if plan.stopping(force=options.request.force):
            return _refuse(plan, options, environment)
        if plan.is_empty:
            return _report(plan, "unchanged", options, environment)
        if options.dry_run is DryRun.CLIENT:
            return _report(plan, "env updated (dry run)", options, environment)
        if not _may_go_ahead(plan, options, environment):
            raise CalicoNicError("stopped: nothing was sent")
        plan = _apply(plan, parsed, options, session, environment)
    if plan.is_empty:
        return _report(plan, "unchanged", options, environment)
    note = " (server dry run)" if options.dry_run is DryRun.SERVER else ""
    applied = options.dry_run is DryRun.NONE
    return _report(
        plan,
        f"env updated{note}",
        options,
        environment,
        applied=applied,
        flags=repeated(parsed, (*CONNECTION_FLAGS, *EXPECTATION_FLAGS, FAMILY)),
    )


def _plan(parsed: Parsed, options: _Options, session: Session, environment: Environment) -> Plan:
    from kubectl_calico_nic.change.planning import Author, plan, routes_to_read
    from kubectl_calico_nic.collection.collect import Collector
    from kubectl_calico_nic.commands.expectation_flags import question, scope
    from kubectl_calico_nic.output.progress import progress

    asked = question(parsed)
    with progress(environment) as live:
        collector = Collector(session, progress=live)
        snapshot = collector.collect(scope(parsed, asked, revisions=True))
        if len(snapshot.daemon_sets) > 1:
            names = ", ".join(found.key for found in snapshot.daemon_sets)
            raise UsageError(f"several calico-node DaemonSets: {names}; name one with --daemonset")
        if parsed.text("probe", "auto") == "auto":
            everywhere = {facts.name for facts in snapshot.nodes}
            routes = routes_to_read(options.request, snapshot, snapshot.daemon_sets[0])
            snapshot = collector.probe(snapshot, everywhere, routes)
    return plan(
        options.request,
        snapshot,
        snapshot.daemon_sets[0],
        asked,
        Author(environment.now()),
    )


def _apply(
    shown: Plan, parsed: Parsed, options: _Options, session: Session, environment: Environment
) -> Plan:
    """Send the plan; when somebody changed the object meanwhile, plan anew and go on if equal.

    Returns:
        The plan that was sent; an empty one when the others made the same change meanwhile.

    Raises:
        CalicoNicError: the server refuses, or the new plan is not what was shown.
    """
    from kubectl_calico_nic.cluster.daemonset_patch import ChangedMeanwhile, send_patch

    current = shown
    for _ in range(_ATTEMPTS):
        try:
            send_patch(
                session,
                current,
                field_manager=options.field_manager,
                server_dry_run=options.dry_run is DryRun.SERVER,
            )
        except ChangedMeanwhile:
            current = _plan(parsed, options, session, environment)
            if current.is_empty:
                return current
            if not current.promises_the_same_as(shown):
                raise CalicoNicError(
                    f"daemonset {shown.daemon_set} was changed by somebody else meanwhile and the "
                    "plan is no longer what was shown; nothing was sent: run the command again"
                ) from None
        else:
            return current
    raise CalicoNicError(
        f"daemonset {shown.daemon_set} was changed by others {_ATTEMPTS} times meanwhile; "
        "nothing was sent: try again when they have finished"
    )


def _preview(plan: Plan, options: _Options, environment: Environment) -> None:
    from kubectl_calico_nic.output.diff import diff_lines
    from kubectl_calico_nic.output.plan_table import objections, preview
    from kubectl_calico_nic.output.screen import line, write

    if not options.output:
        write([*preview(plan), line()], environment.stdout, environment)
    if options.diff:
        lines = diff_lines(plan.object_before, plan.object_after, plan.daemon_set)
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


def _may_go_ahead(plan: Plan, options: _Options, environment: Environment) -> bool:
    """Ask a person when there are warnings; a script goes ahead, as kubectl does."""
    asked = plan.warnings and not options.yes and options.dry_run is DryRun.NONE
    if not asked or not (environment.stdin.isatty() and environment.stderr_is_terminal):
        return True
    from kubectl_calico_nic.output.escape import escape

    environment.stderr.write(f"Change daemonset {escape(plan.daemon_set)}? [y/N] ")
    environment.stderr.flush()
    return environment.stdin.readline().strip().lower() in ("y", "yes")


def _report(
    plan: Plan,
    what: str,
    options: _Options,
    environment: Environment,
    *,
    applied: bool = False,
    flags: str = "",
) -> int:
    from kubectl_calico_nic.output.screen import line, write

    if options.output:
        _structured(plan, options, environment, applied=applied)
    else:
        name = plan.daemon_set.partition("/")[2]
        write([line(f"daemonset.apps/{name} {what}")], environment.stdout, environment)
    if applied:
        follow = " ".join(filter(None, (environment.command, "rollout-check", flags)))
        write([line(f"Follow it: {follow}")], environment.stderr, environment)
    return EXIT_OK


def _structured(plan: Plan, options: _Options, environment: Environment, *, applied: bool) -> None:
    from kubectl_calico_nic.output.plan_json import plan_json
    from kubectl_calico_nic.output.structured import write_structured

    write_structured(plan_json(plan, applied=applied), options.output, environment.stdout)


COMMAND = Command(
    name="set",
    summary="Set the autodetection method, previewed on every node's real interfaces",
    description=(
        "Shows what every node would choose and what restarts, refuses what would do harm, and "
        "changes the calico-node container's env with one guarded patch."
    ),
    usage="(--interface REGEX | --cidr CIDR | ... | --unset)",
    examples=(
        ("The NIC that carries the cluster", "set --interface bond4"),
        ("Preview only", "set --cidr 172.16.10.0/24 --dry-run=client"),
        ("See the change as a diff before it is made", "set --interface bond4 --dry-run --diff"),
        ("The IPv6 method", "set --interface bond4 --family 6"),
        ("Back to Calico's default", "set --unset"),
    ),
    flags=(
        *METHOD_FLAGS,
        FAMILY,
        DRY_RUN,
        Flag("diff", "Show the change as a diff of the object.", Kind.BOOL),
        output_flag(_FORMATS),
        Flag("yes", "Do not ask when there are warnings.", Kind.BOOL, short="y"),
        Flag(
            "max-unknown",
            "On how many nodes the outcome may be unknown.",
            Kind.COUNT,
            placeholder="N",
        ),
        Flag("force", "Override the refusals that can be overridden.", Kind.BOOL),
        Flag(
            "field-manager", "Name of the manager that owns the changed fields.", placeholder="NAME"
        ),
        PROBE,
        *EXPECTATION_FLAGS,
    ),
    run=_run,
)
