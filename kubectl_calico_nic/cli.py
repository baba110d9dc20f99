"""``main(argv, environment) -> exit status``; the only place that turns errors into words."""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import os
import signal
import stat
import sys
from collections.abc import Sequence
from typing import NoReturn

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.commands.registry import command_names, load, load_all
from kubectl_calico_nic.environment import (
    EXIT_ERROR,
    EXIT_HUNG_UP,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_TERMINATED,
    Environment,
    HungUp,
    Terminated,
    status_of,
)
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.definition import Flag
from kubectl_calico_nic.flags.every_command import GLOBAL_FLAGS
from kubectl_calico_nic.flags.parser import parse, split_command

COMPLETER = "kubectl_complete-calico_nic"
"""The name under which kubectl's shell completion starts this program."""
COMPLETE = "__complete"
"""The command that shells call, as cobra names it."""
_AT_ONCE = (EXIT_ERROR, EXIT_HUNG_UP, EXIT_INTERRUPTED, EXIT_TERMINATED)
"""The exit statuses that may come while workers still wait for an answer."""


def run() -> None:
    """The console script ``kubectl-calico_nic``."""
    # The objects of thousands of nodes live to the end: looking through them again and again for
    # cycles would take a quarter of the time.
    gc.set_threshold(100_000, 50, 100)
    signal.signal(signal.SIGTERM, _terminate)
    # Windows has no such signal, and under nohup it stays ignored.
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        signal.signal(hang_up, _hang_up)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    argv = sys.argv[1:]
    if os.path.basename(sys.argv[0]) == COMPLETER:
        argv = [COMPLETE, *argv]
    try:
        status = main(argv, Environment(program=sys.argv[0]))
    except KeyboardInterrupt as stop:
        _leave_at_once(status_of(stop))
    if argv[:1] == [COMPLETE] or status in _AT_ONCE:
        _leave_at_once(status)
    sys.exit(status)


def _terminate(_: int, __: object) -> None:
    raise Terminated


def _hang_up(_: int, __: object) -> None:
    """End as by Ctrl-C; what is said to a terminal that is gone fails no more.

    Kernel and shell may both send it: only the first counts, a pause is not cut short by the next.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(descriptor).st_mode):
                os.dup2(nowhere, descriptor)
    raise HungUp


def _leave_at_once(status: int) -> NoReturn:
    """End without waiting for the workers: each may wait for an answer until its deadline."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def main(argv: Sequence[str], environment: Environment) -> int:
    """Run one command line and return its exit status; prints every error, raises none."""
    try:
        _require_text(argv)
        return _dispatch(argv, environment)
    except CalicoNicError as error:
        _say(environment, error.text)
        return EXIT_ERROR
    except KeyboardInterrupt as stop:
        return status_of(stop)
    except BrokenPipeError:
        return _leave_closed_pipe()
    except OSError as error:
        if error.errno == errno.EIO:
            # What a terminal answers that is gone.
            return _leave_closed_pipe()
        _say(environment, f"error: {error.strerror or error}")
        return EXIT_ERROR
    except Exception as error:  # the last resort: a defect of ours is told in one line, too
        _say(environment, f"error: unexpected {type(error).__name__}: {error}; please report this")
        return EXIT_ERROR


def _require_text(argv: Sequence[str]) -> None:
    for word in argv:
        if not word.isascii() and word.encode(errors="replace").decode() != word:
            raise UsageError(f"invalid argument {word!a}: it is no valid UTF-8")


def _say(environment: Environment, text: str) -> None:
    from kubectl_calico_nic.output.screen import line, write

    try:
        write([line(part) for part in text.split("\n")], environment.stderr, environment)
    except OSError:
        _leave_closed_pipe()


def _leave_closed_pipe() -> int:
    """Whoever read us has gone: end quietly, as kubectl does, without Python's own complaint."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    return EXIT_ERROR


def _dispatch(argv: Sequence[str], environment: Environment) -> int:
    if argv and argv[0] == COMPLETE:
        return _complete(argv[1:], environment)
    name, words = _split(argv)
    if name in (None, "help"):
        return _help(argv, words, environment)
    assert name is not None
    command = load(name)
    if command is None:
        raise UsageError(
            f'unknown command "{name}" for "{environment.command}"',
            f"The commands are: {', '.join(command_names())}",
        )
    return _run(command, words, environment)


def _complete(words: Sequence[str], environment: Environment) -> int:
    """Answer a shell; a person in the middle of a line is neither told nor asked anything."""
    from kubectl_calico_nic.commands.complete import complete

    if environment.stdin is sys.stdin:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 2):
            os.dup2(nowhere, descriptor)
    return complete(words, environment)


def _split(argv: Sequence[str]) -> tuple[str | None, list[str]]:
    """The subcommand and the rest; the flags of all commands are needed only behind a flag."""
    if argv and not argv[0].startswith("-"):
        return argv[0], list(argv[1:])
    return split_command(argv, _all_flags())


def _run(command: Command, words: Sequence[str], environment: Environment) -> int:
    see = f"See '{environment.command} {command.name} --help' for usage."
    try:
        parsed = parse(words, (*command.flags, *GLOBAL_FLAGS))
    except UsageError as error:
        raise UsageError(str(error), see) from None
    if parsed.truth("help"):
        return _help_of(command, environment)
    status = command.run(parsed, environment)
    environment.stdout.flush()
    if parsed.truth("warnings-as-errors") and environment.server_warnings:
        count = environment.server_warnings
        raise CalicoNicError(f"{count} warning{'s' if count > 1 else ''} received")
    return status


def _all_flags() -> tuple[Flag, ...]:
    """Every flag of every command, so that a value before the subcommand is known as one."""
    flags = {flag.name: flag for command in load_all() for flag in command.flags}
    return (*flags.values(), *GLOBAL_FLAGS)


def _help(argv: Sequence[str], words: Sequence[str], environment: Environment) -> int:
    named = [word for word in words if not word.startswith("-")]
    command = load(named[0]) if "help" in argv and named else None
    if command is not None:
        return _help_of(command, environment)
    if named:
        raise UsageError(f'unknown help topic "{named[0]}"')
    parse(words, GLOBAL_FLAGS)
    from kubectl_calico_nic.commands.help import overview

    return _print(overview(environment.command, environment.columns), environment)


def _help_of(command: Command, environment: Environment) -> int:
    from kubectl_calico_nic.commands.help import command_help

    return _print(command_help(command, environment.command, environment.columns), environment)


def _print(lines: Sequence[str], environment: Environment) -> int:
    environment.stdout.write("\n".join(lines) + "\n")
    environment.stdout.flush()
    return EXIT_OK
