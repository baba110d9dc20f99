"""What a subcommand is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.flags.definition import Flag, Parsed


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its words in help, its flags, and the function that runs it.

    ``run`` takes the parsed command line and the environment and returns the exit status; it
    raises ``CalicoNicError`` for what could not be asked or done. ``usage`` is what follows the
    name. ``examples`` are pairs of a comment and the arguments.
    """

    name: str
    summary: str
    usage: str
    examples: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    run: Callable[[Parsed, Environment], int]
    description: str = ""
