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
from kubectl_calico_nic.flags.every_command import GLOBAL_FLAGS
from kubectl_calico_nic.flags.parser import parse_unfinished, split_command

_FILES, _NO_SPACE, _NO_FILES = 0, 2, 4
"""Cobra's directives, which add up: the shell offers file names, puts no blank behind, neither."""
_LISTS = frozenset({Completes.INTERFACES, Completes.NODES})
"""What a flag may name several of, with commas between."""
_REPEATABLE = frozenset({Kind.SLICE, Kind.ARRAY})


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
    lines = [f"{each.word}\t{each.description}".rstrip("\t") for each in answer.candidates]
    environment.stdout.writelines(f"{text}\n" for text in (*lines, f":{answer.directive}"))
    return EXIT_OK


def _answer(before: list[str], current: str, environment: Environment) -> _Answer:
    name, rest = split_command(before, _all_flags())
    if name == "help" and not [word for word in rest if not word.startswith("-")]:
        return _starting(current, _commands())
    command = load(name) if name else None
    flags = (*(command.flags if command else ()), *GLOBAL_FLAGS)
    typed = parse_unfinished(rest if command else before, flags)
    if typed.pending is not None:
        return _value(typed.pending, current, typed.parsed, environment)
    if current.startswith("-") and "--" not in before:
        return _flag(current, flags, typed.parsed, environment)
    if command is not None:
        return _argument(command, typed.parsed, current, environment)
    return _Answer() if name else _starting(current, _commands())


def _all_flags() -> tuple[Flag, ...]:
    own = {flag.name: flag for command in load_all() for flag in command.flags}
    return (*own.values(), *GLOBAL_FLAGS)


def _commands() -> Iterator[Candidate]:
    return (Candidate(command.name, command.summary) for command in load_all())


def _starting(current: str, found: Iterable[Candidate]) -> _Answer:
    """Those that go on from what is typed; behind a word that ends with ``=`` no blank comes."""
    candidates = tuple(each for each in found if each.word.startswith(current))
    goes_on = candidates and all(each.word.endswith("=") for each in candidates)
    return _Answer(candidates, _NO_FILES | (_NO_SPACE if goes_on else 0))


def _flag(current: str, flags: Sequence[Flag], parsed: Parsed, environment: Environment) -> _Answer:
    """The value behind ``--flag=``, else the flags that are not there yet."""
    name, equals, value = current.removeprefix("--").partition("=")
    if equals:
        flag = next((flag for flag in flags if flag.name == name), None)
        return _value(flag, value, parsed, environment) if flag else _Answer()
    return _starting(
        current,
        (
            Candidate(f"--{flag.name}", flag.help.partition(". ")[0].rstrip("."))
            for flag in flags
            if not flag.hidden and (flag.kind in _REPEATABLE or not parsed.given(flag.name))
        ),
    )


def _value(flag: Flag, current: str, parsed: Parsed, environment: Environment) -> _Answer:
    if flag.completes is Completes.FILES:
        return _Answer(directive=_FILES)
    offers = flag.choices or flag.offers or (("true", "false") if flag.kind is Kind.BOOL else ())
    if offers:
        return _starting(current, map(Candidate, offers))
    found = _named(flag.completes, parsed, environment)
    return _starting(current, _listed(found, current) if flag.completes in _LISTS else found)


def _argument(command: Command, parsed: Parsed, current: str, environment: Environment) -> _Answer:
    if command.choices:
        return _starting(current, () if parsed.arguments else map(Candidate, command.choices))
    found = _named(command.completes, parsed, environment)
    return _starting(current, (each for each in found if each.word not in parsed.arguments))


def _named(completes: Completes, parsed: Parsed, environment: Environment) -> tuple[Candidate, ...]:
    if completes is Completes.NOTHING:
        return ()
    from kubectl_calico_nic.commands.completion_values import values

    return values(completes, parsed, environment)


def _listed(found: Iterable[Candidate], current: str) -> Iterator[Candidate]:
    """The candidates for the last item of a list, with the items before it."""
    head, comma, _ = current.rpartition(",")
    there = head.split(",")
    for candidate in found:
        if candidate.word not in there:
            yield Candidate(f"{head}{comma}{candidate.word}", candidate.description)
