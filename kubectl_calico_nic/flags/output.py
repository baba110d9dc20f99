"""The flags that say how a result is shown."""

from __future__ import annotations

from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.definition import Flag, Kind, Parsed

NO_HEADERS = Flag("no-headers", "Print the rows alone.", Kind.BOOL)
JSONPATH_FORMATS = ("jsonpath", "jsonpath-as-json", "jsonpath-file")
"""What kubectl offers beside JSON: each is followed by ``=`` and a template, or a file with one."""


def output_flag(formats: tuple[str, ...]) -> Flag:
    """``-o`` of a command that knows these formats, and ``jsonpath`` where JSON is among them."""
    known = _known(formats)
    return Flag(
        "output",
        f"Output format. One of: {', '.join(known)}; a template follows jsonpath=.",
        short="o",
        placeholder="FORMAT",
        offers=tuple(f"{name}=" if name in JSONPATH_FORMATS else name for name in known),
    )


def _known(formats: tuple[str, ...]) -> tuple[str, ...]:
    return (*formats, *(JSONPATH_FORMATS if "json" in formats else ()))


def output_format(parsed: Parsed, formats: tuple[str, ...]) -> str:
    """The format asked for; ``""`` is the command's own table.

    A template stays behind its format (``jsonpath={.kind}``), and one in a file has been read.
    Mirrors JSONPathPrintFlags of k8s.io/cli-runtime (genericclioptions/jsonpath_flags.go).

    Raises:
        UsageError: none that this command knows, or no template, in kubectl's words.
    """
    asked = parsed.text("output", "") or ""
    name, equals, template = asked.partition("=")
    if name in JSONPATH_FORMATS and "json" in formats:
        return _with_template(name, template)
    if not asked or (asked in formats and not equals):
        return asked
    raise UsageError(
        f'unable to match a printer suitable for the output format "{asked}", '
        f"allowed formats are: {','.join(_known(formats))}"
    )


def _with_template(name: str, template: str) -> str:
    from kubectl_calico_nic.output.jsonpath.parser import TemplateSyntaxError, parse_template

    if not template:
        raise UsageError("template format specified but no template given")
    if name == "jsonpath-file":
        name, template = "jsonpath", _read(template)
    try:
        parse_template(template)
    except TemplateSyntaxError as error:
        raise UsageError(f"error parsing jsonpath {template}, {error}") from None
    return f"{name}={template}"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise CalicoNicError(
            f"error reading --template {path}, open {path}: {reason.lower()}"
        ) from None


def is_structured(asked: str) -> bool:
    """Whether the format that ``output_format`` returned shows JSON data, not rows."""
    return asked in ("json", "yaml") or asked.startswith(JSONPATH_FORMATS)
