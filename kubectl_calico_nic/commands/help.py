"""The help pages: of the program, of one command, and of what every command takes."""

from __future__ import annotations

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.commands.registry import load_all
from kubectl_calico_nic.flags.every_command import GLOBAL_FLAGS, HELP
from kubectl_calico_nic.flags.help import examples, flag_lines, paragraphs, usage, wrapped

SUMMARY = (
    "Which NIC and address did Calico choose on every node, is it the right one, why, and the one "
    "value that fixes all nodes."
)
_NAME_COLUMN = 17


def overview(program: str, width: int) -> list[str]:
    """What the program is for, and its commands by group."""
    lines = wrapped(SUMMARY, width)
    groups: dict[str, list[Command]] = {}
    for command in load_all():
        groups.setdefault(command.group, []).append(command)
    for group, commands in groups.items():
        lines += ["", f"{group}:"]
        for command in commands:
            name = f"  {command.name}".ljust(_NAME_COLUMN)
            lines += wrapped(command.summary, width, name, " " * _NAME_COLUMN)
    return [
        *lines,
        *usage(f"{program} COMMAND [flags]", width),
        "",
        *wrapped(f'Use "{program} COMMAND --help" for more information about a command.', width),
        *_more(program, width),
    ]


def command_help(command: Command, program: str, width: int) -> list[str]:
    """What a command is for, examples, its own flags by group, and how it is called."""
    call = f"{program} {command.name} {command.usage}".rstrip()
    return [
        *wrapped(f"{command.summary}.", width),
        *(["", *paragraphs(command.description, width)] if command.description else []),
        *examples(program, command.examples, width),
        *flag_lines((*command.flags, HELP), width),
        *usage(f"{call} [flags]", width),
        "",
        *_more(program, width),
    ]


def options_help(width: int) -> list[str]:
    """The flags that every command takes, as ``kubectl options`` shows them."""
    intro = wrapped("The following options can be passed to any command.", width)
    return [*intro, *flag_lines(GLOBAL_FLAGS, width)]


def _more(program: str, width: int) -> list[str]:
    text = f'Use "{program} options" for the connection flags, which are kubectl\'s own (apply to '
    return wrapped(f"{text}all commands).", width)
