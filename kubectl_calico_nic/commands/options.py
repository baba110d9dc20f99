"""``options``: the flags that every command takes, as ``kubectl options`` lists them."""

from __future__ import annotations

from kubectl_calico_nic.commands.command import OTHER_COMMANDS, Command
from kubectl_calico_nic.environment import EXIT_OK, Environment
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Parsed


def _run(parsed: Parsed, environment: Environment) -> int:
    if parsed.arguments:
        raise UsageError(f"extra arguments: {' '.join(parsed.arguments)}")
    from kubectl_calico_nic.commands.help import options_help

    environment.stdout.write("\n".join(options_help(environment.columns)) + "\n")
    return EXIT_OK


COMMAND = Command(
    name="options",
    summary="List the connection flags, which every command takes",
    usage="",
    examples=(("List them", "options"),),
    flags=(),
    run=_run,
    group=OTHER_COMMANDS,
)
