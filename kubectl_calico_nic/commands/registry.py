"""The subcommands by name; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from kubectl_calico_nic.commands.command import Command

_NAMES = ("inspect", "set", "rollout-check", "demo", "completion", "options", "version")


def command_names() -> tuple[str, ...]:
    """The names in the order help shows them."""
    return _NAMES


def load(name: str) -> Command | None:
    """Import the subcommand ``name``; None when there is none."""
    if name not in _NAMES:
        return None
    module = importlib.import_module(f"kubectl_calico_nic.commands.{name.replace('-', '_')}")
    command: Command = module.COMMAND
    return command


def load_all() -> Iterator[Command]:
    """Import every subcommand."""
    for name in _NAMES:
        command = load(name)
        assert command is not None
        yield command
