"""What a template consists of. Mirrors k8s.io/client-go util/jsonpath/node.go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constant:
    """Text of the template, or a number or truth value in an expression."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Field:
    """``.name``: the field of an object."""

    name: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*``: every value of an object or list."""


@dataclass(frozen=True, slots=True)
class Recursion:
    """``..``: everything that holds something, at any depth."""


@dataclass(frozen=True, slots=True)
class Slice:
    """``[start:end:step]``; what is not written is None.

    ``single`` says that only one index is written; ``end`` is then the one behind it.
    """

    start: int | None
    end: int | None
    step: int | None
    single: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """``[a,b]``: what each of several expressions gives, one after the other."""

    members: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(left operator right)]``; the operator ``exists`` has no right side."""

    left: Expression
    right: Expression
    operator: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """A bare word: ``range``, ``end``, or one that means nothing."""

    name: str


Node = Constant | Field | Wildcard | Recursion | Slice | Choice | Filter | Keyword
Expression = tuple[Node, ...]
"""Applied one after the other, each to what the one before gave."""
Template = tuple[Expression, ...]
"""Printed one after the other; text between braces is an expression of one constant."""
