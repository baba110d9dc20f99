"""The subcommands by name; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

from kubectl_calico_nic.commands.command import Command

_MODULES: Mapping[str, str] = {
    "inspect": "inspect",
    "set": "set_method",
    "rollout-check": "rollout_check",
    "demo": "demo",
    "completion": "completion",
    "options": "options",
    "version": "version",
}


def command_names() -> tuple[str, ...]:
    """The names in the order help shows them."""
    return tuple(_MODULES)


def load(name: str) -> Command | None:
    """Import the subcommand ``name``; None when there is none."""
    if name not in _MODULES:
        return None
    module = importlib.import_module(f"kubectl_calico_nic.commands.{_MODULES[name]}")
    command: Command = module.COMMAND
    return command


def load_all() -> Iterator[Command]:
    """Import every subcommand."""
    for name in _MODULES:
        command = load(name)
        assert command is not None
        yield command
