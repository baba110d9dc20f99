"""What a flag is: one definition serves parsing, help, completion and the reference."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class Kind(enum.Enum):
    """How a flag takes its value, in pflag's terms."""

    STRING = "string"
    BOOL = "bool"
    COUNT = "int"
    SLICE = "strings"
    """Comma-separated and repeatable; every item counts."""
    ARRAY = "stringArray"
    """Repeatable; commas belong to the value."""


class Completes(enum.Enum):
    """What the value of a flag, or an argument, names: a shell completes it from there."""

    NOTHING = "nothing"
    FILES = "files"
    NODES = "nodes"
    INTERFACES = "interfaces"
    DAEMON_SETS = "daemonsets"
    NAMESPACES = "namespaces"
    CONTEXTS = "contexts"
    CLUSTERS = "clusters"
    USERS = "users"


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag.

    ``placeholder`` stands for the value in help (``--interface REGEX``). ``implied`` is the value
    of the bare flag (pflag's NoOptDefVal), None when it needs an argument. ``group`` is the
    heading in help. ``hidden`` flags are accepted and not shown. ``choices`` are all the values
    there are, ``offers`` some of them for a shell, and ``completes`` says where it finds others.
    """

    name: str
    help: str
    kind: Kind = Kind.STRING
    short: str | None = None
    placeholder: str = ""
    implied: str | None = None
    choices: tuple[str, ...] = ()
    group: str = "Options"
    hidden: bool = False
    completes: Completes = Completes.NOTHING
    offers: tuple[str, ...] = ()

    @property
    def bare_value(self) -> str | None:
        """The value that the flag has when none is written, None when it needs an argument."""
        if self.kind is Kind.BOOL:
            return "true"
        return self.implied

    @property
    def spelling(self) -> str:
        """How pflag's messages call it: ``-n, --namespace`` or ``--context``."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The command line as values.

    ``values`` maps a flag's name to its texts in the order given; ``arguments`` are the rest.
    """

    values: Mapping[str, tuple[str, ...]]
    arguments: tuple[str, ...]

    def given(self, name: str) -> bool:
        """Whether the flag was on the command line."""
        return name in self.values

    def text(self, name: str, default: str | None = None) -> str | None:
        """The flag's last value, ``default`` when it was not given."""
        return self.values[name][-1] if name in self.values else default

    def truth(self, name: str, default: bool = False) -> bool:
        """A boolean flag; the parser has checked the text."""
        return self.values[name][-1] in TRUE_WORDS if name in self.values else default

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a repeatable flag; a SLICE is already split."""
        return self.values.get(name, ())


TRUE_WORDS: Sequence[str] = ("1", "t", "T", "true", "TRUE", "True")
FALSE_WORDS: Sequence[str] = ("0", "f", "F", "false", "FALSE", "False")
