"""Stories for people: one paragraph a cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from kubectl_calico_nic.diagnosis.stories import Story
from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.output.escape import brief
from kubectl_calico_nic.output.screen import BAD, DOUBTFUL, QUIET, Line, Span, line, wrapped

STYLES = {Severity.ERROR: BAD, Severity.WARNING: DOUBTFUL, Severity.INFORMATION: QUIET}
"""How bad something is, as a colour."""
_INDENT = "        "
_NAMED = 5


def paragraphs(
    told: Iterable[Story],
    *,
    headline: Story | None = None,
    commands: Collection[str] = (),
    width: int | None = None,
) -> list[Line]:
    """What, why, and what to do next, an empty line before each cause.

    The message of ``headline`` was said already: its nodes are named instead. ``commands`` are
    shown below all of this. Prose is wrapped where a terminal has ``width`` columns.
    """
    lines: list[Line] = []
    explained: tuple[str, ...] = ()
    for story in told:
        lines.append(line())
        message = names(story.nodes) if story is headline else brief(story.message)
        symptoms = _symptoms(story, are_told=story.explains == explained)
        for parts in (
            _title(story, message),
            *_grounds(story, symptoms),
            *_advice(story, commands),
        ):
            is_command = any(span.text.startswith("kubectl ") for span in parts)
            lines += wrapped(parts, None if is_command else width, _INDENT)
        explained = story.explains or explained
    return lines


def _grounds(story: Story, symptoms: str) -> Iterator[Line]:
    """What it rests on and what follows from it."""
    if story.why and story.severity is not Severity.INFORMATION:
        yield line(Span("  why:  ", QUIET), brief(story.why))
    if symptoms:
        yield line(Span("  so:   ", QUIET), symptoms)
    for effect in story.effects:
        yield line(Span("  with: ", QUIET), *_title(effect, brief(effect.message)))


def _advice(story: Story, commands: Collection[str]) -> Iterator[Line]:
    docs = Span(f"docs/{story.docs}", QUIET)
    if story.next in commands:
        yield line(Span("  next: ", QUIET), "the command below (", docs, ")")
        return
    if story.severity is Severity.INFORMATION:
        yield line(Span("  next: ", QUIET), f"{brief(story.next)} (", docs, ")")
        return
    yield line(Span("  next: ", QUIET), brief(story.next))
    yield line(Span("  docs: ", QUIET), docs)


def _title(story: Story, message: str) -> Line:
    title = Span(story.id, STYLES[story.severity])
    return line(title, f": {message}") if message else line(title)


def _symptoms(story: Story, *, are_told: bool) -> str:
    """What other nodes suffer; ``are_told`` says that the story before named the same ones."""
    nodes = story.explains
    if not nodes:
        return ""
    who = names(nodes) if len(nodes) <= _NAMED else f"{len(nodes)} other nodes"
    lack = "lack" if len(nodes) > 1 else "lacks"
    whom = "them" if len(story.nodes) > 1 else "it"
    if are_told:
        return f"{'the same nodes' if len(nodes) > 1 else who} {lack} BGP sessions with {whom}"
    return f"{who} {lack} BGP sessions with {whom}; restarting calico-node there does not help"


def names(nodes: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(nodes) - _NAMED} more" if len(nodes) > _NAMED else ""
    return ", ".join(nodes[:_NAMED]) + more
