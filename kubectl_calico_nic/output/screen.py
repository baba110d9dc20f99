"""Lines of styled text: the same words on a terminal (with colour) and in a pipe (without)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.output.escape import brief, escape

PLAIN = ""
STRONG = "bold"
GOOD = "green"
BAD = "bold red"
DOUBTFUL = "yellow"
QUIET = "dim"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; ``style`` is one of rich's styles, empty for none."""

    text: str
    style: str = PLAIN


Line = tuple[Span, ...]


def line(*parts: str | Span) -> Line:
    """Join texts and spans to a line; no part may hold a line break that should act."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def write(lines: Iterable[Line], stream: TextIO, environment: Environment) -> None:
    """Write ``lines`` to ``stream``, coloured where a terminal wants it.

    Every text is escaped here and nowhere else, so nothing that came from the cluster can act;
    lines are never wrapped or cut.
    """
    if stream.isatty() and environment.allows_colour:
        _write_coloured(lines, stream)
        return
    for spans in lines:
        stream.write("".join(escape(span.text) for span in spans).rstrip(" ") + "\n")


def _write_coloured(lines: Iterable[Line], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True, force_terminal=True)
    for spans in lines:
        pieces = [(escape(span.text), span.style) for span in spans]
        console.print(Text.assemble(*pieces), soft_wrap=True)


_LONGEST_CELL = 253
"""A Node's name can be as long; nothing that belongs into a cell is longer."""

_LEAST_PROSE = 20
"""Columns; prose is not wrapped into less."""


def table(header: Sequence[str] | None, rows: Sequence[Sequence[Span]], gap: int = 2) -> list[Line]:
    """Align ``rows`` below ``header``: no borders, ``gap`` blanks between columns.

    ``header`` is None for ``--no-headers``. An empty cell is shown as ``-``; nothing is cut but
    what no cell can mean, lest one text push every other off the screen.
    """
    titled = [] if header is None else [[Span(title, QUIET) for title in header]]
    cells = [*titled, *([_cell(span) for span in row] for row in rows)]
    if not cells:
        return []
    widths = [max(_width(row[column].text) for row in cells) for column in range(len(cells[0]))]
    return [_aligned(row, widths, gap) for row in cells]


def prose_table(
    header: Sequence[str], rows: Sequence[Sequence[Span]], width: int | None
) -> list[Line]:
    """A table whose last column is prose: wrapped below itself where a terminal is too narrow."""
    lines = table(header, rows)
    if width is None or not lines:
        return lines
    before = sum(_width(span.text) for span in lines[0][:-1])
    if before > width - _LEAST_PROSE:
        return lines
    return [part for parts in lines for part in wrapped(parts, width, " " * before)]


def _cell(span: Span) -> Span:
    if not span.text:
        return Span("-")
    return span if len(span.text) <= _LONGEST_CELL else Span(brief(span.text, 200), span.style)


def wrapped(parts: Line, width: int | None, indent: str = "") -> list[Line]:
    """Break a line of prose between words where it is wider than a terminal of ``width`` columns.

    What follows the first line begins with ``indent``. Without a width (a pipe) the line stays
    whole; words are never cut.
    """
    if width is None or sum(_width(span.text) for span in parts) <= width:
        return [parts]
    lines: list[list[Span]] = [[]]
    used = 0
    for word in _words(parts):
        size = _width(word.text)
        if used + size > width and used > len(indent) and not word.text.isspace():
            lines.append([Span(indent)])
            used = len(indent)
        lines[-1].append(word)
        used += size
    return [_without_end_blank(spans) for spans in lines]


def _without_end_blank(spans: Sequence[Span]) -> Line:
    """The line without the blank that it was broken at, which may be one column too many."""
    return tuple(spans[:-1] if len(spans) > 1 and spans[-1].text.isspace() else spans)


def _words(parts: Line) -> Iterator[Span]:
    """The words of a line and the blanks between them, each as a piece of its own."""
    for span in parts:
        for word in re.split(r"( +)", span.text):
            if word:
                yield Span(word, span.style)


def _width(text: str) -> int:
    shown = escape(text)
    if shown.isascii():
        return len(shown)
    from rich.cells import cell_len

    return cell_len(shown)


def _aligned(row: Sequence[Span], widths: Sequence[int], gap: int) -> Line:
    spans: list[Span] = []
    for span, width in zip(row, widths, strict=True):
        spans += [span, Span(" " * (width - _width(span.text) + gap))]
    return tuple(spans[:-1])
