"""The reference of all commands in Markdown, made from what parses them.

``python -m kubectl_calico_nic.commands.reference`` prints it; it is kept in docs/commands.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.commands.help import SUMMARY
from kubectl_calico_nic.commands.registry import load_all
from kubectl_calico_nic.flags.definition import Flag
from kubectl_calico_nic.flags.every_command import GLOBAL_FLAGS
from kubectl_calico_nic.flags.help import flag_groups, spelling, wrapped

_PROGRAM = "kubectl calico-nic"
_ANYWHERE = (
    "Every command takes these too, before or after its name. The connection flags, and what they "
    "leave open, resolve as kubectl's do."
)


def reference() -> str:
    """The whole page."""
    lines = [
        "# Commands",
        "",
        "<!-- Made by `make docs` from the definitions that the program itself uses. -->",
        "",
        *wrapped(SUMMARY, 100),
    ]
    for command in load_all():
        lines += ["", *_section(command)]
    everywhere = wrapped(_ANYWHERE, 100)
    return "\n".join([*lines, "", "## Every command", "", *everywhere, *_flags(GLOBAL_FLAGS), ""])


def _section(command: Command) -> Iterator[str]:
    call = f"{_PROGRAM} {command.name} {command.usage}".rstrip()
    yield from (f"## {command.name}", "", *wrapped(f"{command.summary}.", 100))
    for part in filter(None, command.description.split("\n\n")):
        is_command = part.startswith("  ")
        yield from ("", *(_shell([part.strip()]) if is_command else wrapped(_text(part), 100)))
    yield from ("", *_shell([f"{call} [flags]"]))
    examples = [f"# {comment}\n{_PROGRAM} {words}" for comment, words in command.examples]
    yield from ("", "Examples:", "", *_shell(["\n\n".join(examples)]), *_flags(command.flags))


def _shell(lines: Iterable[str]) -> list[str]:
    return ["```", *lines, "```"]


def _flags(flags: Iterable[Flag]) -> Iterator[str]:
    for group, members in flag_groups(flags).items():
        yield from ("", f"| {group} | |", "|---|---|")
        for flag in members:
            yield f"| `{_cell(spelling(flag))}` | {_cell(_text(flag.help))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _text(text: str) -> str:
    return text.replace("<", "&lt;")


if __name__ == "__main__":
    sys.stdout.write(reference())
