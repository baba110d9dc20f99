"""Prints what a template finds. Mirrors PrintResults of k8s.io/client-go util/jsonpath."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.output.jsonpath.evaluation import EvaluationError, Literal, evaluate
from kubectl_calico_nic.output.jsonpath.go_text import go_text
from kubectl_calico_nic.output.jsonpath.nodes import Template

_JSON_ESCAPES = str.maketrans(
    {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}  # as Go's encoding/json does
)


def printed(
    template: Template,
    data: Any,
    *,
    source: str,
    as_json: bool = False,
    shown: Callable[[str], str] = str,
) -> str:
    """What ``-o jsonpath`` prints of ``data``.

    Args:
        template: of ``-o jsonpath=TEMPLATE``.
        data: JSON data.
        source: the text of the template, for the error.
        as_json: ``-o jsonpath-as-json``: each expression's results as a JSON list.
        shown: applied to every text that is not the template's own.

    Raises:
        CalicoNicError: the template does not fit the data. kubectl adds the whole object.
    """
    try:
        results = evaluate(template, data)
    except EvaluationError as error:
        raise CalicoNicError(
            f"error executing jsonpath {json.dumps(source, ensure_ascii=False)}: "
            f"Error executing template: {error}"
        ) from None
    if as_json:
        return "".join(shown_json(found) for found in results)
    return "".join(" ".join(_text(value, shown) for value in found) for found in results)


def shown_json(value: Any) -> str:
    """Indented JSON with a newline, as ``-o jsonpath-as-json`` prints it."""
    return _json(value, indent=4) + "\n"


def _text(value: Any, shown: Callable[[str], str]) -> str:
    if isinstance(value, Literal):
        return value
    if value is None:
        return "null"
    return shown(_json(value) if isinstance(value, dict | list) else go_text(value))


def _json(value: Any, indent: int | None = None) -> str:
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(
        value,
        sort_keys=True,
        ensure_ascii=False,
        separators=separators,
        indent=indent,
        default=lambda _: None,  # of NOTHING, where kubectl itself panics
    )
    return text.translate(_JSON_ESCAPES)
