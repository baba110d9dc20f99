"""Applies a template to JSON data. Mirrors k8s.io/client-go util/jsonpath/jsonpath.go."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kubectl_calico_nic.output.jsonpath.go_text import go_text
from kubectl_calico_nic.output.jsonpath.nodes import (
    Choice,
    Constant,
    Expression,
    Field,
    Filter,
    Keyword,
    Node,
    Recursion,
    Slice,
    Template,
    Wildcard,
)

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_GO_TYPES = {str: "string", bool: "bool", int: "int64", float: "float64"}


class EvaluationError(Exception):
    """The template does not fit the data; the text is kubectl's reason."""


class Literal(str):
    """Text of the template, in contrast to text of the data."""

    __slots__ = ()


class LiteralInt(int):
    """A number of the template: Go's ``int``, where numbers of the data are ``int64``."""

    __slots__ = ()


class Nothing:
    """What ``range`` goes over where a list holds null; prints as Go's ``<no value>``."""

    def __str__(self) -> str:
        return "<no value>"


NOTHING = Nothing()


def evaluate(template: Template, data: Any) -> list[list[Any]]:
    """The results of each expression of ``template``, in the order they are printed.

    Args:
        template: what to look for.
        data: JSON data.

    Raises:
        EvaluationError: an index is out of bounds, something is no list, ...
    """
    return _Evaluation(template).run(data, 0)


class _Evaluation:
    """One run over a template; ``range`` and ``end`` are told apart by counting."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._begun = 0
        self._inside = 0
        self._ended = 0
        self._last_end = -1

    def run(self, data: Any, start: int) -> list[list[Any]]:
        """The results from ``start`` to the end of the block."""
        found: list[list[Any]] = []
        place = start
        while place < len(self._template):
            results = self._apply(self._template[place], [data])
            if self._ended > 0 and self._ended <= self._inside:
                self._ended -= 1
                self._last_end = place
                break
            if self._begun > 0:
                place = self._range(results, place, found)
            else:
                found.append(results)
            place += 1
        return found

    def _range(self, results: list[Any], place: int, found: list[list[Any]]) -> int:
        """Run the block behind ``place`` for each of ``results``; returns where to go on behind.

        Without any the block is run once all the same, to find its end. Behind a block that does
        not end the last end of any block counts, as in FindResults of client-go's
        util/jsonpath/jsonpath.go.
        """
        self._begun -= 1
        self._inside += 1
        for value in results:
            found += self.run(NOTHING if value is None else value, place + 1)
        if not results:
            self.run(NOTHING, place + 1)
        self._inside -= 1
        return max(place, self._last_end)

    def _apply(self, expression: Expression, values: list[Any]) -> list[Any]:
        for node in expression:
            values = self._walk(node, values)
        return values

    def _walk(self, node: Node, values: list[Any]) -> list[Any]:
        if isinstance(node, Constant):
            return _constant(node, values)
        if isinstance(node, Field):
            return [v[node.name] for v in values if isinstance(v, dict) and node.name in v]
        if isinstance(node, Wildcard):
            return [child for value in values for child in _children(value)]
        if isinstance(node, Recursion):
            return list(_descend(values))
        if isinstance(node, Slice):
            return [item for value in values if value is not None for item in _sliced(value, node)]
        if isinstance(node, Choice):
            return [item for member in node.members for item in self._apply(member, values)]
        if isinstance(node, Filter):
            return [item for value in values for item in self._filtered(value, node)]
        return self._keyword(node, values)

    def _keyword(self, node: Keyword, values: list[Any]) -> list[Any]:
        if node.name == "range":
            self._begun += 1
            return values
        if node.name != "end":
            raise EvaluationError(f"unrecognized identifier {node.name}")
        if not self._inside:
            raise EvaluationError("not in range, nothing to end")
        self._ended += 1
        return []

    def _filtered(self, value: Any, node: Filter) -> Iterator[Any]:
        if not isinstance(value, list):
            shown = "<invalid reflect.Value>" if value is NOTHING else go_text(value)
            raise EvaluationError(f"{shown} is not array or slice and cannot be filtered")
        for item in value:
            if self._passes(item, node):
                yield item

    def _passes(self, item: Any, node: Filter) -> bool:
        if node.operator == "exists":
            try:
                return bool(self._apply(node.left, [item]))
            except EvaluationError:  # which is no answer, but not the answer nothing either
                return True
        sides = []
        for expression in (node.left, node.right):
            results = self._apply(expression, [item])
            if not results:
                return False
            if len(results) > 1:
                raise EvaluationError("can only compare one element at a time")
            sides += results
        return _compare(node.operator, *sides)


def _constant(node: Constant, values: list[Any]) -> list[Any]:
    if isinstance(node.value, str):
        return [Literal(node.value)]
    value = LiteralInt(node.value) if type(node.value) is int else node.value
    return [value] * len(values)


def _children(value: Any) -> Sequence[Any]:
    """What ``value`` holds. A string holds its bytes, in Go."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, str):
        return list(value.encode())
    return value if isinstance(value, list) else ()


def _descend(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        children = _children(value)
        if children:
            yield value
            yield from _descend(children)


def _sliced(value: Any, node: Slice) -> Sequence[Any]:
    if not isinstance(value, list):
        raise EvaluationError(f"{_go_type(value)} is not array or slice")
    length = len(value)
    start = _from_end(node.start or 0, length)
    end = length if node.end is None else node.end
    if end < 0 or (end == 0 and node.single):
        end += length
    if start == end:
        return ()
    for index, beyond in ((start, start >= length), (end - 1, end > length)):
        if beyond or index < (0 if index == start else -1):
            raise EvaluationError(f"array index out of bounds: index {index}, length {length}")
    if start > end:
        raise EvaluationError(f"starting index {start} is greater than ending index {end}")
    if node.step is not None and node.step <= 0:
        raise EvaluationError("step must be > 0")
    return value[start : end : node.step or 1]


def _from_end(index: int, length: int) -> int:
    return index + length if index < 0 else index


def _compare(operation: str, left: Any, right: Any) -> bool:
    """Mirrors k8s.io/client-go third_party/forked/golang/template/funcs.go."""
    if operation not in _COMPARISONS:
        raise EvaluationError(f"unrecognized filter operator {operation}")
    kinds = [_kind(side) for side in (left, right)]
    if None in kinds or (kinds[0] is bool and operation not in ("==", "!=")):
        raise EvaluationError("invalid type for comparison")
    if kinds[0] is not kinds[1]:
        raise EvaluationError("incompatible types for comparison")
    return _COMPARISONS[operation](left, right)


def _kind(value: Any) -> type | None:
    return next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), None)


def _go_type(value: Any) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, LiteralInt):
        return "int"
    kind = _kind(value)
    return "<nil>" if kind is None else _GO_TYPES[kind]
