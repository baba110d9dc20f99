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
    for story in told:
        lines.append(line())
        for parts in _paragraph(story, story is headline, commands):
            is_command = any(span.text.startswith("kubectl ") for span in parts)
            lines += wrapped(parts, None if is_command else width, _INDENT)
    return lines


def _paragraph(story: Story, is_headline: bool, commands: Collection[str]) -> Iterator[Line]:
    message = names(story.nodes) if is_headline else brief(story.message)
    yield _title(story, message)
    if story.why:
        yield line(Span("  why:  ", QUIET), brief(story.why))
    if story.explains:
        yield line(Span("  so:   ", QUIET), f"{_explained(story.explains)}")
    for effect in story.effects:
        yield line(Span("  with: ", QUIET), *_title(effect, brief(effect.message)))
    advice = "the command below" if story.next in commands else brief(story.next)
    yield line(Span("  next: ", QUIET), advice)
    yield line(Span("  docs: ", QUIET), Span(f"docs/{story.docs}", QUIET))


def _title(story: Story, message: str) -> Line:
    title = Span(story.id, STYLES[story.severity])
    return line(title, f": {message}") if message else line(title)


def _explained(nodes: Sequence[str]) -> str:
    who = names(nodes) if len(nodes) <= _NAMED else f"{len(nodes)} other nodes"
    lack = "lack" if len(nodes) > 1 else "lacks"
    return f"{who} {lack} BGP sessions with it; restarting calico-node there does not help"


def names(nodes: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(nodes) - _NAMED} more" if len(nodes) > _NAMED else ""
    return ", ".join(nodes[:_NAMED]) + more
