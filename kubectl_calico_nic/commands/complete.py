"""``__complete``: what may stand where the cursor is, for the shell.

Mirrors the protocol of github.com/spf13/cobra (completions.go), which kubectl also speaks to
``kubectl_complete-calico_nic`` (k8s.io/kubectl pkg/cmd/plugin/plugin_completion.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.commands.command import Command
from kubectl_calico_nic.commands.registry import load, load_all
from kubectl_calico_nic.environment import EXIT_OK, Environment
from kubectl_calico_nic.flags.definition import Completes, Flag, Kind, Parsed
from kubectl_calico_nic.flags.global_flags import GLOBAL_FLAGS
from kubectl_calico_nic.flags.parser import Unfinished, parse_unfinished, split_command

_DEFAULT, _NO_FILES = 0, 4
"""Cobra's directives: let the shell offer file names, or not."""
_LISTS = frozenset({Completes.INTERFACES})
"""What may be several, with commas between."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One word that may stand there, and what it means."""

    word: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The candidates, and what the shell does beside offering them."""

    candidates: tuple[Candidate, ...] = ()
    directive: int = _NO_FILES


def complete(words: Sequence[str], environment: Environment) -> int:
    """Answer for the last of ``words``, which is being typed; the others stand before it."""
    *before, current = words or [""]
    answer = _answer(before, current, environment)
    for candidate in answer.candidates:
        if candidate.word.startswith(current.partition("=")[2] if "=" in current else current):
            environment.stdout.write("\t".join(filter(None, _texts(candidate))) + "\n")
    environment.stdout.write(f":{answer.directive}\n")
    return EXIT_OK


def _texts(candidate: Candidate) -> tuple[str, str]:
    return candidate.word, candidate.description


def _answer(before: list[str], current: str, environment: Environment) -> _Answer:
    name, rest = split_command(before, _all_flags())
    command = load(name) if name else None
    if name == "help" and not [word for word in rest if not word.startswith("-")]:
        return _Answer(_commands())
    flags = (*(command.flags if command else ()), *GLOBAL_FLAGS)
    typed = parse_unfinished(rest if command else before, flags)
    if typed.pending is not None:
        return _value(typed.pending, current, typed.parsed, environment)
    if current.startswith("-") and "--" not in before:
        return _flag(current, flags, typed, environment)
    if command is None:
        return _Answer(() if name else _commands())
    return _argument(command, typed.parsed, current, environment)


def _all_flags() -> tuple[Flag, ...]:
    own = {flag.name: flag for command in load_all() for flag in command.flags}
    return (*own.values(), *GLOBAL_FLAGS)


def _commands() -> tuple[Candidate, ...]:
    return tuple(Candidate(command.name, command.summary) for command in load_all())


def _flag(
    current: str, flags: Sequence[Flag], typed: Unfinished, environment: Environment
) -> _Answer:
    """The value behind ``--flag=``, else the flags that are not there yet."""
    name, equals, value = current.removeprefix("--").partition("=")
    if equals:
        flag = next((flag for flag in flags if flag.name == name), None)
        return _value(flag, value, typed.parsed, environment) if flag else _Answer()
    return _Answer(
        tuple(
            Candidate(f"--{flag.name}", flag.help.partition(". ")[0].rstrip("."))
            for flag in flags
            if not flag.hidden and (_repeatable(flag) or not typed.parsed.given(flag.name))
        )
    )


def _repeatable(flag: Flag) -> bool:
    return flag.kind in (Kind.SLICE, Kind.ARRAY)


def _value(flag: Flag, current: str, parsed: Parsed, environment: Environment) -> _Answer:
    if flag.choices:
        return _Answer(tuple(Candidate(choice) for choice in flag.choices))
    if flag.kind is Kind.BOOL:
        return _Answer((Candidate("true"), Candidate("false")))
    return _named(flag.completes, current, parsed, environment)


def _argument(
    command: Command, parsed: Parsed, current: str, environment: Environment
) -> _Answer:
    if command.choices:
        return _Answer(() if parsed.arguments else tuple(map(Candidate, command.choices)))
    answer = _named(command.completes, current, parsed, environment)
    there = set(parsed.arguments)
    return _Answer(
        tuple(candidate for candidate in answer.candidates if candidate.word not in there),
        answer.directive,
    )


def _named(
    completes: Completes, current: str, parsed: Parsed, environment: Environment
) -> _Answer:
    if completes is Completes.FILES:
        return _Answer(directive=_DEFAULT)
    if completes is Completes.NOTHING:
        return _Answer()
    from kubectl_calico_nic.commands.completion_values import values

    found = tuple(values(completes, parsed, environment))
    return _Answer(tuple(_after_commas(found, current) if completes in _LISTS else found))


def _after_commas(found: Iterable[Candidate], current: str) -> Iterator[Candidate]:
    """The candidates for the last item of a list, with the items before it."""
    head, comma, _ = current.rpartition(",")
    there = set(head.split(","))
    for candidate in found:
        if candidate.word not in there:
            yield Candidate(f"{head}{comma}{candidate.word}", candidate.description)
