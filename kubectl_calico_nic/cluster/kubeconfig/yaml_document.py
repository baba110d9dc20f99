"""One YAML or JSON document, read as Go's YAML library reads it, with its words for what is broken.

The scalars resolve as in go.yaml.in/yaml/v2 (resolve.go): ``y`` is true, ``12:30`` and
``2020-01-01`` are text. Nothing but plain data is ever built.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_BOOL = re.compile(
    "^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$"
)
_TRUE = frozenset(("y", "yes", "true", "on"))
_NUMBER = re.compile(
    r"""^[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+
        |(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?
        |\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$""",
    re.VERBOSE,
)
_GO_WORDS = (
    ("mapping values are not allowed", "mapping values are not allowed in this context"),
    (
        "sequence entries are not allowed",
        "block sequence entries are not allowed in this context",
    ),
    ("mapping keys are not allowed", "mapping keys are not allowed in this context"),
    ("that cannot start any token", "found character that cannot start any token"),
    ("found unknown escape character", "found unknown escape character"),
    ("found unexpected document separator", "found unexpected document indicator"),
    ("found unexpected end of stream", "found unexpected end of stream"),
    ("could not find expected ':'", "could not find expected ':'"),
    ("expected ',' or ']'", "did not find expected ',' or ']'"),
    ("expected ',' or '}'", "did not find expected ',' or '}'"),
    ("expected the node content", "did not find expected node content"),
    ("expected '<document start>'", "did not find expected <document start>"),
    ("expected alphabetic or numeric", "did not find expected alphabetic or numeric character"),
    ("special characters are not allowed", "control characters are not allowed"),
    ("invalid start byte", "invalid leading UTF-8 octet"),
    ("invalid continuation byte", "invalid trailing UTF-8 octet"),
    ("unexpected end of data", "incomplete UTF-8 octet sequence"),
)


class DocumentError(ValueError):
    """The text is not YAML; the message is Go's and holds nothing of the text."""


def load_document(data: bytes) -> Any:
    """The first document of a YAML or JSON text as plain data; None when it is empty.

    Raises:
        DocumentError: in Go's words, such as ``yaml: line 3: did not find expected key``.
    """
    import yaml

    if data.lstrip()[:1] == b"{":
        # JSON may be indented with tabs, which PyYAML does not take and Go does.
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(data)
    problem = ""
    try:
        loader = _loader_class()(data)
        try:
            return loader.get_data() if loader.check_data() else None  # type: ignore[no-untyped-call]
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        problem = _words(error)
    except RecursionError:
        problem = "exceeded max depth"
    except ValueError as error:  # a number or a tag whose text does not fit
        problem = f"cannot decode a scalar ({type(error).__name__})"
    # Raised here, not above: the library's error carries the text, and so every secret in it.
    raise DocumentError(f"yaml: {problem}")


@functools.cache
def _loader_class() -> type[yaml.SafeLoader]:
    import yaml

    class Loader(yaml.SafeLoader):
        """A SafeLoader that takes plain scalars for what Go takes them for."""

    Loader.yaml_implicit_resolvers = {}

    def number(_: Loader, node: yaml.ScalarNode) -> float:
        text = node.value.replace("_", "").lower()
        try:
            return int(text, 0)
        except ValueError:
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))

    def boolean(_: Loader, node: yaml.ScalarNode) -> bool:
        return node.value.lower() in _TRUE

    tag = "tag:yaml.org,2002:"
    Loader.add_implicit_resolver(f"{tag}bool", _BOOL, list("yYnNtTfFoO"))
    Loader.add_implicit_resolver(f"{tag}float", _NUMBER, list("-+.0123456789"))
    Loader.add_implicit_resolver(
        f"{tag}null", re.compile("^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
    )
    Loader.add_implicit_resolver(f"{tag}merge", re.compile("^<<$"), ["<"])
    Loader.add_constructor(f"{tag}float", number)
    Loader.add_constructor(f"{tag}bool", boolean)
    return Loader


def _words(error: yaml.YAMLError) -> str:
    """Mirrors parser.fail of go.yaml.in/yaml/v2 (decode.go), line numbers included."""
    import yaml

    if not isinstance(error, yaml.MarkedYAMLError):
        return _translated(str(getattr(error, "reason", "")), "")
    problem = error.problem or ""
    alias = re.fullmatch(r"found undefined alias '(.*)'", problem)
    if alias:
        return f"unknown anchor '{alias[1]}' referenced"
    words = _translated(problem, error.context or "")
    line = error.problem_mark.line if error.problem_mark else 0
    if line and isinstance(error, yaml.scanner.ScannerError):
        line += 1
    elif not line and error.context_mark:
        line = error.context_mark.line
    return f"line {line}: {words}" if line else words


def _translated(problem: str, context: str) -> str:
    if problem.startswith("expected <block end>"):
        if "sequence" in context or "collection" in context:
            return "did not find expected '-' indicator"
        return "did not find expected key"
    for python, go in _GO_WORDS:
        if python in problem:
            return go
    return "unknown problem parsing YAML content"
