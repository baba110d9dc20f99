"""The evidence about one node, piece by piece, each with its age."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_calico_nic.calico.inventory import InventorySource
from kubectl_calico_nic.calico.log.reading import Decision, LogReading, Stage
from kubectl_calico_nic.diagnosis.node_story import Statement
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts, Origin, Snapshot

_NO_LOG = {
    LogState.NOT_ASKED: "not asked for",
    LogState.EMPTY: "the container has not written anything yet",
    LogState.UNREADABLE: "could not be read",
}
_NO_TIME = "it keeps no time: what was stored last"


def statements(members: Sequence[Member], snapshot: Snapshot) -> tuple[Statement, ...]:
    """List what was read about the node that ``members`` (one for each family) are."""
    facts = members[0].facts
    families = tuple(member.family for member in members)
    return (
        *_pod(facts.pod),
        *_log(facts, families),
        *_previous_log(facts, families),
        *_annotations(facts),
        *_node(facts, read_at(snapshot)),
        *_inventory(facts, snapshot),
        *_expectations(members),
    )


def _pod(pod: Pod | None) -> Iterator[Statement]:
    if pod is None:
        return
    state = pod.container_state
    words = [pod.key, pod.phase, "Ready" if pod.ready else "not Ready"]
    yield Statement("pod", ", ".join(words), pod.ready_since, "since then")
    reason = f" ({state.reason})" if state.reason else ""
    restarts = "1 restart" if state.restarts == 1 else f"{state.restarts} restarts"
    ended = ""
    if state.restarts and state.last_exit_code is not None:
        why = f", {state.last_reason}" if state.last_reason else ""
        ended = f"; the run before ended with exit code {state.last_exit_code}{why}"
    says = f"{state.state}{reason}, {restarts}{ended}"
    yield Statement("container", says, state.started_at, "its start" if state.started_at else "")
    if pod.image:
        yield Statement("image", pod.image)


def _log(facts: NodeFacts, families: Sequence[Family]) -> Iterator[Statement]:
    log = facts.log
    if log is None or not log.lines:
        if facts.pod is not None or facts.log_state is not LogState.NOT_ASKED:
            yield Statement("log", _NO_LOG.get(facts.log_state, "tells nothing"))
        return
    yield from _decided("log", log, families)


def _previous_log(facts: NodeFacts, families: Sequence[Family]) -> Iterator[Statement]:
    previous = previous_log(facts)
    if previous is not None and previous.lines:
        yield from _decided("previous log", previous, families)


def previous_log(facts: NodeFacts) -> LogReading | None:
    """The log of the container before the current one.

    None where both readings are of the same container: while one waits for its next start, the
    kubelet gives the ended one for either.
    """
    log, previous = facts.log, facts.previous_log
    if log is not None and previous is not None and log.lines == previous.lines:
        return None if log.first_time == previous.first_time else previous
    return previous


def _decided(source: str, log: LogReading, families: Sequence[Family]) -> Iterator[Statement]:
    """The newest decision of each family, with its time; why there is none where there is none."""
    for family in families:
        newest = log.latest(family)
        if newest is None:
            yield Statement(source, f"{family.label}: {_why_silent(log)}", log.last_time)
        else:
            yield Statement(source, _words(newest), newest.last, _repeated(newest, log))


def _words(found: Decision) -> str:
    stage = "re-detection" if found.stage is Stage.MONITOR else "start-up"
    chosen = " ".join(filter(None, (found.interface, found.address))) or "no address"
    other = f" (recorded on {found.other_node})" if found.other_node else ""
    return f"{found.family.label} {stage}: {found.outcome.value}, {chosen}{other}"


def _repeated(found: Decision, log: LogReading) -> str:
    words = [] if found.count == 1 else [f"the last of {found.count} times"]
    if log.last_time is not None and log.last_time != found.last:
        words.append(f"the log goes on to {log.last_time}")
    return "; ".join(words)


def _why_silent(log: LogReading) -> str:
    """Why a log that was read tells no choice; that is never the same as no detection."""
    if log.is_silenced:
        return "its level hides choices (CALICO_STARTUP_LOGLEVEL), which are logged at INFO"
    if not log.calico_lines:
        return "no line in Calico's format"
    if not log.complete_start:
        return "its beginning is gone, where the choice stood"
    return "no line about a choice"


def _annotations(facts: NodeFacts) -> Iterator[Statement]:
    for family, text in (facts.node.stored if facts.node else {}).items():
        yield Statement("annotation", f"{family.label} {text}", None, _NO_TIME)


def _node(facts: NodeFacts, taken_at: str | None) -> Iterator[Statement]:
    node = facts.node
    if node is None:
        yield Statement("Node", "was not read")
        return
    ips = ", ".join(node.internal_ips) or "none"
    yield Statement("InternalIP", ips, taken_at, "as the kubelet reports it")
    if node.ready is not True:
        state = "is NotReady" if node.ready is False else "has no known readiness"
        yield Statement("Node", state, taken_at, "what the kubelet reported may be old")


def read_at(snapshot: Snapshot) -> str | None:
    """When the facts without a time of their own were read; None where they are from files."""
    return snapshot.taken_at if snapshot.origin is Origin.CLUSTER else None


def _inventory(facts: NodeFacts, snapshot: Snapshot) -> Iterator[Statement]:
    inventory = facts.inventory
    if inventory is None:
        yield Statement("interfaces", "not known")
        return
    count = f"{len(inventory.interfaces)} interfaces"
    if inventory.source is InventorySource.IP_ADDR:
        is_new = snapshot.origin is Origin.CLUSTER
        freshness = "just now" if is_new else "its file does not say when"
        says = f"{count}, all of them, in kernel order"
        yield Statement("ip addr", says, read_at(snapshot), freshness)
    else:
        says = f"{count}, without those that Calico excludes, in no order"
        yield Statement(inventory.source.value, says, None, _NO_TIME)


def _expectations(members: Sequence[Member]) -> Iterator[Statement]:
    for member in members:
        expected, label = member.expected, member.family.label
        if expected is not None:
            place = " ".join(filter(None, (expected.interface, expected.network)))
            where = f", on {place}" if place else ""
            yield Statement("expected", f"{label} {expected.words}{where}")
        else:
            yield Statement("expected", f"{label} nothing: {member.why_unjudged or 'no need'}")
