"""Help texts, made from the same definitions that parse the command line."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Sequence

from kubectl_calico_nic.flags.definition import Flag, Kind

NARROWEST = 40
"""Columns below which nothing is wrapped any further: the longest flag needs them."""
WIDEST = 100
"""Columns above which lines are hard to read."""


def flag_groups(flags: Iterable[Flag]) -> dict[str, list[Flag]]:
    """The flags that help shows, by heading, both in the order of their definition."""
    groups: dict[str, list[Flag]] = {}
    for flag in flags:
        if not flag.hidden:
            groups.setdefault(flag.group, []).append(flag)
    return groups


def flag_lines(flags: Iterable[Flag], width: int) -> list[str]:
    """The flags by group as kubectl shows them, help below each, at most ``width`` columns."""
    lines: list[str] = []
    for group, members in flag_groups(flags).items():
        lines += ["", f"{group}:"]
        for flag in members:
            lines += [f"    {spelling(flag)}", *wrapped(flag.help, width, " " * 8)]
    return lines


def spelling(flag: Flag) -> str:
    """The flag with what stands for its value: ``-o, --output FORMAT``."""
    short = f"-{flag.short}, " if flag.short else ""
    if flag.kind is Kind.BOOL:
        return f"{short}--{flag.name}"
    value = flag.placeholder or flag.kind.name
    if flag.implied is not None:
        return f"{short}--{flag.name}[={value}]"
    return f"{short}--{flag.name} {value}"


def wrapped(text: str, width: int, first: str = "", then: str | None = None) -> list[str]:
    """``text`` as lines of at most ``width`` columns; no word is broken.

    ``first`` stands before the first line, ``then`` before the others: the same by default.
    """
    return textwrap.wrap(
        text,
        min(max(width, NARROWEST), WIDEST),
        initial_indent=first,
        subsequent_indent=first if then is None else then,
        break_long_words=False,
        break_on_hyphens=False,
    )


def paragraphs(text: str, width: int) -> list[str]:
    """Paragraphs, which an empty line divides; one that is indented is a command to paste."""
    lines: list[str] = []
    for part in text.split("\n\n"):
        is_command = part.startswith("  ")
        lines += ["", *(_pasteable(part.strip(), width) if is_command else wrapped(part, width))]
    return lines[1:]


def usage(text: str, width: int) -> list[str]:
    """How a command is called."""
    return ["", "Usage:", *wrapped(text, width, "  ", "    ")]


def examples(command: str, pairs: Sequence[tuple[str, str]], width: int) -> list[str]:
    """The examples of a command, a comment above each; all can be pasted into a shell."""
    lines = ["", "Examples:"]
    for comment, arguments in pairs:
        about = wrapped(comment, width, "  # ")
        lines += [*about, *_pasteable(f"{command} {arguments}".rstrip(), width), ""]
    return lines[:-1]


def _pasteable(command: str, width: int) -> list[str]:
    """A command line, broken as a shell allows it; a quoted word stays whole."""
    if len(command) + 2 <= max(width, NARROWEST):
        return [f"  {command}"]
    words = shlex.split(command, posix=False)
    lines, room = [f"  {words[0]}"], max(width, NARROWEST) - 2
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines[-1] += " \\"
            lines.append(f"    {word}")
    return lines
