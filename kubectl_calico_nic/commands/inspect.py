"""``inspect``: which NIC and address Calico chose on every node, and whether it is right."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.commands.next_command import with_connection, write_gaps
from kubectl_calico_nic.environment import EXIT_OK, EXIT_PROBLEM, Environment
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.definition import Completes, Parsed
from kubectl_calico_nic.flags.inspect import FLAGS, FORMATS
from kubectl_calico_nic.flags.limits import timeout
from kubectl_calico_nic.flags.output import is_structured, output_format

if TYPE_CHECKING:
    from kubectl_calico_nic.diagnosis.diagnose import Question
    from kubectl_calico_nic.diagnosis.report import Report
    from kubectl_calico_nic.snapshot.snapshot import Snapshot


class NodesNotFound(CalicoNicError):
    """There are no Nodes of these names; worded as kubectl words it, one line a node."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(", ".join(self.names))

    @property
    def text(self) -> str:
        """One line for each."""
        return "\n".join(
            f'Error from server (NotFound): nodes "{name}" not found' for name in self.names
        )


@dataclass(frozen=True, slots=True)
class _Options:
    """The command line as values."""

    question: Question
    output: str
    files: tuple[str, ...]
    probe: bool
    headers: bool
    everything: bool
    methods: tuple[str, ...]
    timeout: float | None


def _options(parsed: Parsed) -> _Options:
    output = output_format(parsed, FORMATS)
    from kubectl_calico_nic.commands.expectation_flags import question

    if parsed.given("calico-version") and not parsed.given("from"):
        raise UsageError("--calico-version goes with --from: a cluster names its own version")
    files, parsed = _split_files(parsed)
    return _Options(
        question=question(parsed),
        output=output,
        files=files,
        probe=parsed.text("probe", "auto") == "auto",
        headers=not parsed.truth("no-headers"),
        everything=parsed.truth("all"),
        methods=parsed.all("what-if"),
        timeout=timeout(parsed),
    )


def _split_files(parsed: Parsed) -> tuple[tuple[str, ...], Parsed]:
    """Return the paths of ``--from``, and the command line without those among its arguments.

    A shell makes ``--from a.log b.log`` of ``--from *.log``: with the flag, an argument that is a
    path is one more of them, and any other names a node.
    """
    files = parsed.all("from")
    if not files:
        return (), parsed
    more = tuple(word for word in parsed.arguments if word == "-" or os.path.exists(word))
    nodes = tuple(word for word in parsed.arguments if word not in more)
    return (*files, *more), replace(parsed, arguments=nodes)


def _run(parsed: Parsed, environment: Environment) -> int:
    options = _options(parsed)
    if options.files:
        snapshot = _read_files(options, parsed, environment)
        report = _diagnose(snapshot, options)
    else:
        report = _ask_cluster(options, parsed, environment)
    report = with_connection(report, parsed)
    _show(report, options, environment)
    write_gaps(report.gaps, environment)
    return _status_of_methods(report) if options.methods else _status(report)


def _diagnose(snapshot: Snapshot, options: _Options) -> Report:
    if options.methods:
        from kubectl_calico_nic.diagnosis.what_if import what_if

        return what_if(snapshot, options.question, options.methods)
    from kubectl_calico_nic.diagnosis.diagnose import diagnose

    return diagnose(snapshot, options.question)


def _read_files(options: _Options, parsed: Parsed, environment: Environment) -> Snapshot:
    from kubectl_calico_nic.bundle.assemble import read_files
    from kubectl_calico_nic.calico.version import Version

    version = parsed.text("calico-version")
    if version is not None and Version.parse(version) is None:
        raise UsageError(
            f'invalid argument "{version}" for "--calico-version" flag: no version like v3.24.6'
        )
    snapshot = read_files(options.files, getattr(environment.stdin, "buffer", None), version)
    missing = [f'"{name}"' for name in options.question.nodes if snapshot.node(name) is None]
    if missing:
        raise CalicoNicError(f"nodes {', '.join(missing)} not found in the files")
    return snapshot


def _ask_cluster(options: _Options, parsed: Parsed, environment: Environment) -> Report:
    from kubectl_calico_nic.collection.collect import Collector
    from kubectl_calico_nic.collection.companions import with_companions
    from kubectl_calico_nic.commands.expectation_flags import scope
    from kubectl_calico_nic.commands.live_cluster import open_session
    from kubectl_calico_nic.commands.live_diagnosis import diagnose_live, look_closer
    from kubectl_calico_nic.commands.time_limit import in_time, limited
    from kubectl_calico_nic.diagnosis.what_if import destinations
    from kubectl_calico_nic.output.progress import progress

    asked = options.question
    with open_session(parsed, environment) as opened, progress(environment) as live:
        session = limited(opened, options.timeout)
        collector = Collector(
            session, concurrency=session.concurrency, progress=live, now=environment.now
        )
        with in_time(session):
            snapshot = collector.collect(
                scope(parsed, asked, revisions=not options.methods, partial=True)
            )
        _require_known(asked.nodes, snapshot)
        snapshot = with_companions(session, snapshot)
        report, judged = diagnose_live(collector, snapshot, asked)
        snapshot = judged
        if not options.methods:
            snapshot = look_closer(collector, snapshot, report, asked, probe=options.probe)
        elif options.probe:
            names = asked.nodes or tuple(facts.name for facts in snapshot.nodes)
            routes = dict.fromkeys(names, destinations(options.methods))
            snapshot = collector.probe(snapshot, names, routes)
    if snapshot is judged and not options.methods:
        return report
    return _diagnose(snapshot, options)


def _require_known(names: tuple[str, ...], snapshot: Snapshot) -> None:
    """Refuse names that no Node has.

    Raises:
        NodesNotFound: there are no such Nodes.
        CalicoNicError: whether there are cannot be told without the right to list them.
    """
    unknown = [name for name in names if snapshot.node(name) is None]
    unread = next((gap for gap in snapshot.gaps if gap.resource == "nodes"), None)
    if unknown and unread is not None:
        raise CalicoNicError(f"cannot tell about node {unknown[0]}: {unread.reason}")
    if unknown:
        raise NodesNotFound(unknown)


def _show(report: Report, options: _Options, environment: Environment) -> None:
    stdout = environment.stdout
    if is_structured(options.output):
        from kubectl_calico_nic.output.inspection_json import inspection
        from kubectl_calico_nic.output.structured import write_structured

        write_structured(inspection(report), options.output, stdout)
        return
    from kubectl_calico_nic.output import inspection_table as table
    from kubectl_calico_nic.output.screen import write

    if options.output == "name":
        from kubectl_calico_nic.output.structured import write_name

        write_name("node", (node.name for node in report.nodes), environment)
        return
    if options.methods:
        from kubectl_calico_nic.output.what_if_table import comparison

        lines = comparison(report, options.methods, headers=options.headers)
        write(lines, stdout, environment)
        return
    wide, folded = options.output == "wide", not options.everything
    if not options.headers:
        write(table.rows(report, wide=wide), stdout, environment)
        return
    height = environment.screen_height if folded else None
    width = environment.screen_width
    write(table.inspection(report, wide=wide, height=height, width=width), stdout, environment)


def _status(report: Report) -> int:
    """The exit status of the report.

    Raises:
        CalicoNicError: it rests on no evidence for any node: nothing could be asked.
    """
    families = [family for node in report.nodes for family in node.families]
    if not any(family.evidence or family.verdict == "ok" for family in families):
        raise CalicoNicError("no evidence was read for any node: see what is said above about each")
    return EXIT_OK if report.is_complete and not report.has_problem else EXIT_PROBLEM


def _status_of_methods(report: Report) -> int:
    """0 when every entry is decided and has an address; expectations do not count."""
    entries = [family for node in report.nodes for family in node.families]
    return EXIT_OK if all(entry.decided and entry.address for entry in entries) else EXIT_PROBLEM


COMMAND = Command(
    name="inspect",
    summary="Show which NIC and address Calico chose on every node, and whether it is right",
    description=(
        "Reads DaemonSets, pods, Nodes and the logs of calico-node; changes nothing. Ends with "
        "the one value that gives every node its expected address when something is wrong."
    ),
    usage="[NODE...]",
    examples=(
        ("Every node of the cluster", "inspect"),
        ("Everything about one node", "inspect node-3"),
        ("Judge by a network instead of the Nodes' InternalIP", "inspect --expect-cidr 10.0.0.0/8"),
        ("A folder of logs instead of a cluster", "inspect --from ./logs"),
        ("What would each node choose?", "inspect --what-if interface=bond4 --what-if first-found"),
        ("For a script", "inspect -o json"),
    ),
    flags=FLAGS,
    run=_run,
    completes=Completes.NODES,
)
