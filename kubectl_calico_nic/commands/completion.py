"""``completion``: the script that lets a shell complete this program's command lines."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.commands.command import OTHER_COMMANDS, Command
from kubectl_calico_nic.environment import EXIT_OK, Environment
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Parsed

_SHELLS = ("bash", "zsh", "fish")


def _run(parsed: Parsed, environment: Environment) -> int:
    problem = _problem(parsed.arguments)
    if problem:
        see = f"See '{environment.command} completion -h' for help and examples"
        raise UsageError(problem, see)
    (shell,) = parsed.arguments
    from kubectl_calico_nic.commands.completion_scripts import SCRIPTS

    environment.stdout.write(SCRIPTS[shell])
    return EXIT_OK


def _problem(arguments: Sequence[str]) -> str:
    """What is wrong, in the words of kubectl (pkg/cmd/completion/completion.go)."""
    if not arguments:
        return "Shell not specified."
    if len(arguments) > 1:
        return "Too many arguments. Expected only the shell type."
    return "" if arguments[0] in _SHELLS else f'Unsupported shell type "{arguments[0]}".'


COMMAND = Command(
    name="completion",
    summary="Print the script that lets bash, zsh or fish complete command lines",
    description=(
        "For kubectl-calico_nic as a program of its own; keep it where the shell's other "
        "completions are.\n\n"
        "Where kubectl itself completes (1.26 and newer), no script is needed: kubectl calico-nic "
        "<TAB> asks kubectl_complete-calico_nic on the PATH, which is this program under a second "
        "name. pip installs both names; krew links one, so link the other, once:\n\n"
        '  (cd "${KREW_ROOT:-$HOME/.krew}/bin" && ln -sf kubectl-calico_nic '
        "kubectl_complete-calico_nic)"
    ),
    usage="bash|zsh|fish",
    examples=(
        ("For bash", "completion bash >> ~/.bash_completion"),
        ("For zsh", 'completion zsh > "${fpath[1]}/_kubectl-calico_nic"'),
        ("For fish, in this session", "completion fish | source"),
    ),
    flags=(),
    run=_run,
    group=OTHER_COMMANDS,
    choices=_SHELLS,
)
