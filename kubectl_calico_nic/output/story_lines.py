"""Stories for people: one paragraph a cause."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_calico_nic.diagnosis.stories import Story
from kubectl_calico_nic.findings.finding import Severity
from kubectl_calico_nic.output.screen import BAD, DOUBTFUL, QUIET, Line, Span, line

STYLES = {Severity.ERROR: BAD, Severity.WARNING: DOUBTFUL, Severity.INFORMATION: QUIET}
"""How bad something is, as a colour."""


def paragraphs(told: Iterable[Story]) -> list[Line]:
    """What, and below it what to do next, an empty line before each."""
    lines: list[Line] = []
    for story in told:
        lines += [
            line(),
            line(Span(story.id, STYLES[story.severity]), f": {story.message}"),
            line(f"  {story.next}"),
        ]
    return lines
