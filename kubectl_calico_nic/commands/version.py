"""``version``: which version of the plugin this is."""

from __future__ import annotations

from kubectl_calico_nic import __version__
from kubectl_calico_nic.commands.command import OTHER_COMMANDS, Command
from kubectl_calico_nic.environment import EXIT_OK, Environment
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Parsed
from kubectl_calico_nic.flags.output import output_flag, output_format

_FORMATS = ("json", "yaml")


def _run(parsed: Parsed, environment: Environment) -> int:
    asked = output_format(parsed, _FORMATS)
    if parsed.arguments:
        raise UsageError(f"extra arguments: {' '.join(parsed.arguments)}")
    if asked:
        from kubectl_calico_nic.output.structured import write_structured

        write_structured({"version": f"v{__version__}"}, asked, environment.stdout)
    else:
        environment.stdout.write(f"kubectl calico-nic v{__version__}\n")
    return EXIT_OK


COMMAND = Command(
    name="version",
    summary="Print the version of this plugin",
    usage="",
    examples=(("Print the version", "version"),),
    flags=(output_flag(_FORMATS),),
    run=_run,
    group=OTHER_COMMANDS,
)
