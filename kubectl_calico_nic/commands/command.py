"""What a subcommand is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.flags.definition import Completes, Flag, Parsed

OTHER_COMMANDS = "Other Commands"


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its words in help, its flags, and the function that runs it.

    ``run`` takes the parsed command line and the environment and returns the exit status; it
    raises ``CalicoNicError`` for what could not be asked or done. ``usage`` is what follows the
    name. ``examples`` are pairs of a comment and the arguments. ``description`` has paragraphs; one
    that is indented is a command to paste. ``group`` is the heading in the list of commands.
    ``completes`` says what an argument names, ``choices`` are all the arguments there are.
    """

    name: str
    summary: str
    usage: str
    examples: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    run: Callable[[Parsed, Environment], int]
    description: str = ""
    group: str = "Commands"
    completes: Completes = Completes.NOTHING
    choices: tuple[str, ...] = ()
