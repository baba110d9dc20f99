"""Command lines in every spelling that kubectl accepts.

Mirrors github.com/spf13/pflag flag.go (parseArgs, parseLongArg, parseSingleShortArg) and its
messages; argparse differs in abbreviations, ``-n=x``, ``--watch=false`` and every error text.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import FALSE_WORDS, TRUE_WORDS, Flag, Kind, Parsed

_COUNT = re.compile(r"\+?[0-9]{1,9}")


class _Scan:
    """One walk over the arguments; ``lenient`` passes over unknown flags and bad values."""

    def __init__(self, flags: Iterable[Flag], lenient: bool = False) -> None:
        self.long = {flag.name: flag for flag in flags}
        self.short = {flag.short: flag for flag in self.long.values() if flag.short}
        self.lenient = lenient
        self.values: dict[str, list[str]] = {}
        self.arguments: list[tuple[int, str]] = []
        self.rest: list[str] = []
        self.pending: Flag | None = None

    def walk(self, argv: Sequence[str]) -> None:
        self.rest = list(argv)
        while self.rest:
            position = len(argv) - len(self.rest)
            word = self.rest.pop(0)
            if word == "--":
                start = len(argv) - len(self.rest)
                self.arguments += [(start + i, text) for i, text in enumerate(self.rest)]
                return
            if word.startswith("--"):
                self._long(word)
            elif word.startswith("-") and word != "-":
                self._shorts(word)
            else:
                self.arguments.append((position, word))

    def _long(self, word: str) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] in "-=":
            raise UsageError(f"bad flag syntax: {word}")
        flag = self.long.get(name)
        if flag is None:
            return self._unknown(f"unknown flag: --{name}")
        if equals:
            return self._store(flag, value)
        return self._take(flag, f"flag needs an argument: --{name}")

    def _shorts(self, word: str) -> None:
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            flag = self.short.get(letter)
            if flag is None:
                return self._unknown(f"unknown shorthand flag: {letter!r} in {word}")
            if letters.startswith("=") and letters != "=":
                return self._store(flag, letters[1:])
            if flag.bare_value is None and letters:
                return self._store(flag, letters)
            self._take(flag, f"flag needs an argument: {letter!r} in {word}")
        return None

    def _take(self, flag: Flag, missing: str) -> None:
        if flag.bare_value is not None:
            self._store(flag, flag.bare_value)
        elif self.rest:
            self._store(flag, self.rest.pop(0))
        else:
            self.pending = flag
            self._unknown(missing)

    def _unknown(self, message: str) -> None:
        if not self.lenient:
            raise UsageError(message)

    def _store(self, flag: Flag, text: str) -> None:
        problem = _problem(flag, text)
        if problem and not self.lenient:
            raise UsageError(f'invalid argument "{text}" for "{flag.spelling}" flag: {problem}')
        texts = self.values.setdefault(flag.name, [])
        if flag.kind is Kind.SLICE:
            texts += self._items(flag, text)
        elif flag.kind is Kind.ARRAY:
            texts.append(text)
        else:
            texts[:] = [text]

    def _items(self, flag: Flag, text: str) -> list[str]:
        try:
            return _split(text)
        except csv.Error as error:
            if self.lenient:
                return []
            raise UsageError(
                f'invalid argument "{text}" for "{flag.spelling}" flag: {error}'
            ) from None


def _problem(flag: Flag, text: str) -> str | None:
    if flag.kind is Kind.BOOL and text not in (*TRUE_WORDS, *FALSE_WORDS):
        return f'strconv.ParseBool: parsing "{text}": invalid syntax'
    if flag.kind is Kind.COUNT and not _COUNT.fullmatch(text):
        return f'strconv.ParseInt: parsing "{text}": invalid syntax'
    if flag.choices and text not in flag.choices:
        return f"must be one of {', '.join(flag.choices)}"
    return None


def _split(text: str) -> list[str]:
    """Split as pflag's StringSlice does: one CSV record."""
    return next(csv.reader([text], strict=True), []) if text else []


def parse(argv: Sequence[str], flags: Iterable[Flag]) -> Parsed:
    """Read ``argv`` with the flags known to a command.

    Raises:
        UsageError: an unknown flag, a missing argument or a bad value, in pflag's words.
    """
    scan = _Scan(flags)
    scan.walk(argv)
    values = {name: tuple(texts) for name, texts in scan.values.items()}
    return Parsed(values, tuple(text for _, text in scan.arguments))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A command line that is still being typed.

    ``parsed`` is what stands there so far; ``pending`` the flag whose value comes next, None where
    none does.
    """

    parsed: Parsed
    pending: Flag | None


def parse_unfinished(argv: Sequence[str], flags: Iterable[Flag]) -> Unfinished:
    """Read the words before the one that is being typed; what is wrong is passed over."""
    scan = _Scan(flags, lenient=True)
    with contextlib.suppress(UsageError):
        scan.walk(argv)
    values = {name: tuple(texts) for name, texts in scan.values.items() if texts}
    return Unfinished(Parsed(values, tuple(text for _, text in scan.arguments)), scan.pending)


def split_command(argv: Sequence[str], flags: Iterable[Flag]) -> tuple[str | None, list[str]]:
    """Find the subcommand: the first word that is neither a flag nor a flag's value.

    ``flags`` are those of all commands, so that ``-n kube-system inspect`` finds ``inspect``.
    Returns it and the other words in order; None without any.
    """
    scan = _Scan(flags, lenient=True)
    scan.walk(argv)
    if not scan.arguments:
        return None, list(argv)
    place, name = scan.arguments[0]
    return name, [*argv[:place], *argv[place + 1 :]]
