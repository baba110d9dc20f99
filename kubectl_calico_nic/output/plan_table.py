"""The preview of a change: what every node would choose, what is edited, what restarts."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.change.plan import (
    Edit,
    FamilyForecast,
    FieldEdit,
    NodeForecast,
    Plan,
)
from kubectl_calico_nic.diagnosis.stories import tell
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.output.durations import about
from kubectl_calico_nic.output.screen import (
    BAD,
    DOUBTFUL,
    GOOD,
    PLAIN,
    QUIET,
    STRONG,
    Line,
    Span,
    line,
    table,
)
from kubectl_calico_nic.output.story_lines import paragraphs

_FOLD_ABOVE = 50
"""More nodes than this that stay as they are become one line."""


def preview(plan: Plan) -> list[Line]:
    """The whole preview of ``plan``."""
    return [
        *_nodes(plan),
        *_edits(plan),
        *_roll(plan),
        *objections((*plan.refusals, *plan.warnings), len(plan.nodes)),
        *_advice(plan),
    ]


def _advice(plan: Plan) -> list[Line]:
    """What to change where the owner keeps the setting; unindented, to be pasted."""
    if not plan.advice:
        return []
    first, *rest = plan.advice.split("\n")
    return [line(), line(Span(f"Change {first}", STRONG)), *map(line, rest)]


def _nodes(plan: Plan) -> list[Line]:
    two_families = len(plan.families) > 1
    same = [node for node in plan.nodes if all(f.verdict == "same" for f in node.families)]
    shown = [node for node in plan.nodes if node not in same] if _folds(same) else plan.nodes
    header = ["NODE", *(["FAMILY"] if two_families else []), "NOW", "THEN", "INTERFACE", "VERDICT"]
    rows = [_row(node, forecast, two_families) for node in shown for forecast in node.families]
    folded = [line(Span(f"{len(same)} nodes stay as they are", QUIET))] if _folds(same) else []
    return [*(table(header, rows) if rows else []), *folded]


def _folds(same: Sequence[NodeForecast]) -> bool:
    return len(same) > _FOLD_ABOVE


def _row(node: NodeForecast, forecast: FamilyForecast, two_families: bool) -> list[Span]:
    then = forecast.then or " or ".join(forecast.candidates)
    if forecast.decided and forecast.then is None:
        then = "no address"
    style = {"same": PLAIN, "changes": GOOD, "unknown": DOUBTFUL}.get(forecast.verdict, BAD)
    family = [Span(forecast.family.label)] if two_families else []
    return [
        Span(node.name),
        *family,
        Span(forecast.now or ""),
        Span(then),
        Span(forecast.then_interface or ""),
        Span(forecast.verdict, style),
    ]


def _edits(plan: Plan) -> list[Line]:
    if not plan.edits and not plan.fields:
        return []
    container = ", container calico-node:" if plan.edits else ":"
    title = line(Span(f"{plan.target.resource}/{plan.target.name}", STRONG), container)
    edits = [line("  ", *_edit(edit.env, edit)) for edit in plan.edits]
    return [line(), title, *edits, *(line("  ", *_edit(edit.field, edit)) for edit in plan.fields)]


def _edit(name: str, edit: Edit | FieldEdit) -> tuple[Span, ...]:
    before = "(absent)" if edit.before is None else edit.before
    after = "(removed)" if edit.after is None else edit.after
    return (
        Span(f"{name}: "),
        Span(f"{before} -> {after}", STRONG),
        Span(f"  ({edit.why})", QUIET),
    )


def _roll(plan: Plan) -> list[Line]:
    roll = plan.roll
    if plan.is_empty:
        return []
    at_once = "one at a time" if roll.at_once <= 1 else f"up to {roll.at_once} at once"
    time = "" if roll.seconds is None else f", about {about(roll.seconds)}"
    text = f"{roll.restarts} pods restart, {at_once}{time}."
    if roll.restarts == 1:
        text = f"1 pod restarts{time}."
    if not roll.restarts:
        text = "No pod restarts by itself."
    if roll.later:
        text = f"{text.removesuffix('.')} now; {roll.later} later."
    lines = [line(), line(text)]
    if roll.blocked_by:
        names = ", ".join(roll.blocked_by)
        lines.append(line(Span(f"Blocked until these nodes are ready: {names}", DOUBTFUL)))
    return [*lines, *(line(f"The same restart brings along: {text}") for text in roll.passengers)]


def objections(findings: Sequence[Finding], nodes: int) -> list[Line]:
    """Each cause with its id, what it says and what to do next; ``nodes`` are all there are."""
    return paragraphs(tell(findings, nodes))
