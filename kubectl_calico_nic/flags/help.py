"""Help texts, made from the same definitions that parse the command line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from kubectl_calico_nic.flags.definition import Flag, Kind

MINIMUM_WIDTH = 40


def flag_lines(flags: Iterable[Flag], width: int) -> list[str]:
    """The flags by group as kubectl shows them, help below each, at most ``width`` columns."""
    groups: dict[str, list[Flag]] = {}
    for flag in flags:
        if not flag.hidden:
            groups.setdefault(flag.group, []).append(flag)
    lines: list[str] = []
    for group, members in groups.items():
        lines += ["", f"{group}:"]
        for flag in members:
            lines += [f"    {_spelling(flag)}", *_wrapped(flag.help, width, 8)]
    return lines


def _spelling(flag: Flag) -> str:
    short = f"-{flag.short}, " if flag.short else "    "
    if flag.kind is Kind.BOOL:
        return f"{short}--{flag.name}"
    value = flag.placeholder or flag.kind.name
    if flag.implied is not None:
        return f"{short}--{flag.name}[={value}]"
    return f"{short}--{flag.name} {value}"


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    blank = " " * indent
    return textwrap.wrap(
        text, max(width, MINIMUM_WIDTH), initial_indent=blank, subsequent_indent=blank
    )


def paragraph(text: str, width: int) -> list[str]:
    """Wrap one paragraph."""
    return textwrap.wrap(text, max(width, MINIMUM_WIDTH))


def examples(command: str, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The examples of a command: a comment above each."""
    lines = ["", "Examples:"]
    for comment, arguments in pairs:
        lines += [f"  # {comment}", f"  {command} {arguments}".rstrip(), ""]
    return lines[:-1]
