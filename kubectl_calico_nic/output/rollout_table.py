"""A rollout for people: plain lines in a pipe, a live table on a terminal, the proof at the end."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_calico_nic.diagnosis.stories import stories
from kubectl_calico_nic.output.screen import (
    BAD,
    DOUBTFUL,
    GOOD,
    QUIET,
    STRONG,
    Line,
    Span,
    line,
    table,
)
from kubectl_calico_nic.output.story_lines import paragraphs
from kubectl_calico_nic.rollout.state import NodeRollout, Phase, Rollout

_STYLES = {Phase.PROVEN: GOOD, Phase.WAITING: DOUBTFUL, Phase.STUCK: BAD}
_AROUND = 5
"""Lines of the screen that the rows leave free: header, count, summary, and where one types."""
_WORDS = {True: "yes", False: "no", None: "-"}


def rollout_table(rollout: Rollout, height: int | None = None) -> list[Line]:
    """One row a node: the pod, whether it is new and Ready, what it chose, how far it is.

    Where that is more than ``height`` lines, nodes in motion come first and the rest is counted.
    """
    header = ["NODE", "POD", "UPDATED", "READY", "INTERFACE", "ADDRESS", "VERDICT"]
    nodes, most = rollout.nodes, None if height is None else max(height - _AROUND, 1)
    if most is not None and len(nodes) > most:
        nodes = tuple(sorted(nodes, key=_rest)[:most])
    more = {"WAITS FOR": _waits_for, "PROOF": _proof}
    more = {title: text for title, text in more.items() if any(map(text, nodes))}
    rows = [
        [*row, *(Span(text(node), QUIET) for text in more.values())]
        for node in nodes
        for row in _rows(node)
    ]
    hidden = len(rollout.nodes) - len(nodes)
    rest = [line(Span(f"and {hidden} more nodes", QUIET))] if hidden else []
    return [*table([*header, *more], rows), *rest]


def _waits_for(node: NodeRollout) -> str:
    return node.waits_for


def _proof(node: NodeRollout) -> str:
    return node.proof


def _rest(node: NodeRollout) -> int:
    """How little is going on at a node: stuck, starting, waiting for its turn, proven."""
    if node.phase is Phase.STUCK:
        return 0
    return 3 if node.phase is Phase.PROVEN else 2 if node.updated is False else 1


def _rows(node: NodeRollout) -> Iterable[list[Span]]:
    for family in node.families:
        yield [
            Span(node.name),
            Span(node.pod or ""),
            Span(_WORDS[node.updated]),
            Span(_WORDS[node.ready]),
            Span(family.interface or ""),
            Span(family.address or ""),
            Span(node.verdict, _STYLES[node.phase]),
        ]


def summary(rollout: Rollout) -> Line:
    """Where it stands, in one line."""
    proven = sum(node.phase is Phase.PROVEN for node in rollout.nodes)
    name = rollout.daemon_set.partition("/")[2]
    if rollout.done:
        text = f'daemon set "{name}" successfully rolled out'
        return line(Span(text, GOOD), f" and proven on {proven} of {len(rollout.nodes)} nodes")
    return line(
        Span(f'daemon set "{name}" is not rolled out and proven', STRONG),
        f": {rollout.updated} of {rollout.desired} pods updated, "
        f"{proven} of {len(rollout.nodes)} nodes proven",
    )


def node_lines(before: Rollout | None, now: Rollout) -> list[Line]:
    """One line for each node that is further, or otherwise stopped, than ``before``."""
    known = {node.name: _story(node) for node in before.nodes} if before else {}
    return [
        line(f"{node.name}: ", Span(_story(node), _STYLES[node.phase]))
        for node in now.nodes
        if known.get(node.name) != _story(node)
    ]


def _story(node: NodeRollout) -> str:
    chosen = [
        " ".join(word for word in (family.interface, family.address) if word)
        for family in node.families
        if family.address
    ]
    if node.phase is Phase.PROVEN:
        return ", ".join(["ok", *chosen, *filter(None, [node.proof])])
    return f"{node.verdict}: {node.waits_for}"


def conclusion(rollout: Rollout) -> list[Line]:
    """The table, what is wrong with the last log lines of a stuck node, and the summary."""
    lines = [*rollout_table(rollout)]
    lines += paragraphs(stories(rollout.report))
    told = next((node for node in rollout.stuck if node.tail), None)
    if told is not None:
        lines += [line(), line(f"Last lines of {told.name}'s log:")]
        lines += [line(Span(f"  {text}", QUIET)) for text in told.tail]
    lines += [line(Span(f"not proven: {text}", DOUBTFUL)) for text in rollout.unproven]
    return [*lines, line(), summary(rollout)]
